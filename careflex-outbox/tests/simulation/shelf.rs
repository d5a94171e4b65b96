//! The database of a history, and what its application knows of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use careflex_outbox::{
    IncidentNumber, Outbox, Query, Record, Resolution, Selection, SqliteStore, State, Store as _,
};

use crate::incidents::{Planned, Uid};
use crate::steps::block_on;

/// Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Shelf(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    /// `None` while the program is dead.
    store: Option<SqliteStore>,
    /// The store may have been told what it has not written yet.
    is_behind: bool,
    known: BTreeMap<IncidentNumber, Known>,
}

struct Known {
    planned: Planned,
    /// A person has queued it again: it may come after later ones.
    came_again: bool,
}

impl Shelf {
    /// Opens or closes the database.
    pub(crate) fn put(&self, store: Option<SqliteStore>) {
        // Closed outside of the lock, as that waits for threads.
        let _closed = std::mem::replace(&mut self.lock().store, store);
    }

    /// From now on the worker's calls are begun and not waited for.
    pub(crate) fn note_behind(&self, is_behind: bool) {
        self.lock().is_behind = is_behind;
    }

    pub(crate) fn store(&self) -> SqliteStore {
        let inside = self.lock();
        inside.store.clone().unwrap()
    }

    pub(crate) fn outbox(&self) -> Outbox<SqliteStore> {
        Outbox::new(self.store())
    }

    /// All incidents, after everything was written that the store has been told.
    pub(crate) fn records(&self) -> Vec<Record> {
        let store = self.store();
        if self.lock().is_behind {
            // Writes are done one after the other: once this one is done, all are.
            let nothing = Selection::Incidents(Vec::new());
            block_on(store.resolve(nothing, Resolution::Booked)).unwrap();
        }
        block_on(store.list(Query::default())).unwrap()
    }

    /// The application has learnt that an incident is there.
    pub(crate) fn know(&self, number: IncidentNumber, planned: Planned) -> Result<(), String> {
        let known = Known {
            planned,
            came_again: false,
        };
        match self.lock().known.insert(number, known) {
            None => Ok(()),
            Some(earlier) => Err(format!(
                "incident {} has the number of another one",
                earlier.planned.uid
            )),
        }
    }

    pub(crate) fn note_came_again(&self, number: IncidentNumber) {
        if let Some(known) = self.lock().known.get_mut(&number) {
            known.came_again = true;
        }
    }

    pub(crate) fn came_again(&self, number: IncidentNumber) -> bool {
        let inside = self.lock();
        inside.known.get(&number).is_some_and(|it| it.came_again)
    }

    pub(crate) fn numbers(&self) -> Vec<IncidentNumber> {
        self.lock().known.keys().copied().collect()
    }

    pub(crate) fn planned(&self, number: IncidentNumber) -> Option<Planned> {
        let inside = self.lock();
        inside.known.get(&number).map(|known| known.planned.clone())
    }

    /// The content of an incident; one that nobody knows has none.
    pub(crate) fn uid(&self, number: IncidentNumber) -> Uid {
        let inside = self.lock();
        inside
            .known
            .get(&number)
            .map_or(Uid::MAX, |it| it.planned.uid)
    }

    /// The incident with this content that is not replaced.
    pub(crate) fn live<'r>(&self, uid: Uid, records: &'r [Record]) -> Option<&'r Record> {
        let mut records = records.iter();
        records.find(|record| record.state != State::Replaced && self.uid(record.number) == uid)
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
