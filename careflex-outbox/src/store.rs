//! Where an outbox keeps its incidents.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use careflex_core::{CareflexId, ImportId, IncidentId};

use crate::entry::{ContentHash, Key, Prepared};
use crate::error::{Conflict, StoreError};
use crate::state::{BatchNumber, IncidentNumber, Record, State, Status};

/// A durable place for incidents. Each method is one transaction: when its future is ready with `Ok`, what it
/// says is safe from crashes; when it is ready with an error, nothing of it was done. Whoever drops a future
/// before does not learn which of the two.
///
/// [`SqliteStore`](crate::SqliteStore) is one. A store for several machines has to promise the same:
///
/// - [`claim`](Self::claim) never gives an incident to two workers, and never gives one whose employee
///   ([lane](Prepared::lane)) has another one that is claimed, sending or in doubt, nor one before an earlier queued
///   one of the same lane. With `FOR UPDATE SKIP LOCKED`, lock lanes, not only incidents.
/// - What a worker was sending when it died becomes in doubt, never queued; what it had only claimed provably never
///   left, and is queued again. A store with one worker knows that when the next one
///   [starts](Self::start_worker); one with several gives leases by the clock of the database, which
///   [`heartbeat`](Self::heartbeat) renews. Whoever has lost its lease may not [`depart`](Self::depart).
/// - An answer that comes late, when its lease has run out, still counts: [`settle`](Self::settle) takes
///   incidents of the batch that are sending or in doubt, and leaves alone what a person has decided.
#[async_trait]
pub trait Store: Send + Sync {
    /// Adds incidents, in this order. For each it says what was done; a conflict keeps no others from being
    /// added.
    ///
    /// # Errors
    /// [`StoreError`]: none was added.
    async fn enqueue(
        &self,
        incidents: Vec<Prepared>,
    ) -> Result<Vec<Result<Enqueued, Conflict>>, StoreError>;

    /// Lets a worker begin, until its seat is dropped.
    ///
    /// # Errors
    /// [`StoreErrorKind::HasWorker`](crate::StoreErrorKind) if the store takes only one and there is one.
    async fn start_worker(&self) -> Result<Seat, StoreError>;

    /// Says that a worker lives, and brings what dead ones were sending into doubt. Called every few seconds.
    ///
    /// # Errors
    /// [`StoreError`]
    async fn heartbeat(&self, seat: &Seat) -> Result<(), StoreError>;

    /// Reserves queued incidents for a worker. They count as queued still: should the worker die, they are queued
    /// again.
    ///
    /// # Errors
    /// [`StoreError`]: none was taken.
    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError>;

    /// Notes that a claimed batch is about to leave, and the hash of what leaves: from here on its incidents are
    /// [sending](State::Sending). Patience as in [`Claim::patience`].
    ///
    /// # Errors
    /// [`StoreError`]: it may not leave.
    async fn depart(
        &self,
        seat: &Seat,
        batch: BatchNumber,
        hash: ContentHash,
        patience: usize,
    ) -> Result<Departure, StoreError>;

    /// Says what became of a batch.
    ///
    /// # Errors
    /// [`StoreError`]: try again, or its incidents will be in doubt.
    async fn settle(&self, settlement: Arc<Settlement>) -> Result<(), StoreError>;

    /// Notes why nothing can be sent, and since when; `None` once it can.
    ///
    /// # Errors
    /// [`StoreError`]
    async fn note_failure(&self, reason: Option<String>) -> Result<(), StoreError>;

    /// What it holds, counted.
    ///
    /// # Errors
    /// [`StoreError`]
    async fn status(&self) -> Result<Status, StoreError>;

    /// Lists incidents, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError`]
    async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError>;

    /// The incidents with these keys, in the order of the keys.
    ///
    /// # Errors
    /// [`StoreError`]
    async fn find(&self, keys: Vec<Key>) -> Result<Vec<Option<Record>>, StoreError>;

    /// Says what became of incidents in doubt, and how many these are. Others are left alone.
    ///
    /// # Errors
    /// [`StoreError`]
    async fn resolve(&self, which: Selection, as_what: Resolution) -> Result<u64, StoreError>;

