//! What the application does: it enqueues, sometimes twice, sometimes wrongly, sometimes without learning the answer.

use careflex_outbox::{EnqueueError, Enqueued, Outbox};

use super::History;
use crate::crashing::Crashing;
use crate::incidents::Planned;
use crate::steps::{Task, block_on};

type Answers = Vec<Result<Enqueued, EnqueueError>>;

impl History {
    /// Plans incidents. Some come twice, some have the key of another one.
    pub(super) fn plan_incidents(&mut self) {
        for _ in 0..self.population.incidents {
            let uid = self.new_content();
            let Self {
                population, chance, ..
            } = self;
            let planned =
                Planned::by_chance(uid, population.companies, population.employees, chance);
            match self.chance.u32(0..8) {
                0 => self.waiting.push_back(planned.clone()),
                1 => {
                    let uid = self.new_content();
                    self.waiting.extend(planned.with_other_content(uid));
                }
                _ => {}
            }
            let place = self.chance.usize(0..=self.waiting.len());
            self.waiting.insert(place, planned);
        }
    }

    pub(super) fn new_content(&mut self) -> u64 {
        self.contents += 1;
        self.contents
    }

    /// Enqueues the next ones.
    pub(super) fn enqueue_some(&mut self, some: usize) {
        let some = some.min(self.waiting.len());
        let planned: Vec<_> = self.waiting.drain(..some).collect();
        if !planned.is_empty() {
            self.enqueue(&planned);
        }
    }

    pub(super) fn enqueue(&mut self, planned: &[Planned]) {
        let answers = match self.chance.u32(0..12) {
            0 => self.in_own_transaction(planned, true),
            1 => {
                let _never_there = self.in_own_transaction(planned, false);
                self.met.note("transactions rolled back");
                self.in_outbox(planned)
            }
            2 => {
                self.crash_within(planned);
                self.in_outbox(planned)
            }
            _ => self.in_outbox(planned),
        };
        for (planned, answer) in planned.iter().zip(answers) {
            self.portal
                .tell(|| format!("enqueue {planned:?}: {answer:?}"));
            self.learn(planned, answer);
        }
    }

    fn in_outbox(&self, planned: &[Planned]) -> Answers {
        let entries = planned.iter().map(Planned::entry);
        block_on(self.shelf.outbox().enqueue_all(entries)).unwrap()
    }

    fn in_own_transaction(&self, planned: &[Planned], is_committed: bool) -> Answers {
        let outbox = self.shelf.outbox();
        // What the worker has begun to write goes first: it would not wait for this thread.
        let _written = self.shelf.records();
        let mut connection = self.shelf.store().connect().unwrap();
        let mut transaction = connection.transaction().unwrap();
        let answers = planned
            .iter()
            .map(|planned| outbox.enqueue(&mut transaction, planned.entry()))
            .collect();
        if is_committed {
            transaction.commit().unwrap();
        }
        answers
    }

    /// The application dies while it enqueues. It does not learn whether that was done, and does it again.
    fn crash_within(&mut self, planned: &[Planned]) {
        self.met.note("enqueueings that crashed");
        let seed = self.chance.u64(..);
        let store = Crashing::new(self.shelf.store(), seed, 0, false, &self.met);
        let entries: Vec<_> = planned.iter().map(Planned::entry).collect();
        let mut enqueueing =
            Task::new(async move { Outbox::new(store).enqueue_all(entries).await.map(|_| ()) });
        for _ in 0..self.chance.u32(1..=3) {
            if enqueueing.step(&self.time).is_some() {
                return;
            }
        }
    }

    /// Whether the answer is the right one.
    fn learn(&mut self, planned: &Planned, answer: Result<Enqueued, EnqueueError>) {
        let uid = planned.uid;
        let added = match answer {
            Ok(Enqueued::Added(number)) => number,
            Ok(Enqueued::Corrected { number, earlier }) => {
                assert_ne!(self.shelf.uid(earlier), uid, "it corrects itself");
                assert_eq!(self.portal.times_booked(self.shelf.uid(earlier)), 0);
                self.met.note("corrections");
                number
            }
            Ok(Enqueued::Already(number, _)) => {
                // A crash may have kept the answer from us.
                if self.shelf.planned(number).is_some() {
                    assert_eq!(self.shelf.uid(number), uid, "another one is there already");
                    self.met.note("doubles not taken again");
                    return;
                }
                number
            }
            Ok(other) => panic!("an unknown answer: {other:?}"),
            Err(EnqueueError::Conflict(conflict)) => {
                assert_ne!(self.shelf.uid(conflict.number), uid, "it is its own rival");
                assert!(!conflict.state.is_to_correct());
                self.met.note("conflicts");
                return;
            }
            Err(error) => panic!("incident {uid} is not taken: {error}"),
        };
        self.shelf.know(added, planned.clone()).unwrap();
    }
}
