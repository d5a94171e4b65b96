//! Pieces of longer texts.

use std::ops::Range;

use super::is_trimmed;

/// A piece of a longer text, together with what stands behind it there. With that at hand it can be copied without
/// regard to its length, which is faster.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// From the begin of the piece to the end of the longer text.
    rest: &'a str,
    length: usize,
}

impl<'a> Piece<'a> {
    /// A piece of a text; `None` if it does not begin and end between characters.
    #[must_use]
    #[inline(always)]
    pub fn new(text: &'a str, place: Range<usize>) -> Option<Self> {
        let rest = text.get(place.start..)?;
        let length = place.end.checked_sub(place.start)?;
        rest.is_char_boundary(length)
            .then_some(Self { rest, length })
    }

    /// Without white space at its ends.
    #[must_use]
    #[inline(always)]
    pub fn trimmed(self) -> Self {
        let text = self.as_str();
        if is_trimmed(text.as_bytes()) {
            self
        } else {
            Self::from(text.trim())
        }
    }

    /// The piece itself.
    #[must_use]
    #[inline(always)]
    pub fn as_str(self) -> &'a str {
        self.rest.get(..self.length).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn as_bytes(self) -> &'a [u8] {
        self.as_str().as_bytes()
    }

    /// The piece, and what stands behind it.
    #[inline(always)]
    pub(crate) fn rest(self) -> &'a str {
        self.rest
    }

    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.length
    }
}

impl<'a> From<&'a str> for Piece<'a> {
    #[inline(always)]
    fn from(text: &'a str) -> Self {
        Self {
            rest: text,
            length: text.len(),
        }
    }
}
