//! Files in watched folders: whole or not there, never overwritten, and nothing left behind.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant, SystemTime};

use careflex_core::{
    CareflexId, Clock, Delivery, Incident, IncidentKind, ManualClock, Report, ReportErrorKind,
    Reporter, Row, Rules, parse_date,
};
use careflex_csv::{
    CsvFile, CsvReporter, DropFolder, DropFolderError, Encoder, Extension, Handover, HandoverError,
    file_stem,
};

/// Stands in every value here.
const MARK: &str = "Zwiebelfisch";
const COMPANY: &str = "09ce3580d84bf087";

#[test]
fn who_takes_files_as_soon_as_they_appear_gets_each_of_them_whole() {
    const WRITERS: usize = 8;
    const FILES: usize = 1250;

    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new());
    // Two that know nothing of each other, as two processes do: they try the same names.
    let folders = [(); 2].map(|()| drop_folder(folder.path()).clock(Arc::clone(&clock)));
    let is_over = AtomicBool::new(false);
    let taken = thread::scope(|scope| {
        let reader = scope.spawn(|| take_until(folder.path(), &is_over));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let folder = &folders[writer % folders.len()];
                scope.spawn(move || {
                    for number in writer * FILES..(writer + 1) * FILES {
                        done(folder.hand_over(numbered(number))).unwrap();
                    }
                })
            })
            .collect();
        let written: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        is_over.store(true, Ordering::SeqCst);
        assert!(written.iter().all(Result::is_ok));
        reader.join().unwrap()
    });
    assert_eq!(taken, (0..WRITERS * FILES).collect());
    assert_eq!(names_in(folder.path()), [""; 0]);
}

/// A file with a number, and with more or fewer lines.
fn numbered(number: usize) -> CsvFile {
    let lines = number % 50;
    let mut content = format!("number;lines\r\n{number};{lines}\r\n");
    for line in 0..lines {
        content += &format!("{line};{MARK}\r\n");
    }
    content += "END\r\n";
    CsvFile::new(COMPANY.parse().unwrap(), lines, content)
}

/// Reads and removes files until there are no more, and says what numbers they had.
fn take_until(folder: &Path, is_over: &AtomicBool) -> BTreeSet<usize> {
    let mut taken = BTreeSet::new();
    loop {
        let is_last = is_over.load(Ordering::SeqCst);
        for name in names_in(folder) {
            if !name.ends_with(".csv") {
                assert!(name.starts_with(".careflex-") && name.ends_with(".part"));
                continue;
            }
            let content = fs::read(folder.join(&name)).unwrap();
            fs::remove_file(folder.join(&name)).unwrap();
            let text = str::from_utf8(&content).unwrap();
            let number = text.lines().nth(1).unwrap().split(';').next().unwrap();
            let number = number.parse().unwrap();
            assert_eq!(content, numbered(number).content, "{name} is not whole");
            assert!(taken.insert(number), "{number} was there twice");
        }
        if is_last {
            return taken;
        }
    }
}

#[test]
fn a_report_becomes_a_file_in_the_folder_of_its_company() {
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folders = DropFolder::new([
        (COMPANY.parse().unwrap(), own.path().into()),
        ("17af".parse().unwrap(), other.path().into()),
    ])
    .unwrap()
    .clock(ManualClock::new());
    let reporter = CsvReporter::new(folders);
    let report = report();
    let receipt = done(reporter.report(&report)).unwrap();
    assert_eq!(receipt.rows(), [Row::HandedOver]);
    let name = format!("careflex-{COMPANY}-20260101T000000000Z-000001.csv");
    assert_eq!(names_in(own.path()), [name.as_str()]);
    assert!(names_in(other.path()).is_empty());
    let mut content = Vec::new();
    Encoder::default().file(&report, &mut content).unwrap();
    assert_eq!(fs::read(own.path().join(name)).unwrap(), content);
}

#[test]
fn names_sort_in_the_order_of_handing_over() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new());
    let folders = drop_folder(folder.path()).clock(Arc::clone(&clock));
    for number in 0..20 {
        done(folders.hand_over(numbered(number))).unwrap();
        if number % 3 == 0 {
            clock.advance(Duration::from_secs(1));
        }
    }
    let names = names_in(folder.path());
    assert_eq!(names.len(), 20);
    for (number, name) in names.iter().enumerate() {
        let content = fs::read(folder.path().join(name)).unwrap();
        assert_eq!(content, numbered(number).content, "{name}");
    }
}

