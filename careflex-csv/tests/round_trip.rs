//! Whatever a layout lets be written is read as the same incident again, or refused: never as another one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use careflex_core::{
    CareflexId, Draft, Field, Incident, LeafKind, NewCode, Report, Rules, ViolationCode,
};
use careflex_csv::{
    Column, DateForm, Encoder, ErrorReport, FieldColumn, IncidentReader, Layout, Separator,
};
use proptest::prelude::*;
use proptest::sample::Index;

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;

const COMPANY: &str = "09ce3580-d84b.f087";
const SEPARATORS: [char; 14] = [
    ';', ',', '\t', '|', '-', '.', ' ', ':', '§', '/', '_', '\'', '=', '\u{1}',
];
const FORMS: [&str; 8] = [
    "DD.MM.YYYY",
    "D.M.YYYY",
    "YYYYMMDD",
    "DD/MM/YYYY",
    "YYYY-MM-DD 00:00:00",
    "M-D-YYYY",
    "am D.M.YYYY, \"0\" Uhr",
    "DDMMYYYY;",
];
const NAMES: [&str; 10] = [
    "",
    "-",
    "; ",
    "a.b",
    "\"",
    "x\"y",
    "§",
    "ä:",
    "\u{feff}",
    "it's = | ,",
];

/// What decides about a layout, so that it shrinks.
#[derive(Debug, Clone)]
struct Choices(Vec<Index>, usize);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        self.1 += 1;
        self.0[self.1 % self.0.len()].index(limit)
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }
}

fn choices() -> impl Strategy<Value = Choices> {
    proptest::collection::vec(any::<Index>(), 300).prop_map(|indices| Choices(indices, 0))
}

/// A value that some incident has, or could have.
fn ours(choices: &mut Choices, field: Field, incidents: &[Incident]) -> String {
    let incident = &incidents[choices.below(incidents.len())];
    let own = match field {
        Field::CareflexId => Some(COMPANY.to_owned()),
        _ => incident.value(field).map(|value| value.into_owned()),
    };
    if let Some(own) = own
        && choices.below(4) > 0
    {
        return own;
    }
    match field.kind() {
        LeafKind::Date => choices.of(&["2026-12-01", "1979-01-15"]).to_owned(),
        LeafKind::Boolean => choices.of(&["true", "false"]).to_owned(),
        LeafKind::Code => choices.of(field.limit().codes).to_owned(),
        LeafKind::Text if field == Field::Type => {
            choices.of(&["NEW", "NEU", "RST", "WIK"]).to_owned()
        }
        _ => choices.of(&["DE", "01234", "x;y"]).to_owned(),
    }
}

fn theirs(choices: &mut Choices, field: Field, incidents: &[Incident]) -> String {
    match choices.below(6) {
        0 => String::new(),
        1 => ours(choices, field, incidents),
        2 => choices
            .of(&["NEU", "NEW", "01.12.2026", "true", "m", "-"])
            .to_owned(),
        _ => format!(
            "{}{}",
            choices.of(&["-", ";", "a b", "\"", "x"]),
            choices.below(3)
        ),
    }
}

fn field_column(choices: &mut Choices, field: Field, incidents: &[Incident]) -> Column {
    let mut column = FieldColumn::of(field);
    if choices.below(2) == 0 {
        let name = format!(
            "{}{}{}",
            choices.of(&NAMES),
            field.name(),
            choices.of(&NAMES)
        );
        column = column.named(name);
    }
    if choices.below(2) == 0 {
        let count = choices.below(4);
        let values: Vec<_> = (0..count)
            .map(|_| {
                let meaning = match choices.below(4) {
                    0 => String::new(),
                    _ => ours(choices, field, incidents),
                };
                (theirs(choices, field, incidents), meaning)
            })
            .collect();
        column = column.values(values);
    }
    if field.kind() == LeafKind::Date && choices.below(2) == 0 {
        column = column.dates(choices.of(&FORMS).parse::<DateForm>().unwrap());
    }
    if choices.below(3) > 0 {
        column = column.as_is();
    }
    column.into()
}

fn layout(choices: &mut Choices, incidents: &[Incident]) -> Option<Layout> {
    let mut columns = Vec::new();
    for (number, field) in Field::ALL.iter().copied().enumerate() {
        let column = match choices.below(12) {
            0..=2 => Column::Constant {
                field,
                value: ours(choices, field, incidents),
            },
            3 if choices.below(2) == 0 => Column::LeftOut { field },
            4 => continue,
            _ => field_column(choices, field, incidents),
        };
        let column = if is_writable(&column) {
            column
        } else {
            FieldColumn::of(field).into()
        };
        let place = choices.below(columns.len() + 1);
        columns.insert(place, column);
        let other = match choices.below(20) {
            0 => Column::Text {
                name: format!("text{number}"),
                value: "x \";§ y".to_owned(),
            },
            1 => Column::Ignored {
                name: format!("ignored{number}"),
            },
            _ => continue,
        };
        columns.insert(place, other);
    }
    let layout = Layout::new(columns).ok()?;
    layout.check_writable().ok()?;
    Some(layout)
}

