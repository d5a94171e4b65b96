//! The type of an incident.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::{Text, TextError};

/// What happened to an employee. `NEW`, `RST`, `WIK` and `SDB` are documented; the official list is
/// not public, so the type is open and an unknown code is kept as it is.
///
/// The German readings are ours, not official.
///
/// ```
/// use careflex_core::IncidentKind;
///
/// assert_eq!("NEU".parse(), Ok(IncidentKind::New));
/// assert_eq!(IncidentKind::New.code(), "NEW");
/// let unknown: IncidentKind = "XYZ".parse().unwrap();
/// assert_eq!(unknown.code(), "XYZ");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Text", into = "Text")]
#[non_exhaustive]
pub enum IncidentKind {
    /// `NEW`, also read as `NEU`: registration (Neuanmeldung). Every employee's first incident
    /// (documented).
    New,
    /// `RST`: the contract rests (Ruhendstellung).
    Rst,
    /// `WIK`: the contract is in force again (Wiederinkraftsetzung).
    Wik,
    /// `SDB`: master data changed (Stammdatenberichtigung).
    Sdb,
    /// Any other code.
    Other(Text),
}

/// How [`IncidentKind::New`] is written: the documented messages say `NEW`, the German original very
/// likely says `NEU`. `NEW` by default (our decision), a setting of the [`Rules`](crate::Rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NewCode {
    /// `NEW`
    #[default]
    New,
    /// `NEU`
    Neu,
}

impl NewCode {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Neu => "NEU",
        }
    }
}

impl IncidentKind {
    /// The code of three letters; `NEW` for [`IncidentKind::New`].
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::New => "NEW",
            Self::Rst => "RST",
            Self::Wik => "WIK",
            Self::Sdb => "SDB",
            Self::Other(code) => code,
        }
    }

    /// The known kind of a code.
    pub(crate) fn known(code: &str) -> Option<Self> {
        Self::known_with_text(code).map(|(kind, _)| kind)
    }

    /// The same, with the code as a text that is ready-made.
    #[inline]
    pub(crate) fn known_with_text(code: &str) -> Option<(Self, Text)> {
        match code {
            "NEW" => Some((Self::New, const { Text::code(b"NEW") })),
            "NEU" => Some((Self::New, const { Text::code(b"NEU") })),
            "RST" => Some((Self::Rst, const { Text::code(b"RST") })),
            "WIK" => Some((Self::Wik, const { Text::code(b"WIK") })),
            "SDB" => Some((Self::Sdb, const { Text::code(b"SDB") })),
            _ => None,
        }
    }
}

impl From<Text> for IncidentKind {
    fn from(code: Text) -> Self {
        Self::known(&code).unwrap_or(Self::Other(code))
    }
}

impl From<IncidentKind> for Text {
    fn from(kind: IncidentKind) -> Text {
        match kind {
            IncidentKind::Other(code) => code,
            // The known codes are texts by construction.
            known => Text::known(known.code()),
        }
    }
}

impl FromStr for IncidentKind {
    type Err = TextError;

    fn from_str(code: &str) -> Result<Self, TextError> {
        Text::new(code).map(Self::from)
    }
}

impl fmt::Display for IncidentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Unknown codes are hidden: a mixed-up column may have put a name there.
impl fmt::Debug for IncidentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(code) => write!(f, "Other({code:?})"),
            known => f.write_str(known.code()),
        }
    }
}
