//! Runs a future step by step, in a time of its own: no thread, no clock and no chance decides what comes next.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use careflex_core::{ManualClock, Sleep, async_trait};

/// A future that is polled when the history says so, and dropped where it wants a crash.
pub(crate) struct Task<T> {
    future: Pin<Box<dyn Future<Output = T>>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<T> Task<T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'static) -> Self {
        Self {
            future: Box::pin(future),
            woken: Arc::default(),
        }
    }

    /// One poll. If the future waits and nothing has woken it, time passes until something does.
    pub(crate) fn step(&mut self, time: &Time) -> Option<T> {
        self.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.woken));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return Some(result),
            Poll::Pending => {}
        }
        while !self.woken.0.load(Ordering::SeqCst) {
            assert!(time.pass(), "it waits for something that never comes");
        }
        None
    }
}

/// A time that passes only when everybody waits for it.
#[derive(Clone, Default)]
pub(crate) struct Time {
    pub(crate) clock: Arc<ManualClock>,
    sleepers: Arc<Mutex<Sleepers>>,
}

#[derive(Default)]
struct Sleepers {
    now: Duration,
    next: u64,
    by_due: BTreeMap<(Duration, u64), Waker>,
}

impl Time {
    /// Goes on to the moment when the next sleeper wakes. `false` if nobody sleeps.
    fn pass(&self) -> bool {
        let mut sleepers = self.sleepers.lock().unwrap();
        let Some(((due, _), waker)) = sleepers.by_due.pop_first() else {
            return false;
        };
        self.clock.advance(due.saturating_sub(sleepers.now));
        sleepers.now = sleepers.now.max(due);
        drop(sleepers);
        waker.wake();
        true
    }
}

#[async_trait]
impl Sleep for Time {
    async fn sleep(&self, duration: Duration) {
        let (due, number) = {
            let mut sleepers = self.sleepers.lock().unwrap();
            sleepers.next += 1;
            (sleepers.now + duration, sleepers.next)
        };
        let place = Place {
            time: self,
            key: (due, number),
        };
        poll_fn(|context| place.poll(context)).await;
    }
}

/// A sleeper's place, which is given up when its future is dropped.
struct Place<'t> {
    time: &'t Time,
    key: (Duration, u64),
}

impl Place<'_> {
    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut sleepers = self.time.sleepers.lock().unwrap();
        if sleepers.now >= self.key.0 {
            return Poll::Ready(());
        }
        sleepers.by_due.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let sleepers = self.time.sleepers.lock();
        let mut sleepers = sleepers.unwrap_or_else(PoisonError::into_inner);
        sleepers.by_due.remove(&self.key);
    }
}

/// So many await points.
pub(crate) async fn pause(points: u32) {
    for _ in 0..points {
        let mut is_first = true;
        poll_fn(|context| {
            if std::mem::take(&mut is_first) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }
}

/// Polls once, for nobody: what the future has begun goes on by itself.
pub(crate) fn begin<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// Waits for a future that is answered by another thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => std::thread::park(),
        }
    }
}
