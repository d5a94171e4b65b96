//! What an application sees of an outbox.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, and so does a reporter"
)]

mod common;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use careflex_core::{
    Answer, AnswerRow, CareflexId, EmptyReport, Incident, IncidentKind, Level, Receipt, Report,
    ReportError, ReportErrorKind, Reporter, Rules, async_trait,
};
use careflex_outbox::{
    BatchNumber, Ended, EnqueueError, Enqueued, Entry, ExportFormat, Outbox, Query, Resolution,
    Selection, SqliteStore, State, Stop, Store as _, StoreErrorKind,
};

use common::{COMPANY, incident, new_outbox, number};

/// Answers reports as it is told, and accepts what it is told nothing of.
#[derive(Clone, Default)]
struct Portal(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    answers: VecDeque<Reply>,
    reports: Vec<Vec<String>>,
}

#[derive(Clone, Copy)]
enum Reply {
    RefusesRow(usize),
    Fails(ReportErrorKind),
    Panics,
    /// Answers the first row only.
    IsShort,
}

impl Portal {
    fn told(answers: impl IntoIterator<Item = Reply>) -> Self {
        let portal = Self::default();
        portal.0.lock().unwrap().answers.extend(answers);
        portal
    }

    /// The employees of each report.
    fn reports(&self) -> Vec<Vec<String>> {
        self.0.lock().unwrap().reports.clone()
    }
}

#[async_trait]
impl Reporter for Portal {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let reply = {
            let mut told = self.0.lock().unwrap();
            let employees = report.incidents().iter();
            let employees = employees.map(|incident| incident.employee_id.to_string());
            told.reports.push(employees.collect());
            told.answers.pop_front()
        };
        match reply {
            Some(Reply::Fails(kind)) => return Err(ReportError::new(kind, "as it was told")),
            Some(Reply::Panics) => panic!("as it was told"),
            _ => {}
        }
        let rows = (0..report.incidents().len()).map(|row| AnswerRow {
            row_number: Some(row as u64),
            incident_id: Some(format!("i{row}").parse().unwrap()),
            error: matches!(reply, Some(Reply::RefusesRow(refused)) if refused == row)
                .then(|| ("422".to_owned(), "wrong".to_owned())),
            ..AnswerRow::default()
        });
        let count = match reply {
            Some(Reply::IsShort) => 1,
            _ => usize::MAX,
        };
        let answer = Answer {
            import_id: Some("import".parse().unwrap()),
            rows: rows.take(count).collect(),
        };
        Ok(Receipt::matched(report, answer))
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Ok(())
    }
}

async fn drain(outbox: &Outbox<SqliteStore>, portal: &Portal) -> Ended {
    let worker = outbox.worker(portal.clone()).concurrency(1);
    worker.drain(&Stop::new()).await.unwrap()
}

/// The states of all incidents, which are also what the status counts.
async fn states(outbox: &Outbox<SqliteStore>) -> Vec<State> {
    let records = outbox.list(Query::default()).await.unwrap();
    let status = outbox.status().await.unwrap();
    for state in State::ALL {
        let listed = records.iter().filter(|record| record.state == state);
        assert_eq!(status.count(state), listed.count() as u64, "{state}");
    }
    records.iter().map(|record| record.state).collect()
}

fn with_id(employee: &str, id: &str) -> Incident {
    let mut incident = incident(employee, IncidentKind::Rst);
    incident.external_id = Some(id.parse().unwrap());
    incident
}

#[tokio::test]
async fn an_incident_is_enqueued_once() {
    let (_folder, outbox) = new_outbox();
    let outcomes = outbox
        .enqueue_all([
            Entry::from(with_id("1", "x")),
            with_id("1", "x").into(),
            with_id("2", "x").into(),
            incident("1", IncidentKind::Wik).into(),
            incident("1", IncidentKind::Wik).into(),
            Entry::from(incident("1", IncidentKind::Wik)).key("mine"),
            Entry::from(incident("2", IncidentKind::Wik)).key("mine"),
            incident("1", IncidentKind::New).into(),
        ])
        .await
        .unwrap();
    let said: Vec<_> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(Enqueued::Added(number)) => format!("added {number}"),
            Ok(Enqueued::Already(number, state)) => format!("already {number} {state}"),
            Ok(other) => format!("{other:?}"),
            Err(EnqueueError::Conflict(conflict)) => format!("conflict {}", conflict.number),
            Err(error) => error.to_string(),
        })
        .collect();
    assert_eq!(
        said,
        [
            "added 1",
            "already 1 queued",
            "conflict 1",
            "added 2",
            "already 2 queued",
            "added 3",
            "conflict 3",
            "the incident is not valid: employee: is missing: an incident of type NEW needs it",
        ]
    );
}

