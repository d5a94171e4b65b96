//! The portal's answer to a report, matched with what was sent.

use std::fmt;

use crate::ids::{ImportId, IncidentId};
use crate::report::Report;
use crate::text::{Hidden, Text};

/// The answer to a report: one [`Row`] for each incident that was sent, in the same order.
///
/// Accepted means **taken for import**, not booked: whether CareFlex ID and API token belong together,
/// and some technical errors, show only after the import (documented).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    import_id: Option<ImportId>,
    rows: Vec<Row>,
    stray_rows: usize,
}

/// What became of one incident.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Row {
    /// Taken for import.
    Accepted {
        /// The portal's key of the incident.
        incident_id: IncidentId,
    },
    /// Refused by the portal; correct it and report it again.
    Refused {
        /// The portal's key of the incident, which refused ones have too.
        incident_id: Option<IncidentId>,
        /// The portal's error code, `422` in the documented answer.
        code: String,
        /// The portal's explanation. Hidden in `Debug`: it may quote a value.
        message: String,
    },
    /// Handed over; the portal answers later, if at all.
    HandedOver,
    /// The portal gave no clear answer for this incident: it may have been taken or not. Look into the
    /// portal before you report it again.
    InDoubt {
        /// Why.
        reason: Doubt,
    },
}

/// Why a row is in doubt although the request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Doubt {
    /// The answer has no row for the incident.
    Missing,
    /// The answer has more than one row for the incident.
    Doubled,
    /// The row with the incident's number bears the keys of another one.
    OtherKeys,
    /// The row says neither clearly that the incident was taken nor that it was refused.
    Incomplete,
}

impl Row {
    fn doubtful(reason: Doubt) -> Self {
        Self::InDoubt { reason }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the portal's answer has no row for this incident",
            Self::Doubled => "the portal's answer has more than one row for this incident",
            Self::OtherKeys => "the portal's answer has the keys of another incident in this row",
            Self::Incomplete => "the portal's answer says neither clearly accepted nor refused",
        })
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { incident_id } => f
                .debug_struct("Accepted")
                .field("incident_id", incident_id)
                .finish(),
            Self::Refused {
                incident_id, code, ..
            } => f
                .debug_struct("Refused")
                .field("incident_id", incident_id)
                .field("code", code)
                .field("message", &Hidden)
                .finish(),
            Self::HandedOver => f.write_str("HandedOver"),
            Self::InDoubt { reason } => f.debug_struct("InDoubt").field("reason", reason).finish(),
        }
    }
}

/// An answer as it was read from the wire, not yet matched with a report. Codecs make it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The portal's key of the import.
    pub import_id: Option<ImportId>,
    /// The rows, in the order of the answer.
    pub rows: Vec<AnswerRow>,
}

/// A row of an [`Answer`]. Hidden in `Debug` but for the portal's keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AnswerRow {
    /// The incident's place in the request, from 0; `None` if it is no such number.
    pub row_number: Option<u64>,
    /// The portal's key of the incident.
    pub incident_id: Option<IncidentId>,
    /// The request's key of the incident.
    pub external_id: Option<Text>,
    /// The request's key of the employee.
    pub employee_id: Option<Text>,
    /// The incident's type as the portal took it: may be one that no request could hold (documented).
    pub kind: Option<Text>,
    /// Code and message of a refusal.
    pub error: Option<(String, String)>,
    /// The row holds something that is not understood and may mean a refusal, so it is no clear answer.
    pub is_unclear: bool,
}

/// Whether an element or member that nobody knows may be a refusal under another name, which must not be
/// taken for an acceptance.
#[must_use]
pub fn may_be_refusal(name: &str) -> bool {
    const SIGNS: [&str; 15] = [
        "error",
        "fault",
        "exception",
        "reject",
        "refus",
        "fail",
        "invalid",
        "denied",
        "violation",
        "problem",
        "fehler",
        "ablehn",
        "abgelehnt",
        "ungueltig",
        "ungültig",
    ];
    let name = name.to_ascii_lowercase().replace("default", "");
    SIGNS.iter().any(|sign| name.contains(sign))
}

impl fmt::Debug for AnswerRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerRow")
            .field("row_number", &self.row_number)
            .field("incident_id", &self.incident_id)
            .field("refused", &self.error.is_some())
            .finish_non_exhaustive()
    }
}

impl Receipt {
    /// Matches an answer with the report that was sent. A row counts when its number stands there
    /// exactly once and its keys are those of the incident; only the other rows are in doubt (our
    /// decision). The type is not compared: the portal answers `NEU` for NEW, and worse (documented).
    #[must_use]
    pub fn matched(report: &Report, answer: Answer) -> Self {
        let sent = report.incidents();
        let mut rows: Vec<_> = sent.iter().map(|_| Row::doubtful(Doubt::Missing)).collect();
        let mut stray_rows = 0;
        for row in answer.rows {
            let place = row
                .row_number
                .and_then(|number| usize::try_from(number).ok())
                .and_then(|number| Some((sent.get(number)?, rows.get_mut(number)?)));
            let Some((incident, place)) = place else {
                stray_rows += 1;
                continue;
            };
            let is_first = *place == Row::doubtful(Doubt::Missing);
            *place = if !is_first {
                Row::doubtful(Doubt::Doubled)
            } else if row.belongs_to(incident) {
                row.into()
            } else {
                Row::doubtful(Doubt::OtherKeys)
            };
        }
        Self {
            import_id: answer.import_id,
            rows,
            stray_rows,
        }
    }

