//! Rows with what is wrong beside them.

use std::io::{self, Write};

use careflex_core::InputRow;

/// Writes rows that were refused or are not valid, with the reason beside them, for a spreadsheet: UTF-8 with a
/// byte order mark, `;`, and no cell that a spreadsheet would take for a formula.
#[derive(Debug)]
pub struct ErrorReport<W: Write> {
    out: W,
}

impl<W: Write> ErrorReport<W> {
    /// Begins a report: writes the header line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(out: W) -> io::Result<Self> {
        Ok(Self { out })
    }

    /// Adds a row. `file` is the name of the file that it is from, `status` what became of it, `code` and `reason` why.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn push(
        &mut self,
        file: &str,
        row: &InputRow,
        status: &str,
        code: &str,
        reason: &str,
    ) -> io::Result<()> {
        let _ = (file, row, status, code, reason);
        unimplemented!()
    }

    /// The writer.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}