    /// Queues incidents again that were refused or invalid, and says how many these are. Others are left alone.
    ///
    /// # Errors
    /// [`StoreError`]
    async fn retry(&self, which: Selection) -> Result<u64, StoreError>;

    /// Removes contents and messages of incidents that were answered this long ago by the clock of the store, so
    /// that they cannot be read from it any more. Says how many these are. Everything else stays.
    ///
    /// # Errors
    /// [`StoreError`]
    async fn purge(&self, answered_ago: Duration) -> Result<u64, StoreError>;

    /// Binds the store to a portal, the first time or if that has moved; then says whether it is the same.
    ///
    /// # Errors
    /// [`StoreErrorKind::OtherPortal`](crate::StoreErrorKind), and other [`StoreError`]s.
    async fn bind_to(&self, portal: String, has_moved: bool) -> Result<(), StoreError>;
}

/// What became of an incident that was to be enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Enqueued {
    /// It was added.
    Added(IncidentNumber),
    /// The same one is there already, and was not added again.
    Already(IncidentNumber, State),
    /// It was added, and takes the key of an earlier one with other content, which was refused or invalid.
    Corrected {
        /// Its number.
        number: IncidentNumber,
        /// The number of the earlier one, which is [replaced](State::Replaced) now.
        earlier: IncidentNumber,
    },
}

impl Enqueued {
    /// The incident's number.
    #[must_use]
    pub fn number(self) -> IncidentNumber {
        match self {
            Self::Added(number) | Self::Already(number, _) | Self::Corrected { number, .. } => {
                number
            }
        }
    }

    /// Whether it was added.
    #[must_use]
    pub fn is_new(self) -> bool {
        !matches!(self, Self::Already(..))
    }
}

/// The right of a worker to send. Dropped, it ends.
pub struct Seat {
    /// The worker's number, from the store.
    pub worker: i64,
    /// How many batches a dead worker was sending, which are in doubt now.
    pub left_in_doubt: u64,
    _release: Box<dyn Any + Send + Sync>,
}

impl Seat {
    /// For stores: a seat, and what gives it back when dropped.
    pub fn new(worker: i64, left_in_doubt: u64, release: impl Any + Send + Sync) -> Self {
        Self {
            worker,
            left_in_doubt,
            _release: Box::new(release),
        }
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat")
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

/// What a worker wants to send.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Claim {
    /// Whose batches they will be.
    pub worker: i64,
    /// Most batches.
    pub batches: usize,
    /// Most incidents in each; all of a batch are of one company.
    pub incidents: usize,
    /// If so many reports in a row failed as a whole, nothing is given.
    pub patience: usize,
    /// What the worker has claimed and knows of. Other claims of its own are given again: their answer was lost.
    pub held: Vec<BatchNumber>,
}

impl Claim {
    /// One batch of up to 100 incidents.
    #[must_use]
    pub fn new(seat: &Seat) -> Self {
        Self {
            worker: seat.worker,
            batches: 1,
            incidents: 100,
            patience: usize::MAX,
            held: Vec::new(),
        }
    }
}

/// Whether a batch may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Departure {
    /// It may: it is noted.
    Go,
    /// A person has to look first. Nothing was noted.
    Rest,
    /// It is not this worker's any more. Nothing was noted.
    Lost,
}

/// What a worker was given.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Claimed {
    /// What to send now.
    pub batches: Vec<ClaimedBatch>,
    /// Nothing is given until a person has looked: see [`Claim::patience`].
    pub is_resting: bool,
}

impl Claimed {
    /// For stores: what is given.
    #[must_use]
    pub fn of(batches: Vec<ClaimedBatch>) -> Self {
        Self {
            batches,
            is_resting: false,
        }
    }

    /// For stores: nothing, until a person has looked.
    #[must_use]
    pub fn resting() -> Self {
        Self {
            batches: Vec::new(),
            is_resting: true,
        }
    }
}

