//! The values of one incident, as its report writes them.

use careflex_core::codegen::{Leaf, Leaves as _};
use careflex_core::{
    CareflexId, Child, DateText, Field, Group, Incident, IncidentKind, Violation, ViolationCode,
    date_text,
};

/// An incident, and what its report knows of it.
pub(super) struct Record<'a> {
    pub(super) careflex_id: &'a CareflexId,
    /// The type as the report writes it.
    pub(super) code: &'a str,
    pub(super) incident: &'a Incident,
}

/// A value as text, without an allocation. No `Debug`: it is nearly always personal.
pub(super) enum Value<'a> {
    Absent,
    Text(&'a str),
    Day(DateText),
}

impl Value<'_> {
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::Text(text) => Some(text),
            Self::Day(day) => Some(day.as_str()),
        }
    }
}

impl<'a> Record<'a> {
    /// The value of a field in its standard form; the type with its own code.
    ///
    /// # Errors
    /// A day that the form of days cannot hold. No report has one, but an incident may.
    pub(super) fn value(&self, field: Field) -> Result<Value<'a>, Violation> {
        if field == Field::CareflexId {
            return Ok(Value::Text(self.careflex_id.as_str()));
        }
        match self.incident.leaf(field as usize) {
            Leaf::Absent | Leaf::Unreadable => Ok(Value::Absent),
            Leaf::Text(text) => Ok(Value::Text(text)),
            Leaf::Code(code) => Ok(Value::Text(code)),
            Leaf::Boolean(value) => Ok(Value::Text(if value { "true" } else { "false" })),
            Leaf::Date(date) => date_text(date).map(Value::Day).ok_or_else(|| {
                Violation::error(
                    field.path(),
                    ViolationCode::DateRange,
                    "must be a day of a year with four digits",
                )
            }),
        }
    }

    /// Whether there is a value.
    pub(super) fn has(&self, field: Field) -> bool {
        !matches!(self.value(field), Ok(Value::Absent))
    }

    /// Whether an incident that is read with this constant has the value that this one has.
    pub(super) fn check_constant(&self, field: Field, constant: &str) -> Result<(), Violation> {
        let message = match self.value(field)?.as_str() {
            Some(value) if is_same(field, value, constant) => return Ok(()),
            Some(_) => {
                "the layout has the same value for all incidents, and this one has another: give it a column"
            }
            // A constant counts where its group is there.
            None if !group_of(field).is_some_and(|group| self.has_any(group)) => return Ok(()),
            None => {
                "the layout has the same value for all incidents, and this one has none: give it a column"
            }
        };
        Err(Violation::error(
            field.path(),
            ViolationCode::NoPlace,
            message,
        ))
    }

    fn has_any(&self, group: Group) -> bool {
        group.children().iter().any(|child| match child {
            Child::Field(field) => self.has(*field),
            Child::Group(group) => self.has_any(*group),
        })
    }
}

fn is_same(field: Field, value: &str, constant: &str) -> bool {
    // NEW and NEU are one type.
    value == constant
        || field == Field::Type && value.parse::<IncidentKind>() == constant.parse::<IncidentKind>()
}

fn group_of(field: Field) -> Option<Group> {
    let mut groups = Group::ALL.iter().copied();
    groups.find(|group| group.children().contains(&Child::Field(field)))
}
