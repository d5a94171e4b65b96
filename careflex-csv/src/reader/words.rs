//! Says what is wrong with a row in the words of its file: by the names of its columns.

use careflex_core::{
    Child, Field, Group, IncidentKind, InputRow, Rules, Violation, ViolationCode, Violations,
};

use super::columns::Columns;
use super::shown::shown_list;

/// Names the column in each violation and warning of a row, which stands on these lines.
#[cold]
pub(super) fn put_in_words(
    row: &mut InputRow,
    lines: (u64, u64),
    columns: &Columns,
    rules: &Rules,
) {
    let kind: Option<IncidentKind> = row.key.kind.as_deref().and_then(|code| code.parse().ok());
    let words = Words {
        columns,
        rules,
        kind: kind.as_ref().map(IncidentKind::code),
        lines,
    };
    if let Err(violations) = &mut row.incident {
        *violations = words.of(std::mem::take(violations));
    }
    row.warnings = words.of(std::mem::take(&mut row.warnings));
}

struct Words<'a> {
    columns: &'a Columns,
    rules: &'a Rules,
    /// The row's type, as the rules call it.
    kind: Option<&'a str>,
    /// The lines on which the record begins and ends.
    lines: (u64, u64),
}

impl Words<'_> {
    fn of(&self, violations: Violations) -> Violations {
        violations.into_iter().map(|one| self.of_one(one)).collect()
    }

    fn of_one(&self, violation: Violation) -> Violation {
        let path = violation.field();
        let field = Field::ALL.iter().find(|field| field.path() == path);
        let group = Group::ALL.iter().find(|group| group.path() == path);
        let violation = match (field, group) {
            _ if violation.column().is_some() || path.is_empty() => violation,
            (Some(field), _) => self.of_field(violation, *field),
            (_, Some(group)) if violation.code() == ViolationCode::Missing => {
                let message = self.missing(violation.message(), *group);
                violation.with_message(message)
            }
            _ => violation,
        };
        self.with_lines(violation)
    }

    fn of_field(&self, violation: Violation, field: Field) -> Violation {
        let message = violation.message();
        if let Some(fed) = self.columns.fed(field) {
            let name = self.columns.name(fed.place).unwrap_or_default();
            let message = self
                .hint(&violation)
                .map(|hint| format!("{message} ({hint})"));
            let violation = violation.in_column(name);
            return match message {
                Some(message) => violation.with_message(message),
                None => violation,
            };
        }
        let mut constants = self.columns.constants.iter();
        if constants.any(|constant| constant.field == field) {
            let message = format!("{message} (the layout sets this value)");
            return violation.with_message(message);
        }
        if violation.code() != ViolationCode::Missing {
            return violation;
        }
        // The rules may have given a reason already.
        let conjunction = if message.contains(':') { ", and" } else { ":" };
        // Where many have the same, there may be a constant.
        let is_common = matches!(
            field,
            Field::Country | Field::EmploymentSite | Field::EmploymentStatus
        );
        let constant = if is_common && !self.columns.have_standard_forms {
            ", and the layout no constant"
        } else {
            ""
        };
        let message = format!("{message}{conjunction} the file has no column for it{constant}");
        violation.with_message(message)
    }

    /// What else can be done about a value of another form. About one that a spreadsheet has changed a layout
    /// can do nothing.
    fn hint(&self, violation: &Violation) -> Option<&'static str> {
        let is_form = matches!(
            violation.code(),
            ViolationCode::DateFormat | ViolationCode::NotBoolean | ViolationCode::NotInList
        ) || (violation.code() == ViolationCode::Form
            && violation.field() == Field::Type.path());
        let is_helpful = is_form && violation.message().starts_with("must be");
        let has_own_form = violation.message().contains("as the layout says");
        match (is_helpful, self.columns.have_standard_forms) {
            (true, true) => Some("a layout can translate other forms"),
            (true, false) if has_own_form => None,
            (true, false) if violation.code() == ViolationCode::DateFormat => {
                Some("the layout can name another form: dates")
            }
            (true, false) => Some("the layout can translate other values: values"),
            (false, _) => None,
        }
    }

    /// What to fill in for a group of which nothing is there.
    fn missing(&self, message: &str, group: Group) -> String {
        let mut needed = Vec::new();
        self.add_needed(group, &mut needed);
        let mut names: Vec<&str> = Vec::new();
        let mut without_column = Vec::new();
        for field in needed {
            let name = self
                .columns
                .fed(field)
                .and_then(|fed| self.columns.name(fed.place));
            match name {
                Some(name) if names.contains(&name) => {}
                Some(name) => names.push(name),
                None => without_column.push(field.name()),
            }
        }
        without_column.retain(|name| {
            let mut constants = self.columns.constants.iter();
            !constants.any(|constant| constant.field.name() == *name)
        });
        let mut parts = Vec::new();
        if !names.is_empty() {
            parts.push(format!("fill in {}", names.join(", ")));
        }
        if !without_column.is_empty() {
            let names = shown_list(without_column.into_iter());
            parts.push(format!("the file has no column for {names}"));
        }
        if parts.is_empty() {
            return message.to_owned();
        }
        format!("{message}: {}", parts.join("; "))
    }

    /// The fields that a group of this row must have, with the groups in it.
    fn add_needed(&self, group: Group, needed: &mut Vec<Field>) {
        let is_for_kind = |codes: &[&str]| self.kind.is_some_and(|kind| codes.contains(&kind));
        for child in group.children() {
            match child {
                Child::Field(field) => {
                    if field.is_required() || is_for_kind(self.rules.limit(*field).required_for) {
                        needed.push(*field);
                    }
                }
                Child::Group(group) => {
                    if is_for_kind(self.rules.required_for(*group)) {
                        self.add_needed(*group, needed);
                    }
                }
            }
        }
    }

    /// Where a quotation mark is forgotten, the lines below are taken for a part of the value: nobody must
    /// believe that they were read as incidents.
    fn with_lines(&self, violation: Violation) -> Violation {
        let (first, last) = self.lines;
        let is_suspicious = matches!(
            violation.code(),
            ViolationCode::Quotes | ViolationCode::FieldCount | ViolationCode::TooLong
        );
        if first == last || !is_suspicious {
            return violation;
        }
        let message = format!(
            "{} (lines {first} to {last} are read as one incident: is a quotation mark not closed?)",
            violation.message()
        );
        violation.with_message(message)
    }
}
