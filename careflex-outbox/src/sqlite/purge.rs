//! Removes contents after a while.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::connection::PATIENCE;
use super::values::to_count;
use crate::error::StoreError;

/// Outcomes that are looked at in one transaction.
const PIECE: i64 = 2000;

/// What was done in one transaction.
pub(super) struct Piece {
    pub(super) purged: u64,
    /// After which incident to go on; `None` at the end.
    pub(super) next: Option<i64>,
}

/// Purges one piece of the incidents behind this one.
pub(super) fn piece(connection: &Connection, before: i64, after: i64) -> Result<Piece, StoreError> {
    let last: Option<i64> = connection
        .prepare_cached(
            "SELECT MAX(id) FROM (SELECT id FROM careflex_outcome WHERE id > ?1 ORDER BY id LIMIT ?2)",
        )?
        .query_row([after, PIECE], |row| row.get(0))?;
    let Some(last) = last else {
        return Ok(Piece {
            purged: 0,
            next: None,
        });
    };
    // 3 and more: answered.
    connection
        .prepare_cached(
            "UPDATE careflex_outcome SET message = NULL
             WHERE id > ?1 AND id <= ?2 AND state >= 3 AND settled_at <= ?3 AND message IS NOT NULL",
        )?
        .execute([after, last, before])?;
    let purged = connection
        .prepare_cached(
            "UPDATE careflex_incident SET content = NULL
             WHERE id > ?1 AND id <= ?2 AND content IS NOT NULL
               AND EXISTS (SELECT 1 FROM careflex_outcome AS outcome
                           WHERE outcome.id = careflex_incident.id AND state >= 3 AND settled_at <= ?3)",
        )?
        .execute(params![after, last, before])?;
    if purged > 0 {
        connection.execute("UPDATE careflex_outbox SET log_holds_purged = 1", [])?;
    }
    Ok(Piece {
        purged: to_count(i64::try_from(purged).unwrap_or_default()),
        next: Some(last),
    })
}

/// The log in front of the database still holds what was removed from it. While others read, it stays until
/// the next time: they are not waited for, as nothing else could be written meanwhile.
pub(super) fn forget_the_log(connection: &Connection) -> Result<(), StoreError> {
    let holds_purged: bool =
        connection.query_row("SELECT log_holds_purged FROM careflex_outbox", [], |row| {
            row.get(0)
        })?;
    if !holds_purged {
        return Ok(());
    }
    connection.busy_timeout(Duration::ZERO)?;
    let is_busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    connection.busy_timeout(PATIENCE)?;
    let is_busy: bool = is_busy?;
    if !is_busy {
        connection.execute("UPDATE careflex_outbox SET log_holds_purged = 0", [])?;
    }
    Ok(())
}
