//! The character between two values.

use std::fmt;
use std::str::FromStr;

/// The character between two values of a record. It must be the one that the company's administrator has set up
/// in the portal (documented), `;` is what the operator recommends.
///
/// ```
/// use careflex_csv::Separator;
///
/// assert_eq!(Separator::default().as_char(), ';');
/// let tab: Separator = "tab".parse()?;
/// assert_eq!(tab.as_char(), '\t');
/// assert!(Separator::new('"').is_err());
/// # Ok::<(), careflex_csv::SeparatorError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Separator(char);

/// Why a character cannot separate values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeparatorError {
    /// Not one character.
    #[error("must be one character, or `tab`")]
    NotOne,
    /// A character that has another meaning in a file, or that names and values consist of.
    #[error("must not be a letter, a digit, a quotation mark or a line break")]
    Unusable,
}

impl Separator {
    /// A separator of one's own.
    ///
    /// # Errors
    /// [`SeparatorError::Unusable`] for letters, digits, quotation marks, line breaks and the byte order mark.
    pub fn new(character: char) -> Result<Self, SeparatorError> {
        let is_taken = matches!(character, '"' | '\r' | '\n' | '\0' | '\u{FEFF}');
        if is_taken || character.is_alphanumeric() {
            return Err(SeparatorError::Unusable);
        }
        Ok(Self(character))
    }

    /// The character.
    #[must_use]
    pub const fn as_char(self) -> char {
        self.0
    }
}

impl Default for Separator {
    /// `;`
    fn default() -> Self {
        Self(';')
    }
}

impl FromStr for Separator {
    type Err = SeparatorError;

    /// Takes one character, or `tab` (also `\t`, as shells pass it on).
    fn from_str(text: &str) -> Result<Self, SeparatorError> {
        if matches!(text, "tab" | "\\t") {
            return Ok(Self('\t'));
        }
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Self::new(character),
            _ => Err(SeparatorError::NotOne),
        }
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            '\t' => f.write_str("tab"),
            other => write!(f, "{other}"),
        }
    }
}
