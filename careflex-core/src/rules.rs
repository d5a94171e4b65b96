//! The rules that an incident has to meet before it may be sent.

use validator::ValidateEmail as _;

use crate::date::date_text;
use crate::ids::CareflexId;
use crate::kind::{IncidentKind, NewCode};
use crate::model::{Field, Group, MODEL};
use crate::schema::{FieldInfo, Leaf, Leaves, Limit, Tables};
use crate::violation::{Severity, Violation, ViolationCode, Violations};

mod glance;
mod tax_id;

pub use glance::Glance;

const FIELDS: usize = Field::ALL.len();
const GROUPS: usize = Group::ALL.len();

/// What an incident has to meet. [`Rules::documented`] is what the operator documents, with our
/// decisions where the sources are silent; each decision on what a value may be is a field here, so
/// that one which proves wrong against the real portal can be relaxed without a new release.
///
/// What XML 1.0 cannot carry is refused by [`Text`](crate::Text) and cannot be relaxed.
///
/// ```
/// use careflex_core::{Field, Level, Rules};
///
/// let mut rules = Rules::documented();
/// rules.tax_id = Level::Error;
/// rules.limit_mut(Field::Street).max_length = 500;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Rules {
    limits: [Limit; FIELDS],
    required_for: [&'static [&'static str]; GROUPS],
    /// Most incidents in one report: 100 (documented).
    pub max_incidents: usize,
    /// How NEW is written: `NEW` by default, `NEU` as the other (our decision).
    pub new_code: NewCode,
    /// A post code of the country `DE` has five digits: an error by default (our decision).
    pub german_zip_code: Level,
    /// A business e-mail address that is none, or that is missing for NEW: without a valid one the
    /// employee gets no invitation (documented). A warning by default (our decision).
    pub email: Level,
    /// An `employeeId` or `personnelNumber` that is a valid German tax ID, which must not be used
    /// (documented). A warning by default (our decision): other keys may pass the check by chance.
    pub tax_id: Level,
    /// An incident type other than NEW, RST, WIK and SDB. A warning by default (our decision): the
    /// official list is not public.
    pub unknown_type: Level,
}

/// How a rule is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Not checked.
    Off,
    /// Reported, but the incident can be sent.
    Warning,
    /// The incident cannot be sent.
    Error,
}

impl Level {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::documented()
    }
}

