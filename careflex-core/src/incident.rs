//! One HR incident, the same for all three interfaces.

use std::borrow::Cow;
use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

use crate::codegen::{Leaf, Leaves, iso_date};
use crate::date::date_text;
use crate::ids::{EmployeeId, ExternalId};
use crate::kind::IncidentKind;
use crate::model::{Employee, Field, Group, MODEL};
use crate::rules::validate;
use crate::text::Hidden;

/// One HR incident: someone joined, master data changed, a contract rests or is in force again.
///
/// An incident on its own may still break a rule; a [`Report`](crate::Report) holds only valid ones.
/// Its serde form is the documented JSON of the REST interface. Mind that errors of serde quote what they
/// could not read: use the reader of a codec for data that may be wrong.
///
/// ```
/// use careflex_core::{Address, Employee, Incident, IncidentKind, Job, Rules, Sex, parse_date};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let incident = Incident::builder()
///     .external_id("2026-0815".parse()?)
///     .employee_id("4711".parse()?)
///     .kind(IncidentKind::New)
///     .valid_from(parse_date("2026-12-01")?)
///     .created_at(parse_date("2026-11-20")?)
///     .employee(
///         Employee::builder()
///             .first_name("Thomas".parse()?)
///             .last_name("Mustermann".parse()?)
///             .birthday(parse_date("1979-01-15")?)
///             .sex(Sex::Male)
///             .address(
///                 Address::builder()
///                     .street("Musterstraße".parse()?)
///                     .house_number("9a".parse()?)
///                     .zip_code("01234".parse()?)
///                     .city("Musterstadt".parse()?)
///                     .country("DE".parse()?)
///                     .build(),
///             )
///             .job(
///                 Job::builder()
///                     .employment_site("Werk 1".parse()?)
///                     .employment_status("T".parse()?)
///                     .start_of_employment(parse_date("2026-12-01")?)
///                     .management(false)
///                     .build(),
///             )
///             .build(),
///     )
///     .build();
/// assert!(!Rules::documented().check(&incident).has_errors());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TypedBuilder)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Incident {
    /// The company's own key of this incident. It comes back in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub external_id: Option<ExternalId>,
    /// The company's own key of the employee, never the tax ID (documented).
    pub employee_id: EmployeeId,
    /// What happened; `type` on the wire.
    #[serde(rename = "type")]
    pub kind: IncidentKind,
    /// The day from which it applies; equals `created_at` where there is none (documented).
    #[serde(with = "iso_date")]
    pub valid_from: NaiveDate,
    /// The day on which the record was really amended in the HR system (documented).
    #[serde(with = "iso_date")]
    pub created_at: NaiveDate,
    /// Master data: required for NEW and SDB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub employee: Option<Employee>,
}

/// The day from which an incident changes the entitlement to benefits: the 1st of the month after
/// (documented) the one in which it becomes valid (our decision). `None` at the end of chrono's calendar.
///
/// ```
/// use careflex_core::{entitlement_start, parse_date};
///
/// assert_eq!(entitlement_start(parse_date("2026-12-01")?), Some(parse_date("2027-01-01")?));
/// # Ok::<(), careflex_core::DateError>(())
/// ```
#[must_use]
pub fn entitlement_start(valid_from: NaiveDate) -> Option<NaiveDate> {
    let (year, month) = match valid_from.month() {
        12 => (valid_from.year().checked_add(1)?, 1),
        month => (valid_from.year(), month + 1),
    };
    NaiveDate::from_ymd_opt(year, month, 1)
}

impl Incident {
    /// The value of a field as text, as XML and CSV have it: days as `YYYY-MM-DD`, truth values as `true` and
    /// `false`, the type with its own code. `None` where there is none.
    ///
    /// ```
    /// use careflex_core::{Field, Incident, IncidentKind, parse_date};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let incident = Incident::builder()
    ///     .employee_id("4711".parse()?)
    ///     .kind(IncidentKind::Rst)
    ///     .valid_from(parse_date("2026-12-01")?)
    ///     .created_at(parse_date("2026-11-20")?)
    ///     .build();
    /// assert_eq!(incident.value(Field::ValidFrom).as_deref(), Some("2026-12-01"));
    /// assert_eq!(incident.value(Field::FirstName), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn value(&self, field: Field) -> Option<Cow<'_, str>> {
        match self.leaf(field.index()) {
            Leaf::Text(text) => Some(text.into()),
            Leaf::Code(code) => Some(code.into()),
            Leaf::Boolean(value) => Some(if value { "true" } else { "false" }.into()),
            Leaf::Date(date) => date_text(date).map(|text| text.as_str().to_owned().into()),
            Leaf::Absent | Leaf::Unreadable => None,
        }
    }
}

impl Leaves for Incident {
    fn leaf(&self, field: usize) -> Leaf<'_> {
        match Field::ALL.get(field) {
            Some(Field::ExternalId) => {
                Leaf::of_text(self.external_id.as_ref().map(ExternalId::as_str))
            }
            Some(Field::EmployeeId) => Leaf::Text(self.employee_id.as_str()),
            Some(Field::ValidFrom) => Leaf::Date(self.valid_from),
            Some(Field::CreatedAt) => Leaf::Date(self.created_at),
            Some(Field::Type) => Leaf::Text(self.kind.code()),
            _ => match &self.employee {
                Some(employee) => employee.leaf(field),
                None => Leaf::Absent,
            },
        }
    }

    fn has(&self, group: usize) -> bool {
        group == Group::Incident.index()
            || self
                .employee
                .as_ref()
                .is_some_and(|employee| employee.has(group))
    }
}

impl validator::Validate for Incident {
    /// Checks the facets of the schema, with the documented limits. The errors hold codes, never values.
    fn validate(&self) -> Result<(), validator::ValidationErrors> {
        validate(&MODEL, Group::Incident.index(), self)
    }
}

impl fmt::Debug for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incident")
            .field("external_id", &self.external_id)
            .field("employee_id", &self.employee_id)
            .field("kind", &self.kind)
            .field("valid_from", &Hidden)
            .field("created_at", &Hidden)
            .field("employee", &self.employee)
            .finish()
    }
}
