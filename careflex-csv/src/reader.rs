//! Reads incidents from files of any size.

use std::io::BufRead;

use careflex_core::{InputRow, ReadError, Rules};

use crate::layout::Layout;
use crate::separator::Separator;

mod beginning;
mod columns;
mod header;
mod records;
mod row;
mod shown;
mod words;

pub use header::Header;

use beginning::Rewound;
use columns::Columns;
use records::{Record, Records};

/// Reads incidents from CSV, one at a time: a file in UTF-8 whose first line names the columns, and in which
/// each further record is one incident.
///
/// What is wrong with an incident is in its row, with the name of the column. An `Err` means that the file
/// cannot be read any further, and is the last item.
///
/// ```
/// use careflex_core::Rules;
/// use careflex_csv::IncidentReader;
///
/// let file = b"employeeId;type;validFrom;createdAt
/// 4711;WIK;2026-12-01;2026-11-20
/// 4712;WIK;2026-12-01;20.11.2026
/// ";
/// let rows: Vec<_> = IncidentReader::new(&file[..], Rules::documented())
///     .collect::<Result<_, _>>()?;
/// assert!(rows[0].incident.is_ok());
/// assert_eq!(rows[1].line, 3);
/// assert_eq!(
///     rows[1].incident.as_ref().unwrap_err().to_string(),
///     "column createdAt: must be a day in the form YYYY-MM-DD, for example 2020-04-24 \
///      (a layout can translate other forms)"
/// );
/// # Ok::<(), careflex_core::ReadError>(())
/// ```
///
/// # What it takes
/// - Columns in any order. Without a [`Layout`], those of the standard layout, of which only `employeeId`,
///   `type`, `validFrom` and `createdAt` must be there; a column that is not known is refused. With a layout,
///   all columns with the values of a field must be there.
/// - Any [`Separator`]. If none is given, it is found out from the header line.
/// - Lines that end in LF, CRLF or CR, the last one also in none. Values in quotation marks, with separators,
///   line breaks and doubled quotation marks in them. A byte order mark.
/// - An [`ErrorReport`](crate::ErrorReport) that was corrected, without a layout: its own columns are skipped, its
///   apostrophes taken away, and days and truths may also be as spreadsheets save them, `24.04.2020` and `WAHR`.
/// - Blank lines and records of empty values, which are skipped, and separators at the ends of all lines.
///
/// Values are trimmed, and an empty one is absent. An incident has an employee if any of its columns is filled.
///
/// # What refuses a row
/// Everything that the [`Rules`] say; more or fewer values than there are columns; and a quotation mark where
/// none may be. Values of such a record are not guessed at.
///
/// # What ends a file
/// A header line that does not fit, bytes that are no UTF-8, a quotation mark that is never closed, and a record
/// of more than 1 MiB. So a file of any size takes up little memory, whatever is in it.
pub struct IncidentReader<R: BufRead> {
    state: State<R>,
    rules: Rules,
    separator: Option<Separator>,
    layout: Layout,
}

enum State<R> {
    /// The header line is still to be read.
    Begin(R),
    Rows(Box<Rows<R>>),
    End,
}

struct Rows<R> {
    records: Records<Rewound<R>>,
    record: Record,
    columns: Columns,
    has_any: bool,
}

impl<R: BufRead> IncidentReader<R> {
    /// Reads from anything buffered. What separates the values is told from the header line.
    pub fn new(input: R, rules: Rules) -> Self {
        Self {
            state: State::Begin(input),
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

    fn advance(&mut self) -> Result<Option<InputRow>, ReadError> {
        // If anything goes wrong, nothing more is read.
        let mut rows = match std::mem::replace(&mut self.state, State::End) {
            State::End => return Ok(None),
            State::Rows(rows) => rows,
            State::Begin(input) => {
                let (columns, records) = Header::open(input, self.separator, &self.layout)?;
                Box::new(Rows {
                    records,
                    record: Record::default(),
                    columns,
                    has_any: false,
                })
            }
        };
        let row = rows.next(&self.rules)?;
        if row.is_some() {
            self.state = State::Rows(rows);
        }
        Ok(row)
    }
}

impl<R: BufRead> Iterator for IncidentReader<R> {
    type Item = Result<InputRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

impl<R: BufRead> Rows<R> {
    fn next(&mut self, rules: &Rules) -> Result<Option<InputRow>, ReadError> {
        while self.records.next(&mut self.record)? {
            if !says_nothing(&self.record) {
                self.has_any = true;
                return Ok(Some(row::read(&self.record, &self.columns, rules)));
            }
        }
        if self.has_any {
            return Ok(None);
        }
        Err(ReadError::new(
            None,
            "holds no incident: there is nothing below the line with the column names",
        ))
    }
}

/// Spreadsheets write records of empty values, and old programs mark the end of a file with Ctrl-Z.
fn says_nothing(record: &Record) -> bool {
    record.is_blank() || (record.len() == 1 && record.get(0).map(str::trim) == Some("\u{1A}"))
}
