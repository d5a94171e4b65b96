//! Tests of layout files.

use super::*;

const REQUIRED: &str = r#"{ field = "employeeId" },
{ field = "type" },
{ field = "validFrom" },
{ field = "createdAt" },
"#;

/// The layout with an entry that stands in line 6, and settings that stand behind it.
fn with(entry: &str, settings: &str) -> Result<Layout, LayoutError> {
    Layout::parse(&format!("columns = [\n{REQUIRED}{entry}\n]\n{settings}"))
}

#[test]
fn every_kind_of_entry_is_read() {
    let text = "\u{FEFF}
dates = \"TT.MM.JJJJ\"
other_columns = \"ignore\"
columns = [
  { name = \"Personalnummer\", field = \"employeeId\", as_is = true },
  { name = \"Vorgang\", field = \"type\", values = { Eintritt = \"NEW\", \"\" = \"RST\" } },
  { name = \"Gültig ab\", field = \"validFrom\", dates = \"YYYYMMDD\" },
  { field = \"createdAt\" },
  { field = \"country\", constant = \"DE\" },
  { name = \"Version\", constant = \"\" },
  { name = \"Abteilung\", ignore = true },
  { field = \"title\", ignore = true, as_is = false },
]";
    let expected = Layout::new(vec![
        FieldColumn::of(Field::EmployeeId)
            .named("Personalnummer")
            .as_is()
            .into(),
        FieldColumn::of(Field::Type)
            .named("Vorgang")
            .values([("", "RST"), ("Eintritt", "NEW")])
            .into(),
        FieldColumn::of(Field::ValidFrom)
            .named("Gültig ab")
            .dates("YYYYMMDD".parse().unwrap())
            .into(),
        FieldColumn::of(Field::CreatedAt).into(),
        Column::Constant {
            field: Field::Country,
            value: "DE".to_owned(),
        },
        Column::Text {
            name: "Version".to_owned(),
            value: String::new(),
        },
        Column::Ignored {
            name: "Abteilung".to_owned(),
        },
        Column::LeftOut {
            field: Field::Title,
        },
    ])
    .unwrap()
    .with_dates(&"DD.MM.YYYY".parse().unwrap())
    .ignoring_others();
    assert_eq!(Layout::parse(text), Ok(expected.clone()));
    assert_eq!(Layout::parse(&text.replace('\n', "\r\n")), Ok(expected));
}

#[test]
fn entries_may_be_tables_of_their_own() {
    let text = "[[columns]]\nfield = \"employeeId\"\n\n[[columns]]\nname = \"Vorgang\"\nfield = \"type\"\nvalues.Eintritt = \"NEW\"\n\n[[columns]]\nfield = \"validFrom\"\n[[columns]]\nfield = \"createdAt\"\n";
    assert_eq!(Layout::parse(text).unwrap().columns().len(), 4);
    let error = Layout::parse(&text.replace("createdAt", "validFrom")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 11: validFrom is named twice: a field has one column or one constant"
    );
}

#[test]
fn entries_may_take_several_lines() {
    let entry =
        "{\n  name = \"Leitend\",\n  field = \"managment\",\n  values = {\n    ja = 1,\n  },\n},";
    assert_eq!(
        with(entry, "").unwrap_err().to_string(),
        "line 8: managment is no field: did you mean management?\nline 10: what a value of the file means in values must be a text in quotation marks"
    );
}

#[test]
fn each_mistake_of_an_entry_comes_with_its_line() {
    for (entry, expected) in [
        (
            r#"{ name = "PLZ", field = "zipcode" }"#,
            "zipcode is no field: did you mean zipCode?",
        ),
        (
            r#"{ name = "PLZ", field = "PLZ" }"#,
            "PLZ is no field: did you mean zipCode?",
        ),
        (
            r#"{ name = "A", field = "salary\n" }"#,
            "salary  is no field",
        ),
        (
            r#"{ nmae = "A", field = "city" }"#,
            "nmae is not known here: did you mean name?",
        ),
        (
            r#"{ x = "A", field = "city" }"#,
            "x is not known here, only name, field, values, dates, as_is, constant, ignore",
        ),
        (
            r#"{ name = 7, field = "city" }"#,
            "name must be a text in quotation marks",
        ),
        (
            r#"{ name = "A", field = ["city"] }"#,
            "field must be a text in quotation marks",
        ),
        (
            r#"{ field = "city", constant = 7 }"#,
            "constant must be a text in quotation marks",
        ),
        (
            r#"{ field = "birthday", constant = 2020-04-24 }"#,
            "constant must be a text in quotation marks",
        ),
        (
            r#"{ name = "A", ignore = "true" }"#,
            "ignore must be true or false, without quotation marks",
        ),
        (
            r#"{ field = "city", as_is = 1 }"#,
            "as_is must be true or false, without quotation marks",
        ),
        (
            r#"{ field = "city", values = ["a"] }"#,
            r#"values must look like { ja = "true", nein = "false" }"#,
        ),
        (
            r#"{ field = "city", values = { a = true } }"#,
            "what a value of the file means in values must be a text in quotation marks",
        ),
        (
            r#"{ field = "management", values = { a = "ja" } }"#,
            r#"what a value of the file means in values must be "true" or "false""#,
        ),
        (
            r#"{ field = "city", values = { a = "x", " a" = "y" } }"#,
            "a value of the file is named twice in values",
        ),
        (
            r#"{ field = "birthday", dates = "DD.MM.YY" }"#,
            "dates: two digits leave the century open: the year must be YYYY, for example DD.MM.YYYY or YYYY-MM-DD",
        ),
        (
            r#"{ field = "birthday", dates = 7 }"#,
            "dates must be a text in quotation marks",
        ),
        (
            r#"{ field = "city", dates = "DD.MM.YYYY" }"#,
            "city holds no days: dates is for fields that do",
        ),
        (
            r#"{ name = "A", field = "city", constant = "B" }"#,
            "a field has a column or a constant, not both: an entry has a name and a field, a field and a constant, a name and a constant, or one of both and ignore = true",
        ),
        (r#"{ name = "A", field = "city", ignore = true }"#, ENTRIES),
        (
            r#"{ field = "city", constant = "B", ignore = true }"#,
            ENTRIES,
        ),
        (r#"{ constant = "B" }"#, ENTRIES),
        (r#"{ ignore = true }"#, ENTRIES),
        ("{}", ENTRIES),
        (
            r#"{ name = "A" }"#,
            "what is the column A? Add field, constant or ignore = true",
        ),
        (
            r#"{ field = "city", constant = "A", values = {} }"#,
            "values, dates and as_is are for a column with a field, without constant and ignore",
        ),
        (
            r#"{ name = "A", ignore = true, as_is = true }"#,
            "values, dates and as_is are for a column with a field, without constant and ignore",
        ),
        (
            r#"{ name = "A", dates = "DD.MM.YYYY" }"#,
            "values, dates and as_is are for a column with a field, without constant and ignore",
        ),
        (
            "7",
            r#"an entry of columns must look like { name = "PLZ", field = "zipCode" }"#,
        ),
        (
            r#"{ name = "", field = "city" }"#,
            "the name of a column is empty",
        ),
        (
            r#"{ field = "type", constant = "NEW" }"#,
            "type is named twice: a field has one column or one constant",
        ),
        (
            r#"{ name = "type", ignore = true }"#,
            "the column type is named twice",
        ),
        (
            r#"{ field = "country", constant = "" }"#,
            "the constant of country is empty",
        ),
        (
            r#"{ field = "sex", constant = "Frau" }"#,
            "the constant of sex must be one of m, w, d",
        ),
    ] {
        let error = with(entry, "").unwrap_err();
        assert_eq!(error.to_string(), format!("line 6: {expected}"), "{entry}");
        assert_eq!(error.line(), Some(6));
    }
}

#[test]
fn each_mistake_of_the_file_comes_with_its_line() {
    for (settings, expected) in [
        (
            "other_columns = true",
            r#"line 8: other_columns must be "refuse" or "ignore""#,
        ),
        (
            r#"other_columns = "drop""#,
            r#"line 8: other_columns must be "refuse" or "ignore""#,
        ),
        (
            r#"dates = "MM/DD""#,
            "line 8: dates: a form of a day has the year (YYYY), the month (MM or M) and the day (DD or D), each once: for example DD.MM.YYYY or YYYY-MM-DD",
        ),
        (
            r#"othercolumns = "ignore""#,
            "line 8: othercolumns is not known here: did you mean other_columns?",
        ),
        (
            "[x]",
            "line 8: x is not known here, only columns, dates, other_columns",
        ),
        (
            "x = y",
            "line 8: this is no TOML: string values must be quoted, expected literal string",
        ),
        (
            "dates = \"D.M.YYYY\"\ndates = \"D.M.YYYY\"",
            "line 9: this is no TOML: duplicate key",
        ),
        (
            "x = 1\ny = 2",
            "line 8: x is not known here, only columns, dates, other_columns\nline 9: y is not known here, only columns, dates, other_columns",
        ),
    ] {
        assert_eq!(with("", settings).unwrap_err().to_string(), expected);
    }
    for (text, expected) in [
        (
            "",
            "no column and no constant for employeeId, validFrom, createdAt, type: no incident is without",
        ),
        (
            "\ncolumns = [\n]",
            "line 2: no column and no constant for employeeId, validFrom, createdAt, type: no incident is without",
        ),
        (
            "columns = 7",
            "line 1: columns must be a list, with an entry like { name = \"PLZ\", field = \"zipCode\" } for each column",
        ),
        (
            "columns = [\n{ field = \"type\", ignore = true }]",
            "line 2: type is required: it cannot be left out",
        ),
        (
            "column = []",
            "line 1: column is not known here: did you mean columns?",
        ),
        // What the misspelt entry was to be is open.
        (
            "columns = [\n{ field = \"employeeid\" }]",
            "line 2: employeeid is no field: did you mean employeeId?",
        ),
    ] {
        assert_eq!(Layout::parse(text).unwrap_err().to_string(), expected);
    }
}

#[test]
fn names_are_shown_cut_and_without_control_characters() {
    let name = format!("a\\u001b{}", "x".repeat(100));
    let message = with(&format!("{{ name = \"A\", field = \"{name}\" }}"), "")
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        format!("line 6: a {}… is no field", "x".repeat(38))
    );
}

#[test]
fn what_is_far_too_long_is_no_layout() {
    let comment = format!("#{}\n", "x".repeat(LONGEST));
    assert_eq!(
        Layout::parse(&comment).unwrap_err().to_string(),
        "is longer than 1 MiB: this is no layout file"
    );
    // Each mistake has its line, and a file of many has many.
    let entries = "{ x = 1 },\n".repeat(20_000);
    let error = Layout::parse(&format!("columns = [\n{entries}]")).unwrap_err();
    let last = error.to_string();
    let last = last.lines().last().unwrap();
    assert!(last.starts_with("line 20001: x is not known"), "{last}");
}
