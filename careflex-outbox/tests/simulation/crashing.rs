//! A store in front of which, and behind which, a worker can be killed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use careflex_outbox::{
    BatchNumber, Claim, Claimed, Conflict, ContentHash, Departure, Enqueued, Key, Prepared, Query,
    Record, Resolution, Seat, Selection, Settlement, Status, Store, StoreError, StoreErrorKind,
};
use fastrand::Rng;

use crate::met::Met;
use crate::steps::{begin, block_on, pause};

/// Delegates each call to another store, with await points before (a crash there: nothing was done) and behind (a
/// crash there: it was done, and the worker never learnt it).
pub(crate) struct Crashing<S> {
    store: S,
    chance: Mutex<Rng>,
    /// Of a thousand calls, so many fail.
    failing: u32,
    /// Calls are begun before the await point behind them, so that the store sees several at once.
    is_eager: bool,
    met: Met,
}

impl<S: Store> Crashing<S> {
    pub(crate) fn new(store: S, seed: u64, failing: u32, is_eager: bool, met: &Met) -> Self {
        Self {
            store,
            chance: Mutex::new(Rng::with_seed(seed)),
            failing,
            is_eager,
            met: met.clone(),
        }
    }

    async fn call<T>(
        &self,
        inner: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let (before, behind) = {
            let mut chance = self.chance();
            (chance.u32(1..=2), chance.u32(1..=2))
        };
        pause(before).await;
        if let Some(kind) = self.failure() {
            self.met.note("calls of the store that failed");
            return Err(StoreError::new(kind, "the simulated disk fails"));
        }
        if !self.is_eager {
            let result = block_on(inner);
            pause(behind).await;
            return result;
        }
        let mut inner = Box::pin(inner);
        let begun = begin(inner.as_mut());
        pause(behind).await;
        match begun {
            Some(result) => result,
            None => block_on(inner),
        }
    }

    fn failure(&self) -> Option<StoreErrorKind> {
        let mut chance = self.chance();
        (chance.u32(0..1000) < self.failing).then(|| match chance.u32(0..10) {
            0..=3 => StoreErrorKind::Busy,
            4..=6 => StoreErrorKind::Full,
            7..=8 => StoreErrorKind::Failed,
            // This one does not pass: the worker gives up.
            _ => StoreErrorKind::ReadOnly,
        })
    }

    fn chance(&self) -> std::sync::MutexGuard<'_, Rng> {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<S: Store> Store for Crashing<S> {
    async fn enqueue(
        &self,
        incidents: Vec<Prepared>,
    ) -> Result<Vec<Result<Enqueued, Conflict>>, StoreError> {
        self.call(self.store.enqueue(incidents)).await
    }

    async fn start_worker(&self) -> Result<Seat, StoreError> {
        self.call(self.store.start_worker()).await
    }

    async fn heartbeat(&self, seat: &Seat) -> Result<(), StoreError> {
        self.call(self.store.heartbeat(seat)).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        let claimed = self.call(self.store.claim(claim)).await?;
        // What is claimed and could then not be read is given again by the next claim.
        if let Some(kind) = self.failure() {
            self.met.note("claims whose answer was lost");
            return Err(StoreError::new(kind, "the simulated disk cannot be read"));
        }
        Ok(claimed)
    }

    async fn depart(
        &self,
        seat: &Seat,
        batch: BatchNumber,
        hash: ContentHash,
        patience: usize,
    ) -> Result<Departure, StoreError> {
        self.call(self.store.depart(seat, batch, hash, patience))
            .await
    }

    async fn settle(&self, settlement: Arc<Settlement>) -> Result<(), StoreError> {
        self.call(self.store.settle(settlement)).await
    }

    async fn note_failure(&self, reason: Option<String>) -> Result<(), StoreError> {
        self.call(self.store.note_failure(reason)).await
    }

    async fn status(&self) -> Result<Status, StoreError> {
        self.call(self.store.status()).await
    }

    async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError> {
        self.call(self.store.list(query)).await
    }

    async fn find(&self, keys: Vec<Key>) -> Result<Vec<Option<Record>>, StoreError> {
        self.call(self.store.find(keys)).await
    }

    async fn resolve(&self, which: Selection, as_what: Resolution) -> Result<u64, StoreError> {
        self.call(self.store.resolve(which, as_what)).await
    }

    async fn retry(&self, which: Selection) -> Result<u64, StoreError> {
        self.call(self.store.retry(which)).await
    }

    async fn purge(&self, answered_ago: Duration) -> Result<u64, StoreError> {
        self.call(self.store.purge(answered_ago)).await
    }

    async fn bind_to(&self, portal: String, has_moved: bool) -> Result<(), StoreError> {
        self.call(self.store.bind_to(portal, has_moved)).await
    }
}
