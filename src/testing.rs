//! A test double for the tests of your own code. It needs neither a network nor the feature `rest`.
//!
//! ```toml
//! [dev-dependencies]
//! careflex = { path = "…/careflex", features = ["testing"] } # until it is published
//! ```
//!
//! [`RecordingReporter`] takes the place of the real [`Reporter`] and records what it is given;
//! [`Reply`] is what it answers. To test against HTTP, and against a portal that keeps a ledger, there is
//! `careflex-sandbox`.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use careflex_core::{
    EmptyReport, Incident, Receipt, Report, ReportError, ReportErrorKind, Reporter, async_trait,
};

mod reply;

use reply::{MadeUpKeys, error};
pub use reply::{Reply, RowRef};

/// A [`Reporter`] for tests: records what it is given, accepts it, and sends nothing. Clones share the
/// record, so a test keeps one and gives the other away.
///
/// The portal's keys in its receipts are made up, but the same in each run: the first incident that is
/// recorded is always `00000000-0000-4000-8000-000000000001`.
///
/// ```
/// use careflex::testing::RecordingReporter;
/// use careflex::{Report, ReportErrorKind, Reporter};
///
/// /// The code under test.
/// async fn send(reporter: &dyn Reporter, report: &Report) -> &'static str {
///     match reporter.report(report).await {
///         Ok(receipt) if receipt.is_complete() => "done",
///         Err(error) if error.is_retryable() => "again later",
///         _ => "look into the portal",
///     }
/// }
///
/// # fn a_report() -> Result<Report, Box<dyn std::error::Error>> {
/// #     let day = careflex::parse_date("2026-12-01")?;
/// #     let incident = careflex::Incident::builder()
/// #         .employee_id("4711".parse()?)
/// #         .kind(careflex::IncidentKind::Rst)
/// #         .valid_from(day)
/// #         .created_at(day)
/// #         .build();
/// #     Ok(Report::new("09ce".parse()?, vec![incident], &careflex::Rules::documented())?)
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let report = a_report()?;
/// let reporter = RecordingReporter::new();
/// assert_eq!(send(&reporter, &report).await, "done");
///
/// reporter.enqueue(ReportErrorKind::Busy);
/// reporter.enqueue(ReportErrorKind::Unanswered);
/// assert_eq!(send(&reporter, &report).await, "again later");
/// assert_eq!(send(&reporter, &report).await, "look into the portal");
/// assert_eq!(send(&reporter, &report).await, "done");
///
/// assert_eq!(reporter.reports().len(), 4);
/// assert_eq!(reporter.incidents()[0].employee_id.as_str(), "4711");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct RecordingReporter {
    record: Arc<Mutex<Record>>,
}

#[derive(Default)]
struct Record {
    reports: Vec<Report>,
    empty_reports: Vec<EmptyReport>,
    /// What the next reports are answered with, …
    queue: VecDeque<Reply>,
    /// … and all others.
    otherwise: Reply,
    /// What the next empty reports fail with.
    empty_queue: VecDeque<ReportErrorKind>,
}

impl RecordingReporter {
    /// Accepts everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers the next report like this, once. Several replies are given in the order in which they were
    /// enqueued; after the last one everything is accepted again.
    ///
    /// ```
    /// use careflex::ReportErrorKind;
    /// use careflex::testing::{RecordingReporter, Reply};
    ///
    /// let reporter = RecordingReporter::new();
    /// reporter.enqueue(ReportErrorKind::Unreachable);
    /// reporter.enqueue(Reply::accepted().refuse_row(0, "the birthday is wrong"));
    /// assert_eq!(reporter.pending_replies(), 2);
    /// ```
    pub fn enqueue(&self, reply: impl Into<Reply>) {
        self.record().queue.push_back(reply.into());
    }

    /// Answers every report like this for which nothing is enqueued, instead of accepting it.
    ///
    /// ```
    /// use careflex::testing::{RecordingReporter, Reply};
    ///
    /// let reporter = RecordingReporter::new();
    /// reporter.always(Reply::handed_over());
    /// ```
    pub fn always(&self, reply: impl Into<Reply>) {
        self.record().otherwise = reply.into();
    }

