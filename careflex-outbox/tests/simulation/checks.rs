//! What has to be true of every history, whatever happens in it.

use std::collections::BTreeSet;

use careflex_outbox::{IncidentNumber, Query, Record, State, Store as _};

use crate::history::History;
use crate::portal::is_of_same_employee;
use crate::steps::block_on;

/// When is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// No worker runs.
    BetweenRuns,
    /// A worker has just ended by itself.
    Ended,
    /// It has also said that nothing is left that it could send.
    Drained,
    /// Nothing will happen any more.
    AtTheEnd,
}

/// What of an incident must not change by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    number: IncidentNumber,
    state: State,
    said: String,
}

pub(crate) fn fingerprint(records: &[Record]) -> Vec<Fingerprint> {
    let of_one = |record: &Record| Fingerprint {
        number: record.number,
        state: record.state,
        said: format!(
            "{:?} {:?} {:?} {:?} {:?} {}",
            record.batch,
            record.incident_id,
            record.code,
            record.message,
            record.settled_at,
            record.by_person
        ),
    };
    records.iter().map(of_one).collect()
}

impl History {
    pub(crate) fn check(&self, when: Check) {
        self.check_portal();
        let records = self.shelf().records();
        self.check_nothing_is_lost(&records);
        self.check_bookings(&records);
        self.check_counts(&records);
        match when {
            Check::BetweenRuns => {}
            Check::Ended => check_ended(&records),
            Check::Drained => {
                check_ended(&records);
                check_drained(&records);
            }
            Check::AtTheEnd => {
                assert!(records.iter().all(|record| record.state.is_answered()));
                self.note_states(&records);
            }
        }
    }

    /// What the portal has seen.
    pub(crate) fn check_portal(&self) {
        if let Some(violation) = self.portal().violation() {
            panic!("{violation}");
        }
    }

    /// The next worker brings into doubt what was leaving, and changes nothing else.
    pub(crate) fn check_next_worker(&self, before: &[Record]) {
        drop(block_on(self.shelf().store().start_worker()).unwrap());
        let after = self.shelf().records();
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            if before.state == State::Sending {
                self.met().note("incidents that became in doubt by a crash");
                assert_eq!(after.state, State::InDoubt);
                assert_eq!((before.number, before.batch), (after.number, after.batch));
            } else {
                let [before, after] =
                    [before, after].map(|it| fingerprint(std::slice::from_ref(it)));
                assert_eq!(before, after, "a new worker changes nothing else");
            }
        }
    }

    fn check_nothing_is_lost(&self, records: &[Record]) {
        let listed: Vec<_> = records.iter().map(|record| record.number).collect();
        assert_eq!(listed, self.shelf().numbers(), "what was enqueued is there");
        let mut codes = records.iter().filter_map(|record| record.code.as_deref());
        assert!(
            codes.all(|code| code != "unreadable"),
            "a content was purged that was still needed"
        );
    }

    /// What is booked is known to be, or may be, and only once; what is known to be booked is.
    fn check_bookings(&self, records: &[Record]) {
        for uid in self.portal().booked() {
            assert_eq!(self.portal().times_booked(uid), 1, "booked once");
            let state = self.shelf().live(uid, records).map(|record| record.state);
            assert!(
                matches!(
                    state,
                    Some(State::Sending | State::InDoubt | State::Accepted | State::HandedOver)
                ),
                "incident {uid} is booked and {state:?}"
            );
        }
        for record in records {
            if matches!(record.state, State::Accepted | State::HandedOver) {
                let uid = self.shelf().uid(record.number);
                let state = record.state;
                assert_eq!(
                    self.portal().times_booked(uid),
                    1,
                    "incident {uid} is {state} and booked"
                );
            }
        }
    }

    /// The counts are those of the list, whichever way one asks.
    fn check_counts(&self, records: &[Record]) {
        let store = self.shelf().store();
        let status = block_on(store.status()).unwrap();
        for company in &status.companies {
            for state in State::ALL {
                let of_this = |record: &&Record| {
                    record.state == state && record.careflex_id == company.careflex_id
                };
                let listed = records.iter().filter(of_this).count() as u64;
                let id = &company.careflex_id;
                assert_eq!(company.count(state), listed, "{state} of {id}");
            }
        }
        let total: u64 = State::ALL.iter().map(|state| status.count(*state)).sum();
        assert_eq!(total, records.len() as u64, "each has one state");
        let in_doubt = |record: &&Record| record.state == State::InDoubt;
        let batches: BTreeSet<_> = records.iter().filter(in_doubt).map(|it| it.batch).collect();
        assert_eq!(status.doubtful_batches, batches.len() as u64);
        let listed: BTreeSet<_> = status.doubts.iter().map(|it| Some(it.batch)).collect();
        assert_eq!(listed, batches);
    }

    /// One state is listed as it is among all.
    pub(crate) fn check_list(&self, records: &[Record], state: State) {
        let mut query = Query::default();
        query.states = vec![state];
        let asked_for = block_on(self.shelf().store().list(query)).unwrap();
        let of_state = records.iter().filter(|record| record.state == state);
        let numbers = asked_for.iter().map(|record| record.number);
        assert!(numbers.eq(of_state.map(|record| record.number)));
    }

    fn note_states(&self, records: &[Record]) {
        for record in records {
            match record.state {
                State::Invalid => self.met().note("invalid"),
                State::Replaced => self.met().note("replaced"),
                _ => {}
            }
        }
    }
}

/// A worker that ends by itself knows of everything it has sent what became of it, or that nobody knows.
fn check_ended(records: &[Record]) {
    let sending = records.iter().find(|record| record.state == State::Sending);
    assert!(sending.is_none(), "not noted: {sending:?}");
}

/// What is left in the queue waits for a doubt of the same employee.
fn check_drained(records: &[Record]) {
    for queued in records.iter().filter(|it| it.state == State::Queued) {
        let waits = records
            .iter()
            .any(|it| it.state == State::InDoubt && is_of_same_employee(it, queued));
        assert!(
            waits,
            "{} could have been sent: {records:#?}",
            queued.number
        );
    }
}
