//! A piece of a file in memory of our own, so that the records in it are whole, and known to be UTF-8.

use std::io::{self, BufRead, Read};

use careflex_core::codec::valid_begin;

use super::specials::{Masks, Specials};

/// So many bytes of a file are taken at once. It is far less than a record may have, and no more than the fastest
/// memory of a processor holds.
const TAKEN: usize = 1 << 14;

/// An input with a piece of it in front. Whoever reads from it does not see where one ends and the other begins.
pub(in super::super) struct Window<R> {
    input: R,
    text: String,
    /// So much of the text has been read.
    at: usize,
    masks: Masks,
    /// What went wrong when more was to be taken. It is said when all before has been read.
    error: Option<io::Error>,
}

impl<R: BufRead> Window<R> {
    pub(in super::super) fn new(input: R) -> Self {
        Self {
            input,
            text: String::new(),
            at: 0,
            masks: Masks::default(),
            error: None,
        }
    }

    /// Takes more of the input, behind what has not been read yet. `false` if there is nothing more to take, or
    /// nothing that is UTF-8, or if what has not been read is as long already: there are other ways to read on.
    pub(super) fn take(&mut self, separator: u8) -> bool {
        let begin = self.at;
        let is_enough = self.text.len() - begin >= TAKEN;
        if is_enough || self.error.is_some() || !self.text.is_char_boundary(begin) {
            return false;
        }
        let chunk = loop {
            match self.input.fill_buf() {
                Ok(chunk) => break chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.error = Some(error);
                    return false;
                }
            }
        };
        let taken = valid_begin(chunk.get(..TAKEN).unwrap_or(chunk));
        if taken.is_empty() {
            return false;
        }
        self.text.drain(..begin);
        self.at = 0;
        self.text.push_str(taken);
        let used = taken.len();
        self.input.consume(used);
        self.masks.find(self.text.as_bytes(), separator);
        true
    }

    /// The text, of which a part may have been read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How much of the text has been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Where the special bytes are in the rest of the text.
    #[inline]
    pub(super) fn specials(&self) -> Specials<'_> {
        self.masks.from(self.at)
    }

    /// Goes on to a place of the text.
    pub(super) fn go_to(&mut self, place: usize) {
        self.at = place.min(self.text.len());
    }
}

impl<R: BufRead> Read for Window<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.fill_buf()?;
        let length = rest.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Window<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.text.len() {
            return Ok(self.text.as_bytes().get(self.at..).unwrap_or_default());
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => self.input.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        if self.at < self.text.len() {
            self.go_to(self.at + amount);
        } else {
            self.input.consume(amount);
        }
    }
}