    /// The receipt of a report that was handed over and is not answered row by row.
    #[must_use]
    pub fn handed_over(report: &Report) -> Self {
        Self {
            import_id: None,
            rows: report.incidents().iter().map(|_| Row::HandedOver).collect(),
            stray_rows: 0,
        }
    }

    /// The portal's key of the import.
    #[must_use]
    pub fn import_id(&self) -> Option<&ImportId> {
        self.import_id.as_ref()
    }

    /// One row for each incident, in the order of the report.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Takes the rows.
    #[must_use]
    pub fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    /// How many rows of the answer belong to no incident of the report.
    #[must_use]
    pub fn stray_rows(&self) -> usize {
        self.stray_rows
    }

    /// Whether every incident is answered and the answer holds nothing else.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stray_rows == 0
            && !self
                .rows
                .iter()
                .any(|row| matches!(row, Row::InDoubt { .. }))
    }
}

impl AnswerRow {
    fn belongs_to(&self, incident: &crate::Incident) -> bool {
        let employee = self
            .employee_id
            .as_ref()
            .is_none_or(|id| id == incident.employee_id.as_ref());
        let external = match (&self.external_id, &incident.external_id) {
            (Some(answered), Some(sent)) => answered == sent.as_ref(),
            (Some(_), None) => false,
            (None, _) => true,
        };
        employee && external
    }
}

impl From<AnswerRow> for Row {
    fn from(row: AnswerRow) -> Self {
        if row.is_unclear {
            return Self::doubtful(Doubt::Incomplete);
        }
        match (row.error, row.incident_id) {
            (Some((code, message)), incident_id) => Self::Refused {
                incident_id,
                code,
                message,
            },
            (None, Some(incident_id)) => Self::Accepted { incident_id },
            (None, None) => Self::doubtful(Doubt::Incomplete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Incident, IncidentKind, Rules, parse_date};

    fn report(ids: &[(&str, Option<&str>)]) -> Report {
        let day = parse_date("2026-12-01").unwrap();
        let incidents = ids
            .iter()
            .map(|(employee, external)| Incident {
                external_id: external.map(|id| id.parse().unwrap()),
                employee_id: employee.parse().unwrap(),
                kind: IncidentKind::Rst,
                valid_from: day,
                created_at: day,
                employee: None,
            })
            .collect();
        Report::new("09ce".parse().unwrap(), incidents, &Rules::documented()).unwrap()
    }

    fn row(number: u64, employee: &str) -> AnswerRow {
        AnswerRow {
            row_number: Some(number),
            incident_id: Some(format!("i{number}").parse().unwrap()),
            employee_id: Some(employee.parse().unwrap()),
            ..AnswerRow::default()
        }
    }

    fn doubts(report: &Report, rows: Vec<AnswerRow>) -> Vec<Option<Doubt>> {
        let answer = Answer {
            import_id: None,
            rows,
        };
        Receipt::matched(report, answer)
            .rows()
            .iter()
            .map(|row| match row {
                Row::InDoubt { reason } => Some(*reason),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn names_that_sound_like_a_refusal_are_told_from_others() {
        for name in [
            "error",
            "incidentError",
            "Fault",
            "Fehlermeldung",
            "rejectedBy",
            "refusal",
            "Exception",
            "failureReason",
            "Ablehnung",
            "ungültig",
        ] {
            assert!(may_be_refusal(name), "{name}");
        }
        for name in [
            "note",
            "default",
            "defaultLanguage",
            "feedbackUrl",
            "status",
        ] {
            assert!(!may_be_refusal(name), "{name}");
        }
    }

    #[test]
    fn only_rows_that_match_exactly_once_are_answered() {
        let report = report(&[("a", None), ("b", Some("x")), ("c", None)]);
        // Shuffled is fine: the number counts.
        assert_eq!(
            doubts(&report, vec![row(2, "c"), row(0, "a"), row(1, "b")]),
            [None, None, None]
        );
        assert_eq!(
            doubts(
                &report,
                vec![row(0, "a"), row(2, "c"), row(2, "c"), row(7, "z")]
            ),
            [None, Some(Doubt::Missing), Some(Doubt::Doubled)]
        );
        assert_eq!(
            doubts(&report, vec![row(0, "b"), row(1, "b"), row(2, "c")]),
            [Some(Doubt::OtherKeys), None, None]
        );
        let mut foreign = row(1, "b");
        foreign.external_id = Some("y".parse().unwrap());
        let mut unsaid = row(2, "c");
        unsaid.incident_id = None;
        assert_eq!(
            doubts(&report, vec![row(0, "a"), foreign, unsaid]),
            [None, Some(Doubt::OtherKeys), Some(Doubt::Incomplete)]
        );
    }

    #[test]
    fn a_refused_row_keeps_its_incident_id() {
        let report = report(&[("a", None)]);
        let mut refused = row(0, "a");
        refused.error = Some(("422".to_owned(), "Mustermann is wrong".to_owned()));
        let receipt = Receipt::matched(
            &report,
            Answer {
                import_id: None,
                rows: vec![refused],
            },
        );
        assert!(receipt.is_complete());
        let Row::Refused {
            incident_id, code, ..
        } = &receipt.rows()[0]
        else {
            panic!("not refused");
        };
        assert_eq!(code, "422");
        assert!(incident_id.is_some());
        assert!(!format!("{receipt:?}").contains("Mustermann"));
    }
}
