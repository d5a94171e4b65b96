//! One worker at a time: a lock of the operating system's, which ends with its process however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{StoreError, StoreErrorKind};

/// Whoever only looks whether the lock is taken holds it for a moment: tries, and pauses between them.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// The file beside the database that the worker locks. It stays there, empty.
pub(super) struct WorkerLock(PathBuf);

impl WorkerLock {
    pub(super) fn beside(database: &Path) -> Self {
        // The same lock by whatever name the database is called.
        let database = database.canonicalize().unwrap_or(database.to_owned());
        let mut name = database.file_name().unwrap_or_default().to_owned();
        name.push("-worker");
        Self(database.with_file_name(name))
    }

    /// Takes it until what comes back is dropped.
    pub(super) fn take(&self) -> Result<File, StoreError> {
        let file = self.open().map_err(|error| failed(&error))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
        Err(StoreError::new(
            StoreErrorKind::HasWorker,
            "another program sends from this outbox already",
        ))
    }

    /// Whether somebody has it.
    pub(super) fn is_taken(&self) -> bool {
        // Where there is no such file, nobody has locked it.
        let Ok(file) = File::open(&self.0) else {
            return false;
        };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.0)
    }
}

fn failed(error: &io::Error) -> StoreError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StoreErrorKind::ReadOnly
        }
        _ => StoreErrorKind::Failed,
    };
    StoreError::new(
        kind,
        format!("the file that shows who sends from the outbox cannot be locked: {error}"),
    )
}
