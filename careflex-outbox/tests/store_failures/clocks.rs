//! Clocks that jump.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use careflex_core::Clock;
use careflex_outbox::{Outbox, SqliteStore, State, Stop};
use fastrand::Rng;

use crate::common::{Portal, drain, incidents, states, with_company};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A clock that somebody sets.
struct SetClock {
    begin: Instant,
    wall: Mutex<SystemTime>,
}

impl SetClock {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            begin: Instant::now(),
            wall: Mutex::new(SystemTime::UNIX_EPOCH + 20_000 * DAY),
        })
    }

    fn set(&self, time: SystemTime) {
        *self.wall.lock().unwrap() = time;
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        self.begin
    }

    fn wall(&self) -> SystemTime {
        *self.wall.lock().unwrap()
    }
}

#[tokio::test]
async fn nothing_is_lost_when_the_clock_jumps() {
    let (_folder, clock, outbox) = outbox_with_clock();
    let begin = clock.wall();
    let mut chance = Rng::with_seed(3);
    let jumps = [
        begin - 365 * DAY,
        begin + 3650 * DAY,
        SystemTime::UNIX_EPOCH - DAY,
        begin,
    ];
    let mut there = 0;
    for _ in 0..20 {
        clock.set(jumps[chance.usize(0..jumps.len())]);
        outbox
            .enqueue_all(incidents(there..there + 3))
            .await
            .unwrap();
        clock.set(jumps[chance.usize(0..jumps.len())]);
        let worker = outbox.worker(Portal::default()).clock(Arc::clone(&clock));
        worker.drain(&Stop::new()).await.unwrap();
        there += 3;
        let sent = states(&outbox).await;
        assert_eq!(sent, vec![State::HandedOver; there as usize]);
        let status = outbox.status().await.unwrap();
        assert_eq!(status.count(State::HandedOver), u64::from(there));
    }
}

#[tokio::test]
async fn purged_is_what_was_answered_before_by_the_clock_of_then() {
    let (_folder, clock, outbox) = outbox_with_clock();
    let begin = clock.wall();
    // Three answers: now, a year ago, in ten years.
    for (number, time) in (0..).zip([begin, begin - 365 * DAY, begin + 3650 * DAY]) {
        clock.set(time);
        outbox
            .enqueue_all(incidents(number..number + 1))
            .await
            .unwrap();
        let worker = outbox.worker(Portal::default()).retention(None);
        worker.drain(&Stop::new()).await.unwrap();
    }
    // The clock of the store counts, whatever it has shown before.
    let purged = async |now, answered_ago| {
        clock.set(now);
        outbox.purge(answered_ago).await.unwrap()
    };
    assert_eq!(purged(begin, 366 * DAY).await, 0);
    assert_eq!(purged(begin, DAY).await, 1);
    assert_eq!(purged(begin + DAY, 2 * DAY).await, 0);
    assert_eq!(purged(begin + DAY, DAY).await, 1);
    // What is not answered is never purged.
    outbox.enqueue_all(incidents(10..11)).await.unwrap();
    assert_eq!(purged(begin + 9999 * DAY, DAY).await, 1);
    assert_eq!(drain(&outbox).await.taken(), 1);
}

fn outbox_with_clock() -> (tempfile::TempDir, Arc<SetClock>, Outbox<SqliteStore>) {
    let folder = tempfile::tempdir().unwrap();
    let clock = SetClock::new();
    let path = folder.path().join("outbox.sqlite");
    let store = SqliteStore::open_with_clock(path, Arc::clone(&clock)).unwrap();
    (folder, clock, with_company(store))
}
