//! Reports: valid by construction.

use std::fmt;

use chrono::NaiveDate;

use crate::ids::CareflexId;
use crate::incident::Incident;
use crate::kind::{IncidentKind, NewCode};
use crate::model::Field;
use crate::rules::Rules;
use crate::violation::{Violation, ViolationCode, Violations};

/// 1 to 100 valid incidents of one company, ready to be sent.
///
/// A report holds no API token: the reporter puts that in when it writes the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    careflex_id: CareflexId,
    incidents: Vec<Incident>,
    warnings: Violations,
    new_code: NewCode,
}

impl Report {
    /// Checks the incidents of one company against the rules.
    ///
    /// # Errors
    /// [`InvalidReport`] when there are none or too many, or when one of them breaks a rule. It gives
    /// the incidents back.
    ///
    /// ```
    /// use careflex_core::{Incident, IncidentKind, Report, Rules, parse_date};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // NEW needs master data.
    /// let incident = Incident::builder()
    ///     .employee_id("4711".parse()?)
    ///     .kind(IncidentKind::New)
    ///     .valid_from(parse_date("2026-12-01")?)
    ///     .created_at(parse_date("2026-11-20")?)
    ///     .build();
    /// let invalid = Report::new("09ce3580d84bf087".parse()?, vec![incident], &Rules::documented()).unwrap_err();
    /// assert_eq!(
    ///     invalid.violations().to_string(),
    ///     "incidents[0].employee: is missing: an incident of type NEW needs it"
    /// );
    /// let incidents = invalid.into_incidents();
    /// assert_eq!(incidents.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(
        careflex_id: CareflexId,
        incidents: Vec<Incident>,
        rules: &Rules,
    ) -> Result<Self, InvalidReport> {
        let mut violations = rules.check_careflex_id(&careflex_id);
        if incidents.is_empty() {
            violations.push(Violation::error(
                "incidents",
                ViolationCode::NoIncidents,
                "is empty: a report holds at least one incident (for a month without any there is the empty report)",
            ));
        } else if incidents.len() > rules.max_incidents {
            violations.push(Violation::error(
                "incidents",
                ViolationCode::TooManyIncidents,
                format!(
                    "has {} incidents, one report holds at most {}",
                    incidents.len(),
                    rules.max_incidents
                ),
            ));
        }
        for (index, incident) in incidents.iter().enumerate() {
            violations.extend_incident(index, rules.check(incident));
        }
        if violations.has_errors() {
            return Err(InvalidReport {
                careflex_id,
                incidents,
                violations,
            });
        }
        Ok(Self {
            careflex_id,
            incidents,
            warnings: violations,
            new_code: rules.new_code,
        })
    }

    /// The company whose employees are reported.
    #[must_use]
    pub fn careflex_id(&self) -> &CareflexId {
        &self.careflex_id
    }

    /// The incidents, in the order in which they are sent.
    #[must_use]
    pub fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// What is suspicious but does not keep the report from being sent.
    #[must_use]
    pub fn warnings(&self) -> &Violations {
        &self.warnings
    }

    /// Gives the incidents back.
    #[must_use]
    pub fn into_incidents(self) -> Vec<Incident> {
        self.incidents
    }

    /// The code with which this report writes a type: `NEW` or `NEU` for
    /// [`IncidentKind::New`], as the rules say.
    #[must_use]
    pub fn code<'a>(&self, kind: &'a IncidentKind) -> &'a str {
        match IncidentKind::known(kind.code()) {
            Some(IncidentKind::New) => self.new_code.code(),
            _ => kind.code(),
        }
    }
}

/// Incidents that cannot be sent, and why. Nothing is lost: it gives them back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidReport {
    careflex_id: CareflexId,
    incidents: Vec<Incident>,
    violations: Violations,
}

impl InvalidReport {
    /// The company.
    #[must_use]
    pub fn careflex_id(&self) -> &CareflexId {
        &self.careflex_id
    }

    /// What is wrong, by path; warnings included.
    #[must_use]
    pub fn violations(&self) -> &Violations {
        &self.violations
    }

    /// The incidents, in their order.
    #[must_use]
    pub fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// Gives the incidents back.
    #[must_use]
    pub fn into_incidents(self) -> Vec<Incident> {
        self.incidents
    }

    /// Gives each incident back with what is wrong with it, by paths as if it stood alone. What is wrong
    /// with the report as a whole is wrong with each. Those without
    /// [errors](Violations::has_errors) can be reported.
    pub fn into_rows(self) -> impl Iterator<Item = (Incident, Violations)> {
        let Self {
            incidents,
            violations,
            ..
        } = self;
        incidents
            .into_iter()
            .enumerate()
            .map(move |(index, incident)| (incident, violations.of_incident(index)))
    }
}

impl fmt::Display for InvalidReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the report is not valid:\n{}", self.violations)
    }
}

impl std::error::Error for InvalidReport {}

/// Says that a company had no incident in a month. The interface pages demand it, the operator's
/// newer FAQ says it is no longer needed: nothing is sent unless you ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyReport {
    careflex_id: CareflexId,
    created_at: NaiveDate,
}

impl EmptyReport {
    /// Checks company and day.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(
        careflex_id: CareflexId,
        created_at: NaiveDate,
        rules: &Rules,
    ) -> Result<Self, Violations> {
        let mut violations = rules.check_careflex_id(&careflex_id);
        rules.check_date(Field::CreatedAt, created_at, &mut violations);
        if violations.has_errors() {
            return Err(violations);
        }
        Ok(Self {
            careflex_id,
            created_at,
        })
    }

    /// The company that had no incident.
    #[must_use]
    pub fn careflex_id(&self) -> &CareflexId {
        &self.careflex_id
    }

    /// The day of the report.
    #[must_use]
    pub fn created_at(&self) -> NaiveDate {
        self.created_at
    }
}
