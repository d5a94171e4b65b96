//! Reads one incident into a draft, driven by the tables of the schema.

use std::borrow::Cow;
use std::fmt;

use careflex_core::{Child, Draft, Field, Group, LeafKind, Violation, ViolationCode};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::value::Value;

/// Reads an object of a group into a draft. Whatever is wrong becomes a violation of the draft; only
/// broken JSON is an error.
pub(super) struct GroupSeed<'d, 'de> {
    pub(super) draft: &'d mut Draft<'de>,
    pub(super) group: Group,
    /// Our own files may name the company in each incident, as a CSV column does.
    pub(super) with_company: bool,
}

impl<'de> DeserializeSeed<'de> for GroupSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl GroupSeed<'_, '_> {
    fn child(&self, name: &str) -> Option<Child> {
        if self.with_company && name == Field::CareflexId.name() {
            return Some(Child::Field(Field::CareflexId));
        }
        self.group
            .children()
            .iter()
            .copied()
            .find(|child| child.name() == name)
    }

    fn not_an_object<T>(self) -> Result<(), T> {
        let violation = Violation::error(
            self.group.path(),
            ViolationCode::WrongKind,
            "must be an object in braces { }",
        );
        if self.group == Group::Incident {
            self.draft.reject(violation);
        } else {
            self.draft.note(violation);
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for GroupSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.draft.open(self.group);
        let mut groups_seen = Vec::new();
        while let Some(Name(name)) = members.next_key()? {
            match self.child(&name) {
                Some(Child::Field(field)) => {
                    let value = members.next_value()?;
                    take(self.draft, field, value);
                }
                Some(Child::Group(group)) => {
                    if groups_seen.contains(&group) {
                        self.draft.note(Violation::error(
                            group.path(),
                            ViolationCode::Doubled,
                            "is there twice",
                        ));
                        members.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    groups_seen.push(group);
                    members.next_value_seed(GroupSeed {
                        draft: &mut *self.draft,
                        group,
                        with_company: false,
                    })?;
                }
                None => {
                    self.draft.unknown(self.group, &name);
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    /// `null` is read as absent.
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        if self.group == Group::Incident {
            return self.not_an_object();
        }
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.not_an_object()
    }
}

/// Puts a value into the draft, or says why it cannot be one.
fn take<'de>(draft: &mut Draft<'de>, field: Field, value: Value<'de>) {
    match (field.kind(), value) {
        (_, Value::Null) => {}
        (LeafKind::Boolean, Value::Boolean(value)) => {
            draft.set(field, if value { "true" } else { "false" });
        }
        (LeafKind::Boolean, _) => draft.refuse(
            field,
            ViolationCode::NotBoolean,
            "must be true or false, without quotation marks",
        ),
        (_, Value::Text(text)) => draft.set(field, text),
        (_, Value::Number(number)) if field.is_json_number() => {
            draft.set(field, number.to_string());
        }
        (_, Value::Number(_) | Value::OtherNumber) if field.is_json_number() => draft.refuse(
            field,
            ViolationCode::WrongKind,
            "must be a text in quotation marks or a whole number",
        ),
        (_, Value::Number(_) | Value::OtherNumber) => draft.refuse(
            field,
            ViolationCode::WrongKind,
            "must be a text in quotation marks: a number loses its leading zeros",
        ),
        (_, Value::Boolean(_) | Value::Composed) => draft.refuse(
            field,
            ViolationCode::WrongKind,
            "must be a text in quotation marks",
        ),
    }
}

/// A member's name.
struct Name<'de>(Cow<'de, str>);

impl<'de> de::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Text(name) => Ok(Self(name)),
            _ => Err(de::Error::custom("a name must be a text")),
        }
    }
}
