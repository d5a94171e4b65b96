//! What is done from time to time.

use std::sync::Arc;
use std::time::Duration;

use super::{Event, Run};

/// How often to say that the worker lives.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often the gauges are brought up to date.
pub(super) const MEASURED: Duration = Duration::from_secs(15);
/// How often contents are purged.
pub(super) const PURGED: Duration = Duration::from_secs(3600);

impl Run {
    /// Begins nothing for a while.
    pub(super) fn pause(&mut self, pause: Duration) {
        self.obstacles += 1;
        self.push_after(pause, Event::Paused);
    }

    pub(super) fn push_after(&self, pause: Duration, event: Event) {
        let sleep = Arc::clone(&self.worker.sleep);
        self.push(async move {
            sleep.sleep(pause).await;
            event
        });
    }

    pub(super) fn beat(&self) {
        let sleep = Arc::clone(&self.worker.sleep);
        let store = Arc::clone(&self.worker.store);
        let seat = Arc::clone(&self.seat);
        self.push(async move {
            sleep.sleep(HEARTBEAT).await;
            Event::Beaten(store.heartbeat(&seat).await)
        });
    }

    pub(super) fn measure_after(&self, pause: Option<Duration>) {
        let sleep = Arc::clone(&self.worker.sleep);
        let store = Arc::clone(&self.worker.store);
        self.push(async move {
            if let Some(pause) = pause {
                sleep.sleep(pause).await;
            }
            Event::Measured(store.status().await)
        });
    }

    pub(super) fn purge_after(&self, pause: Option<Duration>) {
        let Some(retention) = self.worker.retention else {
            return;
        };
        let sleep = Arc::clone(&self.worker.sleep);
        let store = Arc::clone(&self.worker.store);
        self.push(async move {
            if let Some(pause) = pause {
                sleep.sleep(pause).await;
            }
            Event::Purged(store.purge(retention).await)
        });
    }
}
