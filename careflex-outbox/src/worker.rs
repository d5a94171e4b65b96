//! Sends what is queued, whenever the portal answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use careflex_core::{
    CareflexId, Clock, ReportError, Reporter, Rules, Sleep, SystemClock, TokioSleep, back_off,
};

use crate::error::StoreError;
use crate::store::{Settlement, Store};

mod measure;
mod run;
mod send;
mod stop;

use run::{Mode, Run};
pub use stop::Stop;

/// Requests at the same time, if nothing else is said. Half of the time each of them waits for the disk.
const CONCURRENCY: usize = 8;
/// Reports in a row that may fail as a whole, if nothing else is said.
pub(crate) const PATIENCE: usize = 5;
/// How long contents are kept after the answer, if nothing else is said: 30 days.
const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// Sends what is queued in an outbox: see [`Outbox::worker`](crate::Outbox::worker).
///
/// - Up to 100 incidents of one company go in one request
///   ([`Rules::max_incidents`](careflex_core::Rules)), and several requests are under way at the same time.
/// - Two incidents of one employee are never in different requests at the same time, and go in the order in which
///   they were enqueued; after one in doubt, none of the same employee is sent.
/// - A report that provably was not sent is queued again; the next try waits, longer each time, half of it by
///   chance.
/// - After [five](Self::patience) reports in a row that failed as a whole (refused, or in doubt) nothing is sent
///   until a person has [resolved](crate::Outbox::resolve), [retried](crate::Outbox::retry) or
///   [corrected](crate::Enqueued::Corrected) one of them, also by workers that start later: a wrong address must not
///   bring everything into doubt (our decision).
/// - Contents are [purged](crate::Outbox::purge) 30 days after the answer.
///
/// # Metrics
/// With a recorder for the `metrics` crate: the counters `careflex_outbox_sent_total`, `…_accepted_total`,
/// `…_handed_over_total`, `…_refused_total`, `…_invalid_total`, `…_in_doubt_total` and `…_not_sent_total`
/// (incidents), the gauges `careflex_outbox_queued`, `careflex_outbox_in_doubt` (incidents) and
/// `careflex_outbox_oldest_seconds` (age of the oldest queued one), and the histogram
/// `careflex_outbox_request_seconds`. All have the label `careflex_id`, but for the age.
#[must_use = "nothing is sent until it runs"]
pub struct Worker {
    store: Arc<dyn Store>,
    reporter: Arc<dyn Reporter>,
    rules: Arc<Rules>,
    concurrency: usize,
    patience: usize,
    poll: Duration,
    first_pause: Duration,
    longest_pause: Duration,
    retention: Option<Duration>,
    sleep: Arc<dyn Sleep>,
    clock: Arc<dyn Clock>,
    chance: fastrand::Rng,
    observer: Option<Observer>,
}

type Observer = Arc<dyn Fn(WorkEvent<'_>) + Send + Sync>;

/// What a worker tells of its work.
#[derive(Debug)]
#[non_exhaustive]
pub enum WorkEvent<'e> {
    /// Another worker died while it was sending: so many batches are in doubt. Told at the beginning.
    LeftInDoubt(u64),
    /// It is known, and noted durably, what became of a batch, or that nobody knows.
    Settled {
        /// The company.
        careflex_id: &'e CareflexId,
        /// What became of it.
        settlement: &'e Settlement,
    },
    /// A report provably was not sent. Its incidents are queued again.
    NotSent {
        /// Why.
        error: &'e ReportError,
        /// When the next try will be; `None` if there will be none.
        pause: Option<Duration>,
    },
    /// The store failed. Nothing is sent meanwhile; outcomes that could not be noted are held in memory.
    StoreFailed {
        /// Why.
        error: &'e StoreError,
        /// When the next try will be.
        pause: Duration,
    },
    /// Nothing is sent until a person has looked.
    Resting,
}

/// Why a worker ended that [drains](Worker::drain).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Ended {
    /// Nothing is left that can be sent now: the rest, if any, waits for incidents in doubt.
    Drained,
    /// It was told to stop.
    Stopped,
    /// A report provably was not sent.
    NotSent(Arc<ReportError>),
    /// So many reports in a row failed as a whole that a person has to look first.
    Resting,
}

impl Worker {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        reporter: Arc<dyn Reporter>,
        rules: Arc<Rules>,
    ) -> Self {
        Self {
            store,
            reporter,
            rules,
            concurrency: CONCURRENCY,
            patience: PATIENCE,
            poll: Duration::from_secs(1),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(300),
            retention: Some(RETENTION),
            sleep: Arc::new(TokioSleep),
            clock: Arc::new(SystemClock),
            chance: fastrand::Rng::new(),
            observer: None,
        }
    }

    /// Most requests at the same time: 8 by default, at least 1.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// How many reports in a row may fail as a whole until a person has to look: 5 by default, at least 1.
    pub fn patience(mut self, reports: usize) -> Self {
        self.patience = reports.max(1);
        self
    }

    /// How often to look for new incidents while there are none: each second by default.
    pub fn poll(mut self, every: Duration) -> Self {
        self.poll = every;
        self
    }

    /// The first and the longest pause after a report that was not sent: 1 second and 5 minutes by default.
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    /// How long contents are kept after the answer: 30 days by default. `None`: until somebody
    /// [purges](crate::Outbox::purge) them.
    pub fn retention(mut self, retention: Option<Duration>) -> Self {
        self.retention = retention;
        self
    }

    /// Waits in another way than by tokio's clock.
    pub fn sleep(mut self, sleep: impl Sleep + 'static) -> Self {
        self.sleep = Arc::new(sleep);
        self
    }

    /// Tells the time by another clock, for tests.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Makes the chance in its pauses the same each time, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.chance = fastrand::Rng::with_seed(seed);
        self
    }

    /// Hears what it does. The function is called between other work: it should be quick.
    pub fn observe(mut self, observer: impl Fn(WorkEvent<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Sends until it is told to stop; what is under way then is finished. A portal or store in trouble is tried
    /// again and again.
    ///
    /// # Cancellation
    /// Whoever drops the future leaves what is under way in doubt, as a crash does.
    ///
    /// # Errors
    /// [`StoreError`] where the store takes no worker, or is damaged, read-only or gone for good. Outcomes that
    /// could not be noted leave their incidents in doubt.
    pub async fn run(self, stop: &Stop) -> Result<(), StoreError> {
        Run::begin(self, Mode::Service)
            .await?
            .until_end(stop)
            .await
            .map(|_| ())
    }

    /// Sends until nothing is left that can be sent now, or nothing can be sent.
    ///
    /// # Cancellation
    /// As for [`Worker::run`].
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn drain(self, stop: &Stop) -> Result<Ended, StoreError> {
        Run::begin(self, Mode::Drain).await?.until_end(stop).await
    }

    fn pause(&mut self, tries: u32) -> Duration {
        let chance = self.chance.f64();
        back_off(self.first_pause, self.longest_pause, tries, chance)
    }

    fn tell(&self, event: WorkEvent<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("concurrency", &self.concurrency)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