#[test]
fn nothing_is_ever_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let name = |number| format!("careflex-{COMPANY}-20260101T000000000Z-{number:06}.csv");
    fs::write(folder.path().join(name(1)), "somebody else's").unwrap();
    fs::create_dir(folder.path().join(name(2))).unwrap();
    let folders = drop_folder(folder.path()).clock(ManualClock::new());
    done(folders.hand_over(numbered(7))).unwrap();
    assert_eq!(names_in(folder.path()), [name(1), name(2), name(3)]);
    let content = |number| fs::read(folder.path().join(name(number))).unwrap();
    assert_eq!(content(1), b"somebody else's");
    assert_eq!(content(3), numbered(7).content);
}

#[test]
fn names_are_not_tried_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let name = |number| format!("careflex-{COMPANY}-20260101T000000000Z-{number:06}.csv");
    for number in 1..=10_000 {
        fs::write(folder.path().join(name(number)), "").unwrap();
    }
    let folders = drop_folder(folder.path()).clock(ManualClock::new());
    let error = done(folders.hand_over(numbered(7))).unwrap_err();
    assert!(!error.is_in_doubt());
    assert_not_handed_over(&error, folder.path(), "10000 names for a file are taken");
    let names = names_in(folder.path());
    assert_eq!(names.len(), 10_000);
    assert!(names.iter().all(|name| name.ends_with(".csv")));
    let is_empty = |name| fs::metadata(folder.path().join(name)).unwrap().len() == 0;
    assert!(names.iter().all(is_empty));
}

#[test]
fn a_folder_that_has_gone_is_named_with_what_would_help() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("sync");
    fs::create_dir(&folder).unwrap();
    let folders = drop_folder(&folder);
    fs::remove_dir(&folder).unwrap();
    let error = done(folders.hand_over(numbered(1))).unwrap_err();
    assert_not_handed_over(
        &error,
        &folder,
        "it does not exist any more: create it again",
    );
    assert!(names_in(above.path()).is_empty());
    fs::create_dir(&folder).unwrap();
    done(folders.hand_over(numbered(1))).unwrap();
    assert_eq!(names_in(&folder).len(), 1);
}

#[test]
fn a_report_that_cannot_be_put_anywhere_can_be_tried_again() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("sync");
    fs::create_dir(&folder).unwrap();
    let reporter = CsvReporter::new(drop_folder(&folder));
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "a file").unwrap();
    let failed = done(reporter.report(&report())).unwrap_err();
    assert_eq!(failed.kind(), ReportErrorKind::NotHandedOver);
    assert_eq!(failed.delivery(), Delivery::NotSent);
    assert!(failed.is_retryable());
    let shown = folder.display().to_string();
    assert!(failed.to_string().contains(&shown), "{failed}");
    assert_hidden(&failed);
    assert_eq!(fs::read(&folder).unwrap(), b"a file");
    assert_eq!(names_in(above.path()), ["sync"]);
}

#[test]
fn a_company_without_a_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = CsvFile::new("17af".parse().unwrap(), 1, MARK);
    let error = done(drop_folder(folder.path()).hand_over(file)).unwrap_err();
    assert!(!error.is_in_doubt());
    assert!(error.message().contains("the company 17af"), "{error}");
    assert_hidden(&error);
    assert!(names_in(folder.path()).is_empty());
}

/// Not even root may create files there.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files_is_named_with_what_would_help() {
    let folder = Path::new("/sys/kernel");
    let error = done(drop_folder(folder).hand_over(numbered(1))).unwrap_err();
    assert_not_handed_over(&error, folder, "this user must be allowed to read it");
}

fn assert_not_handed_over(error: &HandoverError, folder: &Path, why: &str) {
    assert!(!error.is_in_doubt());
    let message = error.message();
    let shown = folder.display().to_string();
    assert!(
        message.starts_with(&shown) && message.contains(why),
        "{message}"
    );
    assert_hidden(error);
}

