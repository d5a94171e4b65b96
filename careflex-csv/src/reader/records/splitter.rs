//! The state machine that finds where values and records end.

use careflex_core::ReadError;

use super::is_break;
use super::raw::{RawRecord, State};
use crate::separator::Separator;

/// The state machine. It knows no input: it is given pieces of any length, so that it can be made faster
/// without changing anything else.
pub(super) struct Splitter {
    separator: [u8; 4],
    width: usize,
    /// What each byte may be: bits of [`ENDS_PLAIN`] and [`ENDS_QUOTED`].
    classes: [u8; 256],
    /// The line of the next byte.
    pub(super) line: u64,
    /// The last byte was a carriage return: a line feed belongs to it.
    after_return: bool,
}

/// A byte at which a run of ordinary bytes ends outside of quotation marks.
const ENDS_PLAIN: u8 = 1;
/// A byte at which a run of ordinary bytes ends inside of quotation marks.
const ENDS_QUOTED: u8 = 2;

/// What each byte may be where nothing separates. It is the same for all files, and files may be small.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_usize;
    while byte < classes.len() {
        if matches!(byte as u8, b'"' | b'\n' | b'\r') {
            #[expect(clippy::indexing_slicing, reason = "one place for each byte")]
            {
                classes[byte] = ENDS_PLAIN | ENDS_QUOTED;
            }
        }
        byte += 1;
    }
    classes
};

impl Splitter {
    pub(super) fn new(separator: Separator) -> Self {
        let mut bytes = [0; 4];
        let width = separator.as_char().encode_utf8(&mut bytes).len();
        let mut classes = CLASSES;
        // The last byte tells that a separator ends here; those before it have been seen by then, in
        // whatever piece of the file they were.
        let last = bytes.get(width - 1).copied().unwrap_or_default();
        if let Some(class) = classes.get_mut(usize::from(last)) {
            *class |= ENDS_PLAIN;
        }
        Self {
            separator: bytes,
            width,
            classes,
            line: 1,
            after_return: false,
        }
    }

    /// Reads on; how many bytes were used, and whether the record ends with them.
    pub(super) fn split(&mut self, chunk: &[u8], raw: &mut RawRecord) -> (usize, bool) {
        let mut rest = chunk;
        while let Some((first, behind)) = rest.split_first() {
            match raw.state {
                State::Begin if *first == b'"' => {
                    rest = behind;
                    self.after_return = false;
                    raw.open(self.line);
                }
                State::Begin | State::Plain => {
                    let Some((special, behind)) = self.run(rest, ENDS_PLAIN, raw) else {
                        raw.state = State::Plain;
                        return (chunk.len(), false);
                    };
                    rest = behind;
                    match special {
                        b'\n' | b'\r' => {
                            self.end_record(special, raw);
                            return (chunk.len() - rest.len(), true);
                        }
                        b'"' => raw.push_literal_quote(),
                        _ => self.end_plain(special, raw),
                    }
                }
                State::Quoted => {
                    let Some((special, behind)) = self.run(rest, ENDS_QUOTED, raw) else {
                        return (chunk.len(), false);
                    };
                    rest = behind;
                    match special {
                        b'"' => raw.state = State::Quote(0),
                        _ if raw.ends_at_break() => {
                            self.end_record(special, raw);
                            return (chunk.len() - rest.len(), true);
                        }
                        _ => {
                            raw.bytes.push(special);
                            self.count_break(special);
                        }
                    }
                }
                State::Quote(matched) => {
                    self.after_return = false;
                    if self.separator().get(matched) == Some(first) {
                        rest = behind;
                        raw.state = State::Quote(matched + 1);
                        if matched + 1 == self.width {
                            raw.end_value();
                        }
                    } else if matched == 0 && is_break(*first) {
                        self.end_record(*first, raw);
                        return (chunk.len() - behind.len(), true);
                    } else if matched == 0 && *first == b'"' {
                        rest = behind;
                        raw.double();
                    } else {
                        raw.go_on_sloppily(self.separator(), matched);
                    }
                }
            }
        }
        (chunk.len(), false)
    }

    /// Copies ordinary bytes; the one behind them and the rest, if there is one.
    fn run<'a>(
        &mut self,
        bytes: &'a [u8],
        class: u8,
        raw: &mut RawRecord,
    ) -> Option<(u8, &'a [u8])> {
        let is_special = |byte: &u8| {
            let found = self.classes.get(usize::from(*byte));
            found.is_some_and(|found| found & class != 0)
        };
        let length = bytes.iter().position(is_special).unwrap_or(bytes.len());
        let (ordinary, rest) = bytes.split_at(length);
        if length > 0 {
            raw.bytes.extend_from_slice(ordinary);
            self.after_return = false;
        }
        let (special, rest) = rest.split_first()?;
        Some((*special, rest))
    }

    /// The last byte of a separator, if those before it are there.
    fn end_plain(&mut self, last: u8, raw: &mut RawRecord) {
        self.after_return = false;
        let before = self.separator.get(..self.width - 1).unwrap_or_default();
        if raw.value().ends_with(before) {
            raw.bytes.truncate(raw.bytes.len() - before.len());
            raw.end_value();
        } else {
            raw.bytes.push(last);
            raw.state = State::Plain;
        }
    }

    fn end_record(&mut self, line_break: u8, raw: &mut RawRecord) {
        raw.end(self.line);
        self.after_return = false;
        self.count_break(line_break);
    }

    /// The end of the file, which ends a record like a line break.
    pub(super) fn end(&mut self, raw: &mut RawRecord) -> Result<(), ReadError> {
        match raw.state {
            State::Quoted if !raw.ends_at_break() => return Err(raw.never_closed()),
            // Half a separator behind a quotation mark.
            State::Quote(matched) if matched > 0 => {
                raw.go_on_sloppily(self.separator(), matched);
            }
            _ => {}
        }
        raw.end(self.line);
        Ok(())
    }

    pub(super) fn count_break(&mut self, line_break: u8) {
        if !(line_break == b'\n' && self.after_return) {
            self.line += 1;
        }
        self.after_return = line_break == b'\r';
    }

    /// Goes on behind a line break that was not counted: to the line after it.
    pub(super) fn go_to_line(&mut self, line: u64, after_return: bool) {
        self.line = line;
        self.after_return = after_return;
    }

    fn separator(&self) -> &[u8] {
        self.separator.get(..self.width).unwrap_or_default()
    }
}
