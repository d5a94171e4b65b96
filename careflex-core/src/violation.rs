//! What is wrong with an incident: where, what, and what would be right. Never the value.

use std::borrow::Cow;
use std::fmt;

/// One thing that is wrong, or suspicious, in an incident or a report.
///
/// It says where (a path like `incidents[3].employee.address.zipCode`), what (a stable code) and what
/// would be right (a sentence). It never holds the value, which is nearly always personal.
///
/// ```
/// use careflex_core::{Draft, Field, Rules, ViolationCode};
///
/// let mut draft = Draft::new();
/// draft.set(Field::ValidFrom, "24.04.2020");
/// let violations = draft.finish(&Rules::documented()).incident.unwrap_err();
/// let wrong_date = violations.iter().find(|violation| violation.field() == "validFrom").unwrap();
/// assert_eq!(wrong_date.code(), ViolationCode::DateFormat);
/// assert_eq!(
///     wrong_date.to_string(),
///     "validFrom: must be a day in the form YYYY-MM-DD, for example 2020-04-24"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    incident: Option<usize>,
    field: Cow<'static, str>,
    column: Option<Box<str>>,
    code: ViolationCode,
    message: Cow<'static, str>,
    severity: Severity,
}

/// How bad a violation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Worth a look; the incident can be sent.
    Warning,
    /// The incident cannot be sent.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)+) => {
        /// What is wrong, as a code that stays the same between releases.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ViolationCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ViolationCode {
            /// The code as text, for example `date-format`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

codes! {
    /// A required value or group is missing.
    Missing = "missing",
    /// A text is too short.
    TooShort = "too-short",
    /// A text is too long.
    TooLong = "too-long",
    /// A text does not have the form that it must have.
    Form = "form",
    /// A code is not in the list.
    NotInList = "not-in-list",
    /// A character that the portal's formats cannot carry.
    Character = "character",
    /// No day in the form `YYYY-MM-DD`.
    DateFormat = "date-format",
    /// A day that the calendar does not have.
    NoSuchDay = "no-such-day",
    /// A day outside the allowed years.
    DateRange = "date-range",
    /// Neither true nor false.
    NotBoolean = "not-boolean",
    /// A value of the wrong kind, for example a list where a text belongs.
    WrongKind = "wrong-kind",
    /// A name that does not exist here.
    Unknown = "unknown",
    /// A name that is there twice.
    Doubled = "doubled",
    /// An element that stands in the wrong place.
    Order = "order",
    /// A record with more or fewer values than its file has columns.
    FieldCount = "field-count",
    /// A value that a spreadsheet has changed, or a formula in place of a value.
    Spreadsheet = "spreadsheet",
    /// A quotation mark that stands where none may be.
    Quotes = "quotes",
    /// A value for which the file that is to be written has no place.
    NoPlace = "no-place",
    /// A post code of Germany without five digits.
    ZipCode = "zip-code",
    /// An e-mail address that is none.
    Email = "email",
    /// No e-mail address, so the portal sends no invitation.
    NoEmail = "no-email",
    /// A tax ID, which must not be used.
    TaxId = "tax-id",
    /// An incident type that is not documented.
    UnknownType = "unknown-type",
    /// A report without incidents.
    NoIncidents = "no-incidents",
    /// A report with more incidents than one request may hold.
    TooManyIncidents = "too-many-incidents",
    /// The incident belongs to another company than the one that is to be reported.
    OtherCompany = "other-company",
    /// No company is named.
    NoCompany = "no-company",
    /// The file cannot be read any further.
    Unreadable = "unreadable",
}

impl Violation {
    /// An error. `field` is the path inside the incident; `message` says what would be right and
    /// must not hold the value.
    #[must_use]
    pub fn error(
        field: impl Into<Cow<'static, str>>,
        code: ViolationCode,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Severity::Error, field, code, message)
    }

    pub(crate) fn new(
        severity: Severity,
        field: impl Into<Cow<'static, str>>,
        code: ViolationCode,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            incident: None,
            field: field.into(),
            column: None,
            code,
            message: message.into(),
            severity,
        }
    }

    /// The whole path: `incidents[3].employee.address.zipCode` in a report.
    #[must_use]
    pub fn path(&self) -> String {
        match (self.incident, self.field.is_empty()) {
            (None, _) => self.field.clone().into_owned(),
            (Some(index), true) => format!("incidents[{index}]"),
            (Some(index), false) => format!("incidents[{index}].{}", self.field),
        }
    }

    /// The path inside the incident: `employee.address.zipCode`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The column of the file in which the value stands, for files that have columns.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// Names the column of the file in which the value stands. It takes the place of the path in messages.
    #[must_use]
    pub fn in_column(mut self, name: &str) -> Self {
        self.column = Some(name.into());
        self
    }

    /// Says it in other words.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// The incident's place in the report, from 0; `None` where the report as a whole is at fault, or
    /// the incident is in no report.
    #[must_use]
    pub fn incident(&self) -> Option<usize> {
        self.incident
    }

    /// What is wrong, stable between releases.
    #[must_use]
    pub fn code(&self) -> ViolationCode {
        self.code
    }

    /// What would be right, as the rest of a sentence that begins with the path.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Error or warning.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Names the incident's place in its report, from 0, for codecs that write reports.
    #[must_use]
    pub fn in_incident(mut self, index: usize) -> Self {
        self.incident = Some(index);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match (&self.column, self.incident) {
            (Some(column), None) => format!("column {column}"),
            (Some(column), Some(index)) => format!("incidents[{index}], column {column}"),
            (None, _) => self.path(),
        };
        if path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{path}: {}", self.message)
        }
    }
}

/// Violations, in the order in which they were found. As an error, it shows one a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// How many, warnings included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether at least one of them keeps the incident from being sent.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Those that keep the incident from being sent.
    pub fn errors(&self) -> impl Iterator<Item = &Violation> {
        self.iter()
            .filter(|violation| violation.severity == Severity::Error)
    }

    /// What is wrong with one incident of a report, as if it stood alone, and with the report itself.
    pub(crate) fn of_incident(&self, index: usize) -> Self {
        self.iter()
            .filter(|one| one.incident.is_none_or(|incident| incident == index))
            .map(|one| Violation {
                incident: None,
                ..one.clone()
            })
            .collect()
    }

    pub(crate) fn extend_incident(&mut self, index: usize, other: Self) {
        self.0
            .extend(other.0.into_iter().map(|one| one.in_incident(index)));
    }
}

impl Extend<Violation> for Violations {
    fn extend<I: IntoIterator<Item = Violation>>(&mut self, violations: I) {
        self.0.extend(violations);
    }
}

impl FromIterator<Violation> for Violations {
    fn from_iter<I: IntoIterator<Item = Violation>>(violations: I) -> Self {
        Self(violations.into_iter().collect())
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{violation}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
