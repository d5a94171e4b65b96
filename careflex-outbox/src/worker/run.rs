//! The worker at work: one task that waits for everything at once.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use careflex_core::{CareflexId, ReportError};
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tracing::Instrument as _;

use super::send::{Answer, in_doubt, send};
use super::stop::{Stop, Wish};
use super::{Ended, WorkEvent, Worker, measure};
use crate::error::StoreError;
use crate::state::{BatchNumber, IncidentNumber, Status};
use crate::store::{BatchOutcome, Claim, Claimed, ClaimedBatch, Seat, Settlement};

/// How often to say that the worker lives.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often the gauges are brought up to date.
const MEASURED: Duration = Duration::from_secs(15);
/// How often contents are purged.
const PURGED: Duration = Duration::from_secs(3600);
/// How often an outcome is tried to be noted by a worker that should end.
const LAST_TRIES: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Goes on for ever.
    Service,
    /// Ends when there is nothing to send, or nothing can be sent.
    Drain,
}

pub(super) struct Run {
    worker: Worker,
    mode: Mode,
    seat: Arc<Seat>,
    events: FuturesUnordered<BoxFuture<'static, Event>>,
    /// Requests without an answer.
    under_way: HashMap<BatchNumber, UnderWay>,
    /// Outcomes that are not noted yet.
    unsettled: usize,
    is_claiming: bool,
    /// Nothing is claimed until something changes, or a while has passed.
    is_idle: bool,
    /// The end of that while is waited for.
    has_idle_pause: bool,
    /// What has to come first, because something failed: the ends of pauses, outcomes noted at last.
    obstacles: usize,
    not_sent_in_a_row: u32,
    store_failed_in_a_row: u32,
    /// It is noted in the store why nothing can be sent.
    has_noted_failure: bool,
    was_resting: bool,
    ended: Option<Ended>,
    broken: Option<StoreError>,
}

struct UnderWay {
    company: CareflexId,
    numbers: Vec<IncidentNumber>,
    cancel: futures_channel::oneshot::Sender<()>,
}

enum Event {
    Claimed(Result<Claimed, StoreError>),
    /// `None`: it was given up.
    Answered(BatchNumber, Option<(Answer, Duration)>),
    Settled(CareflexId, Settlement, u32, Result<(), StoreError>),
    /// An outcome is to be noted again.
    SettleAgain(CareflexId, Settlement, u32),
    /// It is time to look for new incidents.
    Idled,
    /// A pause after a failure is over.
    Paused,
    Beaten(Result<(), StoreError>),
    Measured(Result<Status, StoreError>),
    Purged(Result<u64, StoreError>),
    Noted(Result<(), StoreError>),
}

impl Run {
    pub(super) async fn begin(worker: Worker, mode: Mode) -> Result<Self, StoreError> {
        let seat = Arc::new(worker.store.start_worker().await?);
        let run = Self {
            worker,
            mode,
            seat,
            events: FuturesUnordered::new(),
            under_way: HashMap::new(),
            unsettled: 0,
            is_claiming: false,
            is_idle: false,
            has_idle_pause: false,
            obstacles: 0,
            not_sent_in_a_row: 0,
            store_failed_in_a_row: 0,
            has_noted_failure: true,
            was_resting: false,
            ended: None,
            broken: None,
        };
        run.purge_after(None);
        if mode == Mode::Service {
            run.measure_after(Duration::ZERO);
        }
        run.beat();
        Ok(run)
    }

    pub(super) async fn until_end(mut self, stop: &Stop) -> Result<Ended, StoreError> {
        let mut wish = Wish::GoOn;
        loop {
            self.claim_if_possible(wish);
            if self.is_finished(wish) {
                break;
            }
            let changed = pin!(stop.changed(wish));
            let event = match select(changed, self.events.next()).await {
                Either::Left((more, _)) => {
                    wish = more;
                    if wish == Wish::Abandon {
                        self.abandon();
                    }
                    continue;
                }
                Either::Right((event, _)) => event,
            };
            if let Some(event) = event {
                self.take(event, wish);
            }
        }
        match (self.broken, self.ended) {
            (Some(error), _) => Err(error),
            (None, Some(ended)) => Ok(ended),
            (None, None) => Ok(Ended::Stopped),
        }
    }

    fn is_finished(&self, wish: Wish) -> bool {
        let is_quiet = self.under_way.is_empty() && self.unsettled == 0 && !self.is_claiming;
        let is_over = wish > Wish::GoOn
            || self.ended.is_some()
            || self.broken.is_some()
            || (self.mode == Mode::Drain && self.is_idle);
        is_quiet && is_over
    }

    /// Asks for as much as may be sent now.
    fn claim_if_possible(&mut self, wish: Wish) {
        let room = self.worker.concurrency.saturating_sub(self.under_way.len());
        let may_send = wish == Wish::GoOn
            && self.ended.is_none()
            && self.broken.is_none()
            && self.obstacles == 0;
        if room == 0 || !may_send || self.is_claiming || self.is_idle {
            return;
        }
        self.is_claiming = true;
        let most = self.worker.rules.max_incidents;
        let claim = Claim::new(&self.seat, room, most, self.worker.patience);
        let store = Arc::clone(&self.worker.store);
        self.push(async move { Event::Claimed(store.claim(claim).await) });
    }

