//! What can go wrong with an outbox.

use std::error::Error;

use careflex_core::{TextError, Violations};
use thiserror::Error;

use crate::state::{IncidentNumber, State};

/// Why a store could not do what it was asked. Nothing of it has been done then.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// Others keep it locked. Try again.
    Busy,
    /// There is no space left. Make some, then try again.
    Full,
    /// It may not be written.
    ReadOnly,
    /// It cannot be opened: it is not there, or may not be read.
    CannotOpen,
    /// It is damaged, or no database.
    Damaged,
    /// It was written by a newer version of this program.
    Newer,
    /// It belongs to another portal.
    OtherPortal,
    /// Somebody else sends from it already.
    HasWorker,
    /// The disk failed, or something else. Try again, or look at the cause.
    Failed,
    /// It cannot be used by this process any more. Start another one.
    BrokenDown,
}

impl StoreError {
    /// An error for stores to make. The message must hold neither secrets nor personal data.
    #[must_use]
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Adds the cause, whose text must hold neither secrets nor personal data.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Whether it may pass by itself, or when somebody makes space.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Busy | StoreErrorKind::Full | StoreErrorKind::Failed
        )
    }
}

/// Why an incident was not enqueued.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EnqueueError {
    /// It names no company, and the outbox has [none](crate::Outbox::careflex_id) for such.
    #[error("the incident names no company (careflexId)")]
    NoCompany,
    /// It breaks a rule.
    #[error("the incident is not valid: {0}")]
    Invalid(Violations),
    /// An incident with the same key and another content is there already.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// It cannot be written as JSON: a year that four digits cannot hold, which no rule but a relaxed one
    /// lets through.
    #[error("the incident cannot be written: a day is out of range")]
    Unwritable,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An incident has the key of another one, and another content. Which of them is right only a person can
/// say: give the new one a key of its own if both are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "another incident with this key (external ID) and other content is in the outbox as number {number}, which is {state}: give this one a key of its own if both are meant"
)]
#[non_exhaustive]
pub struct Conflict {
    /// The one that is there.
    pub number: IncidentNumber,
    /// Where that one is.
    pub state: State,
}

impl Conflict {
    /// For stores: puts one together.
    #[must_use]
    pub fn new(number: IncidentNumber, state: State) -> Self {
        Self { number, state }
    }
}

/// What is in a store cannot be read back: it is damaged.
pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::Damaged,
        format!("the outbox is damaged: {what} cannot be read"),
    )
}

impl From<TextError> for StoreError {
    fn from(_: TextError) -> Self {
        damaged("a key")
    }
}
