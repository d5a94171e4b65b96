//! Reports any number of incidents: batches, several requests at the same time, outcomes in order.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::poll_fn;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};

use crate::error::ReportError;
use crate::ids::CareflexId;
use crate::reporter::Reporter;
use crate::rules::Rules;

mod batches;
mod entry;
mod order;
mod outcome;
mod parcel;
mod queue;
mod window;

pub use entry::BulkEntry;
pub use outcome::{BulkRow, InDoubt, NotSent, Outcome, Progress, Refusal};
pub use queue::BulkQueue;

/// Requests at the same time, if nothing else is said.
const CONCURRENCY: usize = 4;
/// Incidents read whose outcome was not yielded yet, if nothing else is said.
const WINDOW: usize = 10_000;
/// Reports that may fail as a whole, one after the other, if nothing else is said.
const PATIENCE: usize = 5;

/// Reports any number of incidents, of any number of companies.
///
/// - Incidents are grouped by company and cut into batches of up to 100
///   ([`Rules::max_incidents`](crate::Rules)), several of which are under way at the same time.
/// - Two requests with incidents of the same employee are never under way together, and go in the order
///   of the input: NEW comes before its SDB. After an incident in doubt, later ones of the same employee
///   are not sent (our decision): nobody knows whether the first one was taken, or still will be.
/// - Outcomes are yielded in the order of the input, one for each incident: see [`Outcome`].
/// - Memory does not grow with the input: no more is read while the [window](Self::window) of incidents
///   without an outcome is full.
/// - After a report that provably was not sent (no access token, portal not reachable or busy), and after
///   [five](Self::patience) in a row that failed as a whole, nothing more is tried (our decisions): the rest
///   is not sent. A wrong address or a portal in trouble must not bring all incidents into doubt.
///
/// Nothing is tried again here: that is the reporter's business, which knows what cannot book twice.
/// Warnings are not collected: ask [`Rules::check`](crate::Rules::check) with the incident that a row gives
/// back.
///
/// ```
/// use careflex_core::{Bulk, Incident, IncidentKind, Outcome, parse_date};
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
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let reporter = DryRun;
/// let day = parse_date("2026-12-01")?;
/// let incidents = (0..250).map(move |number| {
///     Incident::builder()
///         .employee_id(format!("E{number}").parse().expect("a short text"))
///         .kind(IncidentKind::Rst)
///         .valid_from(day)
///         .created_at(day)
///         .build()
/// });
///
/// let mut run = Bulk::new(reporter)
///     .careflex_id("09ce3580d84bf087".parse()?)
///     .concurrency(2)
///     .report(incidents);
/// while let Some(row) = run.next().await {
///     match row.outcome {
///         Outcome::Accepted { incident_id } => println!("{}: taken as {incident_id}", row.index),
///         Outcome::HandedOver => println!("{}: handed over", row.index),
///         Outcome::Refused(why) => println!("{}: correct it: {why}", row.index),
///         Outcome::Invalid(violations) => println!("{}: correct it: {violations}", row.index),
///         Outcome::NotSent(why) => println!("{}: again later: {why}", row.index),
///         Outcome::InDoubt(why) => println!("{}: look into the portal first: {why}", row.index),
///         _ => println!("{}: look into the portal first", row.index),
///     }
/// }
/// let progress = run.progress();
/// assert_eq!((progress.handed_over, progress.requests), (250, 3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Bulk {
    reporter: Arc<dyn Reporter>,
    careflex_id: Option<CareflexId>,
    rules: Arc<Rules>,
    concurrency: usize,
    window: usize,
    patience: usize,
}

impl Bulk {
    /// Reports through this reporter; an `Arc<dyn Reporter>` is one too.
    pub fn new(reporter: impl Reporter + 'static) -> Self {
        Self {
            reporter: Arc::new(reporter),
            careflex_id: None,
            rules: Arc::new(Rules::documented()),
            concurrency: CONCURRENCY,
            window: WINDOW,
            patience: PATIENCE,
        }
    }

    /// The company of incidents that come without one. An incident without any company is invalid.
    pub fn careflex_id(mut self, company: CareflexId) -> Self {
        self.careflex_id = Some(company);
        self
    }

