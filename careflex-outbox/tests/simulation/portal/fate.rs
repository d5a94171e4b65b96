//! What becomes of a request.

use careflex_core::{Answer, AnswerRow, Receipt, Report, ReportError, ReportErrorKind};

use crate::incidents::uid_of;

/// When the incidents are booked that a request brings, if its answer does not say so.
#[derive(Debug, Clone, Copy)]
pub(super) enum Booked {
    Never,
    Now,
    Late,
}

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Fate {
    Answered(Vec<RowFate>),
    HandedOver,
    NotSent,
    RefusedAsAWhole,
    Fails(ReportErrorKind, Booked),
    BreaksDown(Booked),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowFate {
    Accepted,
    Refused,
    Missing { is_booked: bool },
}

impl Fate {
    /// Whether the portal takes the incident in this row, now or later.
    pub(super) fn takes(&self, row: usize) -> bool {
        match self {
            Self::Answered(rows) => matches!(
                rows[row],
                RowFate::Accepted | RowFate::Missing { is_booked: true }
            ),
            Self::HandedOver | Self::Fails(..) | Self::BreaksDown(_) => true,
            Self::NotSent | Self::RefusedAsAWhole => false,
        }
    }

    pub(super) fn booked(&self) -> Booked {
        match self {
            Self::Fails(_, booked) | Self::BreaksDown(booked) => *booked,
            _ => Booked::Now,
        }
    }

    pub(super) fn into_answer(self, report: &Report) -> Result<Receipt, ReportError> {
        let error = |kind| Err(ReportError::new(kind, "the simulated portal fails"));
        match self {
            Self::Answered(rows) => Ok(Receipt::matched(report, answer(report, &rows))),
            Self::HandedOver => Ok(Receipt::handed_over(report)),
            Self::NotSent => error(ReportErrorKind::Unreachable),
            Self::RefusedAsAWhole => error(ReportErrorKind::Rejected),
            Self::Fails(kind, _) => error(kind),
            Self::BreaksDown(_) => error(ReportErrorKind::Unanswered),
        }
    }
}

fn answer(report: &Report, rows: &[RowFate]) -> Answer {
    let mut answer = Answer::default();
    for (row_number, (incident, row)) in (0..).zip(report.incidents().iter().zip(rows)) {
        if let RowFate::Missing { .. } = row {
            continue;
        }
        let refused = ("422".to_owned(), "the simulated portal refuses".to_owned());
        answer.rows.push(AnswerRow {
            row_number: Some(row_number),
            incident_id: format!("portal-{}", uid_of(incident)).parse().ok(),
            error: (*row == RowFate::Refused).then_some(refused),
            ..AnswerRow::default()
        });
    }
    answer
}