#[tokio::test]
async fn the_caller_s_transaction_decides() {
    let (_folder, outbox) = new_outbox();
    let mut connection = outbox.store().connect().unwrap();
    for is_committed in [false, true] {
        let mut transaction = connection.transaction().unwrap();
        outbox
            .enqueue(&mut transaction, incident("1", IncidentKind::Rst))
            .unwrap();
        // What is wrong with one spoils nothing else in the transaction.
        let wrong = outbox.enqueue(&mut transaction, incident("2", IncidentKind::New));
        assert!(matches!(wrong, Err(EnqueueError::Invalid(_))));
        if is_committed {
            transaction.commit().unwrap();
        } else {
            transaction.rollback().unwrap();
        }
        let expected = if is_committed { 1 } else { 0 };
        assert_eq!(states(&outbox).await.len(), expected);
    }
    let nobody = Outbox::new(outbox.store().clone());
    let mut transaction = connection.transaction().unwrap();
    let refused = nobody.enqueue(&mut transaction, incident("3", IncidentKind::Rst));
    assert!(matches!(refused, Err(EnqueueError::NoCompany)));
}

#[tokio::test]
async fn another_database_says_what_is_missing() {
    let (folder, outbox) = new_outbox();
    let path = folder.path().join("other.sqlite");
    let mut connection = careflex_outbox::rusqlite::Connection::open(path).unwrap();
    let mut transaction = connection.transaction().unwrap();
    let error = outbox
        .enqueue(&mut transaction, incident("1", IncidentKind::Rst))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "this database holds no outbox yet: open it with SqliteStore::open first"
    );
}

#[tokio::test]
async fn what_was_refused_can_be_corrected_or_retried() {
    let (_folder, outbox) = new_outbox();
    outbox.enqueue_all([with_id("1", "x")]).await.unwrap();
    let portal = Portal::told([Reply::RefusesRow(0), Reply::RefusesRow(0)]);
    drain(&outbox, &portal).await;
    assert_eq!(states(&outbox).await, [State::Refused]);
    // The same one again is no correction, …
    let again = outbox.enqueue_all([with_id("1", "x")]).await.unwrap();
    assert!(matches!(again[0], Ok(Enqueued::Already(_, State::Refused))));
    drain(&outbox, &portal).await;
    assert_eq!(portal.reports().len(), 1);
    // … unless somebody wants it sent as it is.
    assert_eq!(outbox.retry(Selection::All).await.unwrap(), 1);
    assert_eq!(states(&outbox).await, [State::Queued]);
    drain(&outbox, &portal).await;
    assert_eq!(states(&outbox).await, [State::Refused]);
    let corrected = outbox.enqueue_all([with_id("2", "x")]).await.unwrap();
    assert!(
        matches!(corrected[0], Ok(Enqueued::Corrected { earlier, .. }) if earlier == number(1))
    );
    assert_eq!(states(&outbox).await, [State::Replaced, State::Queued]);
    drain(&outbox, &portal).await;
    assert_eq!(states(&outbox).await, [State::Replaced, State::Accepted]);
    assert_eq!(portal.reports(), [["1"], ["1"], ["2"]]);
    // Once accepted, it can no longer be corrected under this ID.
    let late = outbox.enqueue_all([with_id("3", "x")]).await.unwrap();
    assert!(matches!(late[0], Err(EnqueueError::Conflict(_))));
    assert_eq!(outbox.retry(Selection::All).await.unwrap(), 0);
}

#[tokio::test]
async fn a_person_decides_on_what_is_in_doubt() {
    let (_folder, outbox) = new_outbox();
    let rows = ["1", "2", "3"].map(|employee| incident(employee, IncidentKind::Rst));
    outbox.enqueue_all(rows).await.unwrap();
    let portal = Portal::told([Reply::Fails(ReportErrorKind::Unanswered)]);
    drain(&outbox, &portal).await;
    // The later one of the same employee waits.
    let later = incident("2", IncidentKind::Wik);
    outbox.enqueue_all([later]).await.unwrap();
    drain(&outbox, &portal).await;
    let doubt = State::InDoubt;
    assert_eq!(states(&outbox).await, [doubt, doubt, doubt, State::Queued]);
    let status = outbox.status().await.unwrap();
    assert_eq!(status.doubts[0].in_doubt, 3);
    assert_eq!(status.doubts[0].reason, "as it was told");

    let resolve = async |which: &Selection, as_what| {
        let resolved = outbox.resolve(which.clone(), as_what).await;
        resolved.unwrap()
    };
    let one = Selection::Incidents(vec![number(1)]);
    assert_eq!(resolve(&one, Resolution::Booked).await, 1);
    assert_eq!(resolve(&one, Resolution::NotBooked).await, 0);
    let batch = Selection::Batch(status.doubts[0].batch);
    assert_eq!(resolve(&batch, Resolution::NotBooked).await, 2);
    assert_eq!(resolve(&batch, Resolution::Booked).await, 0);
    drain(&outbox, &portal).await;
    assert_eq!(states(&outbox).await, [State::Accepted; 4]);
    assert_eq!(portal.reports(), [vec!["1", "2", "3"], vec!["2", "3", "2"]]);
    let records = outbox.list(Query::default()).await.unwrap();
    assert!(records[0].by_person && !records[1].by_person);
}