impl Rules {
    /// The documented rules, with our decisions where the sources are silent.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            limits: std::array::from_fn(|index| {
                MODEL
                    .fields
                    .get(index)
                    .map_or(Limit::NONE, |info| info.limit.clone())
            }),
            required_for: std::array::from_fn(|index| {
                MODEL
                    .groups
                    .get(index)
                    .map_or(&[][..], |info| info.required_for)
            }),
            max_incidents: 100,
            new_code: NewCode::New,
            german_zip_code: Level::Error,
            email: Level::Warning,
            tax_id: Level::Warning,
            unknown_type: Level::Warning,
        }
    }

    /// The limits of a field.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "one limit for each field")]
    pub fn limit(&self, field: Field) -> &Limit {
        &self.limits[field.index()]
    }

    /// The limits of a field, to be changed.
    #[expect(clippy::indexing_slicing, reason = "one limit for each field")]
    pub fn limit_mut(&mut self, field: Field) -> &mut Limit {
        &mut self.limits[field.index()]
    }

    /// The codes of the incident types for which a group is required, for example NEW for
    /// [`Group::Job`].
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "one entry for each group")]
    pub fn required_for(&self, group: Group) -> &'static [&'static str] {
        self.required_for[group.index()]
    }

    /// Sets the incident types for which a group is required.
    #[expect(clippy::indexing_slicing, reason = "one entry for each group")]
    pub fn set_required_for(&mut self, group: Group, codes: &'static [&'static str]) {
        self.required_for[group.index()] = codes;
    }

    /// Checks one incident: errors and warnings, in the order of the fields.
    #[must_use]
    pub fn check(&self, incident: &crate::Incident) -> Violations {
        if self.is_clean(incident) {
            return Violations::new();
        }
        self.check_leaves(incident)
    }

    /// Checks the key of a company.
    #[must_use]
    pub fn check_careflex_id(&self, id: &CareflexId) -> Violations {
        let mut violations = Violations::new();
        let (info, limit) = (Field::CareflexId.info(), self.limit(Field::CareflexId));
        check_leaf(info, limit, Leaf::Text(id.as_str()), &mut violations);
        violations
    }

    /// Checks a day on its own.
    pub(crate) fn check_date(
        &self,
        field: Field,
        date: chrono::NaiveDate,
        violations: &mut Violations,
    ) {
        check_leaf(
            field.info(),
            self.limit(field),
            Leaf::Date(date),
            violations,
        );
    }

    pub(crate) fn check_leaves(&self, leaves: &dyn Leaves) -> Violations {
        let mut violations = Violations::new();
        check_facets(
            &MODEL,
            &self.limits,
            &self.required_for,
            Some(Group::Incident.index()),
            leaves,
            &mut violations,
        );
        self.check_type(leaves, &mut violations);
        self.check_zip_code(leaves, &mut violations);
        self.check_email(leaves, &mut violations);
        self.check_tax_id(leaves, &mut violations);
        violations
    }

    fn check_type(&self, leaves: &dyn Leaves, violations: &mut Violations) {
        let Some(code) = text(leaves, Field::Type) else {
            return;
        };
        let well_formed = self
            .limit(Field::Type)
            .pattern
            .is_none_or(|pattern| pattern.matches(code));
        if well_formed && IncidentKind::known(code).is_none() {
            report(
                self.unknown_type,
                Field::Type,
                ViolationCode::UnknownType,
                "is not one of the documented types NEW, RST, WIK and SDB: is it spelt right?",
                violations,
            );
        }
    }

    fn check_zip_code(&self, leaves: &dyn Leaves, violations: &mut Violations) {
        let (Some("DE"), Some(zip_code)) =
            (text(leaves, Field::Country), text(leaves, Field::ZipCode))
        else {
            return;
        };
        if zip_code.len() != 5 || !zip_code.bytes().all(|byte| byte.is_ascii_digit()) {
            report(
                self.german_zip_code,
                Field::ZipCode,
                ViolationCode::ZipCode,
                "must have five digits in Germany, with its leading zero, for example 01234",
                violations,
            );
        }
    }

    fn check_email(&self, leaves: &dyn Leaves, violations: &mut Violations) {
        let is_new =
            text(leaves, Field::Type).and_then(IncidentKind::known) == Some(IncidentKind::New);
        match leaves.leaf(Field::EmailBusiness.index()) {
            Leaf::Text(email) if !email.validate_email() => report(
                self.email,
                Field::EmailBusiness,
                ViolationCode::Email,
                "is no e-mail address, so the portal cannot invite the employee: your company has to",
                violations,
            ),
            Leaf::Absent if is_new && leaves.has(Group::Employee.index()) => report(
                self.email,
                Field::EmailBusiness,
                ViolationCode::NoEmail,
                "is missing, so the portal cannot invite the employee: your company has to",
                violations,
            ),
            _ => {}
        }
    }

    fn check_tax_id(&self, leaves: &dyn Leaves, violations: &mut Violations) {
        for field in [Field::EmployeeId, Field::PersonnelNumber] {
            if text(leaves, field).is_some_and(tax_id::is_valid) {
                report(
                    self.tax_id,
                    field,
                    ViolationCode::TaxId,
                    "looks like a tax ID, which must not be used here: use your own personnel key",
                    violations,
                );
            }
        }
    }
}

impl Limit {
    /// No limit at all.
    const NONE: Self = Self {
        min_length: 0,
        max_length: usize::MAX,
        pattern: None,
        codes: &[],
        first_day: chrono::NaiveDate::MIN,
        last_day: chrono::NaiveDate::MAX,
        required_for: &[],
    };
}

fn text(leaves: &dyn Leaves, field: Field) -> Option<&str> {
    leaves.leaf(field.index()).text()
}

fn report(
    level: Level,
    field: Field,
    code: ViolationCode,
    message: &'static str,
    violations: &mut Violations,
) {
    if let Some(severity) = level.severity() {
        violations.push(Violation::new(severity, field.path(), code, message));
    }
}

/// Checks presence and facets of everything inside a group (and, for `None`, of all).
fn check_facets<F, G>(
    tables: &Tables<F, G>,
    limits: &[Limit],
    required_for: &[&'static [&'static str]],
    inside: Option<usize>,
    leaves: &dyn Leaves,
    violations: &mut Violations,
) {
    // A typed incident answers with the code that is written; NEU and NEW are one type.
    let kind = tables
        .fields
        .iter()
        .position(|info| info.path == Field::Type.path())
        .and_then(|index| leaves.leaf(index).text())
        .map(|code| IncidentKind::known(code).map_or(code, |_| canonical(code)));
    let is_required_for = |codes: &[&str]| kind.is_some_and(|kind| codes.contains(&kind));
    for (index, group) in tables.groups.iter().enumerate() {
        let Some(parent) = group.parent else { continue };
        let wanted = group.required
            || required_for
                .get(index)
                .is_some_and(|codes| is_required_for(codes));
        if wanted
            && within(tables, Some(parent), inside)
            && leaves.has(parent)
            && !leaves.has(index)
        {
            missing(group.path, kind.filter(|_| !group.required), violations);
        }
    }
    for (index, (info, limit)) in tables.fields.iter().zip(limits).enumerate() {
        let Some(group) = info.group else { continue };
        if !within(tables, Some(group), inside) || !leaves.has(group) {
            continue;
        }
        match leaves.leaf(index) {
            Leaf::Absent if info.required => missing(info.path, None, violations),
            Leaf::Absent if is_required_for(limit.required_for) => {
                missing(info.path, kind, violations);
            }
            leaf => check_leaf(info, limit, leaf, violations),
        }
    }
}

