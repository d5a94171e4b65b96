//! A record while it is being read.

use careflex_core::ReadError;

use super::super::shown::other_encoding;
use super::{Flaw, FlawKind, Record, line_breaks};

/// A record while it is being read.
pub(super) struct RawRecord {
    pub(super) bytes: Vec<u8>,
    pub(super) ends: Vec<usize>,
    pub(super) lines: (u64, u64),
    flaw: Option<Flaw>,
    /// How many bytes of the file it takes up.
    pub(super) size: usize,
    pub(super) state: State,
    /// The line on which the value in quotation marks begins.
    quote_line: u64,
    /// One of its quotation marks was not doubled.
    is_sloppy: bool,
    /// It was ended by a line break in such a value: what follows may be the rest of it.
    pub(super) is_cut: bool,
    /// It may be the rest of a record that was cut.
    pub(super) may_be_rest: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// At the first byte of a value.
    Begin,
    /// In a value without quotation marks.
    Plain,
    /// In a value in quotation marks.
    Quoted,
    /// Behind a quotation mark in such a value, and behind so many bytes of a separator.
    Quote(usize),
}

impl RawRecord {
    /// Takes the memory of a record.
    pub(super) fn new(record: &mut Record) -> Self {
        let mut bytes = std::mem::take(&mut record.text).into_bytes();
        let mut ends = std::mem::take(&mut record.ends);
        bytes.clear();
        ends.clear();
        Self {
            bytes,
            ends,
            lines: (0, 0),
            flaw: None,
            size: 0,
            state: State::Begin,
            quote_line: 0,
            is_sloppy: false,
            is_cut: false,
            may_be_rest: false,
        }
    }

    /// The line break at its end is there.
    pub(super) fn end(&mut self, line: u64) {
        self.is_cut = self.is_sloppy;
        self.end_value();
        self.lines.1 = line;
    }

    pub(super) fn finish(self, record: &mut Record) -> Result<(), ReadError> {
        let first_line = self.lines.0;
        // Half a character at the end of a value and another half at the beginning of the next are none.
        match String::from_utf8(self.bytes) {
            Ok(text) if self.ends.iter().all(|end| text.is_char_boundary(*end)) => {
                *record = Record {
                    text,
                    ends: self.ends,
                    lines: self.lines,
                    flaw: self.flaw,
                };
                Ok(())
            }
            Ok(text) => Err(not_utf_8(text.as_bytes(), &self.ends, first_line)),
            Err(error) => Err(not_utf_8(error.as_bytes(), &self.ends, first_line)),
        }
    }

    /// Begins with these bytes.
    pub(super) fn begin_plain(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.size = bytes.len();
        if self.size > 0 {
            self.state = State::Plain;
        }
    }

    /// What there is of the value that is being read.
    pub(super) fn value(&self) -> &[u8] {
        let begin = self.ends.last().copied().unwrap_or(0);
        self.bytes.get(begin..).unwrap_or_default()
    }

    pub(super) fn end_value(&mut self) {
        if self.may_be_rest
            && self.state == State::Plain
            && self.value().trim_ascii_end().ends_with(b"\"")
        {
            self.complain(FlawKind::Rest);
        }
        self.is_sloppy = false;
        self.ends.push(self.bytes.len());
        self.state = State::Begin;
    }

    pub(super) fn open(&mut self, line: u64) {
        self.state = State::Quoted;
        self.quote_line = line;
        self.is_sloppy = false;
    }

    /// A second quotation mark behind one. Where they are not doubled it may be the one that closes.
    pub(super) fn double(&mut self) {
        self.bytes.push(b'"');
        if !self.is_sloppy {
            self.state = State::Quoted;
        }
    }

    /// Something stands behind a quotation mark that should have closed the value. The record is refused; what
    /// is left is to find out where it ends, so that the next one is read properly.
    ///
    /// Most likely the quotation marks in a value were not doubled (`"Werk "Nord" 1"`). So the value ends at
    /// one with a separator behind it, and the values behind are read as usual. But the value may also have no
    /// quotation marks around it (`"Nord" Werk`), or the last one is forgotten (`"Werk "Nord" 1`): then no
    /// such end comes. So a line break ends the record in any case, although a value in quotation marks may hold
    /// one. That is by far the rarer case, and what is left of the record then is refused too: it has too few
    /// values, or one that ends in the quotation mark that was meant to close this one.
    pub(super) fn go_on_sloppily(&mut self, separator: &[u8], matched: usize) {
        self.complain(FlawKind::NotDoubled);
        self.is_sloppy = true;
        self.bytes.push(b'"');
        let seen = separator.iter().take(matched);
        self.bytes.extend(seen);
        self.state = State::Quoted;
    }

    /// Whether a line break, or the end of the file, ends the record here although the value has no end.
    pub(super) fn ends_at_break(&self) -> bool {
        self.is_sloppy
    }

    /// A quotation mark in a value without is a character like any other (`5" pipe`).
    pub(super) fn push_literal_quote(&mut self) {
        let before = self.value();
        if !before.is_empty() && before.iter().all(u8::is_ascii_whitespace) {
            self.complain(FlawKind::BehindBlank);
        }
        self.bytes.push(b'"');
        self.state = State::Plain;
    }

    fn complain(&mut self, kind: FlawKind) {
        let place = self.ends.len();
        self.flaw.get_or_insert(Flaw { place, kind });
    }

    pub(super) fn never_closed(&self) -> ReadError {
        ReadError::new(
            self.quote_line,
            "a quotation mark is opened here and never closed",
        )
    }

    pub(super) fn too_long(&self) -> ReadError {
        match self.state {
            State::Quoted if !self.ends_at_break() => self.never_closed(),
            _ => ReadError::new(
                self.lines.0,
                "a record is longer than 1 MiB: are line breaks missing, or is a quotation mark not closed?",
            ),
        }
    }
}

/// The error for the first byte that is no UTF-8. Only values in quotation marks have line breaks in them.
fn not_utf_8(bytes: &[u8], ends: &[usize], first_line: u64) -> ReadError {
    let mut line = first_line;
    let mut begin = 0;
    for end in ends {
        let value = bytes.get(begin..*end).unwrap_or_default();
        if let Err(error) = std::str::from_utf8(value) {
            let before = value.get(..error.valid_up_to()).unwrap_or_default();
            line += line_breaks(before);
            break;
        }
        line += line_breaks(value);
        begin = *end;
    }
    other_encoding(line, ReadError::NOT_UTF_8)
}