#[tokio::test]
async fn only_rows_without_a_clear_answer_are_in_doubt() {
    let (_folder, outbox) = new_outbox();
    let rows = ["1", "2"].map(|employee| incident(employee, IncidentKind::Rst));
    outbox.enqueue_all(rows).await.unwrap();
    drain(&outbox, &Portal::told([Reply::IsShort])).await;
    assert_eq!(states(&outbox).await, [State::Accepted, State::InDoubt]);
    let records = outbox.list(Query::default()).await.unwrap();
    assert_eq!(
        records[1].message.as_deref(),
        Some("the portal's answer has no row for this incident")
    );
    assert_eq!(records[0].import_id.as_ref().unwrap().as_str(), "import");
}

#[tokio::test]
async fn what_was_not_sent_waits_and_says_why() {
    let (_folder, outbox) = new_outbox();
    outbox
        .enqueue_all([incident("1", IncidentKind::Rst)])
        .await
        .unwrap();
    let portal = Portal::told([Reply::Fails(ReportErrorKind::Unreachable)]);
    assert!(matches!(drain(&outbox, &portal).await, Ended::NotSent(_)));
    assert_eq!(states(&outbox).await, [State::Queued]);
    let failure = outbox.status().await.unwrap().failure.unwrap();
    assert_eq!(failure.reason, "as it was told");
    assert!(matches!(drain(&outbox, &portal).await, Ended::Drained));
    assert_eq!(states(&outbox).await, [State::Accepted]);
    assert!(outbox.status().await.unwrap().failure.is_none());
}

#[tokio::test]
async fn after_five_failures_a_person_has_to_look() {
    let (_folder, outbox) = new_outbox();
    let mut one_by_one = Rules::documented();
    one_by_one.max_incidents = 1;
    let outbox = outbox.rules(one_by_one);
    let rows = (0..9).map(|employee| incident(&employee.to_string(), IncidentKind::Rst));
    outbox.enqueue_all(rows).await.unwrap();
    let refused = Reply::Fails(ReportErrorKind::Rejected);
    let doubted = Reply::Fails(ReportErrorKind::ServerFailure);
    let portal = Portal::told([refused, refused, doubted, Reply::Panics, refused]);
    assert!(matches!(drain(&outbox, &portal).await, Ended::Resting));
    assert_eq!(portal.reports().len(), 5);
    // Another worker knows it too.
    assert!(matches!(drain(&outbox, &portal).await, Ended::Resting));
    assert_eq!(portal.reports().len(), 5);
    let status = outbox.status().await.unwrap();
    assert!(status.is_resting);
    assert_eq!(status.count(State::Refused), 3);
    assert_eq!(status.count(State::InDoubt), 2);
    assert_eq!(status.count(State::Queued), 4);
    assert_eq!(outbox.retry(Selection::All).await.unwrap(), 3);
    assert!(matches!(drain(&outbox, &portal).await, Ended::Drained));
    assert_eq!(outbox.status().await.unwrap().count(State::Accepted), 7);
}

#[tokio::test]
async fn a_worker_has_rules_of_its_own() {
    let (_folder, outbox) = new_outbox();
    // The second one is a valid tax ID, of which only a stricter rule makes an error.
    let rows = ["1", "49239697103"].map(|employee| incident(employee, IncidentKind::Rst));
    outbox.enqueue_all(rows).await.unwrap();
    let mut stricter = Rules::documented();
    stricter.tax_id = Level::Error;
    let portal = Portal::default();
    drain(&outbox.clone().rules(stricter), &portal).await;
    assert_eq!(states(&outbox).await, [State::Accepted, State::Invalid]);
    assert_eq!(portal.reports(), [["1"]]);
    let mut query = Query::default();
    query.states = vec![State::Invalid];
    let records = outbox.list(query).await.unwrap();
    assert_eq!(records[0].code.as_deref(), Some("tax-id"));
}

