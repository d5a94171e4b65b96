//! What to do when nothing can be sent, or the store fails.

use std::error::Error as _;
use std::sync::Arc;

use careflex_core::ReportError;

use super::{Event, LAST_TRIES, Mode, Run};
use crate::error::StoreError;
use crate::worker::stop::Wish;
use crate::worker::{Ended, WorkEvent};

impl Run {
    pub(super) fn not_sent(&mut self, error: Arc<ReportError>) {
        self.has_noted_failure = true;
        self.note_failure(Some(in_our_words(&error)));
        if self.mode == Mode::Drain {
            self.worker.tell(WorkEvent::NotSent {
                error: &error,
                pause: None,
            });
            self.ended.get_or_insert(Ended::NotSent(error));
            return;
        }
        // Requests that were under way together fail together: that is one failure.
        if self.obstacles > 0 {
            return;
        }
        self.not_sent_in_a_row += 1;
        let pause = self.worker.pause(self.not_sent_in_a_row);
        tracing::warn!(%error, ?pause, "not sent, trying again");
        self.worker.tell(WorkEvent::NotSent {
            error: &error,
            pause: Some(pause),
        });
        self.pause(pause);
    }

    pub(super) fn store_failed(&mut self, error: StoreError, wish: Wish) {
        self.store_failed_in_a_row += 1;
        let is_enough = self.mode == Mode::Drain && self.store_failed_in_a_row >= LAST_TRIES;
        if is_enough || self.is_over(wish) || !error.is_passing() {
            self.broken.get_or_insert(error);
            return;
        }
        let pause = self.worker.pause(self.store_failed_in_a_row);
        tracing::error!(%error, ?pause, "the outbox cannot be used, trying again");
        self.worker.tell(WorkEvent::StoreFailed {
            error: &error,
            pause,
        });
        self.pause(pause);
    }

    pub(super) fn note_failure(&mut self, reason: Option<String>) {
        self.notes += 1;
        let store = Arc::clone(&self.worker.store);
        self.push(async move { Event::Noted(store.note_failure(reason).await) });
    }
}

/// What keeps reports from being sent, without what the portal says: that may quote a value, and is kept.
fn in_our_words(error: &ReportError) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
