//! The queue of a bulk run: takes incidents one by one, and yields their outcomes in the same order.

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tracing::Instrument as _;

use super::batches::{Batch, Batches};
use super::order::{BatchId, Order};
use super::outcome::{BulkRow, InDoubt, NotSent, Outcome, Progress, Refusal};
use super::parcel::{Parcel, employees};
use super::window::Window;
use super::{Bulk, BulkEntry};
use crate::error::{Delivery, ReportError, ReportErrorKind};
use crate::ids::CareflexId;
use crate::incident::Incident;
use crate::input::RowKey;
use crate::receipt::{Doubt, Receipt, Row};
use crate::violation::{Violation, ViolationCode, Violations};

/// What [`Bulk`] does, for those who bring the incidents themselves: [`push`](Self::push) them while
/// there [is room](Self::has_room), and take the outcomes with [`next`](Self::next).
///
/// ```
/// # use careflex_core::{EmptyReport, Receipt, Report, ReportError, Reporter, async_trait};
/// # struct DryRun;
/// # #[async_trait]
/// # impl Reporter for DryRun {
/// #     async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
/// #         Ok(Receipt::handed_over(report))
/// #     }
/// #     async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
/// #         Ok(())
/// #     }
/// # }
/// # use careflex_core::{Bulk, Incident, IncidentKind, parse_date};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let reporter = DryRun;
/// # let day = parse_date("2026-12-01")?;
/// let mut queue = Bulk::new(reporter).careflex_id("09ce3580d84bf087".parse()?).queue();
/// for employee in ["4711", "4712"] {
///     let incident = Incident::builder()
///         .employee_id(employee.parse()?)
///         .kind(IncidentKind::Rst)
///         .valid_from(day)
///         .created_at(day)
///         .build();
///     queue.push(incident);
/// }
/// assert!(queue.next().await.is_none(), "nothing was sent: the batch waits for more");
/// queue.flush();
/// while let Some(row) = queue.next().await {
///     println!("{}: {:?}", row.index, row.outcome);
/// }
/// assert_eq!(queue.progress().settled(), 2);
/// # Ok(())
/// # }
/// ```
pub struct BulkQueue {
    bulk: Bulk,
    open: Batches,
    order: Order<Parcel>,
    answers: FuturesUnordered<BoxFuture<'static, Answered>>,
    under_way: HashMap<BatchId, Parcel>,
    window: Window,
    progress: Progress,
    is_stopped: bool,
    /// Reports that have failed as a whole since the last one that was answered.
    failed_in_a_row: usize,
    failure: Option<Arc<ReportError>>,
}

/// What came of a batch; `None` if the reporter panicked.
type Answered = (BatchId, Option<Result<Receipt, ReportError>>);

impl BulkQueue {
    pub(super) fn new(bulk: Bulk) -> Self {
        Self {
            bulk,
            open: Batches::default(),
            order: Order::default(),
            answers: FuturesUnordered::new(),
            under_way: HashMap::new(),
            window: Window::default(),
            progress: Progress::default(),
            is_stopped: false,
            failed_in_a_row: 0,
            failure: None,
        }
    }

    /// Takes an incident. It leaves with its batch, when [`next`](Self::next) is polled.
    pub fn push(&mut self, entry: impl Into<BulkEntry>) {
        let BulkEntry {
            careflex_id,
            incident,
        } = entry.into();
        let index = self.window.open();
        self.progress.read += 1;
        let company = careflex_id.or_else(|| self.bulk.careflex_id.clone());
        match (incident, company) {
            (Ok(incident), Some(company)) if !self.is_stopped => self.add(index, company, incident),
            (Ok(incident), Some(company)) => {
                let stopped = Outcome::NotSent(NotSent::Stopped);
                self.settle(index, Some(company), Ok(incident), stopped);
            }
            (Ok(incident), None) => {
                self.settle(index, None, Ok(incident), Outcome::Invalid(no_company()));
            }
            (Err((key, violations)), company) => {
                self.settle(index, company, Err(key), Outcome::Invalid(violations));
            }
        }
        self.cut_lagging();
    }

