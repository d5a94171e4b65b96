//! An outbox in a SQLite database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use careflex_core::{Clock, SystemClock};
use rusqlite::{Connection, Transaction};

use crate::entry::{ContentHash, Key, Prepared};
use crate::error::{Conflict, EnqueueError, StoreError};
use crate::state::{BatchNumber, Record, Status};
use crate::store::{
    Claim, Claimed, Departure, Enqueued, Query, Resolution, Seat, Selection, Settlement, Store,
};

mod claim;
mod connection;
mod enqueue;
mod members;
mod migrations;
mod person;
mod purge;
mod records;
mod savepoint;
mod settle;
mod status;
mod tally;
mod thread;
mod values;
mod worker_lock;

use savepoint::{Undone, within};
use thread::Thread;
use values::to_millis;
use worker_lock::WorkerLock;

/// An outbox in a SQLite database: a file of its own, or that of your application, whose other tables are left
/// alone.
///
/// The database is in WAL mode and every commit reaches the disk (`synchronous=FULL`). Any number of
/// processes may enqueue, look and decide; one at a time sends. Keep it on a local disk: SQLite's locks cannot
/// be relied upon over a network. A new file is for its owner only.
///
/// Tables begin with `careflex_`. They are created and brought up to date when the store is opened; each column
/// is explained in `src/sqlite/schema/`.
#[derive(Clone)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Arc<Thread>,
    /// What only looks waits for no commit.
    reader: Arc<Thread>,
    lock: Arc<WorkerLock>,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens an outbox, and creates what is not there.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with_clock(path, SystemClock)
    }

    /// Opens an outbox that is there already: whoever only wants to look should not create one.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        connection::check_is_there(path.as_ref())?;
        migrations::check_is_there(&connection::look_into(path.as_ref())?)?;
        Self::open(path)
    }

    /// Opens an outbox with another clock, for tests.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn open_with_clock(
        path: impl AsRef<Path>,
        clock: impl Clock + 'static,
    ) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let mut connection = connection::open(path)?;
        migrations::run(&mut connection)?;
        Ok(Self {
            path: path.to_owned(),
            reader: Arc::new(Thread::start(connection::open(path)?)?),
            writer: Arc::new(Thread::start(connection)?),
            lock: Arc::new(WorkerLock::beside(path)),
            clock: Arc::new(clock),
        })
    }

    /// A connection of your own to the database, set up as the outbox needs it: for those who enqueue many
    /// incidents in [one transaction](crate::Outbox::enqueue) and have no database themselves.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn connect(&self) -> Result<Connection, StoreError> {
        connection::open(&self.path)
    }

    /// Adds an incident in a transaction of the caller's. If that fails, nothing of it was done.
    pub(crate) fn enqueue_in(
        &self,
        transaction: &mut Transaction<'_>,
        incident: &Prepared,
    ) -> Result<Enqueued, EnqueueError> {
        let now = self.now();
        within(transaction, || {
            let enqueued = enqueue::add(transaction, incident, now)?;
            Ok::<_, EnqueueError>(enqueued?)
        })
        .map_err(|undone| match undone {
            Undone::Itself(error) => error,
            Undone::Transaction(error) => error.into(),
        })
    }

    /// Milliseconds since 1970.
    fn now(&self) -> i64 {
        to_millis(self.clock.wall())
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn enqueue(
        &self,
        incidents: Vec<Prepared>,
    ) -> Result<Vec<Result<Enqueued, Conflict>>, StoreError> {
        let now = self.now();
        self.writer
            .write(move |connection| {
                incidents
                    .iter()
                    .map(|incident| enqueue::add(connection, incident, now))
                    .collect()
            })
            .await
    }

    async fn start_worker(&self) -> Result<Seat, StoreError> {
        let held = self.lock.take()?;
        let now = self.now();
        let (worker, left_in_doubt) = self
            .writer
            .write(move |connection| settle::start_worker(connection, now))
            .await?;
        Ok(Seat::new(worker, left_in_doubt, held))
    }

    /// There is only one worker: the next one learns from the lock that it is dead.
    async fn heartbeat(&self, _: &Seat) -> Result<(), StoreError> {
        Ok(())
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        let now = self.now();
        let reserved = self
            .writer
            .write(move |connection| claim::reserve(connection, &claim, now))
            .await?;
        // Should this fail, the next claim gives the same ones.
        self.reader
            .read(move |connection| claim::read(connection, reserved))
            .await
    }

    async fn depart(
        &self,
        seat: &Seat,
        batch: BatchNumber,
        hash: ContentHash,
        patience: usize,
    ) -> Result<Departure, StoreError> {
        let worker = seat.worker;
        self.writer
            .write(move |connection| claim::depart(connection, worker, batch, hash, patience))
            .await
    }

    async fn settle(&self, settlement: Arc<Settlement>) -> Result<(), StoreError> {
        let now = self.now();
        self.writer
            .write(move |connection| settle::settle(connection, &settlement, now))
            .await
    }

    async fn note_failure(&self, reason: Option<String>) -> Result<(), StoreError> {
        let now = self.now();
        self.writer
            .write(move |connection| status::note_failure(connection, reason.as_deref(), now))
            .await
    }

    async fn status(&self) -> Result<Status, StoreError> {
        let is_working = self.lock.is_taken();
        self.reader
            .read(move |connection| status::status(connection, is_working))
            .await
    }

    async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError> {
        self.reader
            .read(move |connection| records::list(connection, &query))
            .await
    }

    async fn find(&self, keys: Vec<Key>) -> Result<Vec<Option<Record>>, StoreError> {
        self.reader
            .read(move |connection| records::find(connection, &keys))
            .await
    }

    async fn resolve(&self, which: Selection, as_what: Resolution) -> Result<u64, StoreError> {
        let now = self.now();
        self.writer
            .write(move |connection| person::resolve(connection, &which, as_what, now))
            .await
    }

    async fn retry(&self, which: Selection) -> Result<u64, StoreError> {
        self.writer
            .write(move |connection| person::retry(connection, &which))
            .await
    }

    async fn purge(&self, answered_ago: Duration) -> Result<u64, StoreError> {
        let Some(before) = self.clock.wall().checked_sub(answered_ago) else {
            return Ok(0);
        };
        let before = to_millis(before);
        let mut after = 0;
        let mut purged = 0;
        // Piece by piece, so that nobody waits long.
        loop {
            let piece = self
                .writer
                .write(move |connection| purge::piece(connection, before, after))
                .await?;
            purged += piece.purged;
            match piece.next {
                Some(next) => after = next,
                None => break,
            }
        }
        // Also if nothing was purged now: the last time others may have been reading.
        self.writer.alone(purge::forget_the_log).await?;
        Ok(purged)
    }

    async fn bind_to(&self, portal: String, has_moved: bool) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| status::bind_to(connection, &portal, has_moved))
            .await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
