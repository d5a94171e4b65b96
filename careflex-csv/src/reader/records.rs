//! Splits a file into records and their values. A state machine of our own, because a file that is not what
//! its writer meant must not be read as something else in silence: a quotation mark that is never closed is an
//! error here, one that is not doubled refuses its record, and no record can fill the memory.

use std::io::{self, BufRead};

use careflex_core::ReadError;

use crate::separator::Separator;

mod look;
mod raw;
mod regular;
mod specials;
mod splitter;
mod values;
mod window;

pub(super) use regular::RecordReader;
pub(super) use values::Values;
pub(super) use window::Window;

use raw::RawRecord;
use splitter::Splitter;

/// Longest record in bytes, without the line end.
pub(super) const MAX_RECORD: usize = 1 << 20;

pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Reads records, one at a time.
pub(super) struct Records<R> {
    input: R,
    splitter: Splitter,
    begun: bool,
    is_over: bool,
    /// How many values the first record has in which anything stands.
    width: Option<usize>,
    /// A record was cut, or is too short, and what follows may be the rest of it.
    may_rest_follow: bool,
}

/// One record. It is filled again and again, so that no record needs memory of its own.
#[derive(Default)]
pub(super) struct Record {
    /// All values, one directly behind the other.
    text: String,
    /// Where each value ends.
    ends: Vec<usize>,
    lines: (u64, u64),
    flaw: Option<Flaw>,
}

/// A quotation mark that stands where none may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flaw {
    /// The value in which it stands, from 0.
    pub(super) place: usize,
    pub(super) kind: FlawKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlawKind {
    /// `"Werk "Nord" 1"`
    NotDoubled,
    /// ` "Nord"`: a blank before it makes it a part of the value, which is hardly what was meant.
    BehindBlank,
    /// `Nord";…` below a record with a quotation mark that is not doubled, or with too few values.
    Rest,
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(input: R, separator: Separator) -> Self {
        Self {
            input,
            splitter: Splitter::new(separator),
            begun: false,
            is_over: false,
            width: None,
            may_rest_follow: false,
        }
    }

    /// Reads on behind a header line of so many names, which was the first line.
    pub(super) fn behind_header(
        input: R,
        separator: Separator,
        width: usize,
        ends_in_return: bool,
    ) -> Self {
        let mut records = Self::new(input, separator);
        records.begun = true;
        records.width = Some(width);
        records.splitter.go_to_line(2, ends_in_return);
        records
    }

    /// Reads the next record that is no blank line; `false` at the end, also after an error.
    pub(super) fn next(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        // Whatever goes wrong is the last thing that is said.
        if std::mem::replace(&mut self.is_over, true) {
            return Ok(false);
        }
        let mut raw = RawRecord::new(record);
        if !self.begun {
            self.begun = true;
            self.skip_byte_order_mark(&mut raw)?;
        }
        // What only began like a byte order mark is a part of the record.
        if raw.size == 0 && !self.skip_blank_lines()? {
            return Ok(false);
        }
        raw.may_be_rest = self.may_rest_follow;
        let is_last = self.read(&mut raw)?;
        let is_cut = raw.is_cut;
        raw.finish(record)?;
        self.is_over = is_last;
        if self.width.is_none() && !record.is_blank() {
            self.width = Some(record.len());
        }
        // There may be lines between, but no whole records. A short one may be the beginning of a value whose first
        // quotation mark is forgotten.
        let is_whole = self.width == Some(record.len());
        let is_short = !record.is_blank() && self.width.is_some_and(|width| record.len() < width);
        self.may_rest_follow = is_cut || is_short || (self.may_rest_follow && !is_whole);
        Ok(true)
    }

    /// `false` if nothing follows.
    fn skip_blank_lines(&mut self) -> Result<bool, ReadError> {
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.unreadable(error)),
            };
            let breaks = chunk.iter().take_while(|byte| is_break(**byte)).count();
            for byte in chunk.iter().take(breaks) {
                self.splitter.count_break(*byte);
            }
            let is_over = chunk.is_empty();
            let is_blank = breaks == chunk.len();
            self.input.consume(breaks);
            if is_over || !is_blank {
                return Ok(!is_over);
            }
        }
    }

    /// What only begins like a byte order mark belongs to the first record.
    fn skip_byte_order_mark(&mut self, raw: &mut RawRecord) -> Result<(), ReadError> {
        let mut matched = 0;
        for mark in BYTE_ORDER_MARK {
            let chunk = loop {
                match self.input.fill_buf() {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            let found = chunk.map(|chunk| chunk.first() == Some(mark));
            if !found.map_err(|error| self.unreadable(error))? {
                break;
            }
            self.input.consume(1);
            matched += 1;
        }
        if matched < BYTE_ORDER_MARK.len() {
            let seen = BYTE_ORDER_MARK.get(..matched).unwrap_or_default();
            raw.begin_plain(seen);
        }
        Ok(())
    }

    /// Reads to the end of the record; whether it is the last one.
    fn read(&mut self, raw: &mut RawRecord) -> Result<bool, ReadError> {
        raw.lines.0 = self.splitter.line;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.unreadable(error)),
            };
            if chunk.is_empty() {
                return self.splitter.end(raw).map(|()| true);
            }
            // One byte more than a record may have: it may be the line break.
            let allowed = (MAX_RECORD + 1).saturating_sub(raw.size);
            let chunk = chunk.get(..allowed).unwrap_or(chunk);
            let (used, ended) = self.splitter.split(chunk, raw);
            self.input.consume(used);
            raw.size += used;
            if ended {
                return Ok(false);
            }
            if raw.size > MAX_RECORD {
                return Err(raw.too_long());
            }
        }
    }

    fn unreadable(&self, error: io::Error) -> ReadError {
        ReadError::io(self.splitter.line, error)
    }
}

impl Record {
    /// The line on which it begins, from 1.
    pub(super) fn line(&self) -> u64 {
        self.lines.0
    }

    /// The lines on which it begins and ends.
    #[cfg(test)]
    pub(super) fn lines(&self) -> (u64, u64) {
        self.lines
    }

    /// What is wrong with it. Its values are not to be used then.
    pub(super) fn flaw(&self) -> Option<Flaw> {
        self.flaw
    }

    /// How many values it has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A value.
    #[cfg(test)]
    pub(super) fn get(&self, place: usize) -> Option<&str> {
        let begin = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(begin..*self.ends.get(place)?)
    }

    /// The values, from left to right.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut begin = 0;
        self.ends.iter().map(move |end| {
            let value = self.text.get(begin..*end).unwrap_or_default();
            begin = *end;
            value
        })
    }

    /// Whether nothing stands in any of its values.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// How many lines end in these bytes. CRLF ends one.
pub(super) fn line_breaks(bytes: &[u8]) -> u64 {
    let mut breaks = 0;
    let mut before = 0;
    for byte in bytes {
        breaks += u64::from(is_break(*byte) && !(*byte == b'\n' && before == b'\r'));
        before = *byte;
    }
    breaks
}

#[cfg(test)]
mod tests;
