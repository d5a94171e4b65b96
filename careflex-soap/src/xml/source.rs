//! Bytes on their way into the parser: counted by lines, and never too many at a time.

use std::fmt;
use std::io::{self, BufRead, Read};

/// Lets so many bytes through until it is told to go on, so that nothing that a parser holds as one piece
/// (a text, a tag, a comment) can fill the memory.
pub(super) struct Source<R> {
    input: R,
    consumed: usize,
    line: u64,
    /// Bytes since the last line break.
    column: u64,
    left: usize,
}

/// The bytes that were allowed have been used up.
#[derive(Debug)]
pub(super) struct OverLimit;

impl<R: BufRead> Source<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            consumed: 0,
            line: 1,
            column: 0,
            left: 0,
        }
    }

    /// Lets so many bytes through from here on.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.left = bytes;
    }

    /// Line and column of the next byte, both from 1.
    pub(super) fn position(&self) -> (u64, u64) {
        (self.line, self.column + 1)
    }

    /// How many bytes have been used up.
    pub(super) fn consumed(&self) -> usize {
        self.consumed
    }

    /// The next byte, which is not used up.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let bytes = self.input.fill_buf()?;
        if self.left == 0 && !bytes.is_empty() {
            return Err(io::Error::other(OverLimit));
        }
        let allowed = bytes.len().min(self.left);
        Ok(bytes.get(..allowed).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed has been filled before, so this reads nothing.
        let bytes = self.input.fill_buf().unwrap_or_default();
        for byte in bytes.iter().take(amount) {
            self.column += 1;
            if *byte == b'\n' {
                self.line += 1;
                self.column = 0;
            }
        }
        self.consumed += amount;
        self.left = self.left.saturating_sub(amount);
        self.input.consume(amount);
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
