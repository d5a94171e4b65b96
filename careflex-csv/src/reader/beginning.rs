//! How a file begins. It is looked at before it is read: what separates the values is told from the names of
//! the columns, and a file that is something else is called what it is.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Chain, Cursor, Read as _};

use careflex_core::ReadError;

use super::records::{BYTE_ORDER_MARK, MAX_RECORD, Record, Records, line_breaks};
use super::shown::other_encoding;
use crate::separator::Separator;

/// A file that is read from its beginning after a look at it.
pub(super) type Rewound<R> = Chain<Cursor<Vec<u8>>, R>;

/// What usually separates values, what is preferred first.
const USUAL: [char; 4] = [';', '\t', '|', ','];
/// How many other characters are tried.
const OTHERS_TRIED: usize = 20;

/// The first lines of a file, up to the end of the first one that says something.
#[derive(Default)]
pub(super) struct Beginning {
    bytes: Vec<u8>,
}

/// How well a separator fits.
#[derive(Clone, Copy)]
pub(super) struct Fit {
    pub(super) separator: Separator,
    /// How many of the known names it yields.
    pub(super) known: usize,
    /// How many values it yields.
    values: usize,
    /// The line on which they stand.
    pub(super) line: u64,
}

impl Beginning {
    /// Looks at a file. It is looked at no further than a record may go.
    pub(super) fn of(input: &mut impl BufRead) -> Result<Self, ReadError> {
        let mut bytes = Vec::new();
        let mut end = LineEnd::default();
        while bytes.len() <= MAX_RECORD {
            let chunk = match input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ReadError::io(1 + line_breaks(&bytes), error)),
            };
            if chunk.is_empty() {
                break;
            }
            let allowed = (MAX_RECORD + 1).saturating_sub(bytes.len());
            let chunk = chunk.get(..allowed).unwrap_or(chunk);
            let place = chunk.iter().position(|byte| end.is_at(*byte));
            let used = place.map_or(chunk.len(), |place| place + 1);
            bytes.extend(chunk.iter().take(used));
            input.consume(used);
            if place.is_some() {
                break;
            }
        }
        Ok(Self { bytes })
    }

    /// All of it without a byte order mark and the last line break, if there is one.
    pub(super) fn line(&self) -> Option<&[u8]> {
        let line = self.bytes.strip_suffix(b"\n");
        let line = line.or_else(|| self.bytes.strip_suffix(b"\r"))?;
        Some(line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line))
    }

    /// Whether it ends in a carriage return. A line feed may follow that belongs to it.
    pub(super) fn ends_in_return(&self) -> bool {
        self.bytes.ends_with(b"\r")
    }

    /// Puts what was looked at in front of the rest.
    pub(super) fn before<R: BufRead>(self, rest: R) -> Rewound<R> {
        Cursor::new(self.bytes).chain(rest)
    }

    /// Refuses files that can be no CSV in UTF-8.
    pub(super) fn check_bytes(&self) -> Result<(), ReadError> {
        let bytes = &self.bytes;
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(ReadError::new(
                None,
                "is an Excel workbook or an archive, not CSV: save it as \"CSV UTF-8\"",
            ));
        }
        let has_mark = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
        // Zeros are the other halves of the characters.
        if has_mark || bytes.contains(&0) {
            return Err(other_encoding(None, ReadError::UTF_16));
        }
        Ok(())
    }

    /// What a file without known names is, if that can be told. Nothing of the file may be shown: without
    /// names its first line may be anything.
    pub(super) fn other_format(&self) -> Result<(), ReadError> {
        let text = self.text();
        let shown = text.trim_start_matches(is_blank);
        let line = 1 + line_breaks(text.strip_suffix(shown).unwrap_or_default().as_bytes());
        let mut characters = shown.chars().filter(|character| !is_blank(*character));
        let first_two = (characters.next(), characters.next());
        let message = match first_two {
            // Some databases put names in brackets.
            (Some('{' | '['), None | Some('"' | '{' | '[' | '}' | ']')) => "is JSON, not CSV",
            (Some('<'), _) => "is XML or a web page, not CSV",
            _ if is_separator_line(shown) => {
                "is Excel's sep= line, which Excel hides: delete it in a text editor, or save the file from Excel as \"CSV UTF-8\"; the first line must name the columns"
            }
            _ => return Ok(()),
        };
        Err(ReadError::new(line, message))
    }

    /// How well a separator fits.
    pub(super) fn fit(&self, separator: Separator, known: &[&str]) -> Fit {
        let mut fit = Fit {
            separator,
            known: 0,
            values: 0,
            line: 1,
        };
        let mut records = Records::new(self.bytes.as_slice(), separator);
        let mut record = Record::default();
        // What cannot be read yields nothing. It is complained about when it is read for good.
        while let Ok(true) = records.next(&mut record) {
            if !record.is_blank() {
                fit.known = count_known(record.iter(), known);
                fit.values = record.len();
                fit.line = record.line();
                break;
            }
        }
        fit
    }

    /// The separator that yields the most known names, `enough` at least if it is an unusual one; else the
    /// first of the usual ones that separates anything.
    pub(super) fn best_fit(&self, known: &[&str], enough: usize) -> Fit {
        let usual = USUAL.map(|character| self.fit_of(character, known));
        let mut best: Option<Fit> = None;
        for fit in usual.iter().flatten() {
            if fit.known > best.map_or(0, |best| best.known) {
                best = Some(*fit);
            }
        }
        for character in self.other_characters() {
            let least = best
                .map_or(0, |best| best.known)
                .max(enough.saturating_sub(1));
            match self.fit_of(character, known) {
                Some(fit) if fit.known > least => best = Some(fit),
                _ => {}
            }
        }
        best.or_else(|| usual.into_iter().flatten().find(|fit| fit.values > 1))
            .unwrap_or_else(|| self.fit(Separator::default(), known))
    }

    fn fit_of(&self, character: char, known: &[&str]) -> Option<Fit> {
        Some(self.fit(Separator::new(character).ok()?, known))
    }

    /// The characters that may be separators, but are no usual ones.
    fn other_characters(&self) -> Vec<char> {
        let mut found = Vec::new();
        for character in self.text().chars() {
            let is_new = !USUAL.contains(&character) && !found.contains(&character);
            let is_possible =
                character != char::REPLACEMENT_CHARACTER && Separator::new(character).is_ok();
            if is_new && is_possible {
                found.push(character);
                if found.len() == OTHERS_TRIED {
                    break;
                }
            }
        }
        found
    }

    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// How many of the values are known names, each counted once. Here case does not count: a misspelt name tells as