    /// Fails the next empty report, once. Several are failed in their order; after the last one empty
    /// reports are accepted again.
    ///
    /// ```
    /// use careflex::testing::RecordingReporter;
    /// use careflex::{EmptyReport, ReportErrorKind, Reporter, Rules, parse_date};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let day = parse_date("2026-11-30")?;
    /// let nothing = EmptyReport::new("09ce".parse()?, day, &Rules::documented())?;
    /// let reporter = RecordingReporter::new();
    /// reporter.enqueue_none(ReportErrorKind::Busy);
    /// assert!(reporter.report_none(&nothing).await.unwrap_err().is_retryable());
    /// assert!(reporter.report_none(&nothing).await.is_ok());
    /// assert_eq!(reporter.empty_reports().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn enqueue_none(&self, error: ReportErrorKind) {
        self.record().empty_queue.push_back(error);
    }

    /// How many enqueued replies were not given yet, those to empty reports included. A test that
    /// expects each of them to be given asks for 0.
    #[must_use]
    pub fn pending_replies(&self) -> usize {
        let record = self.record();
        record.queue.len() + record.empty_queue.len()
    }

    /// The reports, in the order in which they came; those that were answered with an error too.
    #[must_use]
    pub fn reports(&self) -> Vec<Report> {
        self.record().reports.clone()
    }

    /// The empty reports, in the order in which they came; those that were answered with an error too.
    #[must_use]
    pub fn empty_reports(&self) -> Vec<EmptyReport> {
        self.record().empty_reports.clone()
    }

    /// The incidents of all reports, one after the other. One that was reported twice is there twice.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incident> {
        let record = self.record();
        let reports = record.reports.iter();
        reports
            .flat_map(|report| report.incidents().iter().cloned())
            .collect()
    }

    /// No panic can leave it half-changed.
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Reporter for RecordingReporter {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        // A closure may ask for the record, so it is not locked while the reply is given.
        let (reply, keys) = {
            let mut record = self.record();
            let keys = MadeUpKeys::after(&record.reports);
            record.reports.push(report.clone());
            let reply = record.queue.pop_front();
            (reply.unwrap_or_else(|| record.otherwise.clone()), keys)
        };
        reply.to(report, &keys)
    }

    async fn report_none(&self, report: &EmptyReport) -> Result<(), ReportError> {
        let mut record = self.record();
        record.empty_reports.push(report.clone());
        match record.empty_queue.pop_front() {
            Some(kind) => Err(error(kind)),
            None => Ok(()),
        }
    }
}

