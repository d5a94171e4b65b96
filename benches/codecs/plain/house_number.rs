//! The house number as JSON has it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// Written as a number where it looks like one, and read as either.
#[derive(PartialEq, Debug, Default)]
pub(crate) struct JsonHouseNumber(String);

impl From<String> for JsonHouseNumber {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for JsonHouseNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse() {
            Ok(number) if !self.0.starts_with(['0', '+']) => serializer.serialize_u32(number),
            _ => serializer.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for JsonHouseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;

        impl Visitor<'_> for TextOrNumber {
            type Value = JsonHouseNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<JsonHouseNumber, E> {
                Ok(JsonHouseNumber(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<JsonHouseNumber, E> {
                Ok(JsonHouseNumber(number.to_string()))
            }
        }

        deserializer.deserialize_any(TextOrNumber)
    }
}
