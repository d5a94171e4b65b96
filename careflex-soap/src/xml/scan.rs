//! Reads elements that are written in the regular way: tags as expected, without prefixes and attributes, between
//! them nothing but white space. Says no wherever it is not sure; the cursor knows all that XML may be.

use std::borrow::Cow;

use careflex_core::is_xml_character;

use super::well_formed::{self, is_white_space};

/// A text from which pieces are taken at its begin.
pub(super) struct Scan<'a> {
    rest: &'a str,
    line_breaks: u64,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            line_breaks: 0,
        }
    }

    /// What has not been taken.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    /// How many line breaks have been taken.
    pub(super) fn line_breaks(&self) -> u64 {
        self.line_breaks
    }

    /// Takes a start tag, if it comes next.
    #[inline(always)]
    pub(super) fn takes(&mut self, tag: &str) -> bool {
        match self.rest.strip_prefix(tag) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes the start tag of an element that holds elements, if it comes next.
    #[inline(always)]
    pub(super) fn enters(&mut self, tag: &str) -> bool {
        let enters = self.takes(tag);
        if enters {
            self.skip_white_space();
        }
        enters
    }

    /// Takes a tag, which must come next.
    #[inline(always)]
    pub(super) fn expect(&mut self, tag: &str) -> Option<()> {
        self.enters(tag).then_some(())
    }

    /// Takes the text of an element whose start tag was taken, trimmed, and the end tag.
    #[inline(always)]
    pub(super) fn value(&mut self, end_tag: &str) -> Option<Cow<'a, str>> {
        let (text, rest) = self.rest.split_at_checked(stop(self.rest.as_bytes()))?;
        if let Some(rest) = rest.strip_prefix(end_tag) {
            self.rest = rest;
            self.skip_white_space();
            return Some(Cow::Borrowed(trim(text)));
        }
        let text = self.odd_text()?;
        self.expect(end_tag)?;
        Some(text)
    }

    /// Takes white space. Mostly there is none.
    #[inline(always)]
    pub(super) fn skip_white_space(&mut self) {
        if self.rest.as_bytes().first() != Some(&b'<') {
            self.skip_some_white_space();
        }
    }

    /// Mostly it is a line break with blanks behind it.
    #[inline(never)]
    fn skip_some_white_space(&mut self) {
        let behind = self.rest.strip_prefix('\n').and_then(behind_blanks);
        if let Some(behind) = behind.filter(|behind| behind.starts_with('<')) {
            self.rest = behind;
            self.line_breaks += 1;
        } else {
            let behind = self.rest.trim_start_matches(is_white_space);
            self.take_up_to(behind);
        }
    }

    /// Takes a text up to the next tag that has line breaks around it, as the portal writes them, or references in
    /// it, or characters that are seldom.
    fn odd_text(&mut self) -> Option<Cow<'a, str>> {
        if let Some(text) = self.text_in_lines() {
            return Some(text);
        }
        let (text, rest) = self.rest.split_at_checked(self.rest.find('<')?)?;
        self.take_up_to(rest);
        // A carriage return would have to become a line feed.
        let is_odd = |character: char| character == '\r' || !is_xml_character(character);
        if text.contains(is_odd) || text.contains("]]>") {
            return None;
        }
        if !text.contains('&') {
            return Some(Cow::Borrowed(trim(text)));
        }
        let resolved = resolved(text)?;
        let trimmed = trim(&resolved);
        if trimmed.len() < resolved.len() {
            return Some(Cow::Owned(trimmed.to_owned()));
        }
        Some(Cow::Owned(resolved))
    }

    fn text_in_lines(&mut self) -> Option<Cow<'a, str>> {
        let begin = self.rest.strip_prefix('\n')?;
        let (text, rest) = begin.split_at_checked(stop(begin.as_bytes()))?;
        let behind = rest.trim_start_matches(is_white_space);
        if !behind.starts_with('<') {
            return None;
        }
        self.take_up_to(behind);
        Some(Cow::Borrowed(trim(text)))
    }

    fn take_up_to(&mut self, rest: &'a str) {
        let taken = self
            .rest
            .as_bytes()
            .iter()
            .take(self.rest.len() - rest.len());
        self.line_breaks += taken.filter(|byte| **byte == b'\n').count() as u64;
        self.rest = rest;
    }
}

/// A text with all its references resolved.
#[cold]
fn resolved(text: &str) -> Option<String> {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        let (name, behind) = reference.split_once(';')?;
        resolved.push_str(before);
        resolved.push(well_formed::reference(name).ok()?);
        rest = behind;
    }
    resolved.push_str(rest);
    Some(resolved)
}

/// Most texts have nothing to trim, and that is seen from their first and last byte.
#[inline(always)]
fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// `None` near the end of what there is.
#[inline(always)]
fn behind_blanks(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let eight = rest.as_bytes().first_chunk()?;
        let other = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([b' '; 8]);
        // 64 zeros are eight blanks.
        rest = rest.get(other.trailing_zeros() as usize / 8..)?;
        if other != 0 {
            return Some(rest);
        }
    }
}

/// How many bytes are looked at together.
const BLOCK: usize = 16;

/// The place of the first byte that ends a text, or that has to be looked at: `<` and `&`, `]` for its part in
/// `]]>`, control characters, and the begin of U+FFFE and its like. Beyond the end where there is none; and near
/// the end, where no text ends that matters.
#[inline(never)]
fn stop(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        // Written so that compilers do it with all bytes at once.
        let mut marks = [0; BLOCK];
        for (mark, byte) in marks.iter_mut().zip(*block) {
            // Zero where it is one of them. A control character has none of these bits.
            let markup = (byte ^ b'<').min(byte ^ b'&').min(byte ^ b']');
            *mark = u8::from(markup.min(byte ^ 0xEF).min(byte & 0xE0) == 0);
        }
        let marks = u128::from_le_bytes(marks);
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += BLOCK;
    }
    usize::MAX
}