/// Incidents of one company for one request. Their content is hidden in `Debug`.
#[non_exhaustive]
pub struct ClaimedBatch {
    /// Its number.
    pub batch: BatchNumber,
    /// The company.
    pub careflex_id: CareflexId,
    /// The incidents, in the order of their numbers, each with the hash of its content.
    pub incidents: Vec<(IncidentNumber, ContentHash)>,
    /// The contents, in the same order, as they were [prepared](Prepared::content): one a line. The line of a
    /// content that is lost is empty.
    pub contents: Vec<u8>,
}

impl ClaimedBatch {
    /// For stores: puts one together.
    #[must_use]
    pub fn new(
        batch: BatchNumber,
        careflex_id: CareflexId,
        incidents: Vec<(IncidentNumber, ContentHash)>,
        contents: Vec<u8>,
    ) -> Self {
        Self {
            batch,
            careflex_id,
            incidents,
            contents,
        }
    }
}

impl fmt::Debug for ClaimedBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimedBatch")
            .field("batch", &self.batch)
            .field("careflex_id", &self.careflex_id)
            .field("incidents", &self.incidents.len())
            .finish_non_exhaustive()
    }
}

/// What became of a batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settlement {
    /// The batch.
    pub batch: BatchNumber,
    /// What became of it as a whole.
    pub outcome: BatchOutcome,
    /// The portal's key of the import.
    pub import_id: Option<ImportId>,
    /// Why it failed.
    pub reason: Option<String>,
    /// What became of each incident.
    pub rows: Vec<(IncidentNumber, Settled)>,
}

impl Settlement {
    /// What became of a batch.
    #[must_use]
    pub fn new(
        batch: BatchNumber,
        outcome: BatchOutcome,
        rows: Vec<(IncidentNumber, Settled)>,
    ) -> Self {
        Self {
            batch,
            outcome,
            import_id: None,
            reason: None,
            rows,
        }
    }
}

/// What became of a batch as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BatchOutcome {
    /// The answer is clear for at least one incident.
    Answered,
    /// The portal refused it.
    Refused,
    /// Nobody knows.
    InDoubt,
    /// It provably never left: it is as if it had never been claimed.
    NotSent,
}

/// What became of an incident. The portal's words are hidden in `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settled {
    /// Taken for import.
    Accepted(IncidentId),
    /// Handed over.
    HandedOver,
    /// Refused by the portal.
    Refused {
        /// The portal's key of the incident.
        incident_id: Option<IncidentId>,
        /// The portal's error code.
        code: Option<String>,
        /// Why.
        message: String,
    },
    /// It breaks a rule.
    Invalid {
        /// The rule's code.
        code: String,
        /// What would be right.
        message: String,
    },
    /// Nobody knows.
    InDoubt(String),
    /// It provably never left: it is queued again.
    NotSent,
}

impl Settled {
    /// Where the incident is then.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Accepted(_) => State::Accepted,
            Self::HandedOver => State::HandedOver,
            Self::Refused { .. } => State::Refused,
            Self::Invalid { .. } => State::Invalid,
            Self::InDoubt(_) => State::InDoubt,
            Self::NotSent => State::Queued,
        }
    }
}

impl fmt::Debug for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settled({})", self.state())
    }
}

/// Which incidents are listed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Query {
    /// Only those in one of these states; all if there is none.
    pub states: Vec<State>,
    /// Only those of this company.
    pub careflex_id: Option<CareflexId>,
    /// Only those that are or were in this batch.
    pub batch: Option<BatchNumber>,
    /// Only those after this one.
    pub after: Option<IncidentNumber>,
    /// At most so many.
    pub limit: usize,
}

impl Default for Query {
    /// All incidents, the first thousand.
    fn default() -> Self {
        Self {
            states: Vec::new(),
            careflex_id: None,
            batch: None,
            after: None,
            limit: 1000,
        }
    }
}

/// Incidents that a person decides on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// Those of a batch.
    Batch(BatchNumber),
    /// These.
    Incidents(Vec<IncidentNumber>),
    /// All.
    All,
}

/// What a person found out in the portal about incidents in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// They are there: they count as accepted.
    Booked,
    /// They are not there, and will not come any more: they are queued again.
    NotBooked,
}
