//! Reads elements that are written in the regular way: tags as expected, without prefixes and attributes, between
//! them nothing but white space. Says no wherever it is not sure; the cursor knows all that XML may be.

use std::borrow::Cow;

use careflex_core::codec::{Piece, trim};
use careflex_core::{Draft, Field, is_xml_character};

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

    /// Takes a tag, if it comes next.
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

    /// Takes the start tag of an element that holds elements, if it comes next, and the white space behind it.
    #[inline(always)]
    pub(super) fn enters(&mut self, tag: &str) -> bool {
        let enters = self.takes(tag);
        if enters {
            self.skip_white_space();
        }
        enters
    }

    /// Takes an end tag, which must come next, and nothing behind it.
    #[inline(always)]
    pub(super) fn leaves(&mut self, tag: &str) -> Option<()> {
        self.takes(tag).then_some(())
    }

    /// Takes a tag, which must come next, and the white space behind it.
    #[inline(always)]
    pub(super) fn expect(&mut self, tag: &str) -> Option<()> {
        self.enters(tag).then_some(())
    }

    /// Takes the text of an element whose start tag was taken, trimmed, and the end tag, and the white space behind
    /// it.
    #[inline(always)]
    pub(super) fn value(&mut self, end_tag: &str) -> Option<Cow<'a, str>> {
        match self.plain_value(end_tag) {
            Some(text) => Some(Cow::Borrowed(text.as_str())),
            None => self.odd_value(end_tag),
        }
    }

    /// The same for a text that may have line breaks around it.
    #[inline(always)]
    pub(super) fn value_in_lines(&mut self, end_tag: &str) -> Option<Cow<'a, str>> {
        self.skip_white_space();
        let (text, rest) = self.rest.split_at_checked(stop(self.rest.as_bytes()))?;
        let mut behind = Self { rest, ..*self };
        behind.skip_white_space();
        if behind.enters(end_tag) {
            *self = behind;
            return Some(Cow::Borrowed(trim(text)));
        }
        self.odd_value(end_tag)
    }

    /// Takes the value of a field of an incident, in the same way.
    #[inline(always)]
    pub(super) fn field(
        &mut self,
        draft: &mut Draft<'a>,
        field: Field,
        end_tag: &str,
    ) -> Option<()> {
        // Two ways, so that the usual one is compiled for plain texts.
        match self.plain_value(end_tag) {
            Some(text) => draft.set_piece(field, text),
            None => self.odd_field(draft, field, end_tag)?,
        }
        Some(())
    }

    #[inline(never)]
    fn odd_field(&mut self, draft: &mut Draft<'a>, field: Field, end_tag: &str) -> Option<()> {
        draft.set(field, self.odd_value(end_tag)?);
        Some(())
    }

    /// A value in which there is nothing to be looked at. `None`: it is left where it is.
    #[inline(always)]
    fn plain_value(&mut self, end_tag: &str) -> Option<Piece<'a>> {
        let length = stop(self.rest.as_bytes());
        let text = Piece::new(self.rest, 0..length)?;
        self.rest = self.rest.get(length..)?.strip_prefix(end_tag)?;
        self.skip_white_space();
        Some(text.trimmed())
    }

    /// Takes white space. Mostly there is none, or a line break.
    #[inline(always)]
    pub(super) fn skip_white_space(&mut self) {
        match self.rest.as_bytes() {
            [b'<', ..] => {}
            [b'\n', b'<', ..] => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                self.line_breaks += 1;
            }
            _ => self.skip_some_white_space(),
        }
    }

    /// Mostly it is a line break, with blanks behind it or without.
    #[inline(never)]
    fn skip_some_white_space(&mut self) {
        let line_break = self.rest.strip_prefix('\n');
        if let Some(behind) = line_break.or_else(|| self.rest.strip_prefix("\r\n")) {
            let behind = match behind.as_bytes() {
                [b'<', ..] => behind,
                _ => behind_blanks(behind),
            };
            if behind.starts_with('<') {
                self.rest = behind;
                self.line_breaks += 1;
                return;
            }
        }
        self.take_up_to(self.rest.trim_start_matches(is_white_space));
    }

    /// A value with line breaks around it, as the portal writes them, or with references in it, or characters that
    /// are seldom.
    #[inline(never)]
    fn odd_value(&mut self, end_tag: &str) -> Option<Cow<'a, str>> {
        let text = self.odd_text()?;
        self.expect(end_tag)?;
        Some(text)
    }

    fn odd_text(&mut self) -> Option<Cow<'a, str>> {
        self.skip_white_space();
        let whole = self.rest;
        let (text, rest) = whole.split_at_checked(stop(whole.as_bytes()))?;
        self.rest = rest;
        self.skip_white_space();
        if self.rest.starts_with('<') {
            return Some(Cow::Borrowed(trim(text)));
        }
        let (text, rest) = whole.split_at_checked(whole.find('<')?)?;
        // From where its line breaks have been counted.
        self.take_up_to(rest);
        let text = resolved(text)?;
        let trimmed = trim(&text);
        if trimmed.len() < text.len() {
            return Some(Cow::Owned(trimmed.to_owned()));
        }
        Some(Cow::Owned(text))
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

/// A text with all its references resolved. `None` if something in it has to be changed, or must not be there.
#[inline(never)]
fn resolved(text: &str) -> Option<String> {
    let may_be_odd = |byte| byte < 0x20 || byte == b']' || byte == 0xEF;
    // A carriage return would have to become a line feed.
    let is_odd = |character: char| character == '\r' || !is_xml_character(character);
    let mut resolved = String::with_capacity(text.len());
    let mut pieces = text.split('&');
    let mut piece = pieces.next()?;
    loop {
        if piece.bytes().any(may_be_odd) && (piece.contains(is_odd) || piece.contains("]]>")) {
            return None;
        }
        resolved.push_str(piece);
        let Some(next) = pieces.next() else {
            return Some(resolved);
        };
        let (name, behind) = next.split_once(';')?;
        resolved.push(well_formed::reference(name).ok()?);
        piece = behind;
    }
}

/// Eight at a time; so near the end, some may be left.
#[inline(always)]
fn behind_blanks(text: &str) -> &str {
    let mut rest = text;
    while let Some(eight) = rest.as_bytes().first_chunk() {
        let other = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([b' '; 8]);
        // 64 zeros are eight blanks.
        rest = rest
            .get(other.trailing_zeros() as usize / 8..)
            .unwrap_or(rest);
        if other != 0 {
            break;
        }
    }
    rest
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
