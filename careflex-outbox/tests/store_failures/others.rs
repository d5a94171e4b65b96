//! Other programs, and other connections, at the same database.

use std::sync::mpsc;
use std::time::Duration;

use careflex_core::{EmptyReport, Receipt, Report, ReportError, Reporter, async_trait};
use careflex_outbox::rusqlite::Connection;
use careflex_outbox::{EnqueueError, Enqueued, Outbox, SqliteStore, State, Stop, StoreErrorKind};

use crate::common::{Portal, drain, incidents, outbox, states, with_company};

#[tokio::test]
async fn only_one_worker_sends() {
    let (folder, outbox) = outbox();
    let path = folder.path().join("outbox.sqlite");
    outbox.enqueue_all(incidents(0..3)).await.unwrap();

    // While the first one sends, another program tries.
    let other = with_company(SqliteStore::open(path).unwrap());
    let tries = Tries(other.clone());
    outbox.worker(tries).drain(&Stop::new()).await.unwrap();
    assert_eq!(states(&outbox).await, [State::HandedOver; 3]);

    // Afterwards it may.
    outbox.enqueue_all(incidents(3..4)).await.unwrap();
    assert_eq!(drain(&other).await.taken(), 1);
    assert!(other.status().await.unwrap().worker.is_none());
}

/// A portal during whose work another worker wants to begin.
struct Tries(Outbox<SqliteStore>);

#[async_trait]
impl Reporter for Tries {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let status = self.0.status().await.unwrap();
        assert_eq!(status.count(State::Sending), 3);
        assert!(status.worker.unwrap().starts_with("process "));
        let other = self.0.worker(Portal::default());
        let error = other.drain(&Stop::new()).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::HasWorker);
        assert!(!error.is_passing());
        // Its try has changed nothing.
        assert_eq!(states(&self.0).await, [State::Sending; 3]);
        Ok(Receipt::handed_over(report))
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_was_never_there() {
    let (_folder, outbox) = outbox();
    let mut connection = outbox.store().connect().unwrap();
    connection
        .execute_batch("CREATE TABLE contract (employee TEXT)")
        .unwrap();
    for (number, is_committed) in (0..).zip([false, true, false]) {
        let mut transaction = connection.transaction().unwrap();
        transaction
            .execute("INSERT INTO contract VALUES ('4711')", [])
            .unwrap();
        for incident in incidents(number..number + 2) {
            outbox.enqueue(&mut transaction, incident).unwrap();
        }
        if is_committed {
            transaction.commit().unwrap();
        }
    }
    let contracts: i64 = connection
        .query_row("SELECT COUNT(*) FROM contract", [], |row| row.get(0))
        .unwrap();
    assert_eq!(contracts, 1);
    assert_eq!(states(&outbox).await, [State::Queued; 2]);
    assert_eq!(drain(&outbox).await.taken(), 2);
}

#[tokio::test]
async fn a_refused_incident_spoils_no_transaction() {
    let (_folder, outbox) = outbox();
    let mut connection = outbox.store().connect().unwrap();
    let mut transaction = connection.transaction().unwrap();
    let [one, other] = [1, 2]
        .map(|employee| crate::common::incident(&employee.to_string(), "the same external ID"));
    let added = outbox.enqueue(&mut transaction, one.clone()).unwrap();
    assert!(added.is_new());
    let conflict = outbox.enqueue(&mut transaction, other).unwrap_err();
    assert!(matches!(conflict, EnqueueError::Conflict(_)));
    let already = outbox.enqueue(&mut transaction, one).unwrap();
    assert_eq!(already, Enqueued::Already(added.number(), State::Queued));
    transaction.commit().unwrap();
    assert_eq!(states(&outbox).await, [State::Queued]);
}

#[test]
fn a_locked_database_is_busy_for_those_who_do_not_wait() {
    let (_folder, outbox) = outbox();
    let mut connection = outbox.store().connect().unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    let other = outbox.store().connect().unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut transaction = connection.transaction().unwrap();
    let incident = incidents(0..1).next().unwrap();
    let enqueued = outbox.enqueue(&mut transaction, incident.clone());
    let Err(EnqueueError::Store(error)) = enqueued else {
        panic!("{enqueued:?}");
    };
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    assert!(error.is_passing());
    // The same transaction goes on once the other one is over.
    other.execute_batch("COMMIT").unwrap();
    outbox.enqueue(&mut transaction, incident).unwrap();
    transaction.commit().unwrap();
}

#[tokio::test]
#[ignore = "waits for ten seconds, which is how long the outbox waits for others"]
async fn a_locked_database_is_busy_after_a_while() {
    let (_folder, outbox) = outbox();
    let other = outbox.store().connect().unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = outbox.enqueue_all(incidents(0..1)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(states(&outbox).await, []);
    outbox.enqueue_all(incidents(0..1)).await.unwrap();
}

#[tokio::test]
async fn a_worker_waits_while_others_write() {
    let (folder, outbox) = outbox();
    outbox.enqueue_all(incidents(0..3)).await.unwrap();
    let path = folder.path().join("outbox.sqlite");
    let (locked, is_locked) = mpsc::channel();
    let (release, is_released) = mpsc::channel();
    let other = std::thread::spawn(move || {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
        locked.send(()).unwrap();
        is_released.recv().unwrap();
        connection.execute_batch("ROLLBACK").unwrap();
    });
    is_locked.recv().unwrap();
    let portal = Portal::default();
    let worker = outbox.worker(portal.clone());
    let stop = Stop::new();
    let draining = worker.drain(&stop);
    let release = async {
        // The worker has begun by now. Others can still look.
        assert_eq!(states(&outbox).await, [State::Queued; 3]);
        release.send(()).unwrap();
    };
    let (drained, ()) = tokio::join!(draining, release);
    drained.unwrap();
    other.join().unwrap();
    assert_eq!(portal.taken(), 3);
}
