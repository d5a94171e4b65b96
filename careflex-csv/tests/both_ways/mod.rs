//! Reads a file in the short ways and without them, and compares all that can be seen of it.

use std::io::{self, BufRead, Read};

use careflex_core::{CareflexId, Field, Incident, InputRow, ReadError, RowKey, Rules, Violations};
use careflex_csv::{IncidentReader, Layout, Separator};

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) separator: Option<char>,
    /// The number of a layout: of [`LAYOUTS`], or the standard one.
    pub(crate) layout: usize,
    /// How many bytes come at once at most.
    pub(crate) piece: usize,
    /// The input is interrupted all the time.
    pub(crate) is_interrupted: bool,
    /// The input fails at its end.
    pub(crate) fails: bool,
}

impl Settings {
    /// Takes them from the first two bytes of a fuzzer's input.
    pub(crate) fn of(bytes: &[u8]) -> (Self, &[u8]) {
        let (&[first, second], file) = bytes.split_first_chunk().unwrap_or((&[0, 0], bytes));
        let separators = [';', ',', '\t', '§', ' ', '|'];
        let settings = Self {
            separator: separators.get(usize::from(first >> 4)).copied(),
            layout: usize::from(first & 7),
            is_interrupted: first & 8 != 0,
            fails: second >= 0xE0,
            piece: match second & 0x1F {
                0 => usize::MAX,
                step => usize::from(step) * usize::from(step),
            },
        };
        (settings, file)
    }
}

/// Layouts for files with the standard names.
pub(crate) const LAYOUTS: [&str; 3] = [
    r#"
dates = "DD.MM.YYYY"
other_columns = "ignore"
columns = [
  { field = "employeeId" },
  { field = "type", values = { Eintritt = "NEW", "" = "RST" } },
  { field = "validFrom" },
  { field = "createdAt", dates = "YYYY-MM-DD" },
  { field = "lastName", as_is = true },
  { field = "firstName" },
  { field = "management", values = { X = "true", "" = "false" } },
  { field = "country", constant = "DE" },
]"#,
    r#"
other_columns = "ignore"
columns = [
  { field = "careflexId" },
  { field = "employeeId", as_is = true },
  { name = "employeeId", field = "externalId" },
  { field = "type" },
  { field = "validFrom" },
  { name = "validFrom", field = "createdAt" },
]"#,
    r#"
columns = [
  { field = "employeeId" },
  { field = "type", values = { A = "RST" } },
  { field = "validFrom" },
  { field = "createdAt" },
]"#,
];

/// Both ways must end in the same.
pub(crate) fn assert_same(file: &[u8], settings: Settings) {
    let reader = || {
        let pieces = Pieces {
            rest: file,
            is_interruption_next: settings.is_interrupted,
            settings,
        };
        let mut reader = IncidentReader::new(pieces, Rules::documented());
        if let Some(separator) = settings.separator.and_then(|one| Separator::new(one).ok()) {
            reader = reader.separator(separator);
        }
        if let Some(layout) = LAYOUTS.get(settings.layout) {
            reader = reader.layout(Layout::parse(layout).unwrap());
        }
        reader
    };
    let mut expected = reader().slowly();
    let mut found = reader();
    loop {
        let (found, expected) = (found.next(), expected.next());
        let is_over = expected.is_none();
        assert_eq!(found.map(Seen::of), expected.map(Seen::of), "{settings:?}");
        if is_over {
            break;
        }
    }
    assert!(found.next().is_none());
}

/// All that can be seen of a row, or of an error.
#[derive(Debug, PartialEq)]
struct Seen {
    shown: String,
    line: Option<u64>,
    keys: Option<(Option<CareflexId>, RowKey)>,
    incident: Option<Result<Incident, Violations>>,
    warnings: Violations,
    values: Vec<Option<String>>,
}

impl Seen {
    fn of(row: Result<InputRow, ReadError>) -> Self {
        match row {
            Ok(row) => Self {
                shown: format!("{row:?}"),
                line: Some(row.line),
                values: Field::ALL
                    .iter()
                    .map(|field| row.value(*field).map(Into::into))
                    .collect(),
                keys: Some((row.careflex_id, row.key)),
                incident: Some(row.incident),
                warnings: row.warnings,
            },
            Err(error) => Self {
                shown: format!("{error} {error:?}"),
                line: error.line(),
                keys: None,
                incident: None,
                warnings: Violations::new(),
                values: Vec::new(),
            },
        }
    }
}

/// An input that comes in pieces.
struct Pieces<'a> {
    rest: &'a [u8],
    settings: Settings,
    is_interruption_next: bool,
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_interruption_next {
            self.is_interruption_next = false;
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.rest.is_empty() && self.settings.fails {
            return Err(io::Error::other("the disk is gone"));
        }
        Ok(&self.rest[..self.rest.len().min(self.settings.piece.max(1))])
    }

    fn consume(&mut self, amount: usize) {
        self.rest = &self.rest[amount..];
        self.is_interruption_next = self.settings.is_interrupted;
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}
