//! Databases that are damaged, or none, or from the future.

use std::time::Duration;

use std::path::{Path, PathBuf};

use careflex_outbox::rusqlite::Connection;
use careflex_outbox::{EnqueueError, Query, SqliteStore, State, StoreError, StoreErrorKind};
use tempfile::TempDir;

use crate::common::{drain, incidents, outbox, states, with_company};

#[test]
fn a_store_from_a_newer_version_is_left_alone() {
    let (folder, outbox) = outbox();
    drop(outbox);
    let path = path(&folder);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute("UPDATE careflex_outbox SET version = 99", [])
        .unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();

    let error = SqliteStore::open(&path).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Newer);
    let message = error.to_string();
    assert!(message.contains("version 99") && message.contains("update"));
    assert!(!error.is_passing());
    assert!(std::fs::read(&path).unwrap() == before, "nothing changed");
}

#[tokio::test]
async fn what_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut noise = fastrand::Rng::with_seed(1);
    let noise: Vec<u8> = (0..50_000).map(|_| noise.u8(..)).collect();
    let text = b"externalId;employeeId;type\n".repeat(100);
    for (name, bytes) in [("noise", noise), ("text.csv", text)] {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let error = SqliteStore::open(&path).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Damaged, "{name}: {error:?}");
        assert!(error.to_string().contains("no SQLite database"), "{error}");
        assert!(!error.is_passing());
        assert!(std::fs::read(&path).unwrap() == bytes, "{name} has changed");
    }
    let error = SqliteStore::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::CannotOpen);
    let missing = folder.path().join("missing");
    let error = SqliteStore::open_existing(&missing).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::CannotOpen);
    assert!(!missing.exists());
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_damaged_and_never_less_than_it_was() {
    let (folder, outbox) = outbox();
    outbox.enqueue_all(incidents(0..500)).await.unwrap();
    drop(outbox);
    let whole = std::fs::read(path(&folder)).unwrap();
    let cut_off = folder.path().join("cut-off.sqlite");
    for pages in [1, 2, 5, 17, whole.len() / 4096 - 1] {
        std::fs::write(&cut_off, &whole[..pages * 4096]).unwrap();
        let error = use_all(&cut_off).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Damaged, "{pages}: {error:?}");
    }
}

#[tokio::test]
async fn bytes_that_have_changed_are_damage_or_harmless() {
    let (folder, outbox) = outbox();
    outbox.enqueue_all(incidents(0..300)).await.unwrap();
    drop(outbox);
    let whole = std::fs::read(path(&folder)).unwrap();
    let mut chance = fastrand::Rng::with_seed(7);
    let mut damaged = 0;
    for round in 0..60 {
        let changed = folder.path().join(format!("{round}.sqlite"));
        let mut bytes = whole.clone();
        // A sector, somewhere behind the header.
        let begin = chance.usize(1..bytes.len() / 512) * 512;
        chance.fill(&mut bytes[begin..begin + 512]);
        std::fs::write(&changed, &bytes).unwrap();
        if let Err(error) = use_all(&changed).await {
            damaged += 1;
            assert!(
                matches!(
                    error.kind(),
                    StoreErrorKind::Damaged | StoreErrorKind::Failed | StoreErrorKind::Newer
                ),
                "round {round}: {error:?}"
            );
        }
    }
    assert!(damaged > 10, "{damaged}");
}

#[tokio::test]
async fn an_incident_whose_content_is_damaged_keeps_no_others_from_leaving() {
    let (folder, outbox) = outbox();
    outbox.enqueue_all(incidents(0..5)).await.unwrap();
    let connection = Connection::open(path(&folder)).unwrap();
    for (number, content) in [(2, "x'ff007b'"), (4, "NULL")] {
        let sql = format!("UPDATE careflex_incident SET content = {content} WHERE id = {number}");
        assert_eq!(connection.execute(&sql, []).unwrap(), 1);
    }

    assert_eq!(drain(&outbox).await.taken(), 3);
    let (sent, invalid) = (State::HandedOver, State::Invalid);
    assert_eq!(states(&outbox).await, [sent, invalid, sent, invalid, sent]);
    for record in outbox.list(Query::default()).await.unwrap() {
        if record.state == invalid {
            assert_eq!(record.code.as_deref(), Some("unreadable"));
            assert!(record.message.unwrap().contains("enqueue it again"));
        }
    }
}

#[tokio::test]
async fn a_number_that_no_state_has_is_damage() {
    let (folder, outbox) = outbox();
    outbox.enqueue_all(incidents(0..2)).await.unwrap();
    drain(&outbox).await;
    let connection = Connection::open(path(&folder)).unwrap();
    connection
        .execute("UPDATE careflex_outcome SET state = 77 WHERE id = 1", [])
        .unwrap();
    let error = outbox.list(Query::default()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Damaged);
}

#[test]
fn a_database_with_other_tables_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE contract (employee TEXT PRIMARY KEY, rests INTEGER);
             CREATE TABLE outbox (id INTEGER);
             CREATE INDEX of_rests ON contract (rests);
             INSERT INTO contract VALUES ('4711', 0), ('4712', 1);
             PRAGMA user_version = 17;",
        )
        .unwrap();
    let schema = |connection: &Connection| -> Vec<String> {
        let mut statement = connection
            .prepare(
                "SELECT sql FROM sqlite_schema
                 WHERE sql NOT LIKE '%careflex_%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
            )
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let before = schema(&connection);
    assert_eq!(before.len(), 3);

    for _ in 0..2 {
        SqliteStore::open(&path).unwrap();
        assert_eq!(schema(&connection), before);
        let one = |sql: &str| -> i64 { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
        assert_eq!(one("PRAGMA user_version"), 17);
        assert_eq!(one("SELECT COUNT(*) FROM contract WHERE rests = 1"), 1);
        assert_eq!(one("SELECT version FROM careflex_outbox"), 1);
    }
}

#[test]
fn a_database_without_an_outbox_says_so_to_those_who_enqueue() {
    let (folder, outbox) = outbox();
    let mut connection = Connection::open(folder.path().join("other.sqlite")).unwrap();
    let mut transaction = connection.transaction().unwrap();
    let enqueued = outbox.enqueue(&mut transaction, incidents(0..1).next().unwrap());
    let Err(EnqueueError::Store(error)) = enqueued else {
        panic!("{enqueued:?}");
    };
    assert_eq!(error.kind(), StoreErrorKind::CannotOpen);
    assert!(error.to_string().contains("holds no outbox"));
}

/// Reads and writes everything.
async fn use_all(path: &Path) -> Result<(), StoreError> {
    let outbox = with_company(SqliteStore::open(path)?);
    outbox.status().await?;
    outbox.list(Query::default()).await?;
    outbox.enqueue_all(incidents(0..600)).await?;
    outbox
        .worker(crate::common::Portal::default())
        .drain(&careflex_outbox::Stop::new())
        .await?;
    outbox.purge(Duration::ZERO).await?;
    Ok(())
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("outbox.sqlite")
}
