//! An incident while it is being read: values as text, not yet checked. The readers of all formats fill a draft,
//! but for regular records of CSV; what is wrong with a row comes from here, with the same codes as a rule's.

use std::borrow::Cow;

use crate::ids::CareflexId;
use crate::input::{InputRow, RawValues, RowKey};
use crate::model::{Field, Group, MODEL};
use crate::rules::Rules;
use crate::text::{Piece, trim};
use crate::violation::{Violation, ViolationCode, Violations};

mod parts;
mod regular;
mod value;

pub use parts::Values;
use parts::{Parts, text_violation};
pub use regular::{Source, read_regular};
pub(crate) use value::Value;

/// How many characters of an unknown name are shown.
const NAME_SHOWN: usize = 40;
/// How many complaints of a reader are kept: no incident has so many mistakes, but a hostile file may.
const COMPLAINTS_KEPT: usize = 200;
/// From which likeness on (0 to 1) a name is offered as what was meant.
const SIMILAR_ENOUGH: f64 = 0.85;

const FIELDS: usize = Field::ALL.len();

/// An incident while it is being read.
///
/// ```
/// use careflex_core::{Draft, Field, Rules};
///
/// let mut draft = Draft::new();
/// draft.set(Field::EmployeeId, "4711");
/// draft.set(Field::Type, "RST");
/// draft.set(Field::ValidFrom, "2026-12-01");
/// draft.set(Field::CreatedAt, "2026-11-20");
/// let row = draft.finish(&Rules::documented());
/// assert_eq!(row.incident?.kind.code(), "RST");
/// # Ok::<(), careflex_core::Violations>(())
/// ```
#[derive(Clone)]
pub struct Draft<'a> {
    values: [Option<Value<'a>>; FIELDS],
    /// Which groups are there: a bit for each.
    groups: u32,
    /// Fields that a reader has already complained about.
    refused: [bool; FIELDS],
    violations: Violations,
    /// Why there is nothing to be read at all.
    rejected: Option<Violation>,
    line: u64,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Draft<'a> {
    /// An empty draft, of line 1.
    #[must_use]
    pub fn new() -> Self {
        Self {
            values: [const { None }; FIELDS],
            groups: bit(Group::Incident),
            refused: [false; FIELDS],
            violations: Violations::new(),
            rejected: None,
            line: 1,
        }
    }

    /// Sets the line of the file, from 1, on which the incident begins.
    pub fn set_line(&mut self, line: u64) {
        self.line = line;
    }

    /// Sets a value and opens the groups around it. A text that is empty after trimming is absent, in
    /// every format (our decision). A value that is there twice is a violation.
    #[inline]
    pub fn set(&mut self, field: Field, value: impl Into<Cow<'a, str>>) {
        self.put(field, value.into().into());
    }

    /// The same for a piece of what is read, which is faster.
    #[doc(hidden)]
    #[inline]
    pub fn set_piece(&mut self, field: Field, piece: Piece<'a>) {
        self.put(field, piece.into());
    }

    #[expect(clippy::indexing_slicing, reason = "one place for each field")]
    #[inline(always)]
    fn put(&mut self, field: Field, value: Value<'a>) {
        if trim(&value).is_empty() {
            return;
        }
        self.groups |= AROUND[field.index()];
        if self.values[field.index()].replace(value).is_some() {
            self.refuse(field, ViolationCode::Doubled, "is there twice");
        }
    }

    /// Opens a group that is there even if it turns out to be empty.
    #[inline]
    pub fn open(&mut self, group: Group) {
        self.groups |= bit(group);
    }

    /// Whether a group is there.
    #[must_use]
    pub fn is_open(&self, group: Group) -> bool {
        self.groups & bit(group) != 0
    }

    /// Notes a name that a group does not have, with a guess at what was meant.
    pub fn unknown(&mut self, group: Group, name: &str) {
        if self.violations.len() >= COMPLAINTS_KEPT {
            return;
        }
        // A name is not meant to be personal, but a mixed-up file may have anything here.
        let shown: String = name
            .chars()
            .take(NAME_SHOWN)
            .collect::<String>()
            .escape_debug()
            .collect();
        let path = match group.path() {
            "" => shown,
            path => format!("{path}.{shown}"),
        };
        let message = match guess(group, name) {
            Some(guess) => format!("is not known here: {guess}"),
            None => "is not known".to_owned(),
        };
        self.note(Violation::error(path, ViolationCode::Unknown, message));
    }

    /// Notes that a field holds what its format cannot mean, for example a list where a text belongs.
    #[expect(clippy::indexing_slicing, reason = "one place for each field")]
    pub fn refuse(
        &mut self,
        field: Field,
        code: ViolationCode,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.refused[field.index()] = true;
        self.note(Violation::error(field.path(), code, message));
    }

    /// Refuses the whole row: nothing else is said of it.
    pub fn reject(&mut self, violation: Violation) {
        self.rejected = Some(violation);
    }

    /// Notes something that is wrong with no field in particular. Of very many, only the first 200 are kept.
    pub fn note(&mut self, violation: Violation) {
        if self.violations.len() < COMPLAINTS_KEPT {
            self.violations.push(violation);
        }
    }

    /// Checks everything and builds the incident: all violations at once.
    #[must_use]
    pub fn finish(&self, rules: &Rules) -> InputRow {
        if !self.violations.is_empty() || self.rejected.is_some() {
            return self.clone().check(rules);
        }
        read_regular(self, self.line, rules, || self.clone().check(rules))
    }

    /// The full check, which finds the words for what is wrong.
    #[cold]
    fn check(mut self, rules: &Rules) -> InputRow {
        if let Some(violation) = self.rejected {
            return InputRow {
                line: self.line,
                careflex_id: None,
                key: RowKey::default(),
                incident: Err(violation.into()),
                warnings: Violations::new(),
                values: RawValues::new(&self.values),
            };
        }
        let careflex_id = self.careflex_id(rules);
        let mut violations = std::mem::take(&mut self.violations);
        let mut parts = Parts::read(&self, rules, &mut violations);
        violations.extend(rules.check_leaves(&parts));
        let key = parts.key();
        let mut values = RawValues::default();
        let (incident, warnings) = if violations.has_errors() {
            values = RawValues::new(&self.values);
            (Err(violations), Violations::new())
        } else {
            match parts.assemble() {
                Some(incident) => (Ok(incident), violations),
                // Cannot happen: whatever is required has been checked.
                None => (
                    Err(Violation::error("", ViolationCode::Missing, "is incomplete").into()),
                    Violations::new(),
                ),
            }
        };
        InputRow {
            line: self.line,
            careflex_id,
            key,
            incident,
            warnings,
            values,
        }
    }

    fn careflex_id(&mut self, rules: &Rules) -> Option<CareflexId> {
        let place = Field::CareflexId.index();
        // What a reader has complained about names no company, but is still to be shown.
        if self.refused.get(place).copied().unwrap_or_default() {
            return None;
        }
        let text = self.values.get_mut(place).and_then(Option::take)?;
        match CareflexId::new(&text) {
            Ok(id) => {
                self.violations.extend(rules.check_careflex_id(&id));
                Some(id)
            }
            Err(error) => {
                let (code, message) = text_violation(error);
                self.refuse(Field::CareflexId, code, message);
                self.values.get_mut(place)?.replace(text);
                None
            }
        }
    }
}

