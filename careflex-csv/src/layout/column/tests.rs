//! Tests of columns: what is read and written.

use proptest::prelude::*;

use super::*;

fn refusal(column: &FieldColumn, cell: &str) -> String {
    let violation = column.read(cell).unwrap_err();
    assert_eq!(violation.field(), column.field().path());
    assert!(!violation.message().contains(cell), "{violation}");
    format!("{}: {}", violation.code().as_str(), violation.message())
}

fn days(form: &str) -> FieldColumn {
    FieldColumn::of(Field::ValidFrom).dates(form.parse().unwrap())
}

#[test]
fn days_are_read_in_one_form() {
    let column = days("DD.MM.YYYY");
    assert_eq!(column.read("24.04.2020").unwrap(), "2020-04-24");
    assert_eq!(column.read("").unwrap(), "");
    assert_eq!(
        refusal(&column, "2020-04-24"),
        "date-format: must be a day in the form DD.MM.YYYY (as the layout says), for example 24.04.2020"
    );
    assert_eq!(
        refusal(&column, "30.02.2021"),
        "no-such-day: is no day of the calendar (form DD.MM.YYYY)"
    );
    assert_eq!(
        refusal(&column, "43945"),
        "date-format: looks like the number by which Excel counts days. Format the column as a date in the form DD.MM.YYYY, or as text, and export it again"
    );
    assert!(refusal(&column, "#NV").starts_with("spreadsheet: "));
    assert!(refusal(&column, "=HEUTE()").starts_with("spreadsheet: "));
}

#[test]
fn without_a_form_days_are_left_to_the_rules() {
    let column = FieldColumn::of(Field::ValidFrom);
    for cell in ["2020-04-24", "24.04.2020", "4711.0"] {
        assert_eq!(column.read(cell).unwrap(), cell);
    }
    assert!(refusal(&column, "43945").contains("in the form YYYY-MM-DD, or as text"));
    assert_eq!(column.as_is().read("43945").unwrap(), "43945");
}

#[test]
fn what_a_spreadsheet_has_changed_is_refused_unless_it_is_wanted() {
    let column = FieldColumn::of(Field::EmployeeId);
    assert_eq!(
        refusal(&column, "4,92397E+10"),
        "spreadsheet: looks like a number that a spreadsheet has rounded: its digits are lost. Format the column as text, enter the values again, and export it again"
    );
    assert!(refusal(&column, "4711.0").contains("added decimals"));
    assert!(refusal(&column, "=\"01234\"").contains("formula"));
    let column = column.as_is();
    for cell in ["4,92397E+10", "4711.0", "=\"01234\"", "#NV"] {
        assert_eq!(column.read(cell).unwrap(), cell);
    }
    let named = FieldColumn::of(Field::EmploymentSite).values([("#", ""), ("1,0", "Werk 1")]);
    assert_eq!(named.read("#").unwrap(), "");
    assert_eq!(named.read("1,0").unwrap(), "Werk 1");
}

#[test]
fn values_are_read_by_the_layout_and_written_back() {
    let column = FieldColumn::of(Field::Country).values([("D", "DE"), ("", "AT"), ("-", "")]);
    for (cell, value) in [("D", "DE"), ("", "AT"), ("-", ""), ("FR", "FR"), ("d", "d")] {
        assert_eq!(column.read(cell).unwrap(), value);
        assert_eq!(column.write(Some(value)).unwrap(), cell);
    }
    assert_eq!(column.write(None).unwrap(), "-");
}

#[test]
fn what_would_mean_something_else_cannot_be_written() {
    let place = |column: &FieldColumn, value: Option<&str>| {
        let violation = column.write(value).unwrap_err();
        assert_eq!(violation.code(), ViolationCode::NoPlace);
        assert!(!violation.to_string().contains("Zwiebelfisch"));
        violation.message().to_owned()
    };
    let column = FieldColumn::of(Field::City).values([("Zwiebelfisch", "Ulm"), ("", "Bonn")]);
    assert_eq!(
        place(&column, Some("Zwiebelfisch")),
        "cannot be written: the layout gives this text another meaning in this column"
    );
    assert_eq!(
        place(&column, None),
        "is missing, which cannot be written: the layout gives empty cells of this column a meaning"
    );
    let never = days("DD.MM.YYYY").values([("31.12.9999", ""), ("01.01.1900", "2000-01-01")]);
    assert_eq!(never.read("31.12.9999").unwrap(), "");
    assert_eq!(never.write(None).unwrap(), "");
    assert_eq!(never.write(Some("2000-01-01")).unwrap(), "01.01.1900");
    assert_eq!(never.write(Some("2000-01-02")).unwrap(), "02.01.2000");
    place(&never, Some("9999-12-31"));
    place(&never, Some("1900-01-01"));
}

#[test]
fn both_spellings_of_new_are_one_value() {
    for ours in ["NEW", "NEU"] {
        let column = FieldColumn::of(Field::Type).values([("Eintritt", ours), ("NEW", "NEU")]);
        for written in ["NEW", "NEU"] {
            assert!(column.write(Some(written)).is_ok());
        }
        let column = FieldColumn::of(Field::Type).values([("Eintritt", ours)]);
        for written in ["NEW", "NEU"] {
            assert_eq!(column.write(Some(written)).unwrap(), "Eintritt");
        }
    }
}

#[test]
fn no_day_is_written_that_is_none() {
    let column = days("DD.MM.YYYY");
    for (value, code) in [
        ("24.04.2020", ViolationCode::DateFormat),
        ("2021-02-30", ViolationCode::NoSuchDay),
    ] {
        assert_eq!(column.write(Some(value)).unwrap_err().code(), code);
    }
}

/// Values that a field may have.
fn value_of(field: Field) -> BoxedStrategy<String> {
    let one_of = |values: &[&'static str]| {
        proptest::sample::select(values.to_vec())
            .prop_map(String::from)
            .boxed()
    };
    match field {
        Field::Type => one_of(&["NEW", "NEU", "RST", ""]),
        Field::Management => one_of(&["true", "false", ""]),
        Field::Birthday => one_of(&["2020-04-24", "2020-11-01", "1999-12-31", ""]),
        _ => "[ab0-9=#.,E+]{0,4}|4,9E\\+10|4711\\.0".boxed(),
    }
}

/// What a file may have: now and then one of our values, or what is written for one.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab0=#]{0,2}".prop_map(String::from),
        proptest::sample::select(vec!["", "NEW", "RST", "true", "2020-04-24", "24.4.2020"])
            .prop_map(String::from),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        (field, value, others) in proptest::sample::select(vec![
            Field::City,
            Field::Type,
            Field::Management,
            Field::Birthday,
        ])
        .prop_flat_map(|field| {
            let others = proptest::collection::vec((cell(), value_of(field)), 0..4);
            (Just(field), value_of(field), others)
        }),
        has_form in any::<bool>(),
    ) {
        let mut column = FieldColumn::of(field).values(others);
        if has_form && field == Field::Birthday {
            column = column.dates("D.M.YYYY".parse().unwrap());
        }
        if !column.problems().is_empty() || column.is_ambiguous() {
            return Ok(());
        }
        let Ok(written) = column.write(Some(&value)) else {
            return Ok(());
        };
        match column.read(&written) {
            Ok(read) => prop_assert_eq!(one_spelling(field, &read), one_spelling(field, &value)),
            Err(violation) => prop_assert_eq!(violation.code(), ViolationCode::Spreadsheet),
        }
        let as_is = column.clone().as_is();
        let read = as_is.read(&written).unwrap();
        prop_assert_eq!(one_spelling(field, &read), one_spelling(field, &value));
    }
}
