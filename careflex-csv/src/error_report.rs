//! Rows with what is wrong beside them.

use std::fmt;
use std::io::{self, Write};

use careflex_core::{Field, InputRow};

use crate::layout::{Column, Layout};
use crate::line::Line;
use crate::separator::Separator;
use crate::spreadsheet::{harmless, kept};

/// Without it, Excel takes UTF-8 for something else.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";
/// What stands beside the values.
pub(crate) const OURS: [&str; 5] = ["status", "reason", "code", "file", "line"];

/// Writes rows that were refused or are not valid, with the reason beside them, for a spreadsheet: UTF-8 with a
/// byte order mark, `;`, and no cell that a spreadsheet would take for a formula.
///
/// The columns are `status`, `reason`, `code`, `file` and `line`, then those of the standard layout. A cell that could
/// be a formula gets an apostrophe in front, also where white space comes first; and so does a value that a
/// spreadsheet would change, like `0042`. The values are personal data: they are for the person who has to correct
/// them. An [`IncidentReader`](crate::IncidentReader) takes the file again when that is done.
///
/// ```
/// use careflex_core::{Draft, Field, Rules};
/// use careflex_csv::ErrorReport;
///
/// let mut draft = Draft::new();
/// draft.set_line(7);
/// draft.set(Field::EmployeeId, "=4711");
/// let row = draft.finish(&Rules::documented());
///
/// let mut report = ErrorReport::new(Vec::new())?;
/// report.push("may.csv", &row, "invalid", "missing", "validFrom: is missing")?;
/// let text = String::from_utf8(report.finish()?).expect("UTF-8");
/// let lines: Vec<_> = text.lines().collect();
/// assert!(lines[0].starts_with("\u{feff}status;reason;code;file;line;careflexId;externalId;"));
/// assert!(lines[1].starts_with("invalid;validFrom: is missing;missing;may.csv;7;;;'=4711;"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ErrorReport<W: Write> {
    out: W,
    fields: Vec<Field>,
    /// Used again for each line.
    line: Vec<u8>,
}

impl<W: Write> ErrorReport<W> {
    /// Begins a report: writes the header line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(out: W) -> io::Result<Self> {
        let layout = Layout::standard();
        let columns = layout.columns().iter().filter_map(|column| match column {
            Column::Field(column) => Some((column.field(), column.name())),
            _ => None,
        });
        let (fields, names): (Vec<_>, Vec<_>) = columns.unzip();
        let mut report = Self {
            out,
            fields,
            line: BYTE_ORDER_MARK.into(),
        };
        let mut line = Line::new(Separator::default(), &mut report.line);
        for name in OURS.into_iter().chain(names) {
            line.cell(name);
        }
        line.end();
        report.out.write_all(&report.line)?;
        Ok(report)
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
        self.line.clear();
        let mut line = Line::new(Separator::default(), &mut self.line);
        for cell in [status, reason, code, file, &row.line.to_string()] {
            line.cell(&harmless(cell));
        }
        for field in &self.fields {
            let value = row.value(*field).unwrap_or_default();
            line.cell(&kept(&value, field.kind()));
        }
        line.end();
        self.out.write_all(&self.line)
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

/// What is written may be kept by the writer, so it is not shown.
impl<W: Write> fmt::Debug for ErrorReport<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorReport").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use careflex_core::{Draft, Rules};

    use super::*;

    /// The report of one row with this last name, read by a reader that is not ours.
    fn read(last_name: &str, reason: &str) -> (Vec<String>, Vec<String>) {
        let mut draft = Draft::new();
        draft.set_line(12);
        draft.set(Field::CareflexId, "09ce");
        draft.set(Field::LastName, last_name.to_owned());
        draft.set(Field::ZipCode, "01234");
        let row = draft.finish(&Rules::documented());
        let mut report = ErrorReport::new(Vec::new()).unwrap();
        assert!(!format!("{report:?}").contains("01234"));
        report
            .push("-may.csv", &row, "invalid", "form", reason)
            .unwrap();
        let file = report.finish().unwrap();
        assert!(file.starts_with(b"\xEF\xBB\xBFstatus;") && file.ends_with(b"\r\n"));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .from_reader(file.as_slice());
        let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let header = texts(reader.headers().unwrap());
        let mut records = reader.records();
        let record = texts(&records.next().unwrap().unwrap());
        assert!(records.next().is_none());
        (header, record)
    }

    #[test]
    fn a_row_stands_beside_its_reason() {
        let reason = "lastName: is wrong; zipCode: is \"wrong\"";
        let (header, record) = read("Mustermann", reason);
        let layout = Layout::standard();
        let names = layout.columns().iter().filter_map(Column::name);
        assert_eq!(header, OURS.into_iter().chain(names).collect::<Vec<_>>());
        let cell = |name: &str| {
            let column = header.iter().position(|other| other == name).unwrap();
            record[column].as_str()
        };
        assert_eq!(record[..5], ["invalid", reason, "form", "'-may.csv", "12"]);
        assert_eq!(cell("careflexId"), "09ce");
        assert_eq!(cell("lastName"), "Mustermann");
        assert_eq!(cell("zipCode"), "'01234");
        assert_eq!(cell("firstName"), "");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for cell in [
            "=cmd|' /C calc'!A0",
            "+49 151",
            "-1",
            "@x",
            "\tx",
            "\rx",
            " =1+1",
            "\n=1+1",
            "\u{a0}\t@x",
            "=HYPERLINK(\"http://x\";\"y\")",
        ] {
            let written = format!("'{cell}");
            assert_eq!(harmless(cell), written);
            let (_, record) = read(cell, cell);
            assert_eq!(record[1], written);
            assert!(record.contains(&written), "{cell:?}: {record:?}");
        }
        for cell in ["", "a=b", "'=1", " a", "0151-1", "\u{a0}"] {
            assert_eq!(harmless(cell), cell);
        }
    }

    #[test]
    fn a_writer_that_fails_is_told_of() {
        assert!(ErrorReport::new([0_u8; 9].as_mut_slice()).is_err());
    }
}