    fn take(&mut self, event: Event, wish: Wish) {
        match event {
            Event::Claimed(claimed) => {
                self.is_claiming = false;
                match claimed {
                    Ok(claimed) => {
                        self.store_failed_in_a_row = 0;
                        self.take_claimed(claimed, wish);
                    }
                    Err(error) => self.store_failed(error, wish),
                }
            }
            Event::Answered(batch, answer) => self.take_answer(batch, answer),
            Event::Settled(company, settlement, tries, result) => {
                self.take_settled(company, settlement, tries, result, wish);
            }
            Event::SettleAgain(company, settlement, tries) => {
                self.settle(company, settlement, tries);
            }
            Event::Idled => {
                self.has_idle_pause = false;
                self.is_idle = false;
            }
            Event::Paused => {
                self.obstacles -= 1;
                self.is_idle = false;
            }
            Event::Beaten(result) => {
                self.log_minor(result.err().as_ref());
                self.beat();
            }
            Event::Measured(result) => {
                match result {
                    Ok(status) => measure::show(&status, self.worker.clock.wall()),
                    Err(error) => self.log_minor(Some(&error)),
                }
                self.measure_after(MEASURED);
            }
            Event::Purged(result) => {
                match result {
                    Ok(0) => {}
                    Ok(contents) => tracing::info!(contents, "purged"),
                    Err(error) => self.log_minor(Some(&error)),
                }
                if self.mode == Mode::Service {
                    self.purge_after(Some(PURGED));
                }
            }
            Event::Noted(result) => self.log_minor(result.err().as_ref()),
        }
    }

    fn take_claimed(&mut self, claimed: Claimed, wish: Wish) {
        if claimed.is_resting {
            if !self.was_resting {
                tracing::error!(
                    "too many reports in a row failed: nothing is sent until a person has looked"
                );
                self.worker.tell(WorkEvent::Resting);
            }
            self.was_resting = true;
            if self.mode == Mode::Drain {
                self.ended.get_or_insert(Ended::Resting);
            }
        } else {
            self.was_resting = false;
        }
        if claimed.batches.is_empty() {
            self.is_idle = true;
            if self.mode == Mode::Service && !self.has_idle_pause {
                self.has_idle_pause = true;
                self.push_after(self.worker.poll, Event::Idled);
            }
        }
        for batch in claimed.batches {
            self.send(batch);
        }
        // Told to go while it was claiming: what has not left yet need not.
        if wish == Wish::Abandon {
            self.abandon();
        }
    }

    fn send(&mut self, batch: ClaimedBatch) {
        let number = batch.batch;
        let company = batch.careflex_id.clone();
        let span = tracing::info_span!(
            "batch",
            number = number.0,
            careflex_id = %company,
            incidents = batch.incidents.len()
        );
        let (cancel, cancelled) = futures_channel::oneshot::channel();
        let numbers = batch.incidents.iter().map(|one| one.number).collect();
        self.under_way.insert(
            number,
            UnderWay {
                company,
                numbers,
                cancel,
            },
        );
        let reporter = Arc::clone(&self.worker.reporter);
        let rules = Arc::clone(&self.worker.rules);
        let clock = Arc::clone(&self.worker.clock);
        let sending = async move {
            let begin = clock.now();
            let sent = pin!(send(batch, &*reporter, &rules));
            let answer = match select(sent, cancelled).await {
                Either::Left((answer, _)) => {
                    Some((answer, clock.now().saturating_duration_since(begin)))
                }
                Either::Right(_) => None,
            };
            Event::Answered(number, answer)
        };
        self.push(sending.instrument(span));
    }

    fn take_answer(&mut self, batch: BatchNumber, answer: Option<(Answer, Duration)>) {
        let Some(under_way) = self.under_way.remove(&batch) else {
            return;
        };
        let company = under_way.company;
        let settlement = match answer {
            Some((answer, took)) => {
                measure::time(&company, took);
                match answer.not_sent {
                    Some(error) => self.not_sent(error),
                    None => self.not_sent_in_a_row = 0,
                }
                answer.settlement
            }
            None => in_doubt(
                batch,
                under_way.numbers,
                "the request was given up before its answer came",
            ),
        };
        self.unsettled += 1;
        self.settle(company, settlement, 1);
    }

    fn settle(&mut self, company: CareflexId, settlement: Settlement, tries: u32) {
        let store = Arc::clone(&self.worker.store);
        self.push(async move {
            let result = store.settle(settlement.clone()).await;
            Event::Settled(company, settlement, tries, result)
        });
    }

