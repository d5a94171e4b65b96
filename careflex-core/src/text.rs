//! The text type of the model.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Box<str>);

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
    pub fn new(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        match forbidden(text) {
            Some(error) => Err(error),
            None => Ok(Self(text.into())),
        }
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

    /// A code of our own, which needs no check.
    pub(crate) fn known(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first character that XML 1.0 cannot carry.
fn forbidden(text: &str) -> Option<TextError> {
    // Control characters are single bytes below 0x20; U+FFFE and U+FFFF begin with 0xEF 0xBF 0xBE/BF.
    let suspicious = |byte: u8| byte < 0x20 || byte == 0xEF;
    if !text.bytes().any(suspicious) {
        return None;
    }
    text.chars()
        .zip(1..)
        .find(|(character, _)| !is_xml_character(*character))
        .map(|(character, position)| TextError::Forbidden {
            position,
            code_point: u32::from(character),
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
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} characters>", self.0.chars().count())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
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
    use super::*;

    #[test]
    fn trims_and_keeps_inner_white_space() {
        assert_eq!(Text::new("\t a \n b\u{a0}").unwrap().as_str(), "a \n b");
        assert_eq!(Text::optional("  "), Ok(None));
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
