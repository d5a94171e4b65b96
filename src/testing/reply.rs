//! What the test double answers.

use std::fmt;
use std::sync::Arc;

use careflex_core::{
    Answer, AnswerRow, EmployeeId, Incident, Receipt, Report, ReportError, ReportErrorKind,
};

/// What a [`RecordingReporter`](super::RecordingReporter) answers to a report.
///
/// ```
/// use careflex::testing::{RecordingReporter, Reply};
/// use careflex::{Doubt, Reporter, Row};
///
/// # fn report_of(employees: &[&str]) -> Result<careflex::Report, Box<dyn std::error::Error>> {
/// #     let day = careflex::parse_date("2026-12-01")?;
/// #     let mut incidents = Vec::new();
/// #     for employee in employees {
/// #         incidents.push(
/// #             careflex::Incident::builder()
/// #                 .employee_id(employee.parse()?)
/// #                 .kind(careflex::IncidentKind::Rst)
/// #                 .valid_from(day)
/// #                 .created_at(day)
/// #                 .build(),
/// #         );
/// #     }
/// #     Ok(careflex::Report::new("09ce".parse()?, incidents, &careflex::Rules::documented())?)
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let reporter = RecordingReporter::new();
/// reporter.enqueue(Reply::accepted().refuse_row("4712", "the birthday is wrong").doubt_row(2));
///
/// let receipt = reporter.report(&report_of(&["4711", "4712", "4713"])?).await?;
/// assert!(matches!(&receipt.rows()[0], Row::Accepted { .. }));
/// assert!(matches!(&receipt.rows()[1], Row::Refused { message, .. } if message == "the birthday is wrong"));
/// assert_eq!(receipt.rows()[2], Row::InDoubt { reason: Doubt::Missing });
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Reply(Kind);

#[derive(Clone)]
enum Kind {
    /// Accepts all rows but these.
    Rows(Vec<(RowRef, Verdict)>),
    HandedOver,
    Failed(ReportErrorKind),
    Refused(String),
    Computed(Arc<Compute>),
}

#[derive(Clone)]
enum Verdict {
    Refused(String),
    InDoubt,
}

type Compute = dyn Fn(&Report) -> Result<Receipt, ReportError> + Send + Sync;

impl Reply {
    /// Accepts all rows.
    pub fn accepted() -> Self {
        Self(Kind::Rows(Vec::new()))
    }

    /// Refuses one row, with the code `422` and this message. The row is named by its index, from 0, or by
    /// its employee id; one that the report does not have is ignored. Means nothing in a reply that does
    /// not answer row by row.
    pub fn refuse_row(self, row: impl Into<RowRef>, message: impl Into<String>) -> Self {
        self.except(row.into(), Verdict::Refused(message.into()))
    }

    /// Leaves one row out of the answer, so that it is in doubt. The row is named as in
    /// [`Reply::refuse_row`].
    pub fn doubt_row(self, row: impl Into<RowRef>) -> Self {
        self.except(row.into(), Verdict::InDoubt)
    }

    fn except(mut self, row: RowRef, verdict: Verdict) -> Self {
        if let Kind::Rows(exceptions) = &mut self.0 {
            exceptions.push((row, verdict));
        }
        self
    }

    /// Takes the report without an answer for its rows, as interfaces do that answer later.
    pub fn handed_over() -> Self {
        Self(Kind::HandedOver)
    }

    /// Refuses the report as a whole, with status 400. The text is what
    /// [`ReportError::portal_text`] gives.
    pub fn refused(portal_text: impl Into<String>) -> Self {
        Self(Kind::Refused(portal_text.into()))
    }

    /// Fails because the portal is busy: nothing was taken, try again later.
    pub fn busy() -> Self {
        Self::error(ReportErrorKind::Busy)
    }

    /// Fails because the answer was lost: the report may have been taken or not.
    pub fn in_doubt() -> Self {
        Self::error(ReportErrorKind::Unanswered)
    }

    /// Fails for this reason, with a status that fits it.
    pub fn error(kind: ReportErrorKind) -> Self {
        Self(Kind::Failed(kind))
    }

