//! The worker at work: one task that waits for everything at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use careflex_core::CareflexId;
use futures_channel::oneshot;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tracing::Instrument as _;

mod chores;
mod failing;
mod settling;

use super::send::{Answer, Ready, in_doubt, pack};
use super::stop::{Stop, Wish};
use super::{Ended, WorkEvent, Worker, measure};
use crate::error::StoreError;
use crate::state::{BatchNumber, IncidentNumber, Status};
use crate::store::{Claim, Claimed, Departure, Seat, Settlement};

/// How often an outcome is tried to be noted by a worker that should end.
const LAST_TRIES: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Goes on for ever.
    Service,
    /// Ends when there is nothing to send, or nothing can be sent.
    Drain,
}

/// A batch goes from `ready` (claimed: it would be queued again) over its departure (noted, so that it would be
/// in doubt) into `under_way`, and from there into a settlement.
pub(super) struct Run {
    worker: Worker,
    mode: Mode,
    seat: Arc<Seat>,
    events: FuturesUnordered<BoxFuture<'static, Event>>,
    is_claiming: bool,
    /// Something has changed since the claim under way was begun: that it brings nothing does not mean that there is
    /// nothing now.
    is_claim_outdated: bool,
    /// Everything that was claimed and whose outcome is not noted yet, wherever it is.
    held: HashSet<BatchNumber>,
    ready: VecDeque<Ready>,
    /// Batches whose departure is being noted.
    departing: usize,
    /// Requests without an answer.
    under_way: HashMap<BatchNumber, UnderWay>,
    /// Outcomes that are not noted yet.
    unsettled: usize,
    /// There was nothing to claim: nothing is claimed until something changes, or a while has passed.
    is_idle: bool,
    /// The end of that while is waited for.
    has_idle_pause: bool,
    /// What has to come first, because something failed: the ends of pauses, outcomes noted at last.
    obstacles: usize,
    not_sent_in_a_row: u32,
    store_failed_in_a_row: u32,
    /// It is noted in the store why nothing can be sent.
    has_noted_failure: bool,
    /// Notes of that which are on their way.
    notes: usize,
    is_resting: bool,
    ended: Option<Ended>,
    broken: Option<StoreError>,
}

struct UnderWay {
    company: CareflexId,
    numbers: Vec<IncidentNumber>,
    /// `None` once it is given up.
    cancel: Option<oneshot::Sender<()>>,
}

/// What is known of a batch, still to be noted.
struct Unsettled {
    company: CareflexId,
    settlement: Arc<Settlement>,
    tries: u32,
}