    /// Whether more should be pushed now: the window is not full, and no batch waits only for a free
    /// place. If there is none, [`next`](Self::next) makes some.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.window.len() < self.bulk.window && self.order.ready() < self.bulk.concurrency
    }

    /// Whether the outcomes of all incidents were taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.window.len() == 0
    }

    /// Whether nothing more is sent: it was told to stop, reports [failed](Self::failure), or the reporter
    /// broke down. For what comes later, begin another run.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// How many requests are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Sends what there is without waiting for full batches. Call it at the end of the input, and when
    /// nothing has come for a while.
    pub fn flush(&mut self) {
        while let Some(batch) = self.open.oldest() {
            self.cut(batch);
        }
    }

    /// Sends nothing more: what has not left is not sent, and neither is what is pushed from now on.
    /// Requests under way are finished.
    pub fn stop(&mut self) {
        self.is_stopped = true;
        let stopped = Outcome::NotSent(NotSent::Stopped);
        while let Some(batch) = self.open.oldest() {
            self.give_all_back(batch, &stopped);
        }
        for parcel in self.order.clear() {
            self.give_all_back(parcel.unpack(), &stopped);
        }
    }

    /// Like [`stop`](Self::stop), and gives up the requests under way too: their incidents are in doubt, even
    /// where only a token was waited for, as nobody can tell whether a request had begun to leave.
    pub fn abandon(&mut self) {
        self.stop();
        // What is answered already is not given up.
        while let Some(Some(answered)) = self.answers.next().now_or_never() {
            self.take(answered);
        }
        self.answers.clear();
        for (_, parcel) in std::mem::take(&mut self.under_way) {
            self.progress.requests += 1;
            self.give_all_back(parcel.unpack(), &Outcome::InDoubt(InDoubt::Abandoned));
        }
    }

    /// The outcome of the next incident, in the order of pushing. `None`, and at once, if it cannot come
    /// now: all outcomes were taken, or the next incident is in a batch that waits for more. In a
    /// `select!`, write `Some(row) = queue.next() => …`: then `None` waits for the other branches.
    ///
    /// The future can be dropped at any time; nothing is lost. Requests under way go on only while it is
    /// polled, as far as the reporter does not see to that itself (those over HTTP do).
    pub async fn next(&mut self) -> Option<BulkRow> {
        poll_fn(|context| self.poll_next(context)).await
    }

    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<BulkRow>> {
        // Requests first: they go on while whoever takes the outcomes is busy with them.
        let is_waiting = loop {
            self.start_batches();
            match self.answers.poll_next_unpin(context) {
                Poll::Ready(Some(answered)) => self.take(answered),
                Poll::Ready(None) => break false,
                Poll::Pending => break true,
            }
        };
        match self.window.pop() {
            Some(row) => {
                self.progress.count(&row.outcome);
                Poll::Ready(Some(row))
            }
            None if is_waiting => Poll::Pending,
            None => Poll::Ready(None),
        }
    }

    /// What has been done until now.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Why nothing more was tried: the error of the last report that was, not sent or one of too many that
    /// [failed](super::Bulk::patience).
    #[must_use]
    pub fn failure(&self) -> Option<&Arc<ReportError>> {
        self.failure.as_ref()
    }

    fn add(&mut self, index: u64, company: CareflexId, incident: Incident) {
        let most = self.bulk.rules.max_incidents;
        if let Some(full) = self.open.add(index, company, incident, most) {
            self.cut(full);
        }
    }

    /// A batch that lags half a window would hold up everything once the window is full.
    fn cut_lagging(&mut self) {
        let lag = (self.bulk.window / 2) as u64;
        let oldest = self.window.next_index().saturating_sub(lag);
        while let Some(lagging) = self.open.begun_before(oldest) {
            self.cut(lagging);
        }
    }

    /// Lines a batch up to be sent.
    fn cut(&mut self, batch: Batch) {
        if let Some(parcel) = self.pack(batch) {
            let report = Arc::clone(&parcel.report);
            self.order.add(parcel, employees(&report));
        }
    }

    /// Makes a report of a batch. Incidents that are not valid keep no others from being sent.
    fn pack(&mut self, batch: Batch) -> Option<Parcel> {
        let company = batch.company.clone();
        let (parcel, invalid) = Parcel::pack(batch, &self.bulk.rules);
        for (index, incident, violations) in invalid {
            let company = Some(company.clone());
            self.settle(index, company, Ok(incident), Outcome::Invalid(violations));
        }
        parcel
    }

    fn start_batches(&mut self) {
        while self.under_way.len() < self.bulk.concurrency {
            let Some((id, parcel)) = self.order.next() else {
                return;
            };
            let Some(parcel) = self.without_doubted(parcel) else {
                self.order.settled(id);
                continue;
            };
            let reporter = Arc::clone(&self.bulk.reporter);
            let report = Arc::clone(&parcel.report);
            let span = tracing::info_span!(
                "batch",
                number = id,
                careflex_id = %report.careflex_id(),
                incidents = report.incidents().len()
            );
            let answer = async move {
                // A reporter that breaks down must not take the outcomes of the others with it.
                let answer = AssertUnwindSafe(async { reporter.report(&report).await });
                (id, answer.catch_unwind().await.ok())
            };
            self.answers.push(answer.instrument(span).boxed());
            self.under_way.insert(id, parcel);
        }
    }

    /// A parcel without the incidents of employees who are in doubt, if anything else is in it.
    fn without_doubted(&mut self, parcel: Parcel) -> Option<Parcel> {
        let order = &self.order;
        if !employees(&parcel.report).any(|employee| order.is_in_doubt(employee)) {
            return Some(parcel);
        }
        let Batch { company, rows } = parcel.unpack();
        let (doubted, rows) = rows
            .into_iter()
            .partition(|(_, one)| order.is_in_doubt((&company, &one.employee_id)));
        let rest = Batch {
            company: company.clone(),
            rows,
        };
        let doubted = Batch {
            company,
            rows: doubted,
        };
        self.give_all_back(doubted, &Outcome::NotSent(NotSent::AfterDoubt));
        self.pack(rest)
    }

    fn take(&mut self, (id, answer): Answered) {
        let Some(parcel) = self.under_way.remove(&id) else {
            return;
        };
        self.settle_parcel(parcel, answer);
        // Last: who is in doubt must be known before those behind may go.
        self.order.settled(id);
    }

    fn settle_parcel(&mut self, parcel: Parcel, answer: Option<Result<Receipt, ReportError>>) {
        match answer {
            Some(Ok(receipt)) => {
                self.progress.requests += 1;
                let is_clear = receipt
                    .rows()
                    .iter()
                    .any(|row| !matches!(row, Row::InDoubt { .. }));
                self.read(parcel, receipt);
                if is_clear {
                    self.failed_in_a_row = 0;
                } else {
                    self.count_failure(Arc::new(ReportError::new(
                        ReportErrorKind::Unreadable,
                        "the portal's answer is clear for no incident at all",
                    )));
                }
            }
            Some(Err(error)) => {
                // Not sent, and without an answer: nothing has left.
                let has_left = error.status().is_some() || error.delivery() != Delivery::NotSent;
                self.progress.requests += u64::from(has_left);
                self.fail(parcel, Arc::new(error));
            }
            None => {
                self.progress.requests += 1;
                self.give_all_back(parcel.unpack(), &Outcome::InDoubt(InDoubt::Abandoned));
                self.stop();
            }
        }
    }

    fn read(&mut self, parcel: Parcel, receipt: Receipt) {
        let import_id = receipt.import_id().cloned();
        let Batch { company, rows } = parcel.unpack();
        // Should a reporter's receipt lack rows, that must not look as if nothing had been sent.
        let missing = std::iter::repeat(Row::InDoubt {
            reason: Doubt::Missing,
        });
        let answers = receipt.into_rows().into_iter().chain(missing);
        for ((index, incident), answer) in rows.into_iter().zip(answers) {
            let row = BulkRow {
                index,
                careflex_id: Some(company.clone()),
                incident: Ok(incident),
                import_id: import_id.clone(),
                outcome: answer.into(),
            };
            self.note(row);
        }
    }

    fn fail(&mut self, parcel: Parcel, error: Arc<ReportError>) {
        let outcome = match error.delivery() {
            Delivery::NotSent => Outcome::NotSent(NotSent::Report(Arc::clone(&error))),
            Delivery::Refused => Outcome::Refused(Refusal::Report(Arc::clone(&error))),
            Delivery::InDoubt => Outcome::InDoubt(InDoubt::Report(Arc::clone(&error))),
        };
        self.give_all_back(parcel.unpack(), &outcome);
        self.count_failure(error);
    }

    /// Ends the run if nothing can be sent, or after too many failures.
    fn count_failure(&mut self, error: Arc<ReportError>) {
        self.failed_in_a_row += 1;
        let is_enough = self.failed_in_a_row >= self.bulk.patience;
        if is_enough || error.delivery() == Delivery::NotSent {
            self.failure.get_or_insert(error);
            self.stop();
        }
    }

    /// Settles incidents that have the same outcome.
    fn give_all_back(&mut self, batch: Batch, outcome: &Outcome) {
        for (index, incident) in batch.rows {
            let company = Some(batch.company.clone());
            self.settle(index, company, Ok(incident), outcome.clone());
        }
    }

    /// Settles an incident that was not answered by itself.
    fn settle(
        &mut self,
        index: u64,
        careflex_id: Option<CareflexId>,
        incident: Result<Incident, RowKey>,
        outcome: Outcome,
    ) {
        self.note(BulkRow {
            index,
            careflex_id,
            incident,
            import_id: None,
            outcome,
        });
    }

    /// Takes the outcome of an incident.
    fn note(&mut self, row: BulkRow) {
        if let (Outcome::InDoubt(_), Ok(incident)) = (&row.outcome, &row.incident)
            && let Some(company) = &row.careflex_id
        {
            self.order.doubt((company, &incident.employee_id));
        }
        self.window.settle(row);
    }
}

fn no_company() -> Violations {
    Violation::error("careflexId", ViolationCode::NoCompany, "is missing").into()
}

impl fmt::Debug for BulkQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkQueue")
            .field("progress", &self.progress)
            .field("under_way", &self.under_way.len())
            .finish_non_exhaustive()
    }
}