fn is_writable(column: &Column) -> bool {
    let needed = [
        Field::EmployeeId,
        Field::Type,
        Field::ValidFrom,
        Field::CreatedAt,
    ];
    let others = needed
        .into_iter()
        .filter(|field| column.field() != Some(*field));
    let mut columns: Vec<Column> = others.map(|field| FieldColumn::of(field).into()).collect();
    columns.push(column.clone());
    Layout::new(columns).is_ok_and(|layout| layout.check_writable().is_ok())
}

fn is_left_out(layout: &Layout, field: Field) -> bool {
    let mut columns = layout.columns().iter();
    columns.any(|column| matches!(column, Column::LeftOut { field: left } if *left == field))
}

/// One incident, as it is before and after.
fn check(
    layout: &Layout,
    separator: Separator,
    is_told: bool,
    rules: &Rules,
    incident: &Incident,
) -> Result<(), TestCaseError> {
    let careflex_id: CareflexId = COMPANY.parse().unwrap();
    let report = Report::new(careflex_id.clone(), vec![incident.clone()], rules).unwrap();
    let mut file = Vec::new();
    let encoder = Encoder::new(separator, layout.clone()).unwrap();
    let outcome = encoder.file(&report, &mut file);
    prop_assert_eq!(
        outcome.is_ok(),
        !encoder.check(&careflex_id, incident).has_errors()
    );
    if outcome.is_err() {
        return Ok(());
    }
    let mut reader = IncidentReader::new(file.as_slice(), rules.clone()).layout(layout.clone());
    if is_told {
        reader = reader.separator(separator);
    }
    let rows = match reader.collect::<Result<Vec<_>, _>>() {
        Ok(rows) => rows,
        Err(error) => {
            // A record in which nothing stands is no incident.
            prop_assert!(
                !is_told || error.to_string().contains("no incident"),
                "{}",
                error
            );
            return Ok(());
        }
    };
    prop_assert_eq!(rows.len(), 1);
    let has_left_out = Field::ALL.iter().any(|field| is_left_out(layout, *field));
    let row = &rows[0];
    match &row.incident {
        Ok(read) => {
            if !is_left_out(layout, Field::CareflexId) {
                prop_assert_eq!(row.careflex_id.as_ref(), Some(&careflex_id));
            }
            for field in Field::ALL.iter().copied() {
                if field != Field::CareflexId && !is_left_out(layout, field) {
                    prop_assert_eq!(read.value(field), incident.value(field), "{:?}", field);
                }
            }
            Ok(())
        }
        Err(violations) => {
            for violation in violations.errors() {
                let is_expected = has_left_out
                    || !is_told
                    || matches!(
                        violation.code(),
                        ViolationCode::Spreadsheet | ViolationCode::DateFormat
                    );
                prop_assert!(
                    is_expected,
                    "{} {:?}",
                    violation,
                    String::from_utf8_lossy(&file)
                );
            }
            Ok(())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_as_the_same(
        incidents in proptest::collection::vec(arbitrary::incident(), 1..4),
        mut choices in choices(),
        separator in proptest::sample::select(SEPARATORS.as_slice()),
        (is_neu, is_told) in any::<(bool, bool)>(),
    ) {
        let mut rules = Rules::documented();
        rules.new_code = if is_neu { NewCode::Neu } else { NewCode::New };
        let layout = layout(&mut choices, &incidents);
        prop_assume!(layout.is_some());
        let layout = layout.unwrap();
        let separator = Separator::new(separator).unwrap();
        for incident in &incidents {
            check(&layout, separator, is_told, &rules, incident)?;
        }
    }
}

/// What is in the error report of one row with this value, read again. `edit` is what the spreadsheet does.
fn reported(field: Field, value: &str, edit: impl Fn(String) -> String) -> String {
    let rules = Rules::documented();
    let mut draft = Draft::new();
    draft.set(field, value.to_owned());
    let row = draft.finish(&rules);
    let mut report = ErrorReport::new(Vec::new()).unwrap();
    report.push("a.csv", &row, "invalid", "form", "-").unwrap();
    let text = edit(String::from_utf8(report.finish().unwrap()).unwrap());
    let mut rows = IncidentReader::new(text.as_bytes(), rules);
    let read = rows.next().unwrap().unwrap();
    assert!(rows.next().is_none(), "{value:?}");
    read.value(field).unwrap_or_default().into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Whatever stands in a row stands in its error report, and is read from there: no apostrophe more or less.
    #[test]
    fn an_error_report_is_read_as_it_was_written(
        value in "['\\t\\r\\n \u{a0}]{0,4}[-+=@0-9a;\",./'Ee ]{0,5}['\\t\\r\\n \u{a0}]{0,2}",
        field in proptest::sample::select(Field::ALL),
    ) {
        let read = reported(field, &value, |text| text);
        prop_assert_eq!(read.trim(), value.trim(), "{:?}", value);
    }
}

#[test]
fn a_day_in_an_error_report_keeps_its_own_apostrophe() {
    for value in [
        "'24.04.2020",
        "'2020-04-24",
        "'",
        "''1",
        "'=1",
        "' -1",
        "+1",
    ] {
        assert_eq!(reported(Field::ValidFrom, value, |text| text), value);
    }
    assert_eq!(
        reported(Field::ValidFrom, "24.04.2020", |text| text),
        "2020-04-24"
    );
}
