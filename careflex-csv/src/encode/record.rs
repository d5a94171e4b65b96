//! The values of one incident, as its report writes them.

use careflex_core::codec::{Leaf, Leaves as _};
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
    /// The value of a field in its standard form; the type as the report writes it.
    ///
    /// # Errors
    /// A day that the form of days cannot hold. No report has one, but an incident may.
    pub(super) fn value(&self, field: Field) -> Result<Value<'a>, Violation> {
        if field == Field::CareflexId {
            return Ok(Value::Text(self.careflex_id.as_str()));
        }
        if field == Field::Type {
            return Ok(Value::Text(self.code));
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

    /// Whether an incident that is read with this constant has the value that this one has. A constant counts where
    /// the group of its field is read.
    pub(super) fn check_constant(
        &self,
        field: Field,
        constant: &str,
        is_group_read: bool,
    ) -> Result<(), Violation> {
        let message = match (self.value(field)?.as_str(), is_group_read) {
            (Some(value), true) if is_same(field, value, constant) => return Ok(()),
            (None, false) => return Ok(()),
            (Some(value), false) if is_same(field, value, constant) => NOTHING_BESIDE,
            (Some(_), _) => {
                "the layout has the same value for all incidents, and this one has another: give it a column"
            }
            (None, true) => {
                "the layout has the same value for all incidents, and this one has none: give it a column"
            }
        };
        Err(no_place(field, message))
    }
}

/// A value that an empty cell, or no cell at all, stands for only where there is another one of its group.
pub(super) const NOTHING_BESIDE: &str =
    "the layout has no cell for it, and none is filled that belongs to it: it would be lost";

/// A value that cannot be written.
pub(super) fn no_place(field: Field, message: &'static str) -> Violation {
    Violation::error(field.path(), ViolationCode::NoPlace, message)
}

/// Whether a field belongs to a group, or to one in it.
pub(super) fn holds(group: Group, field: Field) -> bool {
    group.children().iter().any(|child| match child {
        Child::Field(own) => *own == field,
        Child::Group(inner) => holds(*inner, field),
    })
}

fn is_same(field: Field, value: &str, constant: &str) -> bool {
    // NEW and NEU are one type.
    value == constant
        || field == Field::Type && value.parse::<IncidentKind>() == constant.parse::<IncidentKind>()
}
