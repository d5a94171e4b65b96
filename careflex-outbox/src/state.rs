//! Where an incident is on its way, and what is known of it.

use std::fmt;
use std::time::SystemTime;

use careflex_core::{CareflexId, EmployeeId, ExternalId, ImportId, IncidentId, Text};

use crate::entry::{ContentHash, Key};

/// Where an incident is on its way: exactly one of these.
///
/// ```text
/// queued ──► sending ──► accepted │ handed over │ refused │ in doubt
///    ▲          │                                    │         │
///    ├──────────┘ provably not sent          retry   │         │ a person: it was not booked
///    └───────────────────────────────────────────────┴─────────┘
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
// The numbers are in databases.
pub enum State {
    /// Waits to be sent.
    Queued = 0,
    /// In a request that may have left, and has no answer yet.
    Sending = 1,
    /// It may have been taken or not: a person looks into the portal, then
    /// [resolves](crate::Outbox::resolve) it.
    InDoubt = 2,
    /// Taken for import, which is not booked: see [`Receipt`](careflex_core::Receipt).
    Accepted = 3,
    /// Refused by the portal: correct it and enqueue it again, or [retry](crate::Outbox::retry) it as it is.
    Refused = 4,
    /// Handed over; the portal answers later, if at all.
    HandedOver = 5,
    /// It breaks a rule of the worker, which were others when it was enqueued. Treated like a refused one.
    Invalid = 6,
    /// It was refused or invalid, and another one has taken its key: see [`Enqueued::Corrected`](crate::Enqueued).
    Replaced = 7,
}

impl State {
    /// All of them, in the order of an incident's way.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::InDoubt,
        Self::Accepted,
        Self::Refused,
        Self::HandedOver,
        Self::Invalid,
        Self::Replaced,
    ];

    /// The state in a word: `queued`, `sending`, `in-doubt`, `accepted`, `refused`, `handed-over`, `invalid`
    /// or `replaced`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::InDoubt => "in-doubt",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::HandedOver => "handed-over",
            Self::Invalid => "invalid",
            Self::Replaced => "replaced",
        }
    }

    /// Whether it is known what became of the incident, so that nothing more happens unless a person wants it.
    #[must_use]
    pub const fn is_answered(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending | Self::InDoubt)
    }

    /// Whether the incident provably was not taken and waits for a correction.
    #[must_use]
    pub const fn is_to_correct(self) -> bool {
        matches!(self, Self::Refused | Self::Invalid)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The number of an incident in its outbox: they are sent in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IncidentNumber(pub i64);

/// The number of a batch: the incidents of one request, each time it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchNumber(pub i64);

impl fmt::Display for IncidentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for BatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an outbox knows of an incident without its content, which may be [purged](crate::Outbox::purge):
/// the audit trail. What the portal says is hidden in `Debug`.
#[derive(Clone)]
#[non_exhaustive]
pub struct Record {
    /// Its number.
    pub number: IncidentNumber,
    /// The company.
    pub careflex_id: CareflexId,
    /// The company's own key of the incident.
    pub external_id: Option<ExternalId>,
    /// The company's own key of the employee.
    pub employee_id: EmployeeId,
    /// The code of the incident's type.
    pub kind: Text,
    /// By which it is told from others; `None` once it is [replaced](State::Replaced).
    pub key: Option<Key>,
    /// The hash of its content.
    pub hash: ContentHash,
    /// Where it is.
    pub state: State,
    /// The batch in which it was sent last.
    pub batch: Option<BatchNumber>,
    /// When it was enqueued.
    pub queued_at: SystemTime,
    /// When the last answer came, or a person decided.
    pub settled_at: Option<SystemTime>,
    /// The portal's key of the import.
    pub import_id: Option<ImportId>,
    /// The portal's key of the incident.
    pub incident_id: Option<IncidentId>,
    /// The error code: the portal's, `http-404` for a report that was refused as a whole, or a rule's.
    pub code: Option<String>,
    /// Why it was refused, or is in doubt. It may quote a value, and is purged with the content.
    pub message: Option<String>,
    /// Whether a person has said what became of it.
    pub by_person: bool,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("number", &self.number)
            .field("careflex_id", &self.careflex_id)
            .field("state", &self.state)
            .field("batch", &self.batch)
            .field("queued_at", &self.queued_at)
            .field("settled_at", &self.settled_at)
            .field("import_id", &self.import_id)
            .field("incident_id", &self.incident_id)
            .field("code", &self.code)
            .field("by_person", &self.by_person)
            .finish_non_exhaustive()
    }
}

