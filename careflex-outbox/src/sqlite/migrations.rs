//! Brings a database up to date, step by step.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::error::{StoreError, StoreErrorKind};

/// Each leads from one version to the next, the first one from a database without an outbox. They are never
/// changed: databases out there have gone through them.
const STEPS: [&str; 1] = [include_str!("schema/1.sql")];

pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let newest = STEPS.len();
    if version(connection)? == newest {
        return Ok(());
    }
    // Another process may be at it.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    if version > newest {
        return Err(StoreError::new(
            StoreErrorKind::Newer,
            format!(
                "the outbox is of version {version}, which a newer careflex wrote; this one knows version {newest}: update it"
            ),
        ));
    }
    for step in STEPS.iter().skip(version) {
        transaction.execute_batch(step)?;
    }
    note_version(&transaction, newest)?;
    transaction.commit()?;
    Ok(())
}

/// Complains if the database is somebody else's, without an outbox. An empty one is nobody's: whoever was to create an
/// outbox in it was killed.
pub(super) fn check_is_there(connection: &Connection) -> Result<(), StoreError> {
    let is_empty: bool = connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)",
        [],
        |row| row.get(0),
    )?;
    if is_empty || version(connection)? > 0 {
        return Ok(());
    }
    Err(StoreError::new(
        StoreErrorKind::CannotOpen,
        "the database holds no outbox",
    ))
}

/// 0 if there is no outbox.
fn version(connection: &Connection) -> Result<usize, StoreError> {
    let is_there = connection
        .query_row(
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'careflex_outbox'",
            [],
            |_| Ok(()),
        )
        .optional()?;
    if is_there.is_none() {
        return Ok(0);
    }
    let version: i64 =
        connection.query_row("SELECT version FROM careflex_outbox", [], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn note_version(transaction: &Transaction<'_>, version: usize) -> Result<(), StoreError> {
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    transaction.execute("UPDATE careflex_outbox SET version = ?1", [version])?;
    Ok(())
}
