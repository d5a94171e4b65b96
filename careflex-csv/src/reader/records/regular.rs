//! The short way to the values of a record, for a record with which nothing is wrong: nearly every one. They are
//! not copied: they stand in the file as they are meant. At the first doubt the record is left to the state
//! machine, which finds the words for what is wrong.

use std::io::BufRead;
use std::ops::Range;

use careflex_core::ReadError;

use super::specials::Specials;
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
    /// Where the values of the record are, and in which text.
    places: Vec<Place>,
    text: Text,
    lines: (u64, u64),
    /// A record that was not read in the short way.
    record: Record,
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
            records,
            separator,
            single_byte: single_byte.filter(u8::is_ascii),
            places: Vec::new(),
            text: Text::Record,
            lines: (0, 0),
            record: Record::default(),
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
        Values {
            text: match self.text {
                Text::Window => self.records.input.text(),
                Text::Undoubled => &self.undoubled,
                Text::Record => &self.record.text,
            },
            places: &self.places,
            separator: self.separator,
            lines: self.lines,
            flaw: match self.text {
                Text::Record => self.record.flaw,
                Text::Window | Text::Undoubled => None,
            },
        }
    }

    /// Looks whether the next record is regular. More of the file is taken once at most: a record in three pieces
    /// is no usual one, and would be looked at again and again.
    #[inline]
    fn find_regular(&mut self) -> Option<Regular> {
        let separator = self.single_byte?;
        let width = self.records.width?;
        if self.records.is_over {
            return None;
        }
        // Each value must find a place, and none may be left.
        self.places.resize(width, Place::default());
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
        self.places.clear();
        self.places.extend(self.record.ends.iter().map(|end| Place {
            begin: std::mem::replace(&mut begin, *end),
            end: *end,
        }));
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

/// A regular record, apart from the places of its values.
#[derive(Default)]
struct Regular {
    /// Where its line break is, and where the next record begins.
    end: usize,
    next: usize,
    /// Its line break is a carriage return alone, as far as is to be seen.
    ends_in_return: bool,
    /// A value has line breaks in it.
    has_breaks: bool,
    /// A value has doubled quotation marks in it.
    has_doubled: bool,
}

/// Why a record is left to the state machine.
enum Doubt {
    Irregular,
    /// Its end is not at hand.
    Cut,
}

/// Looks at the record that begins here, and notes where its values are.
#[inline]
fn look(
    text: &[u8],
    separator: u8,
    mut begin: usize,
    mut specials: Specials<'_>,
    places: &mut [Place],
) -> Result<Regular, Doubt> {
    let mut regular = Regular::default();
    let mut places = places.iter_mut();
    while let Some(place) = places.next() {
        let mut end = specials.next().ok_or(Doubt::Cut)?;
        *place = Place { begin, end };
        let mut special = text.get(end);
        if special == Some(&b'"') {
            if end != begin {
                return Err(Doubt::Irregular);
            }
            let quoted = Quoted::of(text, separator, specials)?;
            *place = Place {
                begin: begin + 1,
                end: quoted.closing,
            };
            regular.has_breaks |= quoted.has_breaks;
            regular.has_doubled |= quoted.has_doubled;
            specials = quoted.specials;
            end = quoted.closing + 1;
            special = text.get(end);
        }
        begin = end + 1;
        if special != Some(&separator) {
            // A line break.
            let is_return = special == Some(&b'\r');
            let has_feed = is_return && text.get(begin) == Some(&b'\n');
            regular.end = end;
            regular.next = begin + usize::from(has_feed);
            regular.ends_in_return = is_return && !has_feed;
            let is_whole = places.len() == 0;
            return is_whole.then_some(regular).ok_or(Doubt::Irregular);
        }
    }
    Err(Doubt::Irregular)
}

/// A value in quotation marks.
struct Quoted<'a> {
    /// Where the quotation mark stands that closes it: one with a separator or a line break behind it.
    closing: usize,
    has_breaks: bool,
    has_doubled: bool,
    /// What comes behind that separator or line break.
    specials: Specials<'a>,
}

impl<'a> Quoted<'a> {
    /// The value whose first quotation mark was the last special byte. What comes is taken and given back, and not
    /// borrowed: so it stays in registers where nothing is in quotation marks.
    #[inline(never)]
    fn of(text: &[u8], separator: u8, mut specials: Specials<'a>) -> Result<Self, Doubt> {
        let (mut has_breaks, mut has_doubled) = (false, false);
        loop {
            let closing = specials.next().ok_or(Doubt::Cut)?;
            let special = *text.get(closing).ok_or(Doubt::Cut)?;
            if special != b'"' {
                has_breaks |= is_break(special);
                continue;
            }
            let behind = *text.get(closing + 1).ok_or(Doubt::Cut)?;
            let ends = behind == separator || is_break(behind);
            if !ends && behind != b'"' {
                return Err(Doubt::Irregular);
            }
            // What stands behind is special too.
            specials.next();
            if ends {
                return Ok(Self {
                    closing,
                    has_breaks,
                    has_doubled,
                    specials,
                });
            }
            has_doubled = true;
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
