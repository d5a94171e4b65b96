//! The values of a record, wherever they stand.

use careflex_core::codec::{Piece, trim};

use super::Flaw;
use crate::separator::Separator;

/// The values of a record, each of which is a part of a text.
#[derive(Clone, Copy)]
pub(in super::super) struct Values<'a> {
    pub(super) text: &'a str,
    pub(super) places: &'a [Place],
    pub(super) separator: Separator,
    pub(super) lines: (u64, u64),
    pub(super) flaw: Option<Flaw>,
}

/// Where a value begins and ends.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) begin: usize,
    pub(super) end: usize,
}

impl<'a> Values<'a> {
    /// What separates them in the file.
    pub(in super::super) fn separator(&self) -> Separator {
        self.separator
    }

    /// The line on which the record begins, from 1.
    pub(in super::super) fn line(&self) -> u64 {
        self.lines.0
    }

    /// The lines on which the record begins and ends.
    pub(in super::super) fn lines(&self) -> (u64, u64) {
        self.lines
    }

    /// What is wrong with the record. Its values are not to be used then.
    pub(in super::super) fn flaw(&self) -> Option<Flaw> {
        self.flaw
    }

    /// How many there are.
    pub(in super::super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The value in a place.
    #[inline]
    pub(in super::super) fn get(&self, place: usize) -> Option<&'a str> {
        let Place { begin, end } = *self.places.get(place)?;
        if begin == end {
            return Some("");
        }
        self.text.get(begin..end)
    }

    /// Whether nothing stands in a place.
    #[inline(always)]
    pub(in super::super) fn is_empty(&self, place: usize) -> bool {
        let place = self.places.get(place).copied().unwrap_or_default();
        place.begin == place.end
    }

    /// The same as a piece of the file; `None` if it is empty.
    #[inline(always)]
    pub(in super::super) fn piece(&self, place: usize) -> Option<Piece<'a>> {
        let Place { begin, end } = *self.places.get(place)?;
        if begin == end {
            return None;
        }
        Piece::new(self.text, begin..end)
    }

    /// The values, from left to right.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = &'a str> {
        let text = self.text;
        let places = self.places.iter();
        places.map(move |place| text.get(place.begin..place.end).unwrap_or_default())
    }

    /// Whether nothing stands in any of them.
    pub(in super::super) fn are_blank(&self) -> bool {
        self.iter().all(|value| trim(value).is_empty())
    }
}