/// Numbers only: reports hold personal data.
impl fmt::Debug for RecordingReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.record();
        f.debug_struct("RecordingReporter")
            .field("reports", &record.reports.len())
            .field("empty_reports", &record.empty_reports.len())
            .field("enqueued", &record.queue.len())
            .field("enqueued_none", &record.empty_queue.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use careflex_core::{Delivery, EmployeeId, IncidentKind, Row, Rules, parse_date};

    use super::*;

    fn report(employees: &[&str]) -> Report {
        let day = parse_date("2026-12-01").unwrap();
        let incidents = employees
            .iter()
            .map(|employee| {
                Incident::builder()
                    .external_id(format!("x-{employee}").parse().unwrap())
                    .employee_id(employee.parse().unwrap())
                    .kind(IncidentKind::Rst)
                    .valid_from(day)
                    .created_at(day)
                    .build()
            })
            .collect();
        Report::new("09ce".parse().unwrap(), incidents, &Rules::documented()).unwrap()
    }

    fn accepted(receipt: &Receipt) -> Vec<Option<&str>> {
        let rows = receipt.rows().iter();
        rows.map(|row| match row {
            Row::Accepted { incident_id } => Some(incident_id.as_str()),
            _ => None,
        })
        .collect()
    }

    #[tokio::test]
    async fn everything_is_accepted_with_keys_that_are_the_same_in_each_run() {
        let reporter = RecordingReporter::new();
        let first = reporter.report(&report(&["a", "b"])).await.unwrap();
        let second = reporter.report(&report(&["c"])).await.unwrap();
        assert!(first.is_complete() && second.is_complete());
        assert_eq!(
            accepted(&first),
            [
                Some("00000000-0000-4000-8000-000000000001"),
                Some("00000000-0000-4000-8000-000000000002"),
            ]
        );
        assert_eq!(
            accepted(&second),
            [Some("00000000-0000-4000-8000-000000000003")]
        );
        assert_eq!(
            second.import_id().unwrap().as_str(),
            "10000000-0000-4000-8000-000000000002"
        );
    }

    #[tokio::test]
    async fn clones_share_the_record() {
        let reporter = RecordingReporter::new();
        let given_away: Arc<dyn Reporter> = Arc::new(reporter.clone());
        let reports = [report(&["a", "b"]), report(&["a"])];
        reporter.enqueue(Reply::busy());
        given_away.report(&reports[0]).await.unwrap_err();
        given_away.report(&reports[1]).await.unwrap();
        assert_eq!(reporter.reports(), reports);
        let incidents = reporter.incidents();
        let employees: Vec<_> = incidents
            .iter()
            .map(|one| one.employee_id.as_str())
            .collect();
        assert_eq!(employees, ["a", "b", "a"]);
        assert_eq!(reporter.pending_replies(), 0);
    }

    #[tokio::test]
    async fn replies_are_given_in_order_and_then_the_usual_one_again() {
        let reporter = RecordingReporter::new();
        reporter.enqueue(Reply::refused("no such company"));
        reporter.enqueue(Reply::in_doubt());
        reporter.always(Reply::handed_over());
        let report = report(&["a"]);

        let refused = reporter.report(&report).await.unwrap_err();
        assert_eq!(refused.delivery(), Delivery::Refused);
        assert_eq!(refused.portal_text(), Some("no such company"));
        assert_eq!(refused.status(), Some(400));

        let lost = reporter.report(&report).await.unwrap_err();
        assert_eq!((lost.delivery(), lost.status()), (Delivery::InDoubt, None));

        for _ in 0..2 {
            let receipt = reporter.report(&report).await.unwrap();
            assert_eq!(receipt.rows(), [Row::HandedOver]);
        }
    }

    #[tokio::test]
    async fn a_row_is_named_by_its_index_or_its_employee() {
        let reporter = RecordingReporter::new();
        let b = "b".parse::<EmployeeId>().unwrap();
        reporter.enqueue(
            Reply::accepted()
                .refuse_row(0, "wrong")
                .doubt_row(&b)
                .doubt_row("nobody")
                .refuse_row(9, "no such row"),
        );
        let receipt = reporter
            .report(&report(&["a", "b", "c", "b"]))
            .await
            .unwrap();
        assert!(matches!(&receipt.rows()[0], Row::Refused { message, .. } if message == "wrong"));
        assert!(matches!(receipt.rows()[1], Row::InDoubt { .. }));
        assert!(matches!(receipt.rows()[2], Row::Accepted { .. }));
        assert!(matches!(receipt.rows()[3], Row::InDoubt { .. }));
    }

    #[tokio::test]
    async fn a_closure_may_ask_for_the_record() {
        let reporter = RecordingReporter::new();
        let record = reporter.clone();
        // Takes each report at the second attempt.
        reporter.always(Reply::from_fn(move |report| {
            match record.reports().iter().filter(|one| *one == report).count() {
                1 => Err(ReportError::new(ReportErrorKind::Unreachable, "not yet")),
                _ => Ok(Receipt::handed_over(report)),
            }
        }));
        assert!(reporter.report(&report(&["a"])).await.is_err());
        assert!(reporter.report(&report(&["b"])).await.is_err());
        assert!(reporter.report(&report(&["a"])).await.is_ok());
    }
}
