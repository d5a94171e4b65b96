//! What happened in all rounds, counted.

use std::fmt;
use std::ops::AddAssign;

use careflex::outbox::State;

use crate::ground::Look;
use crate::person::Resolved;

#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    rounds: u64,
    incidents: u64,
    /// Kills before anything was enqueued.
    before: u64,
    /// Kills while incidents were queued or claimed, and none was on its way.
    waiting: u64,
    /// Kills while incidents were on their way.
    sending: u64,
    /// Kills when nothing was left to be sent, but for what waits for a person.
    after: u64,
    /// Starts that were to be killed and had ended by then.
    pub(crate) ended_before: u64,
    /// Batches that a person had to resolve.
    pub(crate) doubts: u64,
    /// Their incidents, of which so many were booked, and so many not.
    booked: u64,
    not_booked: u64,
}

impl Tally {
    pub(crate) fn of_round(incidents: u64) -> Self {
        Self {
            rounds: 1,
            incidents,
            ..Self::default()
        }
    }

    pub(crate) fn kills(&self) -> u64 {
        self.before + self.waiting + self.sending + self.after
    }

    /// Counts a kill by what it has left.
    pub(crate) fn count_kill(&mut self, look: &Look) {
        let count = |state| look.status.count(state);
        let kind = if look.records.is_empty() {
            &mut self.before
        } else if count(State::Sending) > 0 {
            &mut self.sending
        } else if count(State::Queued) > 0 {
            &mut self.waiting
        } else {
            &mut self.after
        };
        *kind += 1;
    }

    pub(crate) fn add_resolved(&mut self, resolved: &Resolved) {
        self.doubts += resolved.batches;
        self.booked += resolved.booked;
        self.not_booked += resolved.not_booked;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.incidents += other.incidents;
        self.before += other.before;
        self.waiting += other.waiting;
        self.sending += other.sending;
        self.after += other.after;
        self.ended_before += other.ended_before;
        self.doubts += other.doubts;
        self.booked += other.booked;
        self.not_booked += other.not_booked;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills in {} rounds ({} before anything was enqueued, {} with all queued or claimed, {} while sending, {} after; {} starts ended before); {} batches in doubt, with {} incidents booked and {} not; {} incidents, each booked once",
            self.kills(),
            self.rounds,
            self.before,
            self.waiting,
            self.sending,
            self.after,
            self.ended_before,
            self.doubts,
            self.booked,
            self.not_booked,
            self.incidents
        )
    }
}
