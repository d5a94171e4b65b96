//! The values of a draft, read: each one typed, absent, or complained about.

use chrono::NaiveDate;

use super::Draft;
use crate::date::{DateError, parse_date};
use crate::incident::Incident;
use crate::input::RowKey;
use crate::kind::IncidentKind;
use crate::model::{Employee, Field, Group};
use crate::rules::{Rules, not_in_list};
use crate::schema::{Leaf, LeafKind, Leaves};
use crate::text::{Text, TextError};
use crate::violation::{Violation, ViolationCode, Violations};

/// Values as an incident can hold them, by the indices of the tables. Where one is missing that is required, it
/// is noted, and something stands in for it: what is built then is thrown away. So what is built can be written
/// right where it is to stay.
pub trait Values {
    /// A text that may be missing.
    fn optional_text(&mut self, field: usize) -> Option<Text>;
    /// A day that may be missing.
    fn optional_date(&mut self, field: usize) -> Option<NaiveDate>;
    /// A truth value that may be missing.
    fn optional_boolean(&mut self, field: usize) -> Option<bool>;
    /// A code that may be missing.
    fn optional_code(&mut self, field: usize) -> Option<&'static str>;
    /// Whether a group is there.
    fn has(&self, group: usize) -> bool;
    /// Notes that a required value is missing.
    fn note_missing(&mut self);

    /// A text that is required.
    #[inline(always)]
    fn text(&mut self, field: usize) -> Text {
        match self.optional_text(field) {
            Some(text) => text,
            None => {
                self.note_missing();
                Text::STAND_IN
            }
        }
    }

    /// A day that is required.
    #[inline(always)]
    fn date(&mut self, field: usize) -> NaiveDate {
        self.optional_date(field).unwrap_or_else(|| {
            self.note_missing();
            NaiveDate::MIN
        })
    }

    /// A truth value that is required.
    #[inline(always)]
    fn boolean(&mut self, field: usize) -> bool {
        self.optional_boolean(field).unwrap_or_else(|| {
            self.note_missing();
            false
        })
    }

    /// A code that is required.
    #[inline(always)]
    fn code(&mut self, field: usize) -> &'static str {
        self.optional_code(field).unwrap_or_else(|| {
            self.note_missing();
            ""
        })
    }
}

/// Values that have been read, by the indices of the tables: each one typed, absent, or complained about.
pub(super) struct Parts {
    values: Vec<Part>,
    /// A bit for each.
    groups: u32,
    is_incomplete: bool,
}

enum Part {
    Absent,
    Unreadable,
    Text(Text),
    Date(NaiveDate),
    Boolean(bool),
    Code(&'static str),
}

impl Parts {
    pub(super) fn read(draft: &Draft<'_>, rules: &Rules, violations: &mut Violations) -> Self {
        let values = Field::ALL
            .iter()
            .zip(&draft.values)
            .zip(draft.refused)
            .map(|((field, value), refused)| match value {
                _ if refused => Part::Unreadable,
                None => Part::Absent,
                Some(value) => match read_value(*field, value, rules) {
                    Ok(part) => part,
                    Err(violation) => {
                        violations.push(violation);
                        Part::Unreadable
                    }
                },
            })
            .collect();
        Self {
            values,
            groups: draft.groups,
            is_incomplete: false,
        }
    }

    pub(super) fn key(&self) -> RowKey {
        let text = |field: Field| match self.values.get(field.index()) {
            Some(Part::Text(text)) => Some(text.clone()),
            _ => None,
        };
        RowKey {
            external_id: text(Field::ExternalId),
            employee_id: text(Field::EmployeeId),
            kind: text(Field::Type),
        }
    }

