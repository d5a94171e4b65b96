//! Cuts a stream of JSON into values without holding more than one of them. It looks at brackets and
//! quotation marks only; whether a value is right is for the parser to say.

use std::io::BufRead;

use careflex_core::ReadError;

use super::window::Window;

/// Deepest nesting of a value: an incident has three levels.
const MAX_DEPTH: usize = 64;
/// Largest value in bytes: an incident has a few hundred, and at most some thousands.
const MAX_VALUE: usize = 1 << 20;

pub(super) struct Scanner<R> {
    input: Window<R>,
    line: u64,
}

impl<R: BufRead> Scanner<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input: Window::new(input),
            line: 1,
        }
    }

    /// The line of the next byte, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// What has been read ahead.
    pub(super) fn text(&self) -> &str {
        self.input.text()
    }

    /// Reads ahead; `false` if there is nothing that could be.
    pub(super) fn read_ahead(&mut self) -> bool {
        self.input.grow()
    }

    /// Skips bytes that have been read ahead, with so many line breaks among them.
    pub(super) fn skip(&mut self, bytes: usize, lines: u64) {
        self.input.consume(bytes);
        self.line += lines;
    }

    pub(super) fn error(&self, message: impl Into<String>) -> ReadError {
        ReadError::new(self.line, message)
    }

    /// Skips a byte order mark of UTF-8 at the beginning; others are refused.
    pub(super) fn skip_byte_order_mark(&mut self) -> Result<(), ReadError> {
        // A buffer may hold less than a mark at first, so it is taken byte by byte.
        match self.peek()? {
            Some(0xEF) => {
                for byte in [0xEF, 0xBB, 0xBF] {
                    if self.next()? != Some(byte) {
                        return Err(ReadError::encoding(self.line, ReadError::NOT_UTF_8));
                    }
                }
                Ok(())
            }
            Some(0xFE | 0xFF) => Err(ReadError::encoding(None, ReadError::UTF_16)),
            _ => Ok(()),
        }
    }

    /// The next byte that is no white space.
    pub(super) fn peek_token(&mut self) -> Result<Option<u8>, ReadError> {
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(Some(byte));
            }
            self.next()?;
        }
        Ok(None)
    }

    pub(super) fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        let line = self.line;
        self.input
            .fill_buf()
            .map(|buffer| buffer.first().copied())
            .map_err(|error| ReadError::io(line, error))
    }

    pub(super) fn next(&mut self) -> Result<Option<u8>, ReadError> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.input.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    /// Appends the next value to `out`, white space before it skipped. Returns the line on which it
    /// begins.
    pub(super) fn take_value(&mut self, out: &mut Vec<u8>) -> Result<u64, ReadError> {
        let first = self.peek_token()?;
        let begin = self.line;
        let Some(first) = first else {
            return Err(self.cut_off(begin));
        };
        if !matches!(first, b'{' | b'[' | b'"') {
            self.take_bare(out)?;
            return Ok(begin);
        }
        let start = out.len();
        let mut depth = 0_usize;
        let mut in_text = false;
        let mut escaped = false;
        loop {
            let line = self.line;
            let buffer = self
                .input
                .fill_buf()
                .map_err(|error| ReadError::io(line, error))?;
            if buffer.is_empty() {
                return Err(self.cut_off(begin));
            }
            let mut used = 0;
            let mut lines = 0;
            let mut done = false;
            let mut too_deep = false;
            for &byte in buffer {
                used += 1;
                lines += u64::from(byte == b'\n');
                if in_text {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => in_text = false,
                        _ => {}
                    }
                } else {
                    match byte {
                        b'"' => in_text = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                }
                done = depth == 0 && !in_text;
                too_deep = depth > MAX_DEPTH;
                if done || too_deep {
                    break;
                }
            }
            out.extend_from_slice(buffer.get(..used).unwrap_or_default());
            self.input.consume(used);
            self.line += lines;
            if too_deep {
                return Err(self.error(format!(
                    "is nested deeper than {MAX_DEPTH} levels: this is no incident"
                )));
            }
            if out.len() - start > MAX_VALUE {
                return Err(ReadError::new(
                    begin,
                    format!("has a value of more than {MAX_VALUE} bytes: this is no incident"),
                ));
            }
            if done {
                return Ok(begin);
            }
        }
    }

    /// A number, `true`, `false`, `null`, or something that is no value at all.
    fn take_bare(&mut self, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let start = out.len();
        while let Some(byte) = self.peek()? {
            let ends = matches!(
                byte,
                b',' | b'}' | b']' | b'{' | b'[' | b'"' | b' ' | b'\t' | b'\n' | b'\r'
            );
            // Whatever it is, it takes at least one byte.
            if (ends && out.len() > start) || out.len() - start > MAX_DEPTH {
                break;
            }
            out.push(byte);
            self.next()?;
        }
        Ok(())
    }

    fn cut_off(&self, begin: u64) -> ReadError {
        ReadError::new(
            self.line,
            format!(
                "the file ends in the middle of a value that begins on line {begin}: is it complete?"
            ),
        )
    }
}
