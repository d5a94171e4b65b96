//! What the readers of all formats yield: one row an incident.

use std::borrow::Cow;
use std::{error::Error, fmt, io};

mod held_back;

pub use held_back::HeldBack;

use crate::draft::Value;
use crate::ids::CareflexId;
use crate::incident::Incident;
use crate::model::Field;
use crate::text::Text;
use crate::violation::{Violation, Violations};

/// One incident as a reader found it: the incident, or what is wrong with it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct InputRow {
    /// The line of the file, from 1, on which the incident begins.
    pub line: u64,
    /// The company that the file names for this incident.
    pub careflex_id: Option<CareflexId>,
    /// What could be read of the incident's keys, even if it is not valid.
    pub key: RowKey,
    /// The incident, or everything that is wrong with it (warnings included).
    pub incident: Result<Incident, Violations>,
    /// The warnings of an incident that is valid.
    pub warnings: Violations,
    /// The values of an incident that is not valid, as they were read.
    pub(crate) values: RawValues,
}

impl InputRow {
    /// Refuses the row, whatever else is wrong with it.
    pub fn refuse(&mut self, violation: Violation) {
        match &mut self.incident {
            Err(violations) => violations.push(violation),
            Ok(incident) => {
                self.values = RawValues::of(incident);
                self.incident = Err(violation.into());
            }
        }
    }

    /// The value of a field as text: of an incident that is not valid, as it was read. Personal data, nearly
    /// always: it is for the person who has to correct it.
    ///
    /// ```
    /// use careflex_core::{Draft, Field, Rules};
    ///
    /// let mut draft = Draft::new();
    /// draft.set(Field::ValidFrom, "24.04.2020");
    /// let row = draft.finish(&Rules::documented());
    /// assert!(row.incident.is_err());
    /// assert_eq!(row.value(Field::ValidFrom).as_deref(), Some("24.04.2020"));
    /// assert_eq!(row.value(Field::FirstName), None);
    /// ```
    #[must_use]
    pub fn value(&self, field: Field) -> Option<Cow<'_, str>> {
        match (&self.incident, field) {
            (Ok(_), Field::CareflexId) => self.careflex_id.as_ref().map(|id| id.as_str().into()),
            (Ok(incident), _) => incident.value(field),
            (Err(_), Field::CareflexId) => self
                .careflex_id
                .as_ref()
                .map(|id| id.as_str().into())
                .or_else(|| self.values.get(field)),
            (Err(_), _) => self.values.get(field),
        }
    }
}

/// Values as they were read, of as many fields as there are. Hidden in `Debug`.
#[derive(Clone, Default)]
pub(crate) struct RawValues(Box<[Option<Box<str>>]>);

impl RawValues {
    /// The values of a draft, by the indices of the tables.
    pub(crate) fn new(values: &[Option<Value<'_>>]) -> Self {
        let values = values.iter();
        Self(
            values
                .map(|value| value.as_deref().map(Box::from))
                .collect(),
        )
    }

    fn of(incident: &Incident) -> Self {
        let fields = Field::ALL.iter();
        Self(
            fields
                .map(|field| incident.value(*field).map(Box::from))
                .collect(),
        )
    }

    fn get(&self, field: Field) -> Option<Cow<'_, str>> {
        let value = self.0.get(field.index())?.as_deref()?;
        Some(value.into())
    }
}

impl fmt::Debug for RawValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

/// What identifies an incident to a person, as far as it could be read. Hidden in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowKey {
    /// The company's own key of the incident.
    pub external_id: Option<Text>,
    /// The company's own key of the employee.
    pub employee_id: Option<Text>,
    /// The code of the incident's type.
    pub kind: Option<Text>,
}

impl From<&Incident> for RowKey {
    fn from(incident: &Incident) -> Self {
        Self {
            external_id: incident.external_id.clone().map(Into::into),
            employee_id: Some(incident.employee_id.clone().into()),
            kind: Some(incident.kind.clone().into()),
        }
    }
}

impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowKey(<hidden>)")
    }
}

/// Why a file cannot be read any further: it is cut off, or not what it should be. What is wrong with
/// single incidents is a violation of their row instead.
#[derive(Debug)]
pub struct ReadError {
    line: Option<u64>,
    message: String,
    source: Option<io::Error>,
}

impl ReadError {
    /// What to say of bytes that are no UTF-8.
    pub const NOT_UTF_8: &str = "is not UTF-8 (it looks like Latin-1 or Windows-1252)";
    /// What to say of bytes that look like UTF-16.
    pub const UTF_16: &str =
        "is not UTF-8 (it looks like UTF-16, which some programs call Unicode)";

    /// An error for readers to make. The message must not hold values of the file.
    #[must_use]
    pub fn new(line: impl Into<Option<u64>>, message: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            message: message.into(),
            source: None,
        }
    }

    /// A file in another encoding than UTF-8; the message says which one it may be.
    #[must_use]
    pub fn encoding(line: impl Into<Option<u64>>, message: &str) -> Self {
        Self::new(line, format!("{message}: save the file as UTF-8"))
    }

    /// The file itself could not be read.
    #[must_use]
    pub fn io(line: impl Into<Option<u64>>, source: io::Error) -> Self {
        Self {
            line: line.into(),
            message: format!("cannot be read: {source}"),
            source: Some(source),
        }
    }

    /// The line of the file, from 1; `None` where the whole file is at fault.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    /// What is wrong, and what would be right.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| {
            let source: &(dyn Error + 'static) = source;
            source
        })
    }
}
