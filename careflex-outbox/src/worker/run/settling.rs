//! Notes what became of batches: an outcome must not be lost once it is known.

use std::sync::Arc;

use careflex_core::CareflexId;

use super::{Event, LAST_TRIES, Mode, Run, Unsettled};
use crate::error::StoreError;
use crate::store::{BatchOutcome, Settlement};
use crate::worker::stop::Wish;
use crate::worker::{WorkEvent, measure};

impl Run {
    pub(super) fn settle(&mut self, company: CareflexId, settlement: Settlement) {
        self.unsettled += 1;
        self.note(Unsettled {
            company,
            settlement: Arc::new(settlement),
            tries: 1,
        });
    }

    pub(super) fn note(&self, unsettled: Unsettled) {
        let store = Arc::clone(&self.worker.store);
        self.push(async move {
            let result = store.settle(Arc::clone(&unsettled.settlement)).await;
            Event::Settled(unsettled, result)
        });
    }

    pub(super) fn take_settled(
        &mut self,
        unsettled: Unsettled,
        result: Result<(), StoreError>,
        wish: Wish,
    ) {
        if unsettled.tries > 1 {
            self.obstacles -= 1;
        }
        let Err(error) = result else {
            self.take_noted(&unsettled);
            return;
        };
        let should_end = self.mode == Mode::Drain || self.is_over(wish);
        if !error.is_passing() || (should_end && unsettled.tries >= LAST_TRIES) {
            tracing::error!(
                batch = unsettled.settlement.batch.0,
                %error,
                "the outcome could not be noted: what was sent will be in doubt"
            );
            self.unsettled -= 1;
            self.broken.get_or_insert(error);
            return;
        }
        // The outcome must not be lost: nothing else is begun until it is noted.
        self.obstacles += 1;
        let pause = self.worker.pause(unsettled.tries);
        tracing::error!(%error, ?pause, "an outcome could not be noted, trying again");
        self.worker.tell(WorkEvent::StoreFailed {
            error: &error,
            pause,
        });
        let again = Unsettled {
            tries: unsettled.tries + 1,
            ..unsettled
        };
        self.push_after(pause, Event::SettleAgain(again));
    }

    pub(super) fn take_noted(&mut self, unsettled: &Unsettled) {
        let settlement = &*unsettled.settlement;
        self.unsettled -= 1;
        self.held.remove(&settlement.batch);
        // Those who waited for these employees may go now, unless nobody may.
        self.is_idle &= self.is_resting;
        self.is_claim_outdated = true;
        measure::count(&unsettled.company, settlement);
        self.worker.tell(WorkEvent::Settled {
            careflex_id: &unsettled.company,
            settlement,
        });
        if settlement.outcome != BatchOutcome::NotSent && self.has_noted_failure {
            self.has_noted_failure = false;
            self.note_failure(None);
        }
    }
}
