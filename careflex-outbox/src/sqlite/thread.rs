//! The thread that has the connection. Writes that wait for each other's commits go into one: with several
//! requests under way, the disk is asked once for all that was answered meanwhile.

use std::sync::mpsc;
use std::thread::JoinHandle;

use futures_channel::oneshot;
use rusqlite::Connection;

use super::savepoint::{Undone, within};
use crate::error::{StoreError, StoreErrorKind};

/// Most writes in one commit.
const GROUP: usize = 64;

pub(super) struct Thread {
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    handle: Option<JoinHandle<()>>,
}

enum Job {
    Read(Box<dyn FnOnce(&Connection) + Send>),
    Write(Box<dyn Write>),
}

/// Work that is done in a transaction, and answered when that is committed.
trait Write: Send {
    /// Does the work, and keeps what comes of it.
    fn run(&mut self, connection: &Connection) -> Result<(), ()>;

    /// Gives the answer.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

impl Thread {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (sender, jobs) = mpsc::channel();
        let handle = std::thread::Builder::new()
            .name("careflex-outbox".to_owned())
            .spawn(move || serve(&connection, &jobs))
            .map_err(|error| {
                StoreError::new(StoreErrorKind::Failed, "the outbox cannot start a thread")
                    .with_source(error)
            })?;
        Ok(Self {
            jobs: Some(sender),
            handle: Some(handle),
        })
    }

    /// Looks at the database as it is at one moment.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.alone(move |connection| at_one_moment(connection, work))
            .await
    }

    /// Does something that cannot be part of a transaction.
    pub(super) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Read(Box::new(move |connection| {
            // Whoever asked may have lost interest.
            let _: Result<(), _> = answer.send(work(connection));
        })));
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Once this was polled, the work is done, whether or not somebody waits for the answer.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Write(Box::new(Writing::Waits { work, answer })));
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    /// If the thread is no more, the answer's channel is dropped with the job.
    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _: Result<(), _> = jobs.send(job);
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(handle) = self.handle.take() {
            // What it was told to do is done, and the database closed.
            let _: Result<(), _> = handle.join();
        }
    }
}

/// Reads in a transaction: one lock for all statements, and what they say fits together.
fn at_one_moment<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let execute = |sql| connection.prepare_cached(sql)?.execute([]);
    execute("BEGIN")?;
    let read = work(connection);
    // Nothing was written. Should it stay open, the next one cannot begin and says so.
    execute("COMMIT")?;
    read
}

fn ended() -> StoreError {
    StoreError::new(
        StoreErrorKind::BrokenDown,
        "the outbox cannot be used any more: start the program again",
    )
}

fn serve(connection: &Connection, jobs: &mpsc::Receiver<Job>) {
    let mut next = jobs.recv().ok();
    while let Some(job) = next {
        next = match job {
            Job::Read(work) => {
                work(connection);
                None
            }
            Job::Write(first) => write_group(connection, first, jobs),
        };
        if next.is_none() {
            next = jobs.recv().ok();
        }
    }
}

/// Does all writes that wait now in one transaction. Gives back the read that came after them, if one did.
fn write_group(
    connection: &Connection,
    first: Box<dyn Write>,
    jobs: &mpsc::Receiver<Job>,
) -> Option<Job> {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        first.finish(Err(error.into()));
        return None;
    }
    let mut done = Vec::new();
    let mut next = Some(Job::Write(first));
    while let Some(Job::Write(mut write)) = next {
        match within(connection, || write.run(connection)) {
            Ok(()) => done.push(write),
            // It has an error of its own to tell.
            Err(Undone::Itself(())) => write.finish(Ok(())),
            Err(Undone::Transaction(error)) => {
                done.push(write);
                return fail(connection, done, &error);
            }
        }
        next = if done.len() < GROUP {
            jobs.try_recv().ok()
        } else {
            None
        };
    }
    match connection.execute_batch("COMMIT") {
        Ok(()) => done.into_iter().for_each(|write| write.finish(Ok(()))),
        Err(error) => {
            fail(connection, done, &error.into());
        }
    }
    next
}

fn fail(connection: &Connection, writes: Vec<Box<dyn Write>>, error: &StoreError) -> Option<Job> {
    if !connection.is_autocommit() {
        // Should this fail too, the next transaction cannot begin and says so.
        let _: Result<(), _> = connection.execute_batch("ROLLBACK");
    }
    for write in writes {
        write.finish(Err(StoreError::new(error.kind(), error.to_string())));
    }
    None
}

/// A write on its way.
enum Writing<W, T> {
    Waits {
        work: W,
        answer: oneshot::Sender<Result<T, StoreError>>,
    },
    Done {
        result: Result<T, StoreError>,
        answer: oneshot::Sender<Result<T, StoreError>>,
    },
    Empty,
}

impl<W, T> Write for Writing<W, T>
where
    W: FnOnce(&Connection) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), ()> {
        let Self::Waits { work, answer } = std::mem::replace(self, Self::Empty) else {
            return Err(());
        };
        let result = work(connection);
        let is_done = result.is_ok();
        *self = Self::Done { result, answer };
        if is_done { Ok(()) } else { Err(()) }
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let (result, answer) = match (*self, committed) {
            // Its own error says more than that of the transaction which it has spoilt.
            (Self::Done { result, answer }, Ok(())) => (result, answer),
            (
                Self::Done {
                    result: Err(error),
                    answer,
                },
                Err(_),
            ) => (Err(error), answer),
            (Self::Done { answer, .. } | Self::Waits { answer, .. }, Err(error)) => {
                (Err(error), answer)
            }
            (Self::Waits { .. } | Self::Empty, _) => return,
        };
        // Whoever asked may have lost interest.
        let _: Result<(), _> = answer.send(result);
    }
}
