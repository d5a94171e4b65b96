//! A JSON text that is being read.

use std::borrow::Cow;

use careflex_core::codec::Piece;

use super::special::{clean_part, first_special};

/// Longer than each name and value that is not a text, with the signs around them.
const LONGEST_TOKEN: usize = 64;

/// What is still to be read.
#[derive(Clone, Copy)]
pub(in crate::json) struct Input<'a> {
    rest: &'a str,
    /// How many bytes there were.
    whole: usize,
    lines: u64,
}

impl<'a> Input<'a> {
    pub(in crate::json) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            whole: text.len(),
            lines: 0,
        }
    }

    /// How many bytes are still to be read.
    pub(in crate::json) fn length(&self) -> usize {
        self.rest.len()
    }

    /// How many bytes have been read.
    pub(in crate::json) fn taken(&self) -> usize {
        self.whole - self.rest.len()
    }

    /// How many lines have ended. JSON has line breaks between its tokens only.
    pub(in crate::json) fn lines(&self) -> u64 {
        self.lines
    }

    /// Whether it may be the end of the text that keeps a row from being read any further. What can follow has
    /// a closing brace at the latest.
    pub(in crate::json) fn is_cut_off(&self) -> bool {
        self.rest.len() < LONGEST_TOKEN && !self.rest.contains('}')
    }

    /// Takes a literal if it comes next.
    #[inline(always)]
    pub(super) fn take(&mut self, literal: &'static str) -> bool {
        match self.rest.strip_prefix(literal) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a text up to and with its closing quotation mark; the opening one is taken already.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Option<Cow<'a, str>> {
        match self.clean_text() {
            Some(text) => Some(Cow::Borrowed(text.as_str())),
            None => self.escaped_text().map(Cow::Owned),
        }
    }

    /// The same for a text without escapes; of others nothing is taken.
    #[inline(always)]
    pub(super) fn clean_text(&mut self) -> Option<Piece<'a>> {
        let mut start = 0;
        let length = loop {
            let Some(word) = self.rest.as_bytes().get(start..)?.first_chunk() else {
                break self.clean_length();
            };
            if let Some(place) = first_special(*word) {
                break start + place;
            }
            start += word.len();
        };
        let text = Piece::new(self.rest, 0..length)?;
        self.rest = self.rest.get(length..)?.strip_prefix('"')?;
        Some(text)
    }

    /// The same for a text with escapes, or that is none.
    #[cold]
    pub(super) fn escaped_text(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let (clean, special) = self.rest.split_at_checked(self.clean_length())?;
            text.push_str(clean);
            self.rest = special;
            if self.take("\"") {
                return Some(text);
            }
            let (character, rest) = unescape(special.strip_prefix('\\')?)?;
            text.push(character);
            self.rest = rest;
        }
    }

    #[cold]
    fn clean_length(&self) -> usize {
        clean_part(self.rest.as_bytes())
    }

    /// Takes a text with both its quotation marks.
    pub(super) fn quoted(&mut self) -> Option<Cow<'a, str>> {
        if self.take("\"") { self.text() } else { None }
    }

    /// Takes a whole number if one comes next.
    #[inline]
    pub(super) fn take_number(&mut self) -> Option<&'a str> {
        let (number, rest) = split_number(self.rest)?;
        self.rest = rest;
        Some(number)
    }

    /// Takes a name with its colon and the brace behind it, if they come next.
    #[inline(always)]
    pub(super) fn take_object(&mut self, name: &'static str) -> bool {
        let before = *self;
        let is_object = self.take(name) && {
            self.skip_white_space();
            self.take("{")
        };
        if !is_object {
            *self = before;
        }
        is_object
    }

    /// Takes a comma with the white space around it, behind a value.
    #[inline(always)]
    pub(in crate::json) fn take_comma(&mut self) -> bool {
        self.skip_white_space();
        let is_comma = self.take(",");
        if is_comma {
            self.skip_white_space();
        }
        is_comma
    }

    /// Takes a name with the colon behind it and white space around that.
    pub(super) fn take_name(&mut self, name: &str) -> bool {
        let behind = self.rest.strip_prefix('"');
        let behind = behind.and_then(|rest| rest.strip_prefix(name));
        let Some(rest) = behind.and_then(|rest| rest.strip_prefix('"')) else {
            return false;
        };
        let mut input = Self { rest, ..*self };
        input.skip_white_space();
        let is_name = input.take(":");
        if is_name {
            input.skip_white_space();
            *self = input;
        }
        is_name
    }

    #[inline(always)]
    pub(in crate::json) fn skip_white_space(&mut self) {
        if let Some(0..=b' ') = self.rest.as_bytes().first() {
            self.skip_some_white_space();
        }
    }

    fn skip_some_white_space(&mut self) {
        let text = self.rest.as_bytes();
        let mut length = 0;
        loop {
            match text.get(length) {
                Some(b'\n') => self.lines += 1,
                Some(b' ' | b'\t' | b'\r') => {}
                _ => break,
            }
            length += 1;
            // Behind a line break come blanks, by the dozen.
            length += text.get(length..).map_or(0, blanks);
        }
        self.rest = self.rest.get(length..).unwrap_or_default();
    }
}

/// How many blanks come first, of eight bytes.
fn blanks(text: &[u8]) -> usize {
    const BLANKS: u64 = u64::from_le_bytes([b' '; 8]);
    text.first_chunk().map_or(0, |word| {
        let others = u64::from_le_bytes(*word) ^ BLANKS;
        others.trailing_zeros() as usize / 8
    })
}

/// A whole number that is written as it would be as a text, and what comes behind it.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    // JSON knows no leading zeros. What is longer may be more than a number can hold.
    let is_regular = (1..=18).contains(&digits) && (digits == 1 || !number.starts_with('0'));
    // It may go on as a fraction.
    let ends = matches!(
        rest.as_bytes().first(),
        Some(b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r')
    );
    (is_regular && ends).then_some((number, rest))
}

/// What an escape means, and what comes behind it. None of surrogates: those are for the slow path.
fn unescape(text: &str) -> Option<(char, &str)> {
    let mut characters = text.chars();
    let character = match characters.next()? {
        same @ ('"' | '\\' | '/') => same,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let (digits, rest) = characters.as_str().split_at_checked(4)?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            return Some((character, rest));
        }
        _ => return None,
    };
    Some((character, characters.as_str()))
}
