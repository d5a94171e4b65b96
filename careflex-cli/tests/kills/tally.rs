//! What happened in all rounds, counted.

use std::collections::HashSet;
use std::fmt;
use std::ops::AddAssign;

use careflex::outbox::{BatchNumber, State};

use crate::ground::Look;
use crate::person::Resolved;

#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    pub(crate) rounds: u64,
    incidents: u64,
    /// Kills before anything was enqueued.
    before: u64,
    /// Kills while incidents were queued or claimed, and the killed one had none on its way.
    waiting: u64,
    /// Kills while incidents were on their way.
    sending: u64,
    /// Batches that were on their way then: each of them comes into doubt.
    pub(crate) cut_off: u64,
    /// Kills when nothing was left to be sent, but for what waits for a person.
    after: u64,
    /// Starts that were to be killed and had ended by then.
    pub(crate) ended_before: u64,
    /// Batches that a person had to resolve, also those in doubt by a fault of the portal.
    doubts: u64,
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

    /// Counts a kill by what it has left, and what was there before.
    pub(crate) fn count_kill(&mut self, before: &Look, after: &Look) {
        let earlier = sending(before);
        let cut_off = sending(after).difference(&earlier).count();
        self.cut_off += cut_off as u64;
        let kind = if after.records.is_empty() {
            &mut self.before
        } else if cut_off > 0 {
            &mut self.sending
        } else if after.status.count(State::Queued) > 0 {
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

/// The batches that are on their way.
fn sending(look: &Look) -> HashSet<Option<BatchNumber>> {
    let records = look.records.iter();
    let sending = records.filter(|record| record.state == State::Sending);
    sending.map(|record| record.batch).collect()
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.incidents += other.incidents;
        self.before += other.before;
        self.waiting += other.waiting;
        self.sending += other.sending;
        self.cut_off += other.cut_off;
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
            "{} kills in {} rounds ({} before anything was enqueued, {} with all queued or claimed, {} while sending, {} after; {} starts ended before); {} batches cut off; {} batches in doubt, with {} incidents booked and {} not; {} incidents, each booked once",
            self.kills(),
            self.rounds,
            self.before,
            self.waiting,
            self.sending,
            self.after,
            self.ended_before,
            self.cut_off,
            self.doubts,
            self.booked,
            self.not_booked,
            self.incidents
        )
    }
}