    /// The incident; `None` when something is missing that is required.
    pub(super) fn assemble(&mut self) -> Option<Incident> {
        let incident = Incident {
            external_id: self
                .optional_text(Field::ExternalId.index())
                .map(Into::into),
            employee_id: self.text(Field::EmployeeId.index()).into(),
            kind: IncidentKind::from(self.text(Field::Type.index())),
            valid_from: self.date(Field::ValidFrom.index()),
            created_at: self.date(Field::CreatedAt.index()),
            employee: if Values::has(self, Group::Employee.index()) {
                Some(Employee::assemble(self))
            } else {
                None
            },
        };
        (!self.is_incomplete).then_some(incident)
    }
}

impl Values for Parts {
    /// Takes it.
    fn optional_text(&mut self, field: usize) -> Option<Text> {
        match self.values.get_mut(field) {
            Some(part @ Part::Text(_)) => match std::mem::replace(part, Part::Absent) {
                Part::Text(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    fn optional_date(&mut self, field: usize) -> Option<NaiveDate> {
        match self.values.get(field) {
            Some(Part::Date(date)) => Some(*date),
            _ => None,
        }
    }

    fn optional_boolean(&mut self, field: usize) -> Option<bool> {
        match self.values.get(field) {
            Some(Part::Boolean(value)) => Some(*value),
            _ => None,
        }
    }

    fn optional_code(&mut self, field: usize) -> Option<&'static str> {
        match self.values.get(field) {
            Some(Part::Code(code)) => Some(code),
            _ => None,
        }
    }

    fn has(&self, group: usize) -> bool {
        self.groups & (1 << group) != 0
    }

    fn note_missing(&mut self) {
        self.is_incomplete = true;
    }
}

impl Leaves for Parts {
    fn leaf(&self, field: usize) -> Leaf<'_> {
        match self.values.get(field) {
            None | Some(Part::Absent) => Leaf::Absent,
            Some(Part::Unreadable) => Leaf::Unreadable,
            Some(Part::Text(text)) => Leaf::Text(text),
            Some(Part::Date(date)) => Leaf::Date(*date),
            Some(Part::Boolean(value)) => Leaf::Boolean(*value),
            Some(Part::Code(code)) => Leaf::Code(code),
        }
    }

    fn has(&self, group: usize) -> bool {
        Values::has(self, group)
    }
}

fn read_value(field: Field, value: &str, rules: &Rules) -> Result<Part, Violation> {
    let error = |code, message| Err(Violation::error(field.path(), code, message));
    let text = match Text::new(value) {
        Ok(text) => text,
        Err(TextError::Empty) => return Ok(Part::Absent),
        Err(other) => {
            let (code, message) = text_violation(other);
            return error(code, message);
        }
    };
    match field.kind() {
        LeafKind::Text => Ok(Part::Text(text)),
        LeafKind::Date => match parse_date(&text) {
            Ok(date) => Ok(Part::Date(date)),
            Err(reason @ DateError::NoSuchDay) => {
                error(ViolationCode::NoSuchDay, reason.to_string())
            }
            Err(reason) => error(ViolationCode::DateFormat, reason.to_string()),
        },
        // The two spellings that xs:boolean allows.
        LeafKind::Boolean => parse_boolean(&text).map(Part::Boolean).ok_or_else(|| {
            Violation::error(
                field.path(),
                ViolationCode::NotBoolean,
                "must be true or false",
            )
        }),
        LeafKind::Code => known_code(field, &text)
            .map(Part::Code)
            .ok_or_else(|| not_in_list(field.info(), rules.limit(field))),
    }
}

/// The two spellings that `xs:boolean` allows.
pub(super) fn parse_boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// The code of a field's list that is spelt like this.
pub(super) fn known_code(field: Field, text: &str) -> Option<&'static str> {
    let codes = field.limit().codes.iter();
    codes.copied().find(|code| *code == text)
}

/// The violation that a text's error is.
pub(super) fn text_violation(error: TextError) -> (ViolationCode, String) {
    let code = match error {
        TextError::WhiteSpace { .. } => ViolationCode::Form,
        _ => ViolationCode::Character,
    };
    (code, error.to_string())
}
