//! Keys and secrets, each a type of its own because a mix-up costs money.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::text::{Text, TextError, are_graphic};

/// The key of a legal entity, for example `09ce3580d84bf087`: names the company whose employees are
/// reported. Opaque (our decision): trimmed, not empty, no white space or control characters. Its
/// length is checked by the [`Rules`](crate::Rules).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Text", into = "Text")]
pub struct CareflexId(Text);

/// The company's own key of an employee. The "CareFlex employee ID" is given by the portal and never
/// entered (our decision). Hidden in `Debug`: it points to a person.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmployeeId(Text);

/// The company's own key of an incident: comes back in the portal's answer, and is what a person can
/// use to reconcile. Hidden in `Debug`: companies put personnel numbers into it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalId(Text);

/// The portal's key of an import (one request), a UUID in the documented answers.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportId(Text);

/// The portal's key of an incident, given to refused ones too; a UUID in the documented answers.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(Text);

impl CareflexId {
    /// Checks a key.
    ///
    /// # Errors
    /// Those of [`Text::new`], and [`TextError::WhiteSpace`].
    pub fn new(text: &str) -> Result<Self, TextError> {
        Self::try_from(Text::new(text)?)
    }
}

impl TryFrom<Text> for CareflexId {
    type Error = TextError;

    fn try_from(text: Text) -> Result<Self, TextError> {
        no_white_space(&text)?;
        Ok(Self(text))
    }
}

fn no_white_space(text: &Text) -> Result<(), TextError> {
    // Nearly all keys are ASCII.
    if are_graphic(text.as_bytes()) {
        return Ok(());
    }
    match text
        .chars()
        .zip(1..)
        .find(|(character, _)| character.is_whitespace() || character.is_control())
    {
        Some((_, position)) => Err(TextError::WhiteSpace { position }),
        None => Ok(()),
    }
}

macro_rules! key {
    ($name:ident, $debug:literal) => {
        impl $name {
            /// The key as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<Text> for $name {
            fn as_ref(&self) -> &Text {
                &self.0
            }
        }

        impl From<$name> for Text {
            fn from(key: $name) -> Text {
                key.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if $debug {
                    write!(f, "{}({})", stringify!($name), self.0.escape_debug())
                } else {
                    write!(f, "{}({:?})", stringify!($name), self.0)
                }
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::new(text)
            }
        }
    };
}

macro_rules! free_key {
    ($name:ident) => {
        impl $name {
            /// Checks a key.
            ///
            /// # Errors
            /// Those of [`Text::new`].
            pub fn new(text: &str) -> Result<Self, TextError> {
                Text::new(text).map(Self)
            }
        }

        impl From<Text> for $name {
            fn from(text: Text) -> Self {
                Self(text)
            }
        }
    };
}

key!(CareflexId, true);
key!(EmployeeId, false);
key!(ExternalId, false);
key!(ImportId, true);
key!(IncidentId, true);
free_key!(EmployeeId);
free_key!(ExternalId);
free_key!(ImportId);
free_key!(IncidentId);

/// The API token of the reporting company: one for all entities that it manages. Travels inside the
/// body of each report (documented). Generating a new one in the portal makes the older ones invalid;
/// the portal checks it only at import. It is a secret: no `Display`, hidden in `Debug`.
#[derive(Clone)]
pub struct ApiToken(SecretString);

impl ApiToken {
    /// Takes a token, trimmed.
    ///
    /// # Errors
    /// Those of [`Text::new`], and [`TextError::WhiteSpace`].
    pub fn new(token: &str) -> Result<Self, TextError> {
        let token = Text::new(token)?;
        no_white_space(&token)?;
        Ok(Self(token.as_str().into()))
    }

    /// The token itself, to be written into a request and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for ApiToken {
    type Err = TextError;

    fn from_str(token: &str) -> Result<Self, TextError> {
        Self::new(token)
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(<hidden>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_no_part_of_a_company_or_token() {
        assert_eq!(CareflexId::new(" 09ce ").unwrap().as_str(), "09ce");
        assert_eq!(
            CareflexId::new("09 ce"),
            Err(TextError::WhiteSpace { position: 3 })
        );
        assert!(ApiToken::new("a\tb").is_err());
        assert!(ApiToken::new("").is_err());
        assert!(EmployeeId::new("A 1").is_ok());
    }

    #[test]
    fn debug_hides_what_points_to_a_person() {
        assert_eq!(
            format!("{:?}", EmployeeId::new("4711").unwrap()),
            "EmployeeId(<4 characters>)"
        );
        assert_eq!(
            format!("{:?}", CareflexId::new("09ce").unwrap()),
            "CareflexId(09ce)"
        );
        assert_eq!(
            format!("{:?}", ApiToken::new("planted").unwrap()),
            "ApiToken(<hidden>)"
        );
    }
}
