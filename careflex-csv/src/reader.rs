//! Reads incidents from files of any size.

use std::io::BufRead;

use careflex_core::{InputRow, ReadError, Rules};

use crate::layout::Layout;
use crate::separator::Separator;

/// Reads incidents from CSV, one at a time.
pub struct IncidentReader<R: BufRead> {
    input: R,
    rules: Rules,
    separator: Option<Separator>,
    layout: Layout,
}

/// The header line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The line of the file on which it stands, from 1.
    pub line: u64,
    /// What separates the names.
    pub separator: Separator,
    /// The names of the columns, from left to right.
    pub names: Vec<String>,
}

impl Header {
    /// Reads the header line of a file, and finds out what separates its names if that is not given.
    pub fn read(input: impl BufRead, separator: Option<Separator>) -> Result<Self, ReadError> {
        let _ = (input, separator);
        unimplemented!()
    }
}

impl<R: BufRead> IncidentReader<R> {
    /// Reads from anything buffered. What separates the values is told from the header line.
    pub fn new(input: R, rules: Rules) -> Self {
        Self {
            input,
            rules,
            separator: None,
            layout: Layout::standard(),
        }
    }

    /// What separates the values.
    #[must_use]
    pub fn separator(mut self, separator: Separator) -> Self {
        self.separator = Some(separator);
        self
    }

    /// The columns of the file.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }
}

impl<R: BufRead> Iterator for IncidentReader<R> {
    type Item = Result<InputRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        unimplemented!()
    }
}