enum Event {
    Claimed(Result<Claimed, StoreError>),
    Departed(Box<Ready>, Result<Departure, StoreError>),
    /// `None`: it was given up.
    Answered(BatchNumber, Option<(Answer, Duration)>),
    Settled(Unsettled, Result<(), StoreError>),
    /// An outcome is to be noted again.
    SettleAgain(Unsettled),
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
        if seat.left_in_doubt > 0 {
            let batches = seat.left_in_doubt;
            tracing::error!(
                batches,
                "in doubt: an earlier worker died while it was sending"
            );
            worker.tell(WorkEvent::LeftInDoubt(batches));
        }
        let run = Self {
            worker,
            mode,
            seat,
            events: FuturesUnordered::new(),
            is_claiming: false,
            is_claim_outdated: false,
            held: HashSet::new(),
            ready: VecDeque::new(),
            departing: 0,
            under_way: HashMap::new(),
            unsettled: 0,
            is_idle: false,
            has_idle_pause: false,
            obstacles: 0,
            not_sent_in_a_row: 0,
            store_failed_in_a_row: 0,
            // An earlier worker may have.
            has_noted_failure: true,
            notes: 0,
            is_resting: false,
            ended: None,
            broken: None,
        };
        run.purge_after(None);
        if mode == Mode::Service {
            run.measure_after(None);
        }
        run.beat();
        Ok(run)
    }

    pub(super) async fn until_end(mut self, stop: &Stop) -> Result<Ended, StoreError> {
        let mut wish = Wish::GoOn;
        loop {
            self.give_back_if_over(wish);
            self.depart_if_possible();
            self.claim_if_possible(wish);
            if self.is_finished(wish) {
                break;
            }
            let changed = pin!(stop.changed(wish));
            match select(changed, self.events.next()).await {
                Either::Left((more, _)) => wish = more,
                Either::Right((Some(event), _)) => self.take(event, wish),
                // The heartbeat never ends.
                Either::Right((None, _)) => break,
            }
            if wish == Wish::Abandon {
                self.abandon();
            }
        }
        match (self.broken, self.ended) {
            (Some(error), _) => Err(error),
            (None, Some(ended)) => Ok(ended),
            (None, None) if wish > Wish::GoOn => Ok(Ended::Stopped),
            (None, None) => Ok(Ended::Drained),
        }
    }

    /// Whether nothing more is to be begun.
    fn is_over(&self, wish: Wish) -> bool {
        wish > Wish::GoOn || self.ended.is_some() || self.broken.is_some()
    }

    fn is_finished(&self, wish: Wish) -> bool {
        let is_quiet = self.under_way.is_empty()
            && self.ready.is_empty()
            && self.departing == 0
            && self.unsettled == 0
            && self.notes == 0
            && !self.is_claiming;
        is_quiet && (self.is_over(wish) || (self.mode == Mode::Drain && self.is_idle))
    }

    /// Reserves what is to be sent next, while other requests are under way.
    fn claim_if_possible(&mut self, wish: Wish) {
        let is_enough = self.ready.len() > self.worker.concurrency / 2;
        let may_claim = !self.is_over(wish) && self.obstacles == 0;
        if is_enough || !may_claim || self.is_claiming || self.is_idle {
            return;
        }
        self.is_claiming = true;
        self.is_claim_outdated = false;
        let claim = Claim {
            batches: self.worker.concurrency,
            incidents: self.worker.rules.max_incidents.max(1),
            patience: self.worker.patience,
            held: self.held.iter().copied().collect(),
            ..Claim::new(&self.seat)
        };
        let store = Arc::clone(&self.worker.store);
        self.push(async move { Event::Claimed(store.claim(claim).await) });
    }

    /// Notes that batches are about to leave, as many as there is room for.
    fn depart_if_possible(&mut self) {
        while self.obstacles == 0
            && self.departing + self.under_way.len() < self.most_under_way()
            && let Some(ready) = self.ready.pop_front()
        {
            self.departing += 1;
            let store = Arc::clone(&self.worker.store);
            let seat = Arc::clone(&self.seat);
            let patience = self.worker.patience;
            self.push(async move {
                let departed = store.depart(&seat, ready.batch, ready.hash, patience).await;
                Event::Departed(Box::new(ready), departed)
            });
        }
    }

    /// A portal that could not be reached is tried by one request alone.
    fn most_under_way(&self) -> usize {
        match self.not_sent_in_a_row {
            0 => self.worker.concurrency,
            _ => 1,
        }
    }

    /// What is claimed and has not left is queued again by a worker that ends.
    fn give_back_if_over(&mut self, wish: Wish) {
        if self.is_over(wish) {
            while let Some(ready) = self.ready.pop_front() {
                self.give_back(ready);
            }
        }
    }

    fn give_back(&mut self, ready: Ready) {
        let company = ready.report.careflex_id().clone();
        self.settle(company, ready.give_back());
    }

    fn take(&mut self, event: Event, wish: Wish) {
        match event {
            Event::Claimed(claimed) => {
                self.is_claiming = false;
                match claimed {
                    Ok(claimed) => self.take_claimed(claimed),
                    Err(error) => self.store_failed(error, wish),
                }
            }
            Event::Departed(ready, departed) => self.take_departed(*ready, departed, wish),
            Event::Answered(batch, answer) => self.take_answer(batch, answer),
            Event::Settled(unsettled, result) => self.take_settled(unsettled, result, wish),
            Event::SettleAgain(unsettled) => self.note(unsettled),
            Event::Idled => {
                self.has_idle_pause = false;
                self.is_idle = false;
            }
            Event::Paused => {
                self.obstacles -= 1;
                self.is_idle = false;
            }
            Event::Beaten(result) => {
                log_minor(result.err());
                self.beat();
            }
            Event::Measured(result) => {
                match result {
                    Ok(status) => measure::show(&status, self.worker.clock.wall()),
                    Err(error) => log_minor(Some(error)),
                }
                self.measure_after(Some(chores::MEASURED));
            }
            Event::Purged(result) => {
                match result {
                    Ok(0) => {}
                    Ok(contents) => tracing::info!(contents, "purged"),
                    Err(error) => log_minor(Some(error)),
                }
                if self.mode == Mode::Service {
                    self.purge_after(Some(chores::PURGED));
                }
            }
            Event::Noted(result) => {
                self.notes -= 1;
                log_minor(result.err());
            }
        }
    }

    fn take_claimed(&mut self, claimed: Claimed) {
        self.store_failed_in_a_row = 0;
        if claimed.is_resting {
            self.rest();
        } else {
            self.is_resting = false;
        }
        if claimed.batches.is_empty() && (claimed.is_resting || !self.is_claim_outdated) {
            self.idle();
        }
        for batch in claimed.batches {
            self.held.insert(batch.batch);
            let company = batch.careflex_id.clone();
            match pack(batch, &self.worker.rules) {
                Ok(ready) => self.ready.push_back(ready),
                Err(settlement) => self.settle(company, settlement),
            }
        }
    }

    /// Claims nothing more until something changes, or a while has passed.
    fn idle(&mut self) {
        self.is_idle = true;
        if self.mode == Mode::Service && !self.has_idle_pause {
            self.has_idle_pause = true;
            self.push_after(self.worker.poll, Event::Idled);
        }
    }

    fn rest(&mut self) {
        if !self.is_resting {
            self.is_resting = true;
            tracing::error!(
                "too many reports in a row failed: nothing is sent until a person has looked"
            );
            self.worker.tell(WorkEvent::Resting);
        }
        if self.mode == Mode::Drain {
            self.ended.get_or_insert(Ended::Resting);
        }
    }

    fn take_departed(&mut self, ready: Ready, departed: Result<Departure, StoreError>, wish: Wish) {
        self.departing -= 1;
        match departed {
            // Told to stop meanwhile: it has not left, and need not.
            Ok(Departure::Go) if self.is_over(wish) => self.give_back(ready),
            Ok(Departure::Go) => self.send(ready),
            Ok(Departure::Rest) => {
                self.rest();
                self.idle();
                self.give_back(ready);
            }
            Ok(Departure::Lost) => {
                let batch = ready.batch.0;
                tracing::error!(batch, "a batch was taken away before it could leave");
                self.held.remove(&ready.batch);
            }
            Err(error) => {
                self.ready.push_front(ready);
                self.store_failed(error, wish);
            }
        }
    }

    fn send(&mut self, ready: Ready) {
        let batch = ready.batch;
        let company = ready.report.careflex_id().clone();
        let span = tracing::info_span!(
            "batch",
            number = batch.0,
            careflex_id = %company,
            incidents = ready.numbers.len()
        );
        let (cancel, cancelled) = oneshot::channel();
        let under_way = UnderWay {
            company,
            numbers: ready.numbers.clone(),
            cancel: Some(cancel),
        };
        self.under_way.insert(batch, under_way);
        let reporter = Arc::clone(&self.worker.reporter);
        let clock = Arc::clone(&self.worker.clock);
        let sending = async move {
            let begin = clock.now();
            let sent = pin!(ready.send(&*reporter));
            let answer = match select(sent, cancelled).await {
                Either::Left((answer, _)) => {
                    Some((answer, clock.now().saturating_duration_since(begin)))
                }
                Either::Right(_) => None,
            };
            Event::Answered(batch, answer)
        };
        self.push(sending.instrument(span));
    }

    fn take_answer(&mut self, batch: BatchNumber, answer: Option<(Answer, Duration)>) {
        let Some(UnderWay {
            company, numbers, ..
        }) = self.under_way.remove(&batch)
        else {
            return;
        };
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
                numbers,
                "the request was given up before its answer came",
            ),
        };
        self.settle(company, settlement);
    }

    /// Gives up all requests: their answers are in doubt.
    fn abandon(&mut self) {
        for under_way in self.under_way.values_mut() {
            if let Some(cancel) = under_way.cancel.take() {
                // Whoever has answered meanwhile does not listen any more.
                let _: Result<(), _> = cancel.send(());
            }
        }
    }

    fn push(&self, event: impl Future<Output = Event> + Send + 'static) {
        self.events.push(event.boxed());
    }
}

fn log_minor(error: Option<StoreError>) {
    if let Some(error) = error {
        tracing::warn!(%error, "the outbox cannot be used");
    }
}
