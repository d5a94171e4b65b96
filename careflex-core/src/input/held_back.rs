//! Rows that wait for their company.

use std::collections::VecDeque;

use super::InputRow;
use crate::model::Field;
use crate::violation::{Violation, ViolationCode};

/// Most rows that wait, and how many bytes they may be long in their file.
const MOST_ROWS: usize = 10_000;
const MOST_BYTES: usize = 16 << 20;

/// Rows of a report that has not named its company yet: for readers, which must neither give a row to the
/// wrong company nor swallow one, and must not be led to hold a whole file.
#[derive(Debug, Default)]
pub struct HeldBack {
    rows: VecDeque<InputRow>,
    bytes: usize,
}

impl HeldBack {
    /// What is too much, as a part of a sentence.
    pub const LIMIT: &str = "a report of more than 10000 incidents or 16 MiB";

    /// Adds a row, which is so many bytes long in its file. `false` if too many wait then: the file cannot be
    /// read any further.
    #[must_use]
    pub fn push(&mut self, row: InputRow, bytes: usize) -> bool {
        self.rows.push_back(row);
        self.bytes = self.bytes.saturating_add(bytes);
        self.rows.len() <= MOST_ROWS && self.bytes <= MOST_BYTES
    }

    /// Takes the rows out, in their order: it is known now whose they are.
    pub fn release(&mut self) -> VecDeque<InputRow> {
        self.bytes = 0;
        std::mem::take(&mut self.rows)
    }

    /// Takes the rows out, in their order, each refused: it will never be known whose they are.
    pub fn give_up(&mut self) -> VecDeque<InputRow> {
        let mut rows = self.release();
        for row in &mut rows {
            row.refuse(Violation::error(
                Field::CareflexId.path(),
                ViolationCode::Unreadable,
                "is not known: the report around this incident cannot be read to its end",
            ));
        }
        rows
    }
}
