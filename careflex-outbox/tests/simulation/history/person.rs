//! What the person does who looks into the portal: resolves, retries, corrects, purges. Never wrongly.

use std::time::Duration;

use std::collections::BTreeMap;

use careflex_outbox::{IncidentNumber, Record, Resolution, Selection, State};

use super::History;
use crate::steps::block_on;

impl History {
    /// Decides on some of what waits for a person; at the end of the history on all that is in doubt.
    pub(super) fn decide(&mut self) {
        self.resolve();
        if !self.is_calm {
            self.retry_and_correct();
            self.purge();
        }
    }

    fn resolve(&mut self) {
        let mut doubts = self.in_state(|state| state == State::InDoubt);
        if doubts.is_empty() {
            return;
        }
        let portal = self.portal.clone();
        // Nobody can say that an incident is not booked before the portal has finished.
        doubts.retain(|record| !portal.may_still_book(self.shelf.uid(record.number)));
        if self.chance.bool() && self.resolve_batch(&doubts) {
            return;
        }
        if !self.is_calm {
            doubts.retain(|_| self.chance.u32(0..4) > 0);
        }
        for resolution in [Resolution::NotBooked, Resolution::Booked] {
            let of_these = doubts.iter().filter(|it| self.truth(it) == resolution);
            let of_these: Vec<_> = of_these.cloned().collect();
            if of_these.is_empty() {
                continue;
            }
            let numbers = of_these.iter().map(|record| record.number).collect();
            self.say(Selection::Incidents(numbers), &of_these, resolution);
        }
    }

    /// Where all of a batch that is in doubt became the same, the batch is resolved in one.
    fn resolve_batch(&mut self, doubts: &[Record]) -> bool {
        let mut batches: BTreeMap<_, Vec<Record>> = BTreeMap::new();
        for record in self.in_state(|state| state == State::InDoubt) {
            batches.entry(record.batch).or_default().push(record);
        }
        for (batch, records) in batches {
            let can_say = |one: &Record| doubts.iter().any(|it| it.number == one.number);
            let resolution = self.truth(&records[0]);
            let are_alike = records
                .iter()
                .all(|one| can_say(one) && self.truth(one) == resolution);
            if are_alike && let Some(batch) = batch {
                self.say(Selection::Batch(batch), &records, resolution);
                return true;
            }
        }
        false
    }

    /// What the portal's pages show.
    fn truth(&self, record: &Record) -> Resolution {
        match self.portal.times_booked(self.shelf.uid(record.number)) {
            0 => Resolution::NotBooked,
            _ => Resolution::Booked,
        }
    }

    fn say(&self, which: Selection, records: &[Record], resolution: Resolution) {
        let of_these = || records.iter().map(|record| self.shelf.uid(record.number));
        self.portal.tell(|| {
            let uids: Vec<_> = of_these().collect();
            format!("a person finds {uids:?} to be {resolution:?}")
        });
        for record in records {
            if resolution == Resolution::NotBooked {
                self.shelf.note_came_again(record.number);
            }
        }
        let resolved = block_on(self.shelf.outbox().resolve(which, resolution)).unwrap();
        assert_eq!(
            resolved,
            records.len() as u64,
            "all that was in doubt is resolved"
        );
        let what = match resolution {
            Resolution::Booked => "resolved as booked",
            Resolution::NotBooked => "resolved as not booked",
        };
        self.met.add(what, resolved);
    }

    fn retry_and_correct(&mut self) {
        let refused = self.in_state(State::is_to_correct);
        let (mut again, mut corrected) = (Vec::new(), Vec::new());
        for record in refused {
            match self.chance.u32(0..8) {
                0 => again.push(record.number),
                1 => corrected.push(record.number),
                _ => {}
            }
        }
        if !again.is_empty() {
            self.retry(Selection::Incidents(again.clone()), &again);
        }
        for number in corrected {
            let uid = self.new_content();
            let planned = self.shelf.planned(number);
            if let Some(corrected) = planned.and_then(|it| it.with_other_content(uid)) {
                self.enqueue(&[corrected]);
            }
        }
    }

    fn purge(&mut self) {
        if self.chance.u32(0..8) == 0 {
            let hours = self.chance.clone().u64(0..2);
            let answered_ago = Duration::from_secs(hours * 3600);
            let purged = block_on(self.shelf.outbox().purge(answered_ago)).unwrap();
            self.met.add("purged contents", purged);
        }
    }

    /// A worker that rests goes on once a person has seen to what was refused.
    pub(super) fn wake(&mut self) {
        let refused = self.in_state(State::is_to_correct);
        let refused: Vec<_> = refused.iter().map(|record| record.number).collect();
        self.retry(Selection::All, &refused);
    }

    fn retry(&self, which: Selection, numbers: &[IncidentNumber]) {
        self.portal.tell(|| format!("a person retries {numbers:?}"));
        for number in numbers {
            self.shelf.note_came_again(*number);
        }
        let retried = block_on(self.shelf.outbox().retry(which)).unwrap();
        self.met.add("retries", retried);
    }

    /// Whether there is nothing left to do.
    pub(super) fn is_at_rest(&self) -> bool {
        self.in_state(|state| !state.is_answered()).is_empty()
    }

    fn in_state(&self, is_one: impl Fn(State) -> bool) -> Vec<Record> {
        let mut records = self.shelf.records();
        records.retain(|record| is_one(record.state));
        records
    }
}
