//! The short way to the values of a record, for a record with which nothing is wrong: nearly every one. They are
//! not copied: they stand in the file as they are meant. At the first doubt the record is left to the state
//! machine, which finds the words for what is wrong.

use std::io::BufRead;
use std::ops::Range;

use careflex_core::ReadError;

use super::look::{Doubt, Regular, look};
use super::values::{Place, Values};
use super::window::Window;
use super::{Record, Records, is_break, line_breaks};
use crate::separator::Separator;

/// Reads records, one at a time: the regular ones in the short way, all others with [`Records`].
///
/// A record is regular if it has as many values as the first one, if quotation marks stand around whole values
/// only, doubled inside, and if a line break ends it in the piece of the file that is at hand.
pub(in super::super) struct RecordReader<R> {
    records: Records<Window<R>>,
    separator: Separator,
    /// The separator, if the short way is to be tried.
    single_byte: Option<u8>,
    /// Which text the values of the record are a part of.
    text: Text,
    lines: (u64, u64),
    /// Where the values of a regular record are: as many as the first record has.
    places: Vec<Place>,
    /// A record that was not read in the short way, and where its values are.
    record: Record,
    record_places: Vec<Place>,
    /// A record of which doubled quotation marks were made single ones.
    undoubled: String,
}

/// Which text the values of a record are a part of.
enum Text {
    Window,
    Undoubled,
    Record,
}

impl<R: BufRead> RecordReader<R> {
    /// Reads on behind the first record.
    pub(in super::super) fn new(records: Records<Window<R>>, separator: Separator) -> Self {
        let single_byte = u8::try_from(separator.as_char()).ok();
        Self {
            separator,
            single_byte: single_byte.filter(u8::is_ascii),
            text: Text::Record,
            lines: (0, 0),
            places: vec![Place::default(); records.width.unwrap_or(0)],
            record: Record::default(),
            record_places: Vec::new(),
            records,
            undoubled: String::new(),
        }
    }

    /// Leaves the short way out.
    pub(in super::super) fn slowly(&mut self) {
        self.single_byte = None;
    }

    /// Reads the next record that is no blank line; `false` at the end, also after an error.
    #[inline]
    pub(in super::super) fn next(&mut self) -> Result<bool, ReadError> {
        if let Some(regular) = self.find_regular() {
            self.take(&regular);
            return Ok(true);
        }
        self.next_irregular()
    }

    /// The values of the record.
    #[inline]
    pub(in super::super) fn values(&self) -> Values<'_> {
        let (text, places, flaw) = match self.text {
            Text::Window => (self.records.input.text(), &self.places, None),
            Text::Undoubled => (self.undoubled.as_str(), &self.places, None),
            Text::Record => {
                let Record { text, flaw, .. } = &self.record;
                (text.as_str(), &self.record_places, *flaw)
            }
        };
        Values {
            text,
            places,
            separator: self.separator,
            lines: self.lines,
            flaw,
        }
    }

    /// Looks whether the next record is regular. More of the file is taken once at most: a record in three pieces
    /// is no usual one, and would be looked at again and again.
    #[inline]
    fn find_regular(&mut self) -> Option<Regular> {
        let separator = self.single_byte?;
        if self.records.is_over {
            return None;
        }
        match self.look(separator) {
            Err(Doubt::Cut) if self.records.input.take(separator) => self.look(separator).ok(),
            other => other.ok(),
        }
    }

    #[inline]
    fn look(&mut self, separator: u8) -> Result<Regular, Doubt> {
        self.records.pass_blank_lines();
        let window = &self.records.input;
        let (text, specials) = (window.text().as_bytes(), window.specials());
        look(text, separator, window.at(), specials, &mut self.places)
    }

    /// Takes a regular record, and goes on behind it.
    #[inline]
    fn take(&mut self, regular: &Regular) {
        let Records {
            input: window,
            splitter,
            may_rest_follow,
            ..
        } = &mut self.records;
        let record = window.at()..regular.end;
        let first = splitter.line;
        let mut last = first;
        if regular.has_breaks {
            let bytes = window.text().as_bytes().get(record.clone());
            last += line_breaks(bytes.unwrap_or_default());
        }
        self.lines = (first, last);
        window.go_to(regular.next);
        splitter.go_to_line(last + 1, regular.ends_in_return);
        // It has all its values: it is not too short, and nothing between it and one that was cut.
        *may_rest_follow = false;
        self.text = Text::Window;
        if regular.has_doubled {
            undouble(window.text(), record, &mut self.places, &mut self.undoubled);
            self.text = Text::Undoubled;
        }
    }

    #[cold]
    fn next_irregular(&mut self) -> Result<bool, ReadError> {
        let is_there = self.records.next(&mut self.record)?;
        let mut begin = 0;
        self.record_places.clear();
        let places = self.record.ends.iter().map(|end| Place {
            begin: std::mem::replace(&mut begin, *end),
            end: *end,
        });
        self.record_places.extend(places);
        self.text = Text::Record;
        self.lines = self.record.lines;
        Ok(is_there)
    }
}

impl<R: BufRead> Records<Window<R>> {
    /// Passes over the blank lines that are at hand.
    #[inline]
    fn pass_blank_lines(&mut self) {
        let window = &mut self.input;
        while let Some(byte) = window.text().as_bytes().get(window.at())
            && is_break(*byte)
        {
            self.splitter.count_break(*byte);
            window.go_to(window.at() + 1);
        }
    }
}

/// Copies a record, and behind it each value with doubled quotation marks, now single ones. The places are then those
/// of the copy.
fn undouble(text: &str, record: Range<usize>, places: &mut [Place], out: &mut String) {
    let begin = record.start;
    out.clear();
    out.push_str(text.get(record).unwrap_or_default());
    for place in places {
        let value = text.get(place.begin..place.end).unwrap_or_default();
        let before = place.begin.checked_sub(1);
        let before = before.and_then(|before| text.as_bytes().get(before));
        // Only values in quotation marks have any in them.
        if before != Some(&b'"') || !value.contains('"') {
            place.begin -= begin;
            place.end -= begin;
            continue;
        }
        place.begin = out.len();
        // Between the two of a pair is an empty part: it stands for one of them.
        for (number, part) in value.split('"').enumerate() {
            out.push_str(if number % 2 == 1 { "\"" } else { part });
        }
        place.end = out.len();
    }
}