impl Record {
    /// For stores: an incident that is queued. What else is known of it is set by its fields.
    #[must_use]
    pub fn queued(
        number: IncidentNumber,
        careflex_id: CareflexId,
        employee_id: EmployeeId,
        kind: Text,
        hash: ContentHash,
        queued_at: SystemTime,
    ) -> Self {
        Self {
            number,
            careflex_id,
            external_id: None,
            employee_id,
            kind,
            key: None,
            hash,
            state: State::Queued,
            batch: None,
            queued_at,
            settled_at: None,
            import_id: None,
            incident_id: None,
            code: None,
            message: None,
            by_person: false,
        }
    }
}

/// What an outbox holds, at one look.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Status {
    /// Each company, in the order in which they first came.
    pub companies: Vec<CompanyStatus>,
    /// The batches that hold incidents in doubt, the oldest one first; a hundred at most.
    pub doubts: Vec<DoubtfulBatch>,
    /// How many batches hold incidents in doubt.
    pub doubtful_batches: u64,
    /// Who sends, if somebody does.
    pub worker: Option<String>,
    /// Why nothing could be sent lately.
    pub failure: Option<Failure>,
    /// Whether nothing is sent until a person has looked, because so many reports in a row failed as a
    /// whole: see [`Worker::patience`](crate::Worker::patience), of which it takes the default here.
    pub is_resting: bool,
    /// The last report, if it failed as a whole and no person has seen to it: to resolve or retry this one ends the
    /// rest.
    pub last_failed: Option<BatchNumber>,
    /// The portal that the outbox [is for](crate::Outbox::bind_to).
    pub portal: Option<String>,
}

impl Status {
    /// How many incidents are in a state.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        self.companies
            .iter()
            .map(|company| company.count(state))
            .sum()
    }

    /// When the oldest incident that is still queued was enqueued.
    #[must_use]
    pub fn oldest_queued(&self) -> Option<SystemTime> {
        self.companies
            .iter()
            .filter_map(|company| company.oldest_queued)
            .min()
    }
}

/// What an outbox holds of a company.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CompanyStatus {
    /// The company.
    pub careflex_id: CareflexId,
    /// When the oldest incident that is still queued was enqueued.
    pub oldest_queued: Option<SystemTime>,
    counts: [u64; State::ALL.len()],
}

impl CompanyStatus {
    /// For stores: a company of which nothing is known yet.
    #[must_use]
    pub fn new(careflex_id: CareflexId) -> Self {
        Self {
            careflex_id,
            oldest_queued: None,
            counts: [0; State::ALL.len()],
        }
    }

    /// How many incidents are in a state.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        self.counts.get(state as usize).copied().unwrap_or_default()
    }

    /// For stores: sets how many incidents are in a state.
    pub fn set(&mut self, state: State, incidents: u64) {
        if let Some(count) = self.counts.get_mut(state as usize) {
            *count = incidents;
        }
    }
}

/// A batch that holds incidents in doubt. The reason is hidden in `Debug`: it may quote a value.
#[derive(Clone)]
#[non_exhaustive]
pub struct DoubtfulBatch {
    /// Its number.
    pub batch: BatchNumber,
    /// The company.
    pub careflex_id: CareflexId,
    /// How many of its incidents are in doubt.
    pub in_doubt: u64,
    /// How many it holds.
    pub incidents: u64,
    /// When it was about to leave.
    pub began_at: SystemTime,
    /// Why nobody knows.
    pub reason: String,
}

impl DoubtfulBatch {
    /// For stores: puts one together.
    #[must_use]
    pub fn new(
        batch: BatchNumber,
        careflex_id: CareflexId,
        [in_doubt, incidents]: [u64; 2],
        began_at: SystemTime,
        reason: String,
    ) -> Self {
        Self {
            batch,
            careflex_id,
            in_doubt,
            incidents,
            began_at,
            reason,
        }
    }
}

impl fmt::Debug for DoubtfulBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DoubtfulBatch")
            .field("batch", &self.batch)
            .field("careflex_id", &self.careflex_id)
            .field("in_doubt", &self.in_doubt)
            .field("incidents", &self.incidents)
            .field("began_at", &self.began_at)
            .finish_non_exhaustive()
    }
}

/// Why nothing can be sent. The reason is hidden in `Debug`: it may quote a value.
#[derive(Clone)]
#[non_exhaustive]
pub struct Failure {
    /// Since when.
    pub since: SystemTime,
    /// Why.
    pub reason: String,
}

impl Failure {
    /// For stores: puts one together.
    #[must_use]
    pub fn new(since: SystemTime, reason: String) -> Self {
        Self { since, reason }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}
