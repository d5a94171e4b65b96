//! The header line of a file, which names its columns.

use std::io::BufRead;

use careflex_core::{Field, ReadError};

use super::beginning::{Beginning, Rewound, count_known};
use super::columns::{A_LAYOUT_CAN, Columns, NEEDS_NO_LAYOUT, is_error_report};
use super::records::{Record, RecordReader, Records, Window};
use super::shown::{shown, shown_separator};
use crate::layout::Layout;
use crate::separator::Separator;

/// How many known names make a first line the header line, if there are so many. One may be there by chance.
const ENOUGH: usize = 2;
/// How many columns a file may have: as many as a spreadsheet.
const MOST_COLUMNS: usize = 16_384;
/// How many names of a layout are given as an example.
const EXAMPLES: usize = 4;

/// The header line of a file.
///
/// ```
/// use careflex_csv::{Header, Separator};
///
/// let header = Header::read(&b"Personal-Nr.|Eintritt\n4711|24.04.2020\n"[..], None)?;
/// assert_eq!(header.separator, Separator::new('|')?);
/// assert_eq!(header.names, ["Personal-Nr.", "Eintritt"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The line of the file on which it stands, from 1.
    pub line: u64,
    /// What separates the names.
    pub separator: Separator,
    /// The names of the columns, from left to right. Trailing columns without a name are left out.
    pub names: Vec<String>,
}

impl Header {
    /// Reads the header line of a file, and finds out what separates its names if that is not given: what
    /// yields most of the standard names, else the first of `;`, tab, `|` and `,` that separates anything.
    ///
    /// Whether the line really holds names, or already a person's data, cannot be told: the names may be any.
    ///
    /// # Errors
    /// A file that cannot be read, that is empty or no CSV, or that has a column without a name between others.
    pub fn read(mut input: impl BufRead, separator: Option<Separator>) -> Result<Self, ReadError> {
        let known = standard_names();
        let beginning = Beginning::of(&mut input)?;
        let separator = choose_separator(&beginning, separator, &known)?;
        let (mut header, _) = read_names(beginning, input, separator)?;
        while header.names.last().is_some_and(String::is_empty) {
            header.names.pop();
        }
        match header.names.iter().position(String::is_empty) {
            Some(place) => Err(header.error(format!(
                "column {} has no name: give it one, or delete it",
                place + 1
            ))),
            None => Ok(header),
        }
    }

    /// Reads the header line of a file with this layout. The rest of the file is still to be read.
    pub(super) fn open<R: BufRead>(
        beginning: Beginning,
        input: R,
        separator: Option<Separator>,
        layout: &Layout,
    ) -> Result<(Columns, RecordReader<Rewound<R>>), ReadError> {
        let known = Columns::known_names(layout);
        let separator = choose_separator(&beginning, separator, &known)?;
        let (header, records) = read_names(beginning, input, separator)?;
        let found = count_known(header.names.iter().map(String::as_str), &known);
        if found < enough(&known) {
            return Err(header.no_names(found, layout, &known));
        }
        Ok((Columns::new(&header, layout)?, records))
    }

    pub(super) fn error(&self, message: impl Into<String>) -> ReadError {
        ReadError::new(self.line, message)
    }

    /// Most likely the first line is no header line but someone's data: nothing of it is shown.
    fn no_names(&self, found: usize, layout: &Layout, known: &[&str]) -> ReadError {
        if is_error_report(self) {
            return self.error(NEEDS_NO_LAYOUT);
        }
        let separator = shown(&self.separator.as_char().to_string());
        let found = match found {
            0 => "holds no column names that are known",
            _ => "holds but one column name that is known",
        };
        let (columns, advice, examples) = if Columns::are_standard(layout) {
            (
                "columns",
                format!("; {A_LAYOUT_CAN}"),
                Columns::required_names(),
            )
        } else {
            let names = known.iter().take(EXAMPLES).map(|name| shown(name));
            (
                "columns of the layout",
                String::new(),
                names.collect::<Vec<_>>(),
            )
        };
        self.error(format!(
            "{found}: the first line must name the {columns}, for example {}{advice}",
            examples.join(&separator)
        ))
    }
}

fn standard_names() -> Vec<&'static str> {
    Field::ALL.iter().map(|field| field.name()).collect()
}

fn enough(known: &[&str]) -> usize {
    known.len().clamp(1, ENOUGH)
}

/// The separator that is given, if none fits clearly better; else the one that fits best.
fn choose_separator(
    beginning: &Beginning,
    given: Option<Separator>,
    known: &[&str],
) -> Result<Separator, ReadError> {
    beginning.check_bytes()?;
    let enough = enough(known);
    let chosen = given.map(|given| beginning.fit(given, known));
    if let Some(chosen) = chosen
        && chosen.known >= enough
    {
        return Ok(chosen.separator);
    }
    let best = beginning.best_fit(known, enough);
    if best.known < enough {
        beginning.other_format()?;
    }
    match chosen {
        Some(chosen) if best.known >= enough => Err(ReadError::new(
            best.line,
            format!(
                "the columns are separated by {}, not by {}: give the right separator",
                shown_separator(best.separator),
                shown_separator(chosen.separator)
            ),
        )),
        Some(chosen) => Ok(chosen.separator),
        None => Ok(best.separator),
    }
}

/// Reads the first record in which anything stands.
fn read_names<R: BufRead>(
    beginning: Beginning,
    rest: R,
    separator: Separator,
) -> Result<(Header, RecordReader<Rewound<R>>), ReadError> {
    let mut records = Records::new(Window::new(beginning.before(rest)), separator);
    let mut record = Record::default();
    while records.next(&mut record)? {
        if record.is_blank() {
            continue;
        }
        if let Some(flaw) = record.flaw() {
            return Err(ReadError::new(record.line(), flaw.kind.message()));
        }
        if record.len() > MOST_COLUMNS {
            return Err(ReadError::new(
                record.line(),
                format!(
                    "has more than {MOST_COLUMNS} columns: is this the line with the column names?"
                ),
            ));
        }
        let header = Header {
            line: record.line(),
            separator,
            names: record.iter().map(|name| name.trim().to_owned()).collect(),
        };
        return Ok((header, RecordReader::new(records, separator)));
    }
    Err(ReadError::new(
        None,
        "is empty: the first line must name the columns",
    ))
}
