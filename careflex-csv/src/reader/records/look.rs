//! Tells whether a record is regular, and where its values are, from its special bytes alone.

use super::is_break;
use super::specials::Specials;
use super::values::Place;

/// Looks at the record that begins here, and notes where its values are. Each must find a place, and no place may be
/// left.
#[inline]
pub(super) fn look(
    text: &[u8],
    separator: u8,
    mut begin: usize,
    mut specials: Specials<'_>,
    places: &mut [Place],
) -> Result<Regular, Doubt> {
    let mut regular = Regular::default();
    let mut places = places.iter_mut();
    while let Some(place) = places.next() {
        let mut end = specials.next().ok_or(Doubt::Cut)?;
        *place = Place { begin, end };
        let mut special = text.get(end);
        if special == Some(&b'"') {
            if end != begin {
                return Err(Doubt::Irregular);
            }
            let quoted = Quoted::of(text, separator, specials)?;
            *place = Place {
                begin: begin + 1,
                end: quoted.closing,
            };
            regular.has_breaks |= quoted.has_breaks;
            regular.has_doubled |= quoted.has_doubled;
            specials = quoted.specials;
            end = quoted.closing + 1;
            special = text.get(end);
        }
        begin = end + 1;
        if special != Some(&separator) {
            // A line break.
            let is_return = special == Some(&b'\r');
            let has_feed = is_return && text.get(begin) == Some(&b'\n');
            regular.end = end;
            regular.next = begin + usize::from(has_feed);
            regular.ends_in_return = is_return && !has_feed;
            let is_whole = places.len() == 0;
            return is_whole.then_some(regular).ok_or(Doubt::Irregular);
        }
    }
    Err(Doubt::Irregular)
}

/// A regular record, apart from the places of its values.
#[derive(Default)]
pub(super) struct Regular {
    /// Where its line break is, and where the next record begins.
    pub(super) end: usize,
    pub(super) next: usize,
    /// Its line break is a carriage return alone, as far as is to be seen.
    pub(super) ends_in_return: bool,
    /// A value has line breaks in it.
    pub(super) has_breaks: bool,
    /// A value has doubled quotation marks in it.
    pub(super) has_doubled: bool,
}

/// Why a record is left to the state machine.
pub(super) enum Doubt {
    Irregular,
    /// Its end is not at hand.
    Cut,
}

/// A value in quotation marks.
struct Quoted<'a> {
    /// Where the quotation mark stands that closes it: one with a separator or a line break behind it.
    closing: usize,
    has_breaks: bool,
    has_doubled: bool,
    /// What comes behind that separator or line break.
    specials: Specials<'a>,
}

impl<'a> Quoted<'a> {
    /// The value whose first quotation mark was the last special byte. What comes is taken and given back, and not
    /// borrowed: so it stays in registers where nothing is in quotation marks.
    #[inline(never)]
    fn of(text: &[u8], separator: u8, mut specials: Specials<'a>) -> Result<Self, Doubt> {
        let (mut has_breaks, mut has_doubled) = (false, false);
        loop {
            let closing = specials.next().ok_or(Doubt::Cut)?;
            let special = *text.get(closing).ok_or(Doubt::Cut)?;
            if special != b'"' {
                has_breaks |= is_break(special);
                continue;
            }
            let behind = *text.get(closing + 1).ok_or(Doubt::Cut)?;
            let ends = behind == separator || is_break(behind);
            if !ends && behind != b'"' {
                return Err(Doubt::Irregular);
            }
            // What stands behind is special too.
            specials.next();
            if ends {
                return Ok(Self {
                    closing,
                    has_breaks,
                    has_doubled,
                    specials,
                });
            }
            has_doubled = true;
        }
    }
}
