//! Writes records of the standard layout, as far as nothing is unusual about them: for all that the tables would
//! say at run time the generator has written down what comes next.

use careflex_core::codec::is_plain;
use careflex_core::{
    Address, Contact, Employee, Field, Incident, Job, NaiveDate, Sex, Text, date_text,
};

use super::record::Record;
use crate::line::{END, put_cell};
use crate::separator::Separator;

include!(concat!(env!("OUT_DIR"), "/records.rs"));

/// A separator that plain texts cannot hold: most texts need no look at all then.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainSeparator(u8);

impl PlainSeparator {
    pub(super) fn of(separator: Separator) -> Option<Self> {
        let byte = u8::try_from(separator.as_char()).ok()?;
        (byte.is_ascii() && !is_plain(byte)).then_some(Self(byte))
    }
}

/// Appends a record of the standard layout. `false`: a day cannot be written, and nothing is appended.
pub(super) fn put(record: &Record<'_>, separator: PlainSeparator, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let mut row = Row {
        separator: separator.0,
        code: record.code,
        out,
        is_writable: true,
    };
    row.cell(record.careflex_id.as_ref());
    record.incident.put(&mut row);
    row.out.extend_from_slice(END);
    if !row.is_writable {
        row.out.truncate(start);
    }
    row.is_writable
}

/// The cells of a part of an incident. What it does is generated.
trait Cells {
    /// Writes them all, in the order of the columns.
    fn put(&self, row: &mut Row<'_>);
}

/// A record that is being written. Each cell but the first one stands behind a separator.
struct Row<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
    /// The type as the report writes it.
    code: &'a str,
    /// All days could be written.
    is_writable: bool,
}

impl Row<'_> {
    #[inline(always)]
    fn text(&mut self, text: &Text) {
        self.out.push(self.separator);
        self.cell(text);
    }

    /// Cells in which nothing stands.
    #[inline(always)]
    fn nothing<const COUNT: usize>(&mut self) {
        self.out.extend_from_slice(&[self.separator; COUNT]);
    }

    #[inline(always)]
    fn day(&mut self, day: NaiveDate) {
        match date_text(day) {
            Some(text) => self.bytes(*text.as_bytes()),
            None => self.is_writable = false,
        }
    }

    #[inline(always)]
    fn truth(&mut self, value: bool) {
        if value {
            self.bytes(*b"true");
        } else {
            self.bytes(*b"false");
        }
    }

    /// The incident's type. Nearly all are of three letters.
    #[inline(always)]
    fn code_of_type(&mut self) {
        match *self.code.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z', c @ b'A'..=b'Z'] => self.bytes([a, b, c]),
            _ => self.any(self.code),
        }
    }

    /// What has no meaning in any format: letters, digits, hyphens.
    #[inline(always)]
    fn bytes<const COUNT: usize>(&mut self, bytes: [u8; COUNT]) {
        self.out.push(self.separator);
        self.out.extend_from_slice(&bytes);
    }

    #[cold]
    fn any(&mut self, text: &str) {
        self.out.push(self.separator);
        put_cell(text, char::from(self.separator), self.out);
    }

    #[inline(always)]
    fn cell(&mut self, text: &Text) {
        if !text.put_plain(self.out) {
            self.look_through(text);
        }
    }

    /// A text that is long, or has something in it that may have a meaning, though rarely in CSV.
    #[inline(never)]
    fn look_through(&mut self, text: &Text) {
        let bytes = text.as_bytes();
        if needs_no_quotes(bytes, self.separator) {
            self.out.extend_from_slice(bytes);
        } else {
            put_cell(text, char::from(self.separator), self.out);
        }
    }
}

/// Whether a text surely needs no quotation marks. There is no white space at the ends of a text, so only a byte
/// order mark there is left to be looked for.
#[inline]
fn needs_no_quotes(text: &[u8], separator: u8) -> bool {
    !has_special(text, separator) && text.first() != Some(&0xEF) && text.last() != Some(&0xBF)
}

/// Whether there is a quotation mark, a separator, or perhaps a line break in a text. It looks at eight bytes at a
/// time, of which the last eight may have been looked at before.
#[inline]
fn has_special(text: &[u8], separator: u8) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let in_words = words.iter().any(|word| has_special_in(*word, separator));
    match (rest, text.last_chunk::<8>()) {
        _ if in_words => true,
        ([], _) => false,
        (_, Some(last)) => has_special_in(*last, separator),
        (_, None) => rest
            .iter()
            .any(|byte| *byte < ABOVE_BREAKS || *byte == b'"' || *byte == separator),
    }
}

/// All control characters that break lines are below it. The few others are so rare that they need no test of
/// their own.
const ABOVE_BREAKS: u8 = 0x0E;

#[inline]
fn has_special_in(word: [u8; 8], separator: u8) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let word = u64::from_le_bytes(word);
    // The highest bit of a byte is set where it is below the limit; of the bytes behind it perhaps too.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let equals = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, ABOVE_BREAKS) | equals(b'"') | equals(separator)) & HIGH != 0
}