/// Nothing of what is in a file is in an error or in its causes.
fn assert_hidden(error: &dyn std::error::Error) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        for text in [
            error.to_string(),
            format!("{error:?}"),
            format!("{error:#?}"),
        ] {
            assert!(!text.contains(MARK), "{text}");
        }
        cause = error.source();
    }
}

#[test]
fn whatever_a_company_is_called_its_files_stay_in_its_folder() {
    let above = tempfile::tempdir().unwrap();
    let ids = [
        "../../etc",
        "a/b",
        "a\\b",
        "..",
        ".",
        "CON",
        "c:x",
        "ABC",
        "abc",
        "*?\"<>|",
        &"ä".repeat(64),
        &"💶".repeat(64),
    ];
    let with_folder = |(number, id): (usize, &&str)| -> (CareflexId, PathBuf) {
        let folder = above.path().join(number.to_string());
        fs::create_dir(&folder).unwrap();
        (id.parse().unwrap(), folder)
    };
    let companies: Vec<_> = ids.iter().enumerate().map(with_folder).collect();
    let folders = DropFolder::new(companies.clone()).unwrap();
    for (careflex_id, folder) in companies {
        let file = CsvFile::new(careflex_id.clone(), 1, careflex_id.as_str());
        done(folders.hand_over(file)).unwrap();
        let [name] = names_in(&folder).try_into().unwrap();
        assert!(name.starts_with(&file_stem(&careflex_id)), "{name}");
        assert!(name.len() < 200 && name.ends_with(".csv"), "{name}");
        let content = fs::read(folder.join(name)).unwrap();
        assert_eq!(content, careflex_id.as_str().as_bytes());
    }
    assert_eq!(names_in(above.path()).len(), ids.len());
}

#[test]
fn names_and_debug_hide_what_is_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let folders = drop_folder(folder.path());
    let reporter = CsvReporter::new(folders.clone());
    done(reporter.report(&report())).unwrap();
    let [name] = names_in(folder.path()).try_into().unwrap();
    let content = fs::read_to_string(folder.path().join(&name)).unwrap();
    assert!(content.contains(MARK));
    let file = CsvFile::new(COMPANY.parse().unwrap(), 1, content);
    for text in [
        name,
        format!("{file:?}"),
        format!("{folders:?}"),
        format!("{reporter:?}"),
    ] {
        assert!(!text.contains(MARK), "{text}");
    }
}

#[test]
fn each_company_needs_a_folder_of_its_own() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("sync");
    fs::create_dir(&folder).unwrap();
    let other = above.path().join("other");
    fs::create_dir(&other).unwrap();
    let built = |folders: &[(&str, &Path)]| {
        let folders = folders.iter();
        DropFolder::new(folders.map(|(id, folder)| (id.parse().unwrap(), folder.to_path_buf())))
    };

    let missing = above.path().join("missing");
    let error = built(&[("a", &folder), ("b", &missing)]).unwrap_err();
    assert!(
        matches!(error, DropFolderError::Missing { .. }),
        "{error:?}"
    );
    let shown = format!(
        "{}: the folder of the company b does not",
        missing.display()
    );
    assert!(error.to_string().starts_with(&shown), "{error}");
    assert!(!missing.exists());

    let file = above.path().join("file");
    fs::write(&file, "").unwrap();
    for no_folder in [file.clone(), file.join("below")] {
        let error = built(&[("a", &no_folder)]).unwrap_err();
        assert!(
            matches!(error, DropFolderError::NotAFolder { .. }),
            "{error:?}"
        );
    }

    let mut same = vec![folder.clone(), other.join("../sync"), folder.join(".")];
    if cfg!(unix) {
        let link = above.path().join("link");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        same.push(link);
    }
    for same in same {
        let error = built(&[("a", &folder), ("b", &other), ("c", &same)]).unwrap_err();
        assert!(matches!(error, DropFolderError::Shared { .. }), "{error:?}");
        assert!(
            error.to_string().contains("two companies, a and c"),
            "{error}"
        );
    }

    let error = built(&[("a", &folder), ("a", &other)]).unwrap_err();
    assert!(
        matches!(error, DropFolderError::TwoFolders { .. }),
        "{error:?}"
    );

    let folders = built(&[("a", &folder), ("b", &other)]).unwrap();
    assert_eq!(
        folders.folder_of(&"b".parse().unwrap()),
        Some(other.as_path())
    );
    assert_eq!(folders.folder_of(&"c".parse().unwrap()), None);
}

