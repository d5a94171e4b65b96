//! What became of the incidents of a bulk run.

use std::fmt;
use std::sync::Arc;

use crate::error::ReportError;
use crate::ids::{CareflexId, ImportId, IncidentId};
use crate::incident::Incident;
use crate::input::RowKey;
use crate::receipt::{Doubt, Row};
use crate::text::Hidden;
use crate::violation::Violations;

/// One incident of a bulk run, and what became of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BulkRow {
    /// The incident's place in the input, from 0.
    pub index: u64,
    /// The company; `None` if the incident names none.
    pub careflex_id: Option<CareflexId>,
    /// The incident, given back; what could be read of its keys if it was never one.
    pub incident: Result<Incident, RowKey>,
    /// The portal's key of the import, if the request was answered.
    pub import_id: Option<ImportId>,
    /// What became of it.
    pub outcome: Outcome,
}

impl BulkRow {
    /// What identifies the incident to a person.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match &self.incident {
            Ok(incident) => incident.into(),
            Err(key) => key.clone(),
        }
    }
}

/// What became of an incident: exactly one of these.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// Taken for import, which is not booked: see [`Receipt`](crate::Receipt).
    Accepted {
        /// The portal's key of the incident.
        incident_id: IncidentId,
    },
    /// Refused by the portal: correct it, then report it again.
    Refused(Refusal),
    /// Handed over; the portal answers later, if at all.
    HandedOver,
    /// It breaks a rule and was not sent: correct it.
    Invalid(Violations),
    /// It provably was not taken: report it again.
    NotSent(NotSent),
    /// It may have been taken or not: look into the portal before you report it again.
    InDoubt(InDoubt),
}

/// What the portal refused.
#[derive(Clone)]
#[non_exhaustive]
pub enum Refusal {
    /// This incident.
    Row {
        /// The portal's key of the incident, which refused ones have too.
        incident_id: Option<IncidentId>,
        /// The portal's error code.
        code: String,
        /// The portal's explanation. Hidden in `Debug`: it may quote a value.
        message: String,
    },
    /// The report that it was in, as a whole.
    Report(Arc<ReportError>),
}

/// Why an incident was not sent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NotSent {
    /// The report that it was in was not.
    Report(Arc<ReportError>),
    /// The run had ended before its turn.
    Stopped,
    /// An earlier incident of the same employee is in doubt: clear that up first, so that NEW comes
    /// before its SDB.
    AfterDoubt,
}

/// Why an incident is in doubt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum InDoubt {
    /// The answer has no clear row for it.
    Row(Doubt),
    /// The report that it was in got no clear answer.
    Report(Arc<ReportError>),
    /// The request was given up before its answer came, or the reporter broke down.
    Abandoned,
}

impl Outcome {
    /// The outcome in a word: `accepted`, `refused`, `handed-over`, `invalid`, `not-sent` or `in-doubt`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Refused(_) => "refused",
            Self::HandedOver => "handed-over",
            Self::Invalid(_) => "invalid",
            Self::NotSent(_) => "not-sent",
            Self::InDoubt(_) => "in-doubt",
        }
    }

    /// The error of the report that the incident was in, if it failed as a whole.
    #[must_use]
    pub fn report_error(&self) -> Option<&ReportError> {
        match self {
            Self::Refused(Refusal::Report(error))
            | Self::NotSent(NotSent::Report(error))
            | Self::InDoubt(InDoubt::Report(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<Row> for Outcome {
    fn from(row: Row) -> Self {
        match row {
            Row::Accepted { incident_id } => Self::Accepted { incident_id },
            Row::Refused {
                incident_id,
                code,
                message,
            } => Self::Refused(Refusal::Row {
                incident_id,
                code,
                message,
            }),
            Row::HandedOver => Self::HandedOver,
            Row::InDoubt { reason } => Self::InDoubt(InDoubt::Row(reason)),
        }
    }
}

/// The portal's words may quote a value: show them to people, do not log them.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { code, message, .. } => write!(f, "{message} [{code}]"),
            Self::Report(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row {
                incident_id, code, ..
            } => f
                .debug_struct("Row")
                .field("incident_id", incident_id)
                .field("code", code)
                .field("message", &Hidden)
                .finish(),
            Self::Report(error) => f.debug_tuple("Report").field(error).finish(),
        }
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(error) => error.fmt(f),
            Self::Stopped => f.write_str("not sent because the run ended early"),
            Self::AfterDoubt => f.write_str(
                "not sent because an earlier incident of this employee is in doubt: look for that one in the portal first",
            ),
        }
    }
}

impl fmt::Display for InDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(doubt) => doubt.fmt(f),
            Self::Report(error) => error.fmt(f),
            Self::Abandoned => f.write_str("the request ended without an outcome"),
        }
    }
}

/// How far a bulk run is: counts of incidents and requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Read from the input.
    pub read: u64,
    /// Yielded as accepted.
    pub accepted: u64,
    /// Yielded as refused.
    pub refused: u64,
    /// Yielded as handed over.
    pub handed_over: u64,
    /// Yielded as invalid.
    pub invalid: u64,
    /// Yielded as not sent.
    pub not_sent: u64,
    /// Yielded as in doubt.
    pub in_doubt: u64,
    /// Reports that were answered, or left and were not. Those under way are not counted yet.
    pub requests: u64,
}

impl Progress {
    /// How many outcomes were yielded.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.accepted
            + self.refused
            + self.handed_over
            + self.invalid
            + self.not_sent
            + self.in_doubt
    }

    pub(super) fn count(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Accepted { .. } => &mut self.accepted,
            Outcome::Refused(_) => &mut self.refused,
            Outcome::HandedOver => &mut self.handed_over,
            Outcome::Invalid(_) => &mut self.invalid,
            Outcome::NotSent(_) => &mut self.not_sent,
            Outcome::InDoubt(_) => &mut self.in_doubt,
        } += 1;
    }
}
