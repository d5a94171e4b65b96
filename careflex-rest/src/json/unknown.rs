//! Members that nobody knows: looked through for what may be a refusal under another name.

use std::fmt;

use careflex_core::may_be_refusal;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The value of a member that is not known.
pub(super) struct Unknown {
    says_nothing: bool,
    /// Something in it may be a refusal.
    may_refuse: bool,
}

impl Unknown {
    /// Whether a member of this name, or something in it, may be a refusal. One that says no, none or nothing
    /// is not.
    pub(super) fn may_refuse_as(&self, name: &str) -> bool {
        self.may_refuse || (may_be_refusal(name) && !self.says_nothing)
    }

    fn value(says_nothing: bool) -> Self {
        Self {
            says_nothing,
            may_refuse: false,
        }
    }
}

impl<'de> Deserialize<'de> for Unknown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnknownVisitor)
    }
}

struct UnknownVisitor;

impl<'de> Visitor<'de> for UnknownVisitor {
    type Value = Unknown;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Unknown, E> {
        Ok(Unknown::value(true))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Unknown, E> {
        Ok(Unknown::value(!value))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Unknown, E> {
        Ok(Unknown::value(number == 0))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Unknown, E> {
        Ok(Unknown::value(false))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Unknown, E> {
        Ok(Unknown::value(false))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Unknown, E> {
        Ok(Unknown::value(matches!(text.trim(), "" | "0" | "false")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unknown, A::Error> {
        let mut all = Unknown::value(true);
        while let Some(one) = list.next_element::<Unknown>()? {
            all.says_nothing = false;
            all.may_refuse |= one.may_refuse;
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unknown, A::Error> {
        let mut all = Unknown::value(true);
        while let Some((name, one)) = members.next_entry::<String, Unknown>()? {
            all.says_nothing = false;
            all.may_refuse |= one.may_refuse_as(&name);
        }
        Ok(all)
    }
}