/// much.
pub(super) fn count_known<'a>(values: impl Iterator<Item = &'a str>, known: &[&str]) -> usize {
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for name in known {
        *wanted.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    let values = values.map(str::trim).filter(|value| !value.is_empty());
    values
        .filter_map(|value| wanted.remove(&value.to_ascii_lowercase()))
        .sum()
}

/// Finds the end of the first line that says something. Which character separates values is not known yet, so
/// that any may stand before a quotation mark that opens. If it is mistaken, more or less of the file is
/// looked at than its first line, nothing else.
#[derive(Default)]
struct LineEnd {
    says_something: bool,
    is_quoted: bool,
    before: u8,
}

impl LineEnd {
    fn is_at(&mut self, byte: u8) -> bool {
        let may_open = !self.before.is_ascii_alphanumeric();
        self.before = byte;
        match byte {
            b'"' => self.is_quoted = !self.is_quoted && may_open,
            b'\n' | b'\r' => return self.says_something && !self.is_quoted,
            // A byte order mark says nothing, and no name is without any plain letter or digit.
            _ => self.says_something |= byte.is_ascii_alphanumeric(),
        }
        false
    }
}

fn is_separator_line(line: &str) -> bool {
    let name = line.trim_start_matches('"').get(..4);
    name.is_some_and(|name| name.eq_ignore_ascii_case("sep="))
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{FEFF}'
}
