//! Bytes on their way into the parser: counted by lines, and never too many at a time.

use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read};

/// How many bytes are taken from the input at a time when it is read ahead.
const STEP: usize = 1024;

/// Lets so many bytes through until it is told to go on, so that nothing that a parser holds as one piece
/// (a text, a tag, a comment) can fill the memory.
pub(super) struct Source<R> {
    input: R,
    /// What was read ahead of the parser. It comes before all that is left in the input.
    ahead: Vec<u8>,
    /// How much of it has been used up.
    used: usize,
    /// Why the input could not be read any further when it was read ahead.
    failure: Option<io::Error>,
    position: Position,
    left: usize,
}

/// A place in the input.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// How many bytes stand before it.
    pub(super) offset: usize,
    /// From 1.
    pub(super) line: u64,
    /// In bytes, from 1.
    pub(super) column: u64,
}

/// The bytes that were allowed have been used up.
#[derive(Debug)]
pub(super) struct OverLimit;

impl<R: BufRead> Source<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            ahead: Vec::new(),
            used: 0,
            failure: None,
            position: Position::default(),
            left: 0,
        }
    }

    /// Lets so many bytes through from here on.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.left = bytes;
    }

    /// The place of the next byte.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// The next byte, which is not used up.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.buffered() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The bytes that come next, as far as they are at hand, whatever is allowed. They are not used up. None: there
    /// is no more, or it cannot be read.
    pub(super) fn at_hand(&mut self) -> &[u8] {
        if let Err(error) = self.peek() {
            // Whoever reads on is told.
            self.failure = Some(error);
            return &[];
        }
        self.buffered().unwrap_or_default()
    }

    /// Reads ahead until the end tag of a piece is at hand that is not yet, and not beyond it. `false`: it does not
    /// come within so many bytes.
    pub(super) fn read_ahead(&mut self, end_tag: &[u8], most: usize) -> bool {
        self.ahead.drain(..self.used);
        self.used = 0;
        while self.ahead.len() < most && self.failure.is_none() {
            let bytes = match self.input.fill_buf() {
                Ok([]) => return false,
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failure = Some(error);
                    return false;
                }
            };
            let bytes = bytes.get(..STEP).unwrap_or(bytes);
            let before = self.ahead.len();
            self.ahead.extend_from_slice(bytes);
            let end = self.ahead.iter().enumerate().skip(before);
            let end = end
                .filter(|(_, byte)| **byte == b'>')
                .map(|(at, _)| at + 1)
                .find(|end| {
                    let piece = self.ahead.get(..*end);
                    piece.is_some_and(|piece| piece.ends_with(end_tag))
                });
            if let Some(end) = end {
                self.ahead.truncate(end);
                self.input.consume(end - before);
                return true;
            }
            self.input.consume(self.ahead.len() - before);
        }
        false
    }

    /// Uses up all bytes before a place.
    pub(super) fn go_to(&mut self, position: Position) {
        let amount = position.offset - self.position.offset;
        self.position = position;
        self.left = self.left.saturating_sub(amount);
        if self.used == self.ahead.len() {
            self.input.consume(amount);
            return;
        }
        self.used += amount;
        if self.used == self.ahead.len() {
            self.ahead.clear();
            self.used = 0;
        }
    }

    fn buffered(&mut self) -> io::Result<&[u8]> {
        match self.ahead.get(self.used..) {
            None | Some([]) => {}
            Some(bytes) => return Ok(bytes),
        }
        match self.failure.take() {
            Some(error) => Err(error),
            None => self.input.fill_buf(),
        }
    }
}

impl Default for Position {
    /// Of the first byte.
    fn default() -> Self {
        Self {
            offset: 0,
            line: 1,
            column: 1,
        }
    }
}

impl Position {
    /// Goes behind some bytes, in which there are so many line breaks.
    pub(super) fn pass(&mut self, bytes: &[u8], line_breaks: u64) {
        self.offset += bytes.len();
        self.line += line_breaks;
        if line_breaks == 0 {
            self.column += bytes.len() as u64;
        } else {
            let behind = bytes.iter().rev().take_while(|byte| **byte != b'\n');
            self.column = behind.count() as u64 + 1;
        }
    }
}

/// Most pieces of a document hold none.
fn line_breaks(bytes: &[u8]) -> u64 {
    if !bytes.contains(&b'\n') {
        return 0;
    }
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.left;
        let bytes = self.buffered()?;
        if left == 0 && !bytes.is_empty() {
            return Err(io::Error::other(OverLimit));
        }
        Ok(bytes.get(..left).unwrap_or(bytes))
    }

    fn consume(&mut self, amount: usize) {
        let mut position = self.position;
        // What is consumed has been filled before, so this reads nothing.
        let bytes = self.buffered().unwrap_or_default();
        let bytes = bytes.get(..amount).unwrap_or(bytes);
        position.pass(bytes, line_breaks(bytes));
        self.go_to(position);
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl fmt::Display for OverLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many bytes")
    }
}

impl std::error::Error for OverLimit {}
