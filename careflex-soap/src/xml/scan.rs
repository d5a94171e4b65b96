//! Reads elements that are written in the regular way: tags as expected, without prefixes and attributes, between
//! them nothing but white space. Says no wherever it is not sure; the cursor knows all that XML may be.

use std::borrow::Cow;

use careflex_core::is_xml_character;

use super::well_formed;

/// A text from which pieces are taken at its begin.
pub(super) struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// What has not been taken.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
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
        let text = self.text()?;
        self.expect(end_tag)?;
        Some(text)
    }

    /// Takes white space. Mostly there is none, or a line break with blanks behind it.
    #[inline(always)]
    pub(super) fn skip_white_space(&mut self) {
        if self.rest.as_bytes().first() != Some(&b'<') {
            self.rest = behind_white_space(self.rest);
        }
    }

    /// Takes a text up to the next tag.
    #[inline(never)]
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let at = find_stop(self.rest.as_bytes())?;
        match self.rest.as_bytes().get(at)? {
            b'<' => {
                let (text, rest) = self.rest.split_at_checked(at)?;
                self.rest = rest;
                Some(Cow::Borrowed(trim(text)))
            }
            b'\n' if at == 0 => {
                self.skip_white_space();
                self.text_in_lines()
            }
            b'\n' => self.text_in_lines(),
            _ => self.odd_text(),
        }
    }

    /// A text with line breaks around it, as the portal writes them.
    fn text_in_lines(&mut self) -> Option<Cow<'a, str>> {
        let at = find_stop(self.rest.as_bytes())?;
        let (text, rest) = self.rest.split_at_checked(at)?;
        let behind = behind_white_space(rest);
        if behind.starts_with('<') {
            self.rest = behind;
            return Some(Cow::Borrowed(trim(text)));
        }
        self.odd_text()
    }

    /// A text with references, or with characters that are seldom.
    #[cold]
    fn odd_text(&mut self) -> Option<Cow<'a, str>> {
        let at = self.rest.find('<')?;
        let (text, rest) = self.rest.split_at_checked(at)?;
        self.rest = rest;
        // A carriage return would have to become a line feed.
        let is_odd = |character: char| character == '\r' || !is_xml_character(character);
        if text.contains(is_odd) || text.contains("]]>") {
            return None;
        }
        let mut pieces = text.split('&');
        let first = pieces.next()?;
        if first.len() == text.len() {
            return Some(Cow::Borrowed(trim(text)));
        }
        let mut resolved = String::with_capacity(text.len());
        resolved.push_str(first);
        for piece in pieces {
            let (name, behind) = piece.split_once(';')?;
            resolved.push(well_formed::reference(name).ok()?);
            resolved.push_str(behind);
        }
        let trimmed = trim(&resolved);
        if trimmed.len() < resolved.len() {
            resolved = trimmed.to_owned();
        }
        Some(Cow::Owned(resolved))
    }
}

/// Most texts have nothing to trim, and that is seen from their first and last byte.
#[inline(always)]
fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

const EACH: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = EACH << 7;

/// What stands behind the white space, eight bytes at a time.
#[inline]
fn behind_white_space(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut at = match bytes {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    };
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let other = u64::from_le_bytes(*eight) ^ (EACH * u64::from(b' '));
        if other != 0 {
            at += other.trailing_zeros() as usize / 8;
            break;
        }
        at += 8;
    }
    match text.split_at_checked(at) {
        Some((_, rest)) if rest.starts_with('<') => rest,
        _ => text.trim_start_matches(well_formed::is_white_space),
    }
}

/// The place of the first byte that ends a text, or that has to be looked at: `<` and `&`, `]` for its part in
/// `]]>`, control characters, and the begin of U+FFFE and its like. `None` near the end of what there is.
#[inline(always)]
fn find_stop(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let eight = text.get(at..)?.first_chunk()?;
        let word = u64::from_le_bytes(*eight);
        let equal = |byte: u8| {
            let difference = word ^ (EACH * u64::from(byte));
            difference.wrapping_sub(EACH) & !difference
        };
        let control = word.wrapping_sub(EACH * 0x20) & !word;
        // The highest bit of each such byte. The lowest of these bits is right, those above it may be wrong.
        let stops = (equal(b'<') | equal(b'&') | equal(b']') | equal(0xEF) | control) & HIGHEST;
        if stops != 0 {
            return Some(at + stops.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
}