#[tokio::test]
async fn companies_take_turns_and_fill_their_batches() {
    let (_folder, outbox) = new_outbox();
    let rows: Vec<(CareflexId, Incident)> = (0..500)
        .map(|row| {
            let company = if row % 2 == 0 {
                COMPANY
            } else {
                "1b2c3d4e5f607182"
            };
            let incident = incident(&format!("{row}"), IncidentKind::Rst);
            (company.parse().unwrap(), incident)
        })
        .collect();
    outbox.enqueue_all(rows).await.unwrap();
    let portal = Portal::default();
    drain(&outbox, &portal).await;
    let sizes: Vec<_> = portal.reports().iter().map(Vec::len).collect();
    assert_eq!(sizes, [100, 100, 100, 100, 50, 50]);
    assert_eq!(outbox.status().await.unwrap().companies.len(), 2);
}

#[tokio::test]
async fn a_store_is_for_one_portal_and_one_worker() {
    let (folder, outbox) = new_outbox();
    outbox.bind_to("portal.example:443").await.unwrap();
    outbox.bind_to("portal.example:443").await.unwrap();
    let error = outbox.bind_to("staging.example:443").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::OtherPortal);
    let seat = outbox.store().start_worker().await.unwrap();
    let other = Outbox::sqlite(folder.path().join("outbox.sqlite")).unwrap();
    assert!(other.status().await.unwrap().worker.is_some());
    let refused = other.worker(Portal::default()).drain(&Stop::new()).await;
    assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::HasWorker);
    drop(seat);
    assert!(outbox.status().await.unwrap().worker.is_none());
    assert!(matches!(
        drain(&other, &Portal::default()).await,
        Ended::Drained
    ));
}

#[tokio::test]
async fn a_worker_stops_when_it_is_told() {
    let (_folder, outbox) = new_outbox();
    outbox
        .enqueue_all([incident("1", IncidentKind::Rst)])
        .await
        .unwrap();
    let stop = Stop::new();
    stop.stop();
    let worker = outbox.worker(Portal::default());
    assert!(matches!(worker.drain(&stop).await.unwrap(), Ended::Stopped));
    outbox.worker(Portal::default()).run(&stop).await.unwrap();
    assert_eq!(states(&outbox).await, [State::Queued]);
}

#[tokio::test]
async fn the_trail_stays_when_contents_are_purged() {
    let (_folder, outbox) = new_outbox();
    let rows = ["1", "2", "3"].map(|employee| incident(employee, IncidentKind::Rst));
    outbox.enqueue_all(rows.clone()).await.unwrap();
    let portal = Portal::told([Reply::RefusesRow(1)]);
    drain(&outbox, &portal).await;
    let purge = async |minutes: u64| {
        outbox
            .purge(Duration::from_secs(60 * minutes))
            .await
            .unwrap()
    };
    assert_eq!(purge(1).await, 0);
    assert_eq!(purge(0).await, 3);
    assert_eq!(purge(0).await, 0);
    // It is still known that they were sent, and a refused one cannot be sent any more.
    let again = outbox.enqueue_all(rows).await.unwrap();
    assert!(matches!(
        again[0],
        Ok(Enqueued::Already(_, State::Accepted))
    ));
    let batch = Selection::Batch(BatchNumber(1));
    assert_eq!(outbox.retry(batch).await.unwrap(), 0);

    let header = "number,careflexId,externalId,employeeId,type,state,byPerson,batch,importId,incidentId,code,queuedAt,settledAt,key,hash";
    let csv = format!(
        "{header}\n1,{COMPANY},,1,RST,accepted,false,1,import,i0,,2026-01-01T00:00:00.000Z,2026-01-01T00:00:00.000Z,hash:"
    );
    let json = format!(
        r#"{{"number":1,"careflexId":"{COMPANY}","externalId":null,"employeeId":"1","type":"RST","state":"accepted","byPerson":false,"batch":1,"importId":"import","incidentId":"i0","code":null,"queuedAt":"2026-01-01T00:00:00.000Z","#
    );
    for (format, lines, beginning) in [(ExportFormat::Csv, 4, csv), (ExportFormat::Json, 3, json)] {
        let mut trail = Vec::new();
        let written = outbox.export(Query::default(), format, &mut trail).await;
        assert_eq!(written.unwrap(), 3);
        let trail = String::from_utf8(trail).unwrap();
        assert_eq!(trail.lines().count(), lines);
        assert!(trail.starts_with(&beginning), "{trail}");
        assert!(!trail.contains("wrong"), "{trail}");
    }
}
