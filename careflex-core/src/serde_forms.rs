//! How values of the model look in serde's data model: the documented JSON of the REST interface.

/// A day as `YYYY-MM-DD`.
pub mod iso_date {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    use crate::date::{date_text, parse_date};

    /// Writes a day.
    ///
    /// # Errors
    /// A year that four digits cannot hold.
    pub fn serialize<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
        match date_text(*date) {
            Some(text) => serializer.serialize_str(text.as_str()),
            None => Err(ser::Error::custom("a year must have four digits")),
        }
    }

    /// Reads a day.
    ///
    /// # Errors
    /// Any other form, and days that the calendar does not have.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        parse_date(&text).map_err(de::Error::custom)
    }

    /// A day that may be absent.
    pub mod option {
        use super::*;

        /// Writes a day or nothing.
        ///
        /// # Errors
        /// A year that four digits cannot hold.
        pub fn serialize<S: Serializer>(
            date: &Option<NaiveDate>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match date {
                Some(date) => super::serialize(date, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads a day, `null` as absent.
        ///
        /// # Errors
        /// Any other form, and days that the calendar does not have.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<NaiveDate>, D::Error> {
            let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            text.map(|text| parse_date(&text).map_err(de::Error::custom))
                .transpose()
        }
    }
}

/// A text that is written as a number when it looks like one: 1 to 9 digits without a leading zero
/// (our decision; the documented house number is the number `9`). Both forms are read.
pub mod json_number {
    use std::fmt;

    use serde::{Deserializer, Serializer, de};

    use crate::text::Text;

    /// The number as which a text is written.
    #[must_use]
    pub fn as_number(text: &str) -> Option<u32> {
        let plain = (1..=9).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && !text.starts_with('0');
        plain.then(|| text.parse().ok()).flatten()
    }

    /// Writes a text, as a number when it looks like one.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(text: &Text, serializer: S) -> Result<S::Ok, S::Error> {
        match as_number(text) {
            Some(number) => serializer.serialize_u32(number),
            None => serializer.serialize_str(text),
        }
    }

    /// Reads a text or a number.
    ///
    /// # Errors
    /// Anything else, and texts that [`Text`] refuses.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_any(TextOrNumber)
    }

    struct TextOrNumber;

    impl de::Visitor<'_> for TextOrNumber {
        type Value = Text;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a whole number")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
            Text::new(text).map_err(E::custom)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text, E> {
            Text::new(&number.to_string()).map_err(E::custom)
        }
    }

    /// The same for a text that may be absent.
    pub mod option {
        use serde::{Deserialize, Deserializer, Serializer};

        use crate::text::Text;

        #[derive(Deserialize)]
        #[serde(transparent)]
        struct Wrapped(#[serde(with = "super")] Text);

        /// Writes a text or nothing.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(
            text: &Option<Text>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match text {
                Some(text) => super::serialize(text, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads a text or a number, `null` as absent.
        ///
        /// # Errors
        /// Anything else, and texts that [`Text`] refuses.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Text>, D::Error> {
            Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::as_number;

        #[test]
        fn only_plain_numbers_become_numbers() {
            assert_eq!(as_number("9"), Some(9));
            assert_eq!(as_number("999999999"), Some(999_999_999));
            for text in ["", "0", "09", "9a", "1234567890", "-1", "1.5", "+1", "٣"] {
                assert_eq!(as_number(text), None, "{text}");
            }
        }
    }
}
