//! When to kill. Most of a command's time is spent in few places: a moment by the clock alone would miss the short
//! ones in between.

use std::path::Path;
use std::time::{Duration, Instant};

use careflex_sandbox::Sandbox;

use crate::chance::Chance;

/// How long a request may be delayed.
pub(crate) const LONGEST_DELAY: Duration = Duration::from_millis(30);
/// In such a time an answer comes and is noted.
const AROUND: Duration = Duration::from_millis(3);

/// What an undisturbed run of a command is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typical {
    pub(crate) time: Duration,
    /// The size to which the log of the database grows.
    pub(crate) log: u64,
}

/// The moment of a kill.
#[derive(Debug)]
pub(crate) enum Aim {
    /// By the clock: anywhere, often while it starts, also before the outbox is opened.
    At(Duration),
    /// While the log of the database is written, at this size: enqueueing, claims, departures, outcomes.
    Log(u64),
    /// So long after so many more reports have come to the portal, most of which are not answered yet.
    Arrived(u64, Duration),
    /// So long after so many more incidents are booked: while an answer comes and is noted.
    Booked(usize, Duration),
}

/// An aim that has begun.
pub(crate) struct Aiming {
    aim: Aim,
    begin: Instant,
    /// What aims at something that does not come any more kills then.
    latest: Duration,
    requests: u64,
    bookings: usize,
    /// What was waited for has come.
    came: Option<Instant>,
}

impl Aim {
    /// An aim at a command that has `left` of so many incidents still to send.
    pub(crate) fn new(typical: Typical, [left, of]: [usize; 2], chance: &mut Chance) -> Self {
        let hundredths = u32::try_from(100 * left / of).unwrap();
        match chance.below(5) {
            0 => Self::At(chance.time(typical.time / 4)),
            1 => Self::At(chance.time(typical.time * (20 + hundredths) / 110)),
            2 => Self::Log(chance.between(1, usize::try_from(typical.log).unwrap()) as u64),
            3 => Self::Arrived(chance.between(1, 4) as u64, chance.time(LONGEST_DELAY)),
            _ => Self::Booked(chance.between(1, left.div_ceil(2) + 1), chance.time(AROUND)),
        }
    }

    pub(crate) fn begin(self, sandbox: &Sandbox, typical: Typical) -> Aiming {
        let ledger = sandbox.ledger();
        Aiming {
            aim: self,
            begin: Instant::now(),
            latest: typical.time * 3 / 2,
            requests: ledger.requests,
            bookings: ledger.bookings.len(),
            came: None,
        }
    }
}

impl Aiming {
    /// Whether it is time to kill.
    pub(crate) fn is_reached(&mut self, sandbox: &Sandbox, log: &Path) -> bool {
        let passed = self.begin.elapsed();
        if passed > self.latest {
            return true;
        }
        let (came, wait) = match self.aim {
            Aim::At(time) => return passed >= time,
            Aim::Log(size) => return log_size(log) >= size,
            Aim::Arrived(requests, wait) => {
                let arrived = sandbox.ledger().requests - self.requests;
                (arrived >= requests, wait)
            }
            Aim::Booked(incidents, wait) => {
                let booked = sandbox.ledger().bookings.len() - self.bookings;
                (booked >= incidents, wait)
            }
        };
        if came && self.came.is_none() {
            self.came = Some(Instant::now());
        }
        self.came.is_some_and(|came| came.elapsed() >= wait)
    }
}

/// 0 if there is none.
pub(crate) fn log_size(log: &Path) -> u64 {
    std::fs::metadata(log).map_or(0, |file| file.len())
}
