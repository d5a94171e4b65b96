//! Layouts of any files: what is suggested can be used, and no error shows what must not be seen.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_csv::{Column, Layout};
use proptest::prelude::*;

const REQUIRED: [&str; 4] = ["employeeId", "type", "validFrom", "createdAt"];
const MISSING: &str = "no column and no constant for ";

/// Names as exports have them, and such that nobody should have.
fn name() -> impl Strategy<Value = String> {
    let common = vec![
        "Personalnummer",
        "Mitarbeiter-ID",
        "Vorgang",
        "Gültig ab",
        "Datum",
        "Erfasst am",
        "Name",
        "Nachname",
        "PLZ",
        "Straße",
        "Abteilung",
        "E-Mail privat",
        "zipCode",
        "type",
        " type ",
    ];
    prop_oneof![
        3 => proptest::sample::select(common).prop_map(String::from),
        1 => any::<String>(),
        1 => "[\"\\\\'#{}=,\\n\\t\u{7f}\u{85}\u{2028}\u{feff}x ]{0,6}",
    ]
}

/// The names that a layout can have, each once.
fn usable(names: &[String]) -> Vec<&str> {
    let mut usable = Vec::new();
    for name in names {
        let name = name.trim();
        let is_name = !name.is_empty() && !name.contains(char::is_control);
        if is_name && name.chars().count() <= 255 && !usable.contains(&name) {
            usable.push(name);
        }
    }
    usable
}

proptest! {
    #[test]
    fn a_suggestion_lacks_nothing_but_required_fields(names in proptest::collection::vec(name(), 0..12)) {
        match Layout::parse(&Layout::suggest(&names)) {
            Ok(layout) => {
                let found: Vec<_> = layout.columns().iter().filter_map(Column::name).collect();
                prop_assert_eq!(found, usable(&names));
                prop_assert!(!layout.ignores_others());
            }
            Err(error) => {
                let message = error.to_string();
                let (_, message) = message.split_once(": ").unwrap();
                prop_assert!(message.starts_with(MISSING), "{}", message);
                prop_assert!(!message.contains('\n'), "{}", message);
            }
        }
    }

    #[test]
    fn a_suggestion_with_all_required_fields_is_a_layout(
        names in proptest::collection::vec(name(), 0..8),
        places in proptest::collection::vec(any::<proptest::sample::Index>(), 4),
    ) {
        let mut names = names;
        for (required, place) in REQUIRED.into_iter().zip(places) {
            let place = place.index(names.len() + 1);
            names.insert(place, required.to_owned());
        }
        let layout = Layout::parse(&Layout::suggest(&names)).unwrap();
        for required in REQUIRED {
            let column = layout.columns().iter().find(|column| column.name() == Some(required));
            prop_assert_eq!(column.unwrap().field().unwrap().name(), required);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "([a-z]+ = |columns|\\[|\\]|\\{|\\}|\"|,|\n| |name|field|type|\\PC){0,40}") {
        let _ = Layout::parse(&text);
    }
}

/// A layout with planted values, changed in one place in all ways that a slip of the pen can have.
#[test]
fn no_error_shows_a_constant_or_what_values_hold() {
    let secret = "Zwiebelfisch";
    let text = r#"
dates = "DD.MM.YYYY"
columns = [
  { field = "employeeId", constant = "Zwiebelfisch" },
  { name = "A", field = "type", values = { Zwiebelfisch = "NEW", "Zwiebelfisch 2" = "RST" } },
  { name = "B", field = "validFrom", values = { "Zwiebelfisch" = "2020-04-24" }, as_is = true },
  { name = "C", field = "createdAt" },
  { name = "D", field = "sex", values = { a = "m" } },
  { name = "E", constant = "Zwiebelfisch" },
  { field = "city", constant = 'Zwiebelfisch' },
]
"#;
    Layout::parse(text).unwrap();
    let mut errors = 0;
    let mut check = |text: &str| {
        if let Err(error) = Layout::parse(text) {
            errors += 1;
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains(secret), "{shown}\n{text}");
            }
        }
    };
    for (place, letter) in text.char_indices() {
        let (before, rest) = text.split_at(place);
        let behind = rest.get(letter.len_utf8()..).unwrap();
        check(before);
        check(&format!("{before}{behind}"));
        for other in [
            "\"", "'", "{", "}", "]", ",", "=", ".", "#", "\n", "7", "x", "\u{0}",
        ] {
            check(&format!("{before}{other}{behind}"));
            check(&format!("{before}{other}{rest}"));
        }
    }
    // Values where another kind belongs.
    for field in careflex_core::Field::ALL {
        let name = field.name();
        check(&text.replace("\"employeeId\"", &format!("\"{name}\"")));
        check(&text.replace(
            "\"sex\", values = { a = \"m\" }",
            &format!("\"{name}\", values = {{ a = \"{secret}\\u0001\" }}"),
        ));
        check(&text.replace(
            "\"city\", constant = 'Zwiebelfisch'",
            &format!("\"{name}\", constant = \"{secret}\\u0001\""),
        ));
    }
    assert!(errors > 1000, "{errors}");
}
