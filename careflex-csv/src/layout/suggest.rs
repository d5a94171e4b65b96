//! A layout file to begin with.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use careflex_core::{Field, LeafKind};

use super::check::{name_problem, required_fields};
use super::words::{Meaning, meaning};

const HEAD: &str = r#"# A layout for careflex: the columns of a file, from left to right, and what they mean.
# It was begun from the names in the header line. Check every line before you use it, above all
# those that are marked as a guess: a column that is taken for another one is reported wrongly.
#
# A line is one of
#   { name = "PLZ", field = "zipCode" },                   a column, and the field that it holds
#   { field = "country", constant = "DE" },                no column: all have the same value
#   { name = "Abteilung", ignore = true },                 a column that is not read
# A column that holds other values or days than the portal wants can have
#   values = { ja = "true", nein = "false" }               what the file has ("": nothing), and what it means
#   dates = "DD.MM.YYYY"                                   the form of its days
#   as_is = true                                           takes what looks spoilt by a spreadsheet
"#;

const SETTINGS: &str = r#"
# The form of all days in this file, if it is not YYYY-MM-DD:
# dates = "DD.MM.YYYY"
# What becomes of columns that are not named below. If not set, they are an error:
# other_columns = "ignore"

columns = [
"#;

/// What is to be said of a column.
#[derive(Debug, Clone, Copy)]
enum Finding {
    /// Not looked at yet.
    Open,
    /// It has the field's own name.
    Named(Field),
    Guessed(Field),
    /// It seems to hold a field that another column holds already.
    Taken(Field),
    /// It holds no field; and why, or nothing.
    Other(&'static str),
    /// Its name is that of a column before.
    Twice,
    /// Its name can stand in no layout.
    Unusable(&'static str),
}

pub(super) fn suggest(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| name.trim()).collect();
    let findings = findings(&names);
    let mut text = format!("{HEAD}{SETTINGS}");
    for (place, (name, finding)) in (1..).zip(names.iter().zip(&findings)) {
        text.push_str(&entry(place, name, *finding));
    }
    let is_missing = |field: &Field| {
        !findings.iter().any(
            |finding| matches!(finding, Finding::Named(found) | Finding::Guessed(found) if found == field),
        )
    };
    for field in required_fields().filter(is_missing) {
        let _ = writeln!(
            text,
            "  # {},   # no column found: required",
            instead(field)
        );
    }
    text.push_str("]\n");
    let missing: Vec<_> = Field::ALL
        .iter()
        .filter(|field| is_missing(field))
        .map(|field| field.name())
        .collect();
    if !missing.is_empty() {
        let _ = writeln!(text, "\n# Fields without a column: {}", missing.join(", "));
    }
    text
}

/// What each column is. The surest come first, because a field has only one column.
fn findings(names: &[&str]) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut taken = Vec::new();
    let mut findings: Vec<_> = names
        .iter()
        .map(|name| {
            if let Some(reason) = name_problem(name) {
                Finding::Unusable(reason)
            } else if !seen.insert(*name) {
                Finding::Twice
            } else if let Some(field) = Field::from_name(name) {
                taken.push(field);
                Finding::Named(field)
            } else {
                Finding::Open
            }
        })
        .collect();
    let meanings: Vec<_> = names
        .iter()
        .zip(&findings)
        .map(|(name, finding)| match finding {
            Finding::Open => meaning(name),
            _ => None,
        })
        .collect();
    let sure = |meaning| match meaning {
        Meaning::Strong(field) => vec![field],
        _ => Vec::new(),
    };
    let likely = |meaning| match meaning {
        Meaning::Weak(fields) => fields.to_vec(),
        _ => Vec::new(),
    };
    let possible = |meaning| match meaning {
        Meaning::Misspelt(field) => vec![field],
        _ => Vec::new(),
    };
    let passes: [&dyn Fn(Meaning) -> Vec<Field>; 3] = [&sure, &likely, &possible];
    for fields_of in passes {
        for (finding, meaning) in findings.iter_mut().zip(&meanings) {
            let fields = meaning.map(fields_of).unwrap_or_default();
            let Some(first) = fields.first() else {
                continue;
            };
            *finding = match fields.iter().find(|field| !taken.contains(field)) {
                Some(free) => {
                    taken.push(*free);
                    Finding::Guessed(*free)
                }
                None => Finding::Taken(*first),
            };
        }
    }
    for (finding, meaning) in findings.iter_mut().zip(&meanings) {
        if let Some(Meaning::Other(reason)) = meaning {
            *finding = Finding::Other(reason);
        }
    }
    findings
}

/// The line of a column, and what could be added to it.
fn entry(place: usize, name: &str, finding: Finding) -> String {
    let name = quoted(name);
    let read = |field: Field| format!("  {{ name = {name}, field = \"{}\" }},", field.name());
    let ignored = format!("  {{ name = {name}, ignore = true }},");
    match finding {
        Finding::Named(field) => format!("{}\n", read(field)),
        Finding::Guessed(field) => {
            let hint = match hint(field) {
                Some(values) => format!("  #   for other values: values = {{ {values} }}\n"),
                None => String::new(),
            };
            format!("{}   # a guess: check it\n{hint}", read(field))
        }
        Finding::Taken(field) => format!(
            "{ignored}   # {} has another column already\n",
            field.name()
        ),
        Finding::Other("") => format!("{ignored}   # no field is known for it\n"),
        Finding::Other(reason) => format!("{ignored}   # {reason}\n"),
        Finding::Open => format!(
            "{ignored}   # not known: if it holds a field, set field = \"…\" instead of ignore\n"
        ),
        Finding::Twice => format!("  # column {place} of the file has the name {name} again\n"),
        Finding::Unusable(reason) => format!(
            "  # column {place} of the file cannot be named here: {reason}. Give it another one, or set other_columns\n"
        ),
    }
}

/// Values that files often have in place of the portal's.
fn hint(field: Field) -> Option<&'static str> {
    match field {
        Field::Sex => Some(r#""männlich" = "m", weiblich = "w", divers = "d""#),
        Field::Type => {
            Some(r#"Eintritt = "NEW", "Änderung" = "SDB", Ruhend = "RST", "Rückkehr" = "WIK""#)
        }
        Field::Country => Some(r#"Deutschland = "DE""#),
        Field::EmploymentStatus => Some(r#"Tarif = "T""#),
        Field::CareflexId => Some(r#""Muster GmbH" = "09ce3580d84bf087""#),
        _ if field.kind() == LeafKind::Boolean => Some(r#"ja = "true", nein = "false""#),
        _ => None,
    }
}

/// What may stand for a field without a column.
fn instead(field: Field) -> String {
    let example = match field {
        Field::Type => "NEW",
        _ if field.kind() == LeafKind::Date => "2026-12-01",
        // Two incidents seldom have the same.
        _ => return format!("{{ name = \"…\", field = \"{}\" }}", field.name()),
    };
    format!(
        "{{ field = \"{}\", constant = \"{example}\" }}",
        field.name()
    )
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    fn suggestion(names: &[&str]) -> String {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        suggest(&names)
    }

    fn entries(names: &[&str]) -> Vec<String> {
        let text = suggestion(names);
        let (_, columns) = text.split_once("columns = [\n").unwrap();
        let (columns, _) = columns.split_once("]\n").unwrap();
        columns.lines().map(|line| line.trim().to_owned()).collect()
    }

    const REQUIRED: [&str; 4] = ["employeeId", "type", "validFrom", "createdAt"];

    #[test]
    fn standard_names_are_no_guess() {
        let text = suggestion(
            &Field::ALL
                .iter()
                .map(|field| field.name())
                .collect::<Vec<_>>(),
        );
        assert!(!text.contains("a guess: check it"));
        assert!(!text.contains("Fields without a column"));
        assert_eq!(
            Layout::parse(&text).unwrap().columns().len(),
            Field::ALL.len()
        );
    }

    #[test]
    fn an_export_is_guessed() {
        assert_eq!(
            entries(&[
                "Pers.-Nr.",
                "Vorgangsart",
                "Gültig ab",
                "Erfasst am",
                "E-Mail privat",
                "Note"
            ]),
            [
                r#"{ name = "Pers.-Nr.", field = "employeeId" },   # a guess: check it"#,
                r#"{ name = "Vorgangsart", field = "type" },   # a guess: check it"#,
                r#"#   for other values: values = { Eintritt = "NEW", "Änderung" = "SDB", Ruhend = "RST", "Rückkehr" = "WIK" }"#,
                r#"{ name = "Gültig ab", field = "validFrom" },   # a guess: check it"#,
                r#"{ name = "Erfasst am", field = "createdAt" },   # a guess: check it"#,
                r#"{ name = "E-Mail privat", ignore = true },   # the portal has business contacts, private ones do not belong there"#,
                r#"{ name = "Note", ignore = true },   # not known: if it holds a field, set field = "…" instead of ignore"#,
            ]
        );
    }

    #[test]
    fn the_better_column_gets_the_field() {
        let field_of = |names: &[&str], name: &str| {
            let name = format!("name = {}", quoted(name));
            entries(names)
                .into_iter()
                .find(|line| line.contains(&name))
                .unwrap()
        };
        let both = ["Personalnummer", "Mitarbeiter-ID"];
        assert!(field_of(&both, "Personalnummer").contains("\"personnelNumber\""));
        assert!(field_of(&both, "Mitarbeiter-ID").contains("\"employeeId\""));
        assert!(field_of(&["Personalnummer"], "Personalnummer").contains("\"employeeId\""));
        let own = ["Personalnummer", "employeeId"];
        assert!(field_of(&own, "Personalnummer").contains("\"personnelNumber\""));
        let names = [
            "Name",
            "Nachname",
            "Land",
            "Länderkennzeichen",
            "Familienname",
        ];
        assert!(field_of(&names, "Nachname").contains("\"lastName\""));
        assert!(field_of(&names, "Name").contains("lastName has another column"));
        assert!(field_of(&names, "Familienname").contains("lastName has another column"));
        assert!(field_of(&names, "Länderkennzeichen").contains("\"country\""));
        assert!(field_of(&["Postleizahl", "PLZ"], "PLZ").contains("\"zipCode\""));
    }

    #[test]
    fn what_is_missing_can_be_commented_in() {
        let text = suggestion(&["Vorname"]);
        assert!(Layout::parse(&text).is_err());
        let mut added = String::new();
        for line in text.lines() {
            let is_offer = line.contains("no column found: required");
            let line = if is_offer {
                line.replacen("# ", "", 1)
            } else {
                line.to_owned()
            };
            added.push_str(&line);
            added.push('\n');
        }
        assert_eq!(
            Layout::parse(&added).unwrap().columns().len(),
            1 + REQUIRED.len()
        );
    }

    #[test]
    fn what_is_offered_in_comments_is_right() {
        for field in Field::ALL {
            let Some(values) = hint(*field) else { continue };
            let others = REQUIRED.iter().filter(|name| **name != field.name());
            let others: String = others
                .map(|name| format!("{{ field = \"{name}\" }},"))
                .collect();
            let name = field.name();
            let text =
                format!("columns = [{others}{{ field = \"{name}\", values = {{ {values} }} }}]");
            Layout::parse(&text).unwrap().check_writable().unwrap();
        }
        let settings = SETTINGS
            .replace("# dates", "dates")
            .replace("# other", "other");
        let columns: String = REQUIRED
            .map(|name| format!("{{ field = \"{name}\" }},"))
            .concat();
        assert!(
            Layout::parse(&format!("{settings}{columns}]"))
                .unwrap()
                .ignores_others()
        );
    }

    #[test]
    fn names_that_no_layout_can_have_are_told() {
        let long = "x".repeat(256);
        let lines = entries(&["", "a\nb", &long, "a\"\\", "a\"\\", "\u{7f}"]);
        for (line, expected) in lines.iter().zip([
            "# column 1 of the file cannot be named here: the name of a column is empty",
            "# column 2 of the file cannot be named here",
            "# column 3 of the file cannot be named here",
            r#"{ name = "a\"\\", ignore = true },"#,
            r#"# column 5 of the file has the name "a\"\\" again"#,
            "# column 6 of the file cannot be named here",
        ]) {
            assert!(line.starts_with(expected), "{line}");
        }
    }
}
