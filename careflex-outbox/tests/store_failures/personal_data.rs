//! Where personal data must not be: in a database after it was purged, and in anything that may be logged.

use std::time::Duration;

use std::error::Error;
use std::fmt::Debug;
use std::path::Path;

use careflex_core::{
    Address, Answer, AnswerRow, Employee, EmptyReport, Incident, Job, Receipt, Report, ReportError,
    ReportErrorKind, Reporter, Sex, async_trait, parse_date,
};
use careflex_outbox::{
    EnqueueError, Entry, ExportFormat, Query, Selection, SqliteStore, State, Stop,
};

use crate::common::{drain, incident, only_record, outbox, with_company};

/// Stands in every content.
const MARK: &str = "Zwiebelfisch";
/// What the portal quotes.
const QUOTED: &str = "the portal does not like Zwiebelfisch";

#[tokio::test]
async fn what_is_purged_is_nowhere_in_the_files() {
    let (folder, outbox) = outbox();
    let entries = (0..50).map(|number| planted(&number.to_string()));
    outbox.enqueue_all(entries).await.unwrap();
    let worker = outbox.worker(Refusing);
    worker.drain(&Stop::new()).await.unwrap();
    assert!(occurrences(folder.path()) > 50);

    let purged = outbox.purge(Duration::ZERO).await.unwrap();
    assert_eq!(purged, 50);
    assert_eq!(occurrences(folder.path()), 0);
    // The audit trail is still there, and keeps them from being taken again.
    let record = &outbox.list(Query::default()).await.unwrap()[0];
    assert_eq!(record.code.as_deref(), Some("422"));
    assert_eq!(record.message, None);
    let again = outbox.enqueue_all([planted("0")]).await.unwrap();
    assert!(!again[0].as_ref().unwrap().is_new());
    assert_eq!(occurrences(folder.path()), 0);
    // Without its content, none can be sent again.
    assert_eq!(outbox.retry(Selection::All).await.unwrap(), 0);
}

#[tokio::test]
async fn what_others_were_reading_is_gone_after_the_next_purge() {
    let (folder, outbox) = outbox();
    outbox.enqueue_all([planted("1")]).await.unwrap();
    drain(&outbox).await;
    let reader = outbox.store().connect().unwrap();
    let read = "BEGIN; SELECT COUNT(*) FROM careflex_incident;";
    reader.execute_batch(read).unwrap();
    assert_eq!(outbox.purge(Duration::ZERO).await.unwrap(), 1);
    assert!(occurrences(folder.path()) > 0, "somebody reads it still");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(outbox.purge(Duration::ZERO).await.unwrap(), 0);
    assert_eq!(occurrences(folder.path()), 0);
}

#[tokio::test]
async fn what_is_not_answered_is_not_purged() {
    let (folder, outbox) = outbox();
    outbox.enqueue_all([planted("1")]).await.unwrap();
    assert_eq!(outbox.purge(Duration::ZERO).await.unwrap(), 0);
    assert!(occurrences(folder.path()) > 0);
    assert_eq!(drain(&outbox).await.taken(), 1);
}

#[tokio::test]
async fn nothing_that_may_be_logged_holds_personal_data() {
    let (folder, outbox) = outbox();
    let entry = Entry::from(marked()).key(MARK);
    debug(&entry);
    debug(&outbox.prepare(entry.clone()).unwrap());
    debug(&outbox.enqueue_all([entry]).await.unwrap());
    // Another content with the same key, and one that breaks a rule.
    let mut other = marked();
    other.valid_from = parse_date("2027-01-01").unwrap();
    let mut invalid = marked();
    invalid
        .employee
        .as_mut()
        .unwrap()
        .address
        .as_mut()
        .unwrap()
        .zip_code = format!("{MARK}{MARK}").parse().unwrap();
    for wrong in [Entry::from(other).key(MARK), Entry::from(invalid).key("2")] {
        let answer = outbox.enqueue_all([wrong]).await.unwrap().remove(0);
        error(&answer.unwrap_err());
    }
    let nobody = careflex_outbox::Outbox::new(outbox.store().clone());
    let answer = nobody.enqueue_all([marked()]).await.unwrap().remove(0);
    assert!(matches!(answer, Err(EnqueueError::NoCompany)));
    error(&answer.unwrap_err());

    let seen = std::sync::Mutex::new(Vec::new());
    let seen = std::sync::Arc::new(seen);
    let events = std::sync::Arc::clone(&seen);
    let worker = outbox
        .worker(Refusing)
        .observe(move |event| events.lock().unwrap().push(format!("{event:?}")));
    debug(&worker);
    debug(&worker.drain(&Stop::new()).await.unwrap());
    debug(&*seen.lock().unwrap());
    let record = only_record(&outbox).await;
    assert_eq!(record.state, State::Refused);
    assert_eq!(record.message.as_deref(), Some(QUOTED));
    debug(&record);
    debug(&outbox.status().await.unwrap());
    debug(&outbox);

    // What the portal says of a request that was not taken is not kept.
    outbox.retry(Selection::All).await.unwrap();
    debug(&outbox.worker(Busy).drain(&Stop::new()).await.unwrap());
    let status = outbox.status().await.unwrap();
    let reason = &status.failure.as_ref().unwrap().reason;
    assert!(!reason.contains(MARK), "{reason}");
    debug(&status);

    // Neither does a damaged database show what is in it.
    let path = folder.path().join("outbox.sqlite");
    drop((outbox, nobody));
    let connection = careflex_outbox::rusqlite::Connection::open(&path).unwrap();
    let sql = format!("UPDATE careflex_incident SET employee_id = '\u{1}{MARK}'");
    connection.execute(&sql, []).unwrap();
    let damaged = with_company(SqliteStore::open(&path).unwrap());
    error(&damaged.list(Query::default()).await.unwrap_err());
}

