//! Holds a part of a file as text, so that rows which lie in it as a whole can be read from there.

use std::io::{self, BufRead};

use careflex_core::codec::valid_begin;

/// How many bytes are looked at as one: rows are a few hundred bytes long.
const AHEAD: usize = 16 << 10;

/// A file with a part that has been read ahead. That part is known to be UTF-8: it is checked once, and not
/// text by text.
pub(super) struct Window<R> {
    input: R,
    /// What has been read ahead, with what was consumed of it.
    ahead: String,
    consumed: usize,
    /// What kept from reading ahead; told when it is reached.
    error: Option<io::Error>,
}

impl<R: BufRead> Window<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            ahead: String::new(),
            consumed: 0,
            error: None,
        }
    }

    /// What has been read ahead.
    pub(super) fn text(&self) -> &str {
        self.ahead.get(self.consumed..).unwrap_or_default()
    }

    /// Reads ahead; `false` if there is nothing more, or nothing that is UTF-8, or far too much already. It
    /// waits for input, so it may only be asked for what is needed in any case.
    pub(super) fn grow(&mut self) -> bool {
        let is_full = self.ahead.len() - self.consumed > AHEAD;
        // Bytes of what is no JSON may be consumed one by one, which ends within a character.
        if self.error.is_some() || is_full || !self.ahead.is_char_boundary(self.consumed) {
            return false;
        }
        self.ahead.drain(..self.consumed);
        self.consumed = 0;
        let bytes = match self.input.fill_buf() {
            Ok(bytes) => bytes.get(..AHEAD).unwrap_or(bytes),
            Err(error) => {
                self.error = Some(error);
                return false;
            }
        };
        // A character may be cut in two here, or is none: what is before it can be taken.
        let text = valid_begin(bytes);
        self.ahead.push_str(text);
        let taken = text.len();
        self.input.consume(taken);
        taken > 0
    }

    /// What comes next, as bytes: first what has been read ahead.
    pub(super) fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.ahead.as_bytes().get(self.consumed..) {
            Some(ahead @ [_, ..]) => Ok(ahead),
            _ => match self.error.take() {
                Some(error) => Err(error),
                None => self.input.fill_buf(),
            },
        }
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        if self.consumed < self.ahead.len() {
            self.consumed += bytes;
        } else {
            self.input.consume(bytes);
        }
    }
}
