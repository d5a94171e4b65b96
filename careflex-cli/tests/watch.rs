//! `careflex watch`, against the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use careflex_sandbox::{Effect, Fault};

use common::{COMPANY, NEW, RST, Ran, World, many, many_in_csv, names, records, run};

const OTHER: &str = "1b2c3d4e5f607182";

impl World {
    fn watch_command(&self, folders: &[&str], more: &[&str]) -> std::process::Command {
        let mut command = self.command();
        command
            .arg("watch")
            .args(folders)
            .args(["--via", "rest", "--store", "sqlite:outbox.sqlite", "--json"])
            .args(more);
        command
    }

    /// `careflex watch DIR… --once`, which takes files as they are.
    fn watch_once(&self, folders: &[&str], more: &[&str]) -> Ran {
        let more = [&["--once", "--settle", "0"], more].concat();
        run(self.watch_command(folders, &more))
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.drop_folder(name)
    }
}

/// The files in a folder, without the times before their names.
fn moved(folder: &Path) -> Vec<String> {
    let names = names(folder);
    let mut names: Vec<_> = names
        .iter()
        .map(|name| name.split_once("Z-").unwrap().1.to_owned())
        .collect();
    names.sort();
    names
}

/// The content of the moved file whose name ends so.
fn content(folder: &Path, end: &str) -> String {
    let name = names(folder).into_iter().find(|name| name.ends_with(end));
    fs::read_to_string(folder.join(name.unwrap())).unwrap()
}

