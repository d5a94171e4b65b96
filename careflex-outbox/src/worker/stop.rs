//! Tells a worker to stop.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use futures_util::task::AtomicWaker;

/// Tells a worker to stop. Clones tell the same worker; each worker needs one of its own.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    wish: AtomicU8,
    waker: AtomicWaker,
}

/// What a worker is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wish {
    GoOn = 0,
    Stop = 1,
    Abandon = 2,
}

impl Stop {
    /// Nothing is told yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends nothing more; what is under way is finished.
    pub fn stop(&self) {
        self.tell(Wish::Stop);
    }

    /// Like [`stop`](Self::stop), and gives up what is under way: it is in doubt.
    pub fn abandon(&self) {
        self.tell(Wish::Abandon);
    }

    fn tell(&self, wish: Wish) {
        self.0.wish.fetch_max(wish as u8, Ordering::SeqCst);
        self.0.waker.wake();
    }

    pub(super) fn wish(&self) -> Wish {
        match self.0.wish.load(Ordering::SeqCst) {
            0 => Wish::GoOn,
            1 => Wish::Stop,
            _ => Wish::Abandon,
        }
    }

    /// Waits until more is told than this.
    pub(super) async fn changed(&self, from: Wish) -> Wish {
        poll_fn(|context| {
            self.0.waker.register(context.waker());
            match self.wish() {
                wish if wish > from => Poll::Ready(wish),
                _ => Poll::Pending,
            }
        })
        .await
    }
}
