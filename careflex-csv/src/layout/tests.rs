//! Tests of layouts that are put together in code.

use super::*;

fn required() -> Vec<Column> {
    ["employeeId", "type", "validFrom", "createdAt"]
        .map(|name| FieldColumn::of(Field::from_name(name).unwrap()).into())
        .to_vec()
}

fn with(column: impl Into<Column>) -> Result<Layout, LayoutError> {
    let mut columns = required();
    columns.push(column.into());
    Layout::new(columns)
}

fn constant(field: Field, value: &str) -> Column {
    Column::Constant {
        field,
        value: value.to_owned(),
    }
}

#[test]
fn the_standard_columns_are_these() {
    let layout = Layout::standard();
    let names: Vec<_> = layout.columns().iter().filter_map(Column::name).collect();
    assert_eq!(
        names,
        [
            "careflexId",
            "externalId",
            "employeeId",
            "type",
            "validFrom",
            "createdAt",
            "title",
            "firstName",
            "lastName",
            "birthday",
            "sex",
            "street",
            "houseNumber",
            "addressSuffix",
            "zipCode",
            "city",
            "country",
            "employmentSite",
            "employmentStatus",
            "startOfEmployment",
            "personnelNumber",
            "management",
            "emailBusiness",
            "mobileBusiness",
            "landlineBusiness",
        ]
    );
    assert_eq!(names.len(), Field::ALL.len());
    assert_eq!(Layout::new(layout.columns().to_vec()), Ok(layout.clone()));
    layout.check_writable().unwrap();
}

#[test]
fn only_the_standard_columns_are_standard() {
    assert!(Layout::standard().is_standard());
    assert!(Layout::standard().ignoring_others().is_standard());
    assert!(!Layout::new(required()).unwrap().is_standard());
    let mut columns = Layout::standard().columns;
    columns.swap(0, 1);
    assert!(!Layout::new(columns).unwrap().is_standard());
    let form = "YYYYMMDD".parse().unwrap();
    let layout = Layout::standard().ignoring_others().with_dates(&form);
    assert!(!layout.is_standard() && layout.ignores_others());
}

#[test]
fn dates_of_a_column_go_before_those_of_the_file() {
    let own: DateForm = "D.M.YYYY".parse().unwrap();
    let all: DateForm = "YYYYMMDD".parse().unwrap();
    let layout = with(FieldColumn::of(Field::Birthday).dates(own.clone()))
        .unwrap()
        .with_dates(&all);
    let [id, _, day, _, birthday] = layout.columns() else {
        panic!("{layout:?}");
    };
    assert_eq!(*id, FieldColumn::of(Field::EmployeeId).into());
    assert_eq!(*day, FieldColumn::of(Field::ValidFrom).dates(all).into());
    assert_eq!(
        *birthday,
        FieldColumn::of(Field::Birthday).dates(own).into()
    );
}

#[test]
fn names_and_constants_are_trimmed() {
    let layout = with(Column::Text {
        name: " Version\t".to_owned(),
        value: " 2.0 ".to_owned(),
    });
    assert_eq!(
        layout.unwrap().columns().last(),
        Some(&Column::Text {
            name: "Version".to_owned(),
            value: "2.0".to_owned()
        })
    );
    let layout = with(FieldColumn::of(Field::City).named(" Ort ")).unwrap();
    assert_eq!(layout.columns().last().and_then(Column::name), Some("Ort"));
    assert_eq!(
        with(constant(Field::Country, " DE "))
            .unwrap()
            .columns()
            .last(),
        Some(&constant(Field::Country, "DE"))
    );
}

