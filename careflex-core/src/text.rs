//! The text type of the model.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod class;
mod piece;
mod short;

pub use class::is_plain;
pub use piece::Piece;

pub(crate) use class::are_graphic;
use class::{SUSPICIOUS, classes};
use short::Short;

/// Text as the portal takes it: trimmed at both ends, never empty, and only characters that XML 1.0
/// can carry (so no control characters but tab, line feed and carriage return, no U+FFFE, no U+FFFF).
///
/// Lengths are checked by the [`Rules`](crate::Rules), not here. `Debug` shows the length and not the
/// text, because nearly every text of an incident is personal data.
///
/// ```
/// use careflex_core::{Text, TextError};
///
/// let name: Text = " Mustermann ".parse()?;
/// assert_eq!(name.as_str(), "Mustermann");
/// assert_eq!(format!("{name:?}"), "<10 characters>");
/// assert_eq!("  ".parse::<Text>(), Err(TextError::Empty));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(Repr);

/// Why a text cannot be taken. It holds the place, never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing is left after trimming.
    #[error("is empty")]
    Empty,
    /// A character that XML 1.0 cannot carry.
    #[error(
        "holds the character U+{code_point:04X} at position {position}, which the portal's formats cannot carry"
    )]
    Forbidden {
        /// Position of the character, counted in characters from 1.
        position: usize,
        /// The character's code point.
        code_point: u32,
    },
    /// White space inside a key that must not have any.
    #[error("holds white space at position {position}")]
    WhiteSpace {
        /// Position of the character, counted in characters from 1.
        position: usize,
    },
}

impl Text {
    /// Trims and checks a text.
    ///
    /// # Errors
    /// [`TextError::Empty`] and [`TextError::Forbidden`].
    #[inline]
    pub fn new(text: &str) -> Result<Self, TextError> {
        let text = trim(text);
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        let classes = classes(text.as_bytes());
        if classes & SUSPICIOUS != 0
            && let Some(error) = forbidden(text)
        {
            return Err(error);
        }
        Ok(Self::of(text, classes))
    }

    // Each kind is written where it is to stay: to bring both together first would take a detour through memory.
    #[inline(always)]
    fn of(text: &str, classes: u8) -> Self {
        if let Some(short) = Short::new(text, classes == 0) {
            return Self(Repr::Short(short));
        }
        Self::long(text)
    }

    #[cold]
    #[inline(never)]
    fn long(text: &str) -> Self {
        Self(Repr::Long(text.into()))
    }

    /// Like [`Text::new`], of a piece that is trimmed and not empty; what cannot be taken is noted.
    #[inline(always)]
    pub(crate) fn read(piece: Piece<'_>, is_doubtful: &mut bool) -> Self {
        if let Some(short) = Short::of_piece(piece, is_doubtful) {
            return Self(Repr::Short(short));
        }
        Self::read_apart(piece, is_doubtful)
    }

    /// The same where it is to be kept as an optional one.
    #[inline(always)]
    pub(crate) fn read_some(piece: Piece<'_>, is_doubtful: &mut bool) -> Option<Self> {
        if let Some(short) = Short::of_piece(piece, is_doubtful) {
            return Some(Self(Repr::Short(short)));
        }
        Some(Self::read_apart(piece, is_doubtful))
    }

    /// A text that is long, or near the end of what it is a piece of.
    #[inline(never)]
    fn read_apart(piece: Piece<'_>, is_doubtful: &mut bool) -> Self {
        let text = piece.as_str();
        let classes = classes(text.as_bytes());
        *is_doubtful |= classes & SUSPICIOUS != 0;
        Self::of(text, classes)
    }

