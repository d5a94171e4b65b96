//! Connections, and what their errors mean.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{StoreError, StoreErrorKind};

/// How long to wait while others write.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a database as the outbox needs it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    create_private(path)
        .and_then(|()| check_is_file(path))
        .map_err(|error| {
            let path = path.display();
            let message = format!("the outbox {path} cannot be opened: {error}");
            StoreError::new(StoreErrorKind::CannotOpen, message)
        })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // Else statements on tables with partial indices are planned anew each time, for the values they are given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Personal data goes to no temporary file, and what is deleted is gone.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16384;
         PRAGMA wal_autocheckpoint = 2000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Opens a database to look into it, and changes nothing. Not read-only: what a killed program has left half-written
/// must be undone before anybody can read.
pub(super) fn look_into(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Complains if there is no database yet.
pub(super) fn check_is_there(path: &Path) -> Result<(), StoreError> {
    if path.is_file() {
        return Ok(());
    }
    let path = path.display();
    Err(StoreError::new(
        StoreErrorKind::CannotOpen,
        format!("the outbox {path} is not there"),
    ))
}

/// A new database is for its owner only; SQLite gives its other files the same rights. On Windows it has those
/// of its folder.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn check_is_file(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    Ok(())
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let (kind, message) = in_words(&error);
        Self::new(kind, message).with_source(error)
    }
}

/// What an error of SQLite means.
fn in_words(error: &rusqlite::Error) -> (StoreErrorKind, &'static str) {
    let is_missing_table = |text: &str| text.starts_with("no such table: careflex_");
    match error {
        rusqlite::Error::SqliteFailure(_, Some(text))
        | rusqlite::Error::SqlInputError { msg: text, .. }
            if is_missing_table(text) =>
        {
            return (
                StoreErrorKind::CannotOpen,
                "this database holds no outbox yet: open it with SqliteStore::open first",
            );
        }
        _ => {}
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            StoreErrorKind::Busy,
            "the outbox is locked by another program",
        ),
        Some(ErrorCode::DiskFull) => (
            StoreErrorKind::Full,
            "the outbox cannot be written: the disk is full",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => (
            StoreErrorKind::ReadOnly,
            "the outbox cannot be written: it, or its folder, is read-only",
        ),
        Some(ErrorCode::CannotOpen) => (
            StoreErrorKind::CannotOpen,
            "the outbox cannot be opened: it may not be read and written here",
        ),
        Some(ErrorCode::NotADatabase) => (
            StoreErrorKind::Damaged,
            "the outbox cannot be read: the file is no SQLite database",
        ),
        Some(
            ErrorCode::DatabaseCorrupt | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch,
        )
        | None => (
            StoreErrorKind::Damaged,
            "the outbox is damaged: restore it from a backup, and look into the portal for what was sent since",
        ),
        _ => (StoreErrorKind::Failed, "the outbox cannot be used"),
    }
}
