//! Reads incidents from files of any size.

use std::io::BufRead;
use std::sync::Arc;

use careflex_core::{InputRow, ReadError, Rules};

use crate::layout::Layout;
use crate::separator::Separator;

mod beginning;
mod columns;
mod header;
mod records;
mod row;
mod shown;
mod standard;
mod words;

pub use header::Header;

use beginning::{Beginning, Rewound};
use columns::Columns;
use records::{RecordReader, Values};

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
    /// The standard layout if there is none.
    layout: Option<Layout>,
    takes_short_ways: bool,
}

enum State<R> {
    /// The header line is still to be read.
    Begin(R),
    Rows(Box<Rows<R>>),
    End,
}

struct Rows<R> {
    records: RecordReader<Rewound<R>>,
    columns: Arc<Columns>,
    has_any: bool,
}

impl<R: BufRead> IncidentReader<R> {
    /// Reads from anything buffered. What separates the values is told from the header line.
    pub fn new(input: R, rules: Rules) -> Self {
        Self {
            state: State::Begin(input),
            rules,
            separator: None,
            layout: None,
            takes_short_ways: true,
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
        self.layout = Some(layout);
        self
    }

    /// Leaves out the short ways for what is regular. The result is the same: for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn slowly(mut self) -> Self {
        self.takes_short_ways = false;
        self
    }

    fn open(&self, mut input: R) -> Result<Rows<R>, ReadError> {
        let beginning = Beginning::of(&mut input)?;
        if self.takes_short_ways
            && self.layout.as_ref().is_none_or(Layout::is_standard)
            && let Some(separator) = standard::separator(&beginning)
            && self.separator.is_none_or(|given| given == separator)
            && let Some(columns) = standard::columns()
        {
            let records = standard::records(&beginning, input, separator);
            return Ok(Rows::new(records, columns));
        }
        let standard = Layout::standard();
        let layout = self.layout.as_ref().unwrap_or(&standard);
        let (mut columns, mut records) = Header::open(beginning, input, self.separator, layout)?;
        if !self.takes_short_ways {
            records.slowly();
            columns.slowly();
        }
        Ok(Rows::new(records, Arc::new(columns)))
    }
}

impl<R: BufRead> Iterator for IncidentReader<R> {
    type Item = Result<InputRow, ReadError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let State::Begin(_) = self.state
            && let State::Begin(input) = std::mem::replace(&mut self.state, State::End)
        {
            match self.open(input) {
                Ok(rows) => self.state = State::Rows(Box::new(rows)),
                Err(error) => return Some(Err(error)),
            }
        }
        let State::Rows(rows) = &mut self.state else {
            return None;
        };
        let end = loop {
            match rows.records.next() {
                Ok(true) => {}
                Ok(false) => break rows.end(),
                Err(error) => break Err(error),
            }
            let values = rows.records.values();
            if !say_nothing(values) {
                rows.has_any = true;
                // A row is large: it is built where the caller wants it, and not moved.
                return Some(Ok(row::read(values, &rows.columns, &self.rules)));
            }
        };
        // If anything goes wrong, nothing more is read.
        self.state = State::End;
        end.err().map(Err)
    }
}

impl<R> Rows<R> {
    fn new(records: RecordReader<Rewound<R>>, columns: Arc<Columns>) -> Self {
        Self {
            records,
            columns,
            has_any: false,
        }
    }

    /// What to say of the end of a file.
    fn end(&self) -> Result<(), ReadError> {
        if self.has_any {
            return Ok(());
        }
        Err(ReadError::new(
            None,
            "holds no incident: there is nothing below the line with the column names",
        ))
    }
}

/// Spreadsheets write records of empty values, and old programs mark the end of a file with Ctrl-Z.
fn say_nothing(values: Values<'_>) -> bool {
    values.are_blank() || (values.len() == 1 && values.get(0).map(str::trim) == Some("\u{1A}"))
}