    /// Anything else.
    ///
    /// ```
    /// use careflex::testing::{RecordingReporter, Reply};
    /// use careflex::{Receipt, ReportError, ReportErrorKind};
    ///
    /// let reporter = RecordingReporter::new();
    /// // A portal that takes no report of more than ten incidents.
    /// reporter.always(Reply::from_fn(|report| {
    ///     if report.incidents().len() > 10 {
    ///         return Err(ReportError::new(ReportErrorKind::Rejected, "too long").with_answer(413, *b""));
    ///     }
    ///     Ok(Receipt::handed_over(report))
    /// }));
    /// ```
    pub fn from_fn(
        reply: impl Fn(&Report) -> Result<Receipt, ReportError> + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::Computed(Arc::new(reply)))
    }

    pub(super) fn to(&self, report: &Report, keys: &MadeUpKeys) -> Result<Receipt, ReportError> {
        match &self.0 {
            Kind::Rows(exceptions) => Ok(row_by_row(report, exceptions, keys)),
            Kind::HandedOver => Ok(Receipt::handed_over(report)),
            Kind::Failed(kind) => Err(error(*kind)),
            Kind::Refused(text) => {
                Err(error(ReportErrorKind::Rejected).with_portal_text(Some(text.clone())))
            }
            Kind::Computed(reply) => reply(report),
        }
    }
}

impl Default for Reply {
    fn default() -> Self {
        Self::accepted()
    }
}

impl From<ReportErrorKind> for Reply {
    fn from(kind: ReportErrorKind) -> Self {
        Self::error(kind)
    }
}

/// Texts and employees are hidden.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Rows(exceptions) => write!(f, "Reply(accepted but for {})", exceptions.len()),
            Kind::HandedOver => f.write_str("Reply(handed over)"),
            Kind::Failed(kind) => write!(f, "Reply({kind:?})"),
            Kind::Refused(_) => f.write_str("Reply(refused)"),
            Kind::Computed(_) => f.write_str("Reply(computed)"),
        }
    }
}

/// Names a row of a report: by its index, from 0, or by its employee id, which means each row of this
/// employee. Hidden in `Debug`.
#[derive(Clone)]
pub struct RowRef(Name);

#[derive(Clone)]
enum Name {
    Index(usize),
    Employee(String),
}

impl RowRef {
    fn is(&self, index: usize, incident: &Incident) -> bool {
        match &self.0 {
            Name::Index(named) => *named == index,
            Name::Employee(id) => id == incident.employee_id.as_str(),
        }
    }
}

impl From<usize> for RowRef {
    fn from(index: usize) -> Self {
        Self(Name::Index(index))
    }
}

impl From<&str> for RowRef {
    fn from(employee_id: &str) -> Self {
        Self(Name::Employee(employee_id.to_owned()))
    }
}

impl From<String> for RowRef {
    fn from(employee_id: String) -> Self {
        Self(Name::Employee(employee_id))
    }
}

impl From<&EmployeeId> for RowRef {
    fn from(employee_id: &EmployeeId) -> Self {
        employee_id.as_str().into()
    }
}

impl fmt::Debug for RowRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowRef(<hidden>)")
    }
}

/// The portal's keys that a receipt shows, counted over all that was recorded.
pub(super) struct MadeUpKeys {
    reports_before: usize,
    incidents_before: usize,
}

impl MadeUpKeys {
    pub(super) fn after(reports: &[Report]) -> Self {
        Self {
            reports_before: reports.len(),
            incidents_before: reports.iter().map(|report| report.incidents().len()).sum(),
        }
    }
}

fn row_by_row(report: &Report, exceptions: &[(RowRef, Verdict)], keys: &MadeUpKeys) -> Receipt {
    let rows = report
        .incidents()
        .iter()
        .enumerate()
        .filter_map(|(index, incident)| {
            // The last word on a row counts.
            let exception = exceptions
                .iter()
                .rev()
                .find(|(row, _)| row.is(index, incident));
            let error = match exception {
                None => None,
                Some((_, Verdict::Refused(message))) => Some(("422".to_owned(), message.clone())),
                Some((_, Verdict::InDoubt)) => return None,
            };
            let number = keys.incidents_before + index + 1;
            Some(AnswerRow {
                row_number: u64::try_from(index).ok(),
                incident_id: format!("00000000-0000-4000-8000-{number:012}").parse().ok(),
                external_id: incident.external_id.clone().map(Into::into),
                employee_id: Some(incident.employee_id.clone().into()),
                kind: report.code(&incident.kind).parse().ok(),
                error,
                is_unclear: false,
            })
        })
        .collect();
    let number = keys.reports_before + 1;
    let answer = Answer {
        import_id: format!("10000000-0000-4000-8000-{number:012}").parse().ok(),
        rows,
    };
    Receipt::matched(report, answer)
}

/// An error as the REST interface makes it.
pub(super) fn error(kind: ReportErrorKind) -> ReportError {
    let error = ReportError::new(kind, format!("{kind:?}, because the test asked for it"));
    let status = match kind {
        ReportErrorKind::Authentication => 401,
        ReportErrorKind::Busy => 503,
        ReportErrorKind::Rejected => 400,
        ReportErrorKind::ServerFailure => 500,
        ReportErrorKind::Unreadable => 200,
        _ => return error,
    };
    error.with_answer(status, *b"")
}