#[test]
#[cfg(unix)]
fn a_folder_that_becomes_that_of_another_company_gets_nothing() {
    let above = tempfile::tempdir().unwrap();
    let [first, second, link] = ["first", "second", "link"].map(|name| above.path().join(name));
    fs::create_dir(&first).unwrap();
    fs::create_dir(&second).unwrap();
    std::os::unix::fs::symlink(&first, &link).unwrap();
    let folders = [
        ("a".parse().unwrap(), link.clone()),
        ("b".parse().unwrap(), second.clone()),
    ];
    let folders = DropFolder::new(folders).unwrap();
    let hand_over_of =
        |id: &str| done(folders.hand_over(CsvFile::new(id.parse().unwrap(), 1, MARK)));
    let hand_over = || hand_over_of("a");
    hand_over().unwrap();
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&second, &link).unwrap();
    let error = hand_over().unwrap_err();
    assert_not_handed_over(&error, &link, "which is that of another company");
    assert_eq!(names_in(&second), [""; 0]);
    // Whose folder it is can go on.
    hand_over_of("b").unwrap();
    assert_eq!(names_in(&second).len(), 1);
    // Another folder of the company's own is right.
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(above.path(), &link).unwrap();
    hand_over().unwrap();
}

#[test]
fn files_can_end_in_txt() {
    let folder = tempfile::tempdir().unwrap();
    let folders = drop_folder(folder.path()).extension(Extension::Txt);
    done(folders.hand_over(numbered(1))).unwrap();
    let [name] = names_in(folder.path()).try_into().unwrap();
    assert!(name.ends_with("-000001.txt"), "{name}");
}

#[test]
#[cfg(unix)]
fn files_are_their_owners_unless_it_is_said_otherwise() {
    use std::os::unix::fs::PermissionsExt as _;

    for (mode, expected) in [(None, 0o600), (Some(0o640), 0o640), (Some(0o666), 0o666)] {
        let folder = tempfile::tempdir().unwrap();
        let mut folders = drop_folder(folder.path());
        if let Some(mode) = mode {
            folders = folders.unix_mode(mode);
        }
        done(folders.hand_over(numbered(1))).unwrap();
        let [name] = names_in(folder.path()).try_into().unwrap();
        let metadata = fs::metadata(folder.path().join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, expected);
    }
}

#[test]
fn a_file_that_nobody_waits_for_is_finished_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, is_finished) = mpsc::channel();
    let folders = drop_folder(folder.path()).clock(Telling(sender));
    {
        let mut handing_over = pin!(folders.hand_over(numbered(3)));
        // It may be that fast, but nobody looks at the answer.
        drop(
            handing_over
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop())),
        );
    }
    drop(folders);
    // The thread has the last hand on the clock.
    assert!(is_finished.recv().is_ok());
    let [name] = names_in(folder.path()).try_into().unwrap();
    let content = fs::read(folder.path().join(name)).unwrap();
    assert_eq!(content, numbered(3).content);
}

/// A clock that tells when nobody has it any more.
struct Telling(mpsc::Sender<()>);

impl Drop for Telling {
    fn drop(&mut self) {
        let _heard_or_not = self.0.send(());
    }
}

impl Clock for Telling {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

fn drop_folder(folder: &Path) -> DropFolder {
    DropFolder::new([(COMPANY.parse().unwrap(), folder.into())]).unwrap()
}

fn report() -> Report {
    let incident = Incident::builder()
        .external_id(MARK.parse().unwrap())
        .employee_id(MARK.parse().unwrap())
        .kind(IncidentKind::Rst)
        .valid_from(parse_date("2026-12-01").unwrap())
        .created_at(parse_date("2026-11-20").unwrap())
        .build();
    let careflex_id = COMPANY.parse().unwrap();
    Report::new(careflex_id, vec![incident], &Rules::documented()).unwrap()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Waits for a future without a runtime.
fn done<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}