/// Whether a group is this one or lies inside it.
fn within<F, G>(tables: &Tables<F, G>, group: Option<usize>, inside: Option<usize>) -> bool {
    match (group, inside) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(group), Some(inside)) => {
            group == inside
                || tables
                    .groups
                    .get(group)
                    .is_some_and(|info| within(tables, info.parent, Some(inside)))
        }
    }
}

fn canonical(code: &str) -> &str {
    if code == NewCode::Neu.code() {
        NewCode::New.code()
    } else {
        code
    }
}

fn missing(path: &'static str, kind: Option<&str>, violations: &mut Violations) {
    let message = match kind {
        // Only codes that the rules name get here, never a free text.
        Some(kind) => format!("is missing: an incident of type {kind} needs it").into(),
        None => std::borrow::Cow::Borrowed("is missing"),
    };
    violations.push(Violation::error(path, ViolationCode::Missing, message));
}

fn check_leaf(info: &FieldInfo, limit: &Limit, leaf: Leaf<'_>, violations: &mut Violations) {
    let mut error = |code, message: String| {
        violations.push(Violation::error(info.path, code, message));
    };
    match leaf {
        Leaf::Absent | Leaf::Unreadable | Leaf::Boolean(_) => {}
        Leaf::Text(text) => {
            let length = text.chars().count();
            if length < limit.min_length {
                error(
                    ViolationCode::TooShort,
                    format!(
                        "has {length} characters, at least {} are needed",
                        limit.min_length
                    ),
                );
            } else if length > limit.max_length {
                error(
                    ViolationCode::TooLong,
                    format!(
                        "has {length} characters, at most {} are allowed",
                        limit.max_length
                    ),
                );
            } else if limit.pattern.is_some_and(|pattern| !pattern.matches(text)) {
                error(ViolationCode::Form, format!("must be {}", info.hint));
            }
        }
        Leaf::Date(date) => {
            // Whatever the limits say: four digits are all that the wire can hold.
            let unwritable = date_text(date).is_none();
            if unwritable || date < limit.first_day || date > limit.last_day {
                error(
                    ViolationCode::DateRange,
                    format!(
                        "must lie between {} and {}",
                        limit.first_day, limit.last_day
                    ),
                );
            }
        }
        Leaf::Code(code) => {
            if !limit.codes.contains(&code) {
                violations.push(not_in_list(info, limit));
            }
        }
    }
}

/// The violation for a code that is not in the list of its field.
pub(crate) fn not_in_list(info: &FieldInfo, limit: &Limit) -> Violation {
    let codes = limit.codes.join(", ");
    let message = if info.hint.is_empty() {
        format!("must be one of {codes}")
    } else {
        format!("must be one of {codes}: {}", info.hint)
    };
    Violation::error(info.path, ViolationCode::NotInList, message)
}

/// Checks the facets of a generated struct, for vendor code that is generic over
/// [`validator::Validate`].
///
/// # Errors
/// validator's errors, by path and with our codes; values are left out.
#[doc(hidden)]
pub fn validate<F, G>(
    tables: &Tables<F, G>,
    group: usize,
    leaves: &dyn Leaves,
) -> Result<(), validator::ValidationErrors> {
    let limits: Vec<_> = tables
        .fields
        .iter()
        .map(|info| info.limit.clone())
        .collect();
    let required_for: Vec<_> = tables.groups.iter().map(|info| info.required_for).collect();
    let mut violations = Violations::new();
    check_facets(
        tables,
        &limits,
        &required_for,
        Some(group),
        leaves,
        &mut violations,
    );
    if violations.is_empty() {
        return Ok(());
    }
    let mut errors = validator::ValidationErrors::new();
    for violation in violations {
        let error = validator::ValidationError::new(violation.code().as_str())
            .with_message(violation.message().to_owned().into());
        let path = std::borrow::Cow::Owned(violation.field().to_owned());
        if let validator::ValidationErrorsKind::Field(list) = errors
            .errors_mut()
            .entry(path)
            .or_insert_with(|| validator::ValidationErrorsKind::Field(Vec::new()))
        {
            list.push(error);
        }
    }
    Err(errors)
}