#[tokio::test]
async fn the_audit_trail_holds_neither_contents_nor_what_the_portal_says() {
    let (_folder, outbox) = outbox();
    outbox.enqueue_all([planted("1")]).await.unwrap();
    let worker = outbox.worker(Refusing);
    worker.drain(&Stop::new()).await.unwrap();
    for format in [ExportFormat::Csv, ExportFormat::Json] {
        let mut trail = Vec::new();
        let written = outbox.export(Query::default(), format, &mut trail);
        assert_eq!(written.await.unwrap(), 1);
        let trail = String::from_utf8(trail).unwrap();
        assert!(trail.contains("refused") && trail.contains("x1"), "{trail}");
        assert_hidden(&trail);
    }
}

/// Refuses each incident, and quotes it.
struct Refusing;

#[async_trait]
impl Reporter for Refusing {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let refused = |row_number| AnswerRow {
            row_number: Some(row_number),
            error: Some(("422".to_owned(), QUOTED.to_owned())),
            ..AnswerRow::default()
        };
        let answer = Answer {
            import_id: None,
            rows: (0..).take(report.incidents().len()).map(refused).collect(),
        };
        Ok(Receipt::matched(report, answer))
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Ok(())
    }
}

/// Takes nothing, and quotes it.
struct Busy;

#[async_trait]
impl Reporter for Busy {
    async fn report(&self, _: &Report) -> Result<Receipt, ReportError> {
        let error = ReportError::new(ReportErrorKind::Busy, "the portal is busy");
        Err(error.with_portal_text(Some(QUOTED.to_owned())))
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Ok(())
    }
}

/// An incident with the mark in its content only.
fn planted(employee: &str) -> Incident {
    let day = parse_date("2026-12-01").unwrap();
    let text = || MARK.parse().unwrap();
    let mut incident = incident(employee, &format!("x{employee}"));
    incident.employee = Some(
        Employee::builder()
            .first_name(text())
            .last_name(text())
            .birthday(day)
            .sex(Sex::Male)
            .address(
                Address::builder()
                    .street(text())
                    .house_number("9a".parse().unwrap())
                    .zip_code("01234".parse().unwrap())
                    .city(text())
                    .country("DE".parse().unwrap())
                    .build(),
            )
            .job(
                Job::builder()
                    .employment_site(text())
                    .employment_status("T".parse().unwrap())
                    .start_of_employment(day)
                    .management(false)
                    .build(),
            )
            .build(),
    );
    incident
}

/// An incident with the mark in its keys too.
fn marked() -> Incident {
    let mut incident = planted(MARK);
    incident.external_id = Some(MARK.parse().unwrap());
    incident
}

/// How often the mark is in any file of a folder.
fn occurrences(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap();
    let count = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        let mark = MARK.as_bytes();
        bytes.windows(mark.len()).filter(|it| *it == mark).count()
    };
    files.map(|file| count(&file.unwrap().path())).sum()
}

fn assert_hidden(text: &str) {
    assert!(!text.contains(MARK), "{MARK} is in: {text}");
}

fn debug(value: &dyn Debug) {
    assert_hidden(&format!("{value:?}"));
    assert_hidden(&format!("{value:#?}"));
}

/// An error with all its causes, in both forms.
fn error(error: &(dyn Error + 'static)) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        assert_hidden(&error.to_string());
        debug(&error);
        cause = error.source();
    }
}