    /// What incidents have to meet: [`Rules::documented`] by default.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = Arc::new(rules);
        self
    }

    /// Most requests at the same time: 4 by default, at least 1.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Most incidents that are held at the same time, from being read until their outcome is yielded:
    /// 10,000 by default. A company's batch that is not full goes when half of the window has been read
    /// after its first incident, so with very many companies in turns a larger window makes fewer
    /// requests. Below 200 for each request at the same time, batches may not get full.
    pub fn window(mut self, incidents: usize) -> Self {
        self.window = incidents.max(1);
        self
    }

    /// How many reports in a row may fail as a whole (refused, in doubt, or answered clearly for no incident)
    /// until nothing more is tried: 5 by default, at least 1. Those under way by then are finished.
    pub fn patience(mut self, reports: usize) -> Self {
        self.patience = reports.max(1);
        self
    }

    /// Reports what an iterator yields: [incidents](crate::Incident), `(CareflexId, Incident)`, or the
    /// [rows](crate::InputRow) of a reader.
    pub fn report<'a, I>(self, incidents: I) -> BulkRun<'a>
    where
        I: IntoIterator<Item: Into<BulkEntry>, IntoIter: Send + 'a>,
    {
        self.report_stream(stream::iter(incidents))
    }

    /// Reports what a stream yields. When the stream has nothing to give for a while, what is not
    /// enough for a full batch waits for more: [`BulkRun::flush`] sends it. A run that
    /// [has stopped](BulkRun::is_stopped) does not begin again: for what comes later, begin another.
    pub fn report_stream<'a, S>(self, incidents: S) -> BulkRun<'a>
    where
        S: Stream<Item: Into<BulkEntry>> + Send + 'a,
    {
        BulkRun {
            queue: self.queue(),
            input: Some(incidents.map(Into::into).boxed()),
        }
    }

    /// For those who bring the incidents one by one, as they come.
    #[must_use]
    pub fn queue(self) -> BulkQueue {
        BulkQueue::new(self)
    }
}

impl fmt::Debug for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("careflex_id", &self.careflex_id)
            .field("concurrency", &self.concurrency)
            .field("window", &self.window)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// A run of [`Bulk`]: a stream of outcomes, in the order of the input. Nothing happens unless it is polled;
/// requests over HTTP that are under way go on while whoever takes the outcomes is busy with them.
///
/// # Cancellation
/// [`BulkRun::next`] can be dropped at any time, nothing is lost: use it in a `select!`, beside a signal
/// that calls [`BulkRun::stop`]. Whoever drops the run itself does not learn what became of the requests
/// under way: treat their incidents as in doubt.
#[must_use = "nothing is sent until the outcomes are taken"]
pub struct BulkRun<'a> {
    queue: BulkQueue,
    /// `None` when it has ended, or is not read any more.
    input: Option<BoxStream<'a, BulkEntry>>,
}

impl BulkRun<'_> {
    /// The outcome of the next incident; `None` when there is one for each.
    pub async fn next(&mut self) -> Option<BulkRow> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Sends what has been read without waiting for full batches.
    pub fn flush(&mut self) {
        self.queue.flush();
    }

    /// Sends nothing more. Requests under way are finished; the input is read on, and what comes is
    /// yielded as not sent. To leave an endless input, see [`BulkRun::stop_reading`].
    pub fn stop(&mut self) {
        self.queue.stop();
    }

    /// Drops the input: what has been read is reported, and then the run ends.
    pub fn stop_reading(&mut self) {
        self.input = None;
        self.queue.flush();
    }

    /// Like [`BulkRun::stop`], and gives up the requests under way too: their incidents are in doubt.
    pub fn abandon(&mut self) {
        self.queue.abandon();
    }

    /// Whether nothing more is sent: it was told to stop, reports [failed](Self::failure), or the reporter
    /// broke down.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.queue.is_stopped()
    }

    /// What has been done until now.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.queue.progress()
    }

    /// Why nothing more was tried: the error of the last report that was, not sent or one of too many that
    /// [failed](Bulk::patience).
    #[must_use]
    pub fn failure(&self) -> Option<&Arc<ReportError>> {
        self.queue.failure()
    }
}

impl Stream for BulkRun<'_> {
    type Item = BulkRow;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<BulkRow>> {
        loop {
            let polled = self.queue.poll_next(context);
            if let Poll::Ready(Some(row)) = polled {
                return Poll::Ready(Some(row));
            }
            let has_room = self.queue.has_room();
            let Some(input) = &mut self.input else {
                return polled;
            };
            if !has_room {
                // Something is under way then, and wakes this task.
                return Poll::Pending;
            }
            match input.poll_next_unpin(context) {
                Poll::Ready(Some(entry)) => self.queue.push(entry),
                Poll::Ready(None) => self.stop_reading(),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for BulkRun<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkRun")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
