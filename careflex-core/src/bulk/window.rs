//! Outcomes, brought back into the order of the input.

use std::collections::VecDeque;

use super::outcome::BulkRow;

/// The incidents that have been read and whose outcome was not yielded yet.
#[derive(Default)]
pub(super) struct Window {
    /// One place for each of them; empty until its outcome is there.
    places: VecDeque<Option<BulkRow>>,
    /// The index of the first one.
    first: u64,
}

impl Window {
    /// Makes a place for the next incident, and says its index.
    pub(super) fn open(&mut self) -> u64 {
        self.places.push_back(None);
        self.next_index() - 1
    }

    /// The index of the incident that will be read next.
    pub(super) fn next_index(&self) -> u64 {
        self.first + self.places.len() as u64
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Takes an outcome.
    pub(super) fn settle(&mut self, row: BulkRow) {
        let place = row
            .index
            .checked_sub(self.first)
            .and_then(|place| usize::try_from(place).ok())
            .and_then(|place| self.places.get_mut(place));
        debug_assert!(place.is_some(), "an outcome for nobody");
        if let Some(place) = place {
            *place = Some(row);
        }
    }

    /// The outcome that no earlier one holds up any more.
    pub(super) fn pop(&mut self) -> Option<BulkRow> {
        let row = self.places.front_mut()?.take()?;
        self.places.pop_front();
        self.first += 1;
        Some(row)
    }
}