#[test]
fn files_of_all_formats_are_reported_and_moved() {
    let world = World::new();
    let folder = world.folder("export");
    fs::write(folder.join("a.json"), format!("{RST}\n{NEW}")).unwrap();
    fs::write(folder.join("b.csv"), many_in_csv(150, &[COMPANY, OTHER])).unwrap();
    let xml = common::xml_report(COMPANY, &common::many_in_xml(2).replace('E', "X"));
    fs::write(folder.join("c.xml"), xml).unwrap();
    for ignored in [".hidden.csv", "d.csv.part", "e.csv~"] {
        fs::write(folder.join(ignored), RST).unwrap();
    }
    fs::create_dir(folder.join("sub")).unwrap();
    let ran = world.watch_once(&["export"], &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(world.sandbox.ledger().bookings.len(), 154);
    let there = [
        ".hidden.csv",
        "d.csv.part",
        "done",
        "e.csv~",
        "failed",
        "sub",
    ];
    assert_eq!(names(&folder), there);
    assert_eq!(
        moved(&folder.join("done")),
        [
            "a.json",
            "a.json.receipts.csv",
            "b.csv",
            "b.csv.receipts.csv",
            "c.xml",
            "c.xml.receipts.csv",
        ]
    );
    let receipts = content(&folder.join("done"), "b.csv.receipts.csv");
    let receipts = records(&receipts);
    assert_eq!(receipts.len(), 150);
    let last = &receipts[149];
    assert_eq!(
        (last["index"].as_str(), last["status"].as_str()),
        ("149", "accepted")
    );
    assert_eq!(
        (last["careflexId"].as_str(), last["employeeId"].as_str()),
        (OTHER, "E149")
    );
    let files = ran.events("file");
    let said: Vec<_> = files
        .iter()
        .map(|file| file["status"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["taken", "taken", "taken", "done", "done", "done"]);
    assert!(names(&folder.join("failed")).is_empty());
}

#[test]
fn a_file_that_is_wrong_is_moved_with_the_reasons() {
    let world = World::new();
    let folder = world.folder("export");
    let wrong_date = RST.replace("2026-11-20", "20.11.2026");
    fs::write(folder.join("a.json"), format!("{RST}\n{wrong_date}")).unwrap();
    fs::write(folder.join("b.json"), r#"[{"type":"RST""#).unwrap();
    fs::write(folder.join("c.csv"), "").unwrap();
    let ran = world.watch_once(&["export"], &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(world.sandbox.ledger().bookings.len(), 0);
    let failed = folder.join("failed");
    assert_eq!(
        moved(&failed),
        [
            "a.json",
            "a.json.errors.txt",
            "a.json.to-correct.csv",
            "b.json",
            "b.json.errors.txt",
            "c.csv",
            "c.csv.errors.txt",
        ]
    );
    let errors = content(&failed, "a.json.errors.txt");
    assert!(errors.contains("1 of 2 incidents is not valid"), "{errors}");
    assert!(
        errors.contains("line 2 (row 1): createdAt: must be a day"),
        "{errors}"
    );

    // The rows to correct are taken as they are once they are.
    let to_correct = content(&failed, "a.json.to-correct.csv");
    fs::write(
        folder.join("corrected.csv"),
        to_correct.replace("20.11.2026", "2026-11-20"),
    )
    .unwrap();
    // With skip, the valid ones of a file are sent too.
    let other = wrong_date.replace("4711", "4712");
    fs::write(folder.join("d.json"), format!("{other}\n{NEW}")).unwrap();
    let ran = world.watch_once(&["export"], &["--on-invalid", "skip"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(world.sandbox.ledger().bookings.len(), 2);
    assert_eq!(moved(&folder.join("done"))[0], "corrected.csv");
    let receipts = content(&failed, "d.json.receipts.csv");
    let statuses: Vec<_> = records(&receipts)
        .iter()
        .map(|row| row["status"].clone())
        .collect();
    assert_eq!(statuses, ["invalid", "accepted"]);
    assert_eq!(records(&content(&failed, "d.json.to-correct.csv")).len(), 1);
}

#[test]
fn refused_rows_come_back_to_be_corrected() {
    let world = World::new();
    let folder = world.folder("export");
    world
        .sandbox
        .inject(Fault::new(Effect::RefusedRows(vec![0])));
    fs::write(folder.join("a.json"), many(2)).unwrap();
    assert_eq!(world.watch_once(&["export"], &[]).code, 1);
    let to_correct = content(&folder.join("failed"), "to-correct.csv");
    let rows = records(&to_correct);
    assert_eq!((rows.len(), rows[0]["status"].as_str()), (1, "refused"));
    assert_eq!(rows[0]["employeeId"], "E0");
}

#[test]
fn a_file_with_a_doubt_stays_until_somebody_has_looked() {
    let world = World::new();
    let folder = world.folder("export");
    world.sandbox.inject(Fault::new(Effect::CutAfterBooking));
    fs::write(folder.join("a.json"), RST).unwrap();
    let ran = world.watch_once(&["export"], &[]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(
        ran.err.contains("1 of its rows are in doubt"),
        "{}",
        ran.err
    );
    assert!(folder.join("a.json").exists());
    let again = world.watch_once(&["export"], &[]);
    assert_eq!(again.code, 3);
    let mut resolve = world.command();
    resolve.args([
        "outbox",
        "resolve",
        "1",
        "--booked",
        "--store",
        "sqlite:outbox.sqlite",
    ]);
    assert_eq!(run(resolve).code, 0);
    assert_eq!(world.watch_once(&["export"], &[]).code, 0);
    assert_eq!(
        moved(&folder.join("done")),
        ["a.json", "a.json.receipts.csv"]
    );
    assert_eq!(world.sandbox.ledger().bookings.len(), 1);
}

#[test]
fn the_same_export_again_is_not_booked_again() {
    let world = World::new();
    let folder = world.folder("export");
    for _ in 0..2 {
        fs::write(folder.join("export.json"), many(3)).unwrap();
        assert_eq!(world.watch_once(&["export"], &[]).code, 0);
    }
    assert_eq!(world.sandbox.ledger().bookings.len(), 3);
    // Both are kept, also where they have the same time.
    assert_eq!(names(&folder.join("done")).len(), 4);
}

#[test]
fn a_folder_of_a_company_takes_no_other_one() {
    let world = World::new();
    let [acme, umbrella] = ["acme", "umbrella"].map(|name| world.folder(name));
    fs::write(acme.join("a.json"), RST).unwrap();
    fs::write(umbrella.join("b.json"), RST).unwrap();
    fs::write(umbrella.join("c.csv"), many_in_csv(1, &[COMPANY])).unwrap();
    let folders = [&*format!("{COMPANY}=acme"), &*format!("{OTHER}=umbrella")];
    let ran = world.watch_once(&folders, &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let ledger = world.sandbox.ledger();
    for company in [COMPANY, OTHER] {
        assert_eq!(ledger.booked(&company.parse().unwrap()).count(), 1);
    }
    let errors = content(&umbrella.join("failed"), "c.csv.errors.txt");
    assert!(
        errors.contains("names another company than the one of the folder"),
        "{errors}"
    );
}

#[test]
fn a_file_that_has_changed_since_is_taken_again() {
    let world = World::new();
    let folder = world.folder("export");
    let file = folder.join("a.json");
    world.sandbox.inject(Fault::new(Effect::CutAfterBooking));
    fs::write(&file, RST).unwrap();
    assert_eq!(world.watch_once(&["export"], &[]).code, 4);
    // It grows by a wrong row: the first one is in doubt, so it stays all the same, …
    fs::write(&file, format!("{RST}\n{{}}\n{NEW}")).unwrap();
    assert_eq!(world.watch_once(&["export"], &[]).code, 3);
    assert!(file.exists());
    assert_eq!(world.sandbox.ledger().bookings.len(), 2);
    // … until somebody has looked.
    let mut resolve = world.command();
    resolve.args([
        "outbox",
        "resolve",
        "1",
        "--booked",
        "--store",
        "sqlite:outbox.sqlite",
    ]);
    assert_eq!(run(resolve).code, 0);
    assert_eq!(world.watch_once(&["export"], &[]).code, 1);
    let receipts = content(&folder.join("failed"), "a.json.receipts.csv");
    let statuses: Vec<_> = records(&receipts)
        .iter()
        .map(|row| row["status"].clone())
        .collect();
    assert_eq!(statuses, ["accepted", "invalid", "accepted"]);
}

#[test]
fn a_newer_file_does_not_overtake_an_older_one() {
    let world = World::new();
    let folder = world.folder("export");
    fs::write(folder.join("a.json"), NEW).unwrap();
    fs::write(folder.join("b.json"), RST.replace("4711", "4712")).unwrap();
    // The older one cannot be taken as long as its reasons, or anything else, cannot be written: a name that is too
    // long for what stands beside it.
    let long = folder.join(format!("{}.json", "a".repeat(230)));
    fs::rename(folder.join("a.json"), &long).unwrap();
    let wrong = RST.replace("2026-11-20", "20.11.2026");
    let content = fs::read(&long).unwrap();
    let time = fs::metadata(&long).unwrap().modified().unwrap();
    fs::write(&long, wrong).unwrap();
    let file = fs::File::options().write(true).open(&long).unwrap();
    file.set_modified(time).unwrap();
    let ran = world.watch_once(&["export"], &[]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("could not be taken: 2"), "{}", ran.err);
    assert_eq!(world.sandbox.ledger().bookings.len(), 0);
    fs::rename(&long, folder.join("a.json")).unwrap();
    fs::write(folder.join("a.json"), content).unwrap();
    let file = fs::File::options()
        .write(true)
        .open(folder.join("a.json"))
        .unwrap();
    file.set_modified(time).unwrap();
    assert_eq!(world.watch_once(&["export"], &[]).code, 0);
    let ledger = world.sandbox.ledger();
    let kinds: Vec<_> = ledger
        .bookings
        .iter()
        .map(|one| one.incident.kind.to_string())
        .collect();
    assert_eq!(kinds, ["NEW", "RST"]);
}

#[test]
fn a_file_that_cannot_be_moved_is_moved_later() {
    let world = World::new();
    let folder = world.folder("export");
    fs::write(folder.join("a.json"), RST).unwrap();
    fs::create_dir(folder.join("failed")).unwrap();
    fs::write(folder.join("done"), "somebody's file").unwrap();
    let ran = world.watch_once(&["export"], &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    fs::remove_file(folder.join("done")).unwrap();
    assert_eq!(world.watch_once(&["export"], &[]).code, 0);
    assert_eq!(moved(&folder.join("done")).len(), 2);
}

#[test]
fn files_are_handed_over_in_the_right_folder_only() {
    let world = World::new();
    for name in ["export", "sync"] {
        world.folder(name);
    }
    let watch = |folder: &str, drop: &str| {
        let mut command = world.command();
        command.args(["watch", folder, "--once", "--settle", "0", "--via", "csv"]);
        command.args(["--drop-dir", drop, "--store", "sqlite:outbox.sqlite"]);
        command.env_remove("CAREFLEX_ID");
        run(command)
    };
    let folder = world.folder.path().join("export");
    fs::write(folder.join("a.csv"), many_in_csv(1, &[COMPANY])).unwrap();
    // Rows of several companies may wait in an outbox: a folder without a company would take them all.
    let bare = watch("export", "sync");
    assert_eq!(bare.code, 2, "{}", bare.err);
    let itself = watch("export", &format!("{COMPANY}=export"));
    assert_eq!(itself.code, 2, "{}", itself.err);
    assert!(itself.err.contains("watch another one"), "{}", itself.err);
    let other = watch("export", &format!("{OTHER}=sync"));
    assert_eq!(other.code, 1, "{}", other.err);
    assert!(names(&world.folder.path().join("sync")).is_empty());
    fs::write(folder.join("b.csv"), many_in_csv(1, &[COMPANY])).unwrap();
    assert_eq!(watch("export", &format!("{COMPANY}=sync")).code, 0);
    assert_eq!(names(&world.folder.path().join("sync")).len(), 1);
}

#[test]
fn folders_that_cannot_be_watched_are_refused() {
    let world = World::new();
    world.folder("export");
    for (folders, why) in [
        (&["missing"][..], "missing:"),
        (&["export", "./export"], "is given twice"),
        (&["a b=export"], "the company of a folder"),
    ] {
        let ran = world.watch_once(folders, &[]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(why), "{}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn a_service_takes_what_comes_and_ends_gracefully() {
    use std::io::{BufRead as _, BufReader};

    let world = World::new();
    let folder = world.folder("export");
    let mut command = world.watch_command(&["export"], &["--poll", "1", "--settle", "1"]);
    let mut service = command.spawn().unwrap();
    let mut events = BufReader::new(service.stdout.take().unwrap()).lines();
    let mut next_status = || loop {
        let line = events.next().unwrap().unwrap();
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        if event["event"] == "file" {
            return event["status"].as_str().unwrap().to_owned();
        }
    };
    // One is renamed into the folder, one is written there.
    fs::write(world.folder.path().join("a.json"), many(2)).unwrap();
    fs::rename(world.folder.path().join("a.json"), folder.join("a.json")).unwrap();
    assert_eq!(
        (next_status(), next_status()),
        ("taken".to_owned(), "done".to_owned())
    );
    fs::write(folder.join("b.json"), RST).unwrap();
    assert_eq!(
        (next_status(), next_status()),
        ("taken".to_owned(), "done".to_owned())
    );
    // A second one on the same outbox is refused.
    let second = world.watch_once(&["export"], &[]);
    assert_eq!(second.code, 3);
    assert!(second.err.contains("at a time"), "{}", second.err);

    let id = service.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(service.wait().unwrap().code(), Some(0));
    assert_eq!(world.sandbox.ledger().bookings.len(), 3);
}