#[test]
fn what_is_wrong_with_columns_is_said_by_place() {
    let city = || FieldColumn::of(Field::City);
    let ignored = |name: &str| Column::Ignored {
        name: name.to_owned(),
    };
    for (column, expected) in [
        (
            city().named(" ").into(),
            "entry 5: the name of a column is empty",
        ),
        (
            ignored(&"x".repeat(256)),
            "entry 5: the name of a column is longer than 255 characters",
        ),
        (
            ignored("a\nb"),
            "entry 5: the name of a column holds a line break, a tab or another control character",
        ),
        (
            constant(Field::Type, "NEW"),
            "entry 5: type is named twice: a field has one column or one constant",
        ),
        (ignored("type"), "entry 5: the column type is named twice"),
        (
            constant(Field::Country, " "),
            "entry 5: the constant of country is empty",
        ),
        (
            constant(Field::Birthday, "24.04.2020"),
            "entry 5: the constant of birthday must be a day in the form YYYY-MM-DD, for example 2020-04-24",
        ),
        (
            constant(Field::Birthday, "2021-02-30"),
            "entry 5: the constant of birthday is no day of the calendar (form YYYY-MM-DD)",
        ),
        (
            constant(Field::Management, "ja"),
            "entry 5: the constant of management must be \"true\" or \"false\"",
        ),
        (
            constant(Field::Sex, "f"),
            "entry 5: the constant of sex must be one of m, w, d",
        ),
        (
            constant(Field::City, "a\u{1}"),
            "entry 5: the constant of city holds the character U+0001 at position 2, which the portal's formats cannot carry",
        ),
        (
            city().dates("YYYYMMDD".parse().unwrap()).into(),
            "entry 5: city holds no days: dates is for fields that do",
        ),
        (
            city().values([("a", "b"), (" a ", "c")]).into(),
            "entry 5: a value of the file is named twice in values",
        ),
        (
            FieldColumn::of(Field::Sex)
                .values([("Frau", "w"), ("", ""), ("Herr", "x")])
                .into(),
            "entry 5: what a value of the file means in values must be one of m, w, d",
        ),
    ] {
        assert_eq!(with(column).unwrap_err().to_string(), expected);
    }
    let columns = vec![
        FieldColumn::of(Field::EmployeeId).into(),
        constant(Field::Type, "NEW"),
        Column::LeftOut {
            field: Field::Title,
        },
    ];
    assert_eq!(
        Layout::new(columns).unwrap_err().to_string(),
        "no column and no constant for validFrom, createdAt: no incident is without"
    );
    let columns = vec![Column::LeftOut {
        field: Field::CreatedAt,
    }];
    assert_eq!(
        Layout::new(columns).unwrap_err().to_string(),
        "entry 1: createdAt is required: it cannot be left out"
    );
}

#[test]
fn a_column_that_feeds_two_fields_can_be_read_only() {
    let layout = with(FieldColumn::of(Field::StartOfEmployment).named("validFrom")).unwrap();
    assert_eq!(
        layout.check_writable().unwrap_err().to_string(),
        "column validFrom: it feeds two fields, so that it can be read but not written"
    );
}

#[test]
fn values_that_cannot_be_turned_round_can_be_read_only() {
    let can_be_written = |field: Field, values: &[(&str, &str)]| {
        let column = FieldColumn::of(field).values(values.iter().copied());
        let kept = required()
            .into_iter()
            .filter(|one| one.field() != Some(field));
        let columns = kept.chain([column.into()]).collect();
        Layout::new(columns).unwrap().check_writable().is_ok()
    };
    let management = Field::Management;
    assert!(can_be_written(
        management,
        &[("ja", "true"), ("nein", "false")]
    ));
    assert!(can_be_written(management, &[("X", "true"), ("", "false")]));
    assert!(!can_be_written(
        management,
        &[("ja", "true"), ("j", "true")]
    ));
    assert!(!can_be_written(
        management,
        &[("nein", "false"), ("", "false")]
    ));
    // An empty cell is what is written for no value; the others are only read.
    assert!(can_be_written(Field::Title, &[("-", ""), ("k. A.", "")]));
    assert!(can_be_written(Field::Title, &[("-", ""), ("", "")]));
    assert!(can_be_written(Field::Title, &[("-", ""), ("", "Dr.")]));
    assert!(!can_be_written(
        Field::Title,
        &[("-", ""), ("k. A.", ""), ("", "Dr.")]
    ));
    // Two spellings of one type.
    assert!(!can_be_written(Field::Type, &[("A", "NEW"), ("B", "NEU")]));
}

#[test]
fn nothing_of_values_and_constants_is_in_debug() {
    let secret = "Zwiebelfisch";
    let columns = [
        constant(Field::City, secret),
        FieldColumn::of(Field::City)
            .values([(secret, secret)])
            .into(),
        Column::Text {
            name: "a".to_owned(),
            value: secret.to_owned(),
        },
    ];
    for column in columns {
        let layout = with(column).unwrap();
        assert!(!format!("{layout:?} {layout:#?}").contains(secret));
    }
}
