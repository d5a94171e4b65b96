//! Part of a transaction that is done as a whole or not at all.

use rusqlite::Connection;

use crate::error::{StoreError, StoreErrorKind};

/// Why the part was not done.
pub(super) enum Undone<E> {
    /// By what it says itself. The transaction can go on.
    Itself(E),
    /// The transaction is lost: a full disk takes all of it.
    Transaction(StoreError),
}

/// Does something within a transaction that is open. If that fails, nothing of it was done.
pub(super) fn within<T, E>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, Undone<E>> {
    // Prepared once: an outbox does nothing more often.
    let execute = |sql| connection.prepare_cached(sql)?.execute([]);
    let lost = |error: rusqlite::Error| Undone::Transaction(error.into());
    execute("SAVEPOINT careflex").map_err(lost)?;
    match work() {
        Ok(done) => {
            execute("RELEASE careflex").map_err(lost)?;
            Ok(done)
        }
        Err(error) if connection.is_autocommit() => {
            drop(error);
            Err(Undone::Transaction(StoreError::new(
                StoreErrorKind::Full,
                "the outbox cannot be written: the disk is full, or failed",
            )))
        }
        Err(error) => {
            execute("ROLLBACK TO careflex").map_err(lost)?;
            execute("RELEASE careflex").map_err(lost)?;
            Err(Undone::Itself(error))
        }
    }
}
