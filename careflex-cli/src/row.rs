//! The line that says what became of an incident.

use careflex::{
    BulkRow, InDoubt, NotSent, Outcome, Refusal, ReportError, RowKey, Text, Violations,
};
use serde::Serialize;

/// What became of a row. The words are fixed: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Accepted,
    Refused,
    Invalid,
    NotSent,
    InDoubt,
    HandedOver,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::NotSent => "not-sent",
            Self::InDoubt => "in-doubt",
            Self::HandedOver => "handed-over",
        }
    }
}

/// The outcome of one incident. Members and their order are fixed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowLine {
    pub(crate) index: u64,
    pub(crate) careflex_id: Option<String>,
    pub(crate) external_id: Option<Text>,
    pub(crate) employee_id: Option<Text>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<Text>,
    pub(crate) status: Status,
    pub(crate) import_id: Option<String>,
    pub(crate) incident_id: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

impl RowLine {
    /// The line of a row with nothing but its keys.
    pub(crate) fn of(index: u64, key: RowKey, status: Status) -> Self {
        Self {
            index,
            careflex_id: None,
            external_id: key.external_id,
            employee_id: key.employee_id,
            kind: key.kind,
            status,
            import_id: None,
            incident_id: None,
            code: None,
            message: None,
        }
    }

    /// The line of an outcome. `stopped` is what to say of rows whose turn never came.
    pub(crate) fn new(row: &BulkRow, stopped: &str) -> Self {
        let line = Self {
            careflex_id: row.careflex_id.as_ref().map(ToString::to_string),
            import_id: row.import_id.as_ref().map(ToString::to_string),
            ..Self::of(row.index, row.key(), Status::InDoubt)
        };
        match &row.outcome {
            Outcome::Accepted { incident_id } => Self {
                status: Status::Accepted,
                incident_id: Some(incident_id.to_string()),
                ..line
            },
            Outcome::HandedOver => Self {
                status: Status::HandedOver,
                ..line
            },
            Outcome::Refused(Refusal::Row {
                incident_id,
                code,
                message,
            }) => Self {
                status: Status::Refused,
                incident_id: incident_id.as_ref().map(ToString::to_string),
                code: Some(code.clone()),
                message: Some(message.clone()),
                ..line
            },
            Outcome::Refused(Refusal::Report(error)) => line.failed(Status::Refused, error),
            Outcome::NotSent(NotSent::Report(error)) => line.failed(Status::NotSent, error),
            Outcome::InDoubt(InDoubt::Report(error)) => line.failed(Status::InDoubt, error),
            Outcome::Invalid(violations) => line.invalid(violations),
            Outcome::NotSent(NotSent::Stopped) => Self {
                status: Status::NotSent,
                message: Some(stopped.to_owned()),
                ..line
            },
            Outcome::NotSent(why) => Self {
                status: Status::NotSent,
                message: Some(why.to_string()),
                ..line
            },
            Outcome::InDoubt(doubt) => Self {
                message: Some(doubt.to_string()),
                ..line
            },
            // An outcome that this program does not know is no clear one.
            _ => Self {
                message: Some("the outcome is of a kind that is not known here".to_owned()),
                ..line
            },
        }
    }

    fn failed(self, status: Status, error: &ReportError) -> Self {
        Self {
            status,
            code: error.code(),
            message: Some(error.in_full()),
            ..self
        }
    }

    /// Names the first thing that is wrong.
    pub(crate) fn invalid(self, violations: &Violations) -> Self {
        let first = violations.errors().next();
        Self {
            status: Status::Invalid,
            code: first.map(|one| one.code().as_str().to_owned()),
            message: first.map(ToString::to_string),
            ..self
        }
    }
}