/// Whether a group is around a field: its own group, the one around that, and so on.
#[must_use]
pub fn is_around(group: Group, field: Field) -> bool {
    let groups = AROUND.get(field.index()).copied().unwrap_or_default();
    groups & bit(group) != 0
}

/// The groups around each field, a bit for each.
static AROUND: [u32; FIELDS] = {
    let mut around = [0; FIELDS];
    let mut field = 0;
    while field < FIELDS {
        #[expect(
            clippy::indexing_slicing,
            reason = "one place for each field and group"
        )]
        {
            let mut group = MODEL.fields[field].group;
            while let Some(index) = group {
                around[field] |= 1 << index;
                group = MODEL.groups[index].parent;
            }
        }
        field += 1;
    }
    around
};

const fn bit(group: Group) -> u32 {
    1 << group.index()
}

/// What may have been meant by a name that a group does not have.
fn guess(group: Group, name: &str) -> Option<String> {
    let children = group.children().iter().map(|child| child.name());
    if let Some(nearest) = nearest_name(name, children) {
        return Some(format!("did you mean {nearest}?"));
    }
    let elsewhere = Field::ALL.iter().find(|field| field.name() == name)?;
    Some(format!("it belongs to {}", elsewhere.path()))
}

/// The candidate that a misspelt name most likely means, if one is near enough. Case does not count.
///
/// ```
/// assert_eq!(careflex_core::nearest_name("zipcode", ["city", "zipCode"]), Some("zipCode"));
/// assert_eq!(careflex_core::nearest_name("salary", ["city", "zipCode"]), None);
/// ```
pub fn nearest_name<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Nobody misspells a name into a novel.
    let lower: String = name
        .chars()
        .take(2 * NAME_SHOWN)
        .collect::<String>()
        .to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&candidate.to_lowercase(), &lower),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= SIMILAR_ENOUGH)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(values: &[(Field, &'static str)]) -> Draft<'static> {
        let mut draft = Draft::new();
        for (field, value) in values {
            draft.set(*field, *value);
        }
        draft
    }

    fn complaints(draft: &Draft<'_>) -> Vec<(String, &'static str)> {
        draft
            .finish(&Rules::documented())
            .incident
            .unwrap_err()
            .errors()
            .map(|violation| (violation.path(), violation.code().as_str()))
            .collect()
    }

    const PLAIN: [(Field, &str); 4] = [
        (Field::EmployeeId, "4711"),
        (Field::Type, "RST"),
        (Field::ValidFrom, "2026-12-01"),
        (Field::CreatedAt, "2026-11-20"),
    ];

    #[test]
    fn everything_that_is_wrong_with_a_row_comes_at_once() {
        let mut row = draft(&PLAIN[..1]);
        row.set(Field::Type, "NEU");
        row.set(Field::ValidFrom, "24.04.2020");
        row.set(Field::CreatedAt, "2021-02-30");
        row.set(Field::FirstName, "a\u{0}");
        row.set(Field::Sex, "f");
        row.set(Field::ZipCode, "1234");
        row.set(Field::Country, "DE");
        row.set(Field::Management, "ja");
        assert_eq!(
            complaints(&row),
            [
                ("validFrom", "date-format"),
                ("createdAt", "no-such-day"),
                ("employee.firstName", "character"),
                ("employee.sex", "not-in-list"),
                ("employee.job.management", "not-boolean"),
                ("employee.lastName", "missing"),
                ("employee.birthday", "missing"),
                ("employee.address.street", "missing"),
                ("employee.address.houseNumber", "missing"),
                ("employee.address.city", "missing"),
                ("employee.job.employmentSite", "missing"),
                ("employee.job.employmentStatus", "missing"),
                ("employee.job.startOfEmployment", "missing"),
                ("employee.address.zipCode", "zip-code"),
            ]
            .map(|(path, code)| (path.to_owned(), code))
        );
    }

    #[test]
    fn groups_are_required_by_type() {
        let mut new = draft(&PLAIN);
        new.values[Field::Type.index()] = Some(Value::Piece("NEW".into()));
        assert_eq!(complaints(&new), [("employee".to_owned(), "missing")]);
        new.set(Field::FirstName, "A");
        new.set(Field::LastName, "B");
        let paths: Vec<_> = complaints(&new).into_iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            [
                "employee.address",
                "employee.job",
                "employee.birthday",
                "employee.sex"
            ]
        );
        let mut sdb = draft(&PLAIN);
        sdb.values[Field::Type.index()] = Some(Value::Piece("SDB".into()));
        assert_eq!(complaints(&sdb), [("employee".to_owned(), "missing")]);
        sdb.open(Group::Employee);
        assert_eq!(complaints(&sdb).len(), 2);
    }

    #[test]
    fn unknown_names_come_with_a_guess() {
        let mut row = draft(&PLAIN);
        row.unknown(Group::Incident, "validfrom");
        row.unknown(Group::Employee, "lastNmae");
        row.unknown(Group::Employee, "zipCode");
        row.unknown(Group::Employee, "x\n");
        let texts: Vec<_> = row
            .finish(&Rules::documented())
            .incident
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            texts,
            [
                "validfrom: is not known here: did you mean validFrom?",
                "employee.lastNmae: is not known here: did you mean lastName?",
                "employee.zipCode: is not known here: it belongs to employee.address.zipCode",
                "employee.x\\n: is not known",
            ]
        );
    }

    #[test]
    fn of_very_many_unknown_names_the_first_are_kept() {
        let mut row = draft(&PLAIN);
        for number in 0..1000 {
            row.unknown(Group::Incident, &format!("x{number}"));
        }
        assert_eq!(complaints(&row).len(), COMPLAINTS_KEPT);
    }

    #[test]
    fn a_doubled_value_is_refused() {
        let mut row = draft(&PLAIN);
        row.set(Field::EmployeeId, "4712");
        assert_eq!(complaints(&row), [("employeeId".to_owned(), "doubled")]);
    }

    #[test]
    fn a_value_that_a_reader_refuses_is_complained_about_once_and_still_shown() {
        for field in Field::ALL.iter().copied() {
            let mut row = Draft::new();
            row.set(field, "9E+15 \u{1}");
            row.refuse(field, ViolationCode::Spreadsheet, "was changed");
            let row = row.finish(&Rules::documented());
            assert_eq!(row.careflex_id, None);
            assert_eq!(row.value(field).as_deref(), Some("9E+15 \u{1}"));
            let violations = row.incident.unwrap_err();
            let of_field = violations.iter().filter(|one| one.field() == field.path());
            let codes: Vec<_> = of_field.map(Violation::code).collect();
            assert_eq!(codes, [ViolationCode::Spreadsheet], "{field:?}");
        }
    }

    #[test]
    fn an_empty_text_is_absent_and_opens_nothing() {
        let mut row = draft(&PLAIN);
        row.set(Field::FirstName, "  ");
        row.set(Field::ExternalId, "");
        let incident = row.finish(&Rules::documented()).incident.unwrap();
        assert_eq!((incident.employee, incident.external_id), (None, None));
    }

    #[test]
    fn no_value_is_ever_repeated() {
        let secret = "Zwiebelfisch";
        for field in Field::ALL {
            let mut row = draft(&PLAIN);
            row.values[field.index()] = None;
            row.set(*field, format!("{secret}\u{1} {secret}"));
            row.open(Group::Contact);
            let row = row.finish(&Rules::documented());
            assert!(!format!("{row:?}").contains(secret), "{field:?}");
            assert!(
                !row.incident.unwrap_err().to_string().contains(secret),
                "{field:?}"
            );
        }
    }
}