    fn take_settled(
        &mut self,
        company: CareflexId,
        settlement: Settlement,
        tries: u32,
        result: Result<(), StoreError>,
        wish: Wish,
    ) {
        if tries > 1 {
            self.obstacles -= 1;
        }
        let Err(error) = result else {
            self.unsettled -= 1;
            self.is_idle = false;
            measure::count(&company, &settlement);
            self.worker.tell(WorkEvent::Settled(&settlement));
            if settlement.outcome != BatchOutcome::NotSent && self.has_noted_failure {
                self.has_noted_failure = false;
                self.note_failure(None);
            }
            return;
        };
        let should_end = wish > Wish::GoOn || self.mode == Mode::Drain || self.broken.is_some();
        if !error.is_passing() || (should_end && tries >= LAST_TRIES) {
            tracing::error!(
                batch = settlement.batch.0,
                %error,
                "the outcome could not be noted: its incidents will be in doubt"
            );
            self.unsettled -= 1;
            self.broken.get_or_insert(error);
            return;
        }
        // The outcome must not be lost: nothing else is begun until it is noted.
        self.obstacles += 1;
        let pause = self.worker.pause(tries);
        tracing::error!(%error, ?pause, "an outcome could not be noted, trying again");
        self.worker.tell(WorkEvent::StoreFailed {
            error: &error,
            pause,
        });
        self.push_after(pause, Event::SettleAgain(company, settlement, tries + 1));
    }

    fn not_sent(&mut self, error: Arc<ReportError>) {
        self.has_noted_failure = true;
        self.note_failure(Some(error.in_full()));
        if self.mode == Mode::Drain {
            self.worker.tell(WorkEvent::NotSent {
                error: &error,
                pause: None,
            });
            self.ended.get_or_insert(Ended::NotSent(error));
            return;
        }
        // Requests that were under way together fail together: that is one failure.
        if self.obstacles == 0 {
            self.not_sent_in_a_row += 1;
        }
        let pause = self.worker.pause(self.not_sent_in_a_row);
        tracing::warn!(%error, ?pause, "not sent, trying again");
        self.worker.tell(WorkEvent::NotSent {
            error: &error,
            pause: Some(pause),
        });
        self.pause(pause);
    }

    fn store_failed(&mut self, error: StoreError, wish: Wish) {
        if self.mode == Mode::Drain || wish > Wish::GoOn || !error.is_passing() {
            self.broken.get_or_insert(error);
            return;
        }
        self.store_failed_in_a_row += 1;
        let pause = self.worker.pause(self.store_failed_in_a_row);
        tracing::error!(%error, ?pause, "the outbox cannot be used, trying again");
        self.worker.tell(WorkEvent::StoreFailed {
            error: &error,
            pause,
        });
        self.pause(pause);
    }

    /// Gives up all requests: their answers are in doubt.
    fn abandon(&mut self) {
        for under_way in self.under_way.values_mut() {
            let (cancel, _) = futures_channel::oneshot::channel();
            // Whoever has answered meanwhile does not listen any more.
            let _: Result<(), _> = std::mem::replace(&mut under_way.cancel, cancel).send(());
        }
    }

    fn log_minor(&self, error: Option<&StoreError>) {
        if let Some(error) = error {
            tracing::warn!(%error, "the outbox cannot be used");
        }
    }

    fn note_failure(&self, reason: Option<String>) {
        let store = Arc::clone(&self.worker.store);
        self.push(async move { Event::Noted(store.note_failure(reason).await) });
    }

    /// Claims nothing for a while.
    fn pause(&mut self, pause: Duration) {
        self.obstacles += 1;
        self.push_after(pause, Event::Paused);
    }

    fn push_after(&self, pause: Duration, event: Event) {
        let sleep = Arc::clone(&self.worker.sleep);
        self.push(async move {
            sleep.sleep(pause).await;
            event
        });
    }

    fn beat(&self) {
        let sleep = Arc::clone(&self.worker.sleep);
        let store = Arc::clone(&self.worker.store);
        let seat = Arc::clone(&self.seat);
        self.push(async move {
            sleep.sleep(HEARTBEAT).await;
            Event::Beaten(store.heartbeat(&seat).await)
        });
    }

    fn measure_after(&self, pause: Duration) {
        let sleep = Arc::clone(&self.worker.sleep);
        let store = Arc::clone(&self.worker.store);
        self.push(async move {
            if !pause.is_zero() {
                sleep.sleep(pause).await;
            }
            Event::Measured(store.status().await)
        });
    }

    fn purge_after(&self, pause: Option<Duration>) {
        let Some(retention) = self.worker.retention else {
            return;
        };
        let sleep = Arc::clone(&self.worker.sleep);
        let store = Arc::clone(&self.worker.store);
        let clock = Arc::clone(&self.worker.clock);
        self.push(async move {
            if let Some(pause) = pause {
                sleep.sleep(pause).await;
            }
            Event::Purged(match clock.wall().checked_sub(retention) {
                Some(before) => store.purge(before).await,
                None => Ok(0),
            })
        });
    }

    fn push(&self, event: impl Future<Output = Event> + Send + 'static) {
        self.events.push(event.boxed());
    }
}