    /// Like [`Text::new`], but an empty text is an absent one.
    ///
    /// # Errors
    /// [`TextError::Forbidden`].
    pub fn optional(text: &str) -> Result<Option<Self>, TextError> {
        match Self::new(text) {
            Ok(text) => Ok(Some(text)),
            Err(TextError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stands where a text is missing in what is thrown away.
    pub(crate) const STAND_IN: Self = Self(Repr::Short(Short::STAND_IN));

    /// A code of three letters, made at compile time.
    pub(crate) const fn code(code: &[u8; 3]) -> Self {
        Self(Repr::Short(Short::code(code)))
    }

    /// A code of our own, which needs no check.
    pub(crate) fn known(text: &str) -> Self {
        Self::of(text, classes(text.as_bytes()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // It was cut out of a text, so the check cannot fail; to leave it out would not be safe code.
            Repr::Short(short) => std::str::from_utf8(short.as_bytes()).unwrap_or_default(),
            Repr::Long(text) => text,
        }
    }

    /// The text as bytes of UTF-8. Cheaper than [`as_str`](Self::as_str) for short texts.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short(short) => short.as_bytes(),
            Repr::Long(text) => text.as_bytes(),
        }
    }

    /// Appends the text, if it is known that nothing in it has a meaning in JSON, XML or CSV with a
    /// usual separator (see [`is_plain`]). `false`: nothing is appended, and the text has to be looked through.
    ///
    /// For the encoders. What a text is made of is found out once, when it is made.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn put_plain(&self, out: &mut Vec<u8>) -> bool {
        match &self.0 {
            Repr::Short(short) if short.is_plain() => {
                // All places, used or not: a copy of known length is a few instructions, not a call.
                let (bytes, unused) = short.padded_bytes();
                out.extend_from_slice(bytes);
                out.truncate(out.len() - unused);
                true
            }
            _ => false,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Short(Short),
    Long(Box<str>),
}

/// A text without white space at its ends.
#[doc(hidden)]
#[must_use]
#[inline]
pub fn trim(text: &str) -> &str {
    if is_trimmed(text.as_bytes()) {
        text
    } else {
        text.trim()
    }
}

/// Whether a text surely has no white space at its ends, and is not empty. Nearly all have none, and that is seen
/// from a few bytes: the white space beyond ASCII begins with others than 0xC3 to 0xDF, which begin characters of two
/// bytes.
#[doc(hidden)]
#[must_use]
#[inline]
pub fn is_trimmed(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'!'..=b'~' | 0xC3..=0xDF))
        && matches!(text, [.., b'!'..=b'~'] | [.., 0xC3..=0xDF, _])
}

/// The first character that XML 1.0 cannot carry.
#[cold]
fn forbidden(text: &str) -> Option<TextError> {
    text.chars()
        .zip(1..)
        .find(|(character, _)| !is_xml_character(*character))
        .map(|(character, position)| TextError::Forbidden {
            position,
            code_point: u32::from(character),
        })
}

/// The text that bytes begin with: all of them, or up to the first one that is no UTF-8. A character that is cut
/// in two at the end is none.
#[doc(hidden)]
#[must_use]
pub fn valid_begin(bytes: &[u8]) -> &str {
    simdutf8::compat::from_utf8(bytes).unwrap_or_else(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        simdutf8::compat::from_utf8(valid).unwrap_or_default()
    })
}

/// Whether XML 1.0 can carry a character.
#[must_use]
pub const fn is_xml_character(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Makes a text of the portal fit for terminals and logs, where control characters do harm.
#[must_use]
pub fn printable(text: String) -> String {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ")
    } else {
        text
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    /// By code points, like texts of the standard library.
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl FromStr for Text {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Text {
    type Error = TextError;

    fn try_from(text: &str) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(&text)
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} characters>", self.as_str().chars().count())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl serde::de::Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text that is not empty")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text, E> {
        Text::new(text).map_err(E::custom)
    }
}

/// Stands for a value in `Debug` output that shows only that it is there.
#[derive(Clone, Copy)]
pub struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn trims_and_keeps_inner_white_space() {
        assert_eq!(Text::new("\t a \n b\u{a0}").unwrap().as_str(), "a \n b");
        assert_eq!(Text::optional("  "), Ok(None));
    }

    #[test]
    fn white_space_of_all_kinds_is_trimmed() {
        for character in '\0'..=char::MAX {
            for text in [
                format!("{character}"),
                format!("{character}a"),
                format!("a{character}"),
                format!("{character}ä"),
                format!("ä{character}"),
            ] {
                assert_eq!(trim(&text), text.trim(), "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn pieces_and_texts_of_their_own_become_the_same(
            text in "([a-zA-Zäß0-9 .-]|[\u{0}-\u{2F};<>|\\\u{7F}\u{F000}\u{FFFE}\u{FFFF}Ａ€]){1,40}",
            behind in "[\u{0}-\u{2F}äß€]{0,40}",
        ) {
            let text = text.trim();
            prop_assume!(!text.is_empty());
            let whole = format!("{text}{behind}");
            let piece = Piece::new(&whole, 0..text.len()).unwrap();
            let mut is_doubtful = false;
            let read = Text::read(piece, &mut is_doubtful);
            prop_assert_eq!(read.as_str(), text);
            match Text::new(text) {
                // Equal texts are equal in all that they are kept with.
                Ok(new) => prop_assert!(new == read),
                Err(_) => prop_assert!(is_doubtful),
            }
            let mut plain = Vec::new();
            if read.put_plain(&mut plain) {
                prop_assert_eq!(&plain, text.as_bytes());
                prop_assert!(plain.iter().all(|byte| is_plain(*byte)));
            }
            let cut = Piece::new(&whole, 1..whole.len());
            prop_assert_eq!(cut.is_some(), whole.is_char_boundary(1));
        }
    }

    #[test]
    fn refuses_what_xml_cannot_carry() {
        for (text, position, code_point) in [
            ("a\u{0}", 2, 0),
            ("\u{7}", 1, 7),
            ("ä\u{1b}x", 2, 0x1b),
            ("ab\u{FFFE}", 3, 0xFFFE),
            ("\u{FFFF}", 1, 0xFFFF),
        ] {
            assert_eq!(
                Text::new(text),
                Err(TextError::Forbidden {
                    position,
                    code_point
                })
            );
        }
        assert!(Text::new("\u{FFFD}\u{F000}\u{10000}a\tb\r\nc").is_ok());
    }
}
