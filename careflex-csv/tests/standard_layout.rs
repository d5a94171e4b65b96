//! Records of the standard layout are written in a way of their own: the bytes are those of any other layout with
//! the same columns.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_core::{
    Incident, IncidentKind, NaiveDate, NewCode, Report, Rules, Text, Violations, parse_date,
};
use careflex_csv::{Encoder, Layout, Separator};
use proptest::prelude::*;

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;

/// Those that plain texts hold, and those that they do not.
const SEPARATORS: [char; 11] = [
    ';', ',', '|', '\t', '\u{1}', '&', '~', ' ', '-', '§', '\u{7F}',
];

proptest! {
    #[test]
    fn the_bytes_are_those_of_a_layout_that_is_written_column_by_column(
        company in "[a-z0-9;,|&§~-]{1,40}",
        incidents in prop::collection::vec(arbitrary::incident(), 1..6),
        separator in prop::sample::select(SEPARATORS.as_slice()),
        is_neu: bool,
    ) {
        let mut rules = Rules::documented();
        rules.new_code = if is_neu { NewCode::Neu } else { NewCode::New };
        let report = Report::new(company.parse().unwrap(), incidents, &rules).unwrap();
        let [(standard, found), (by_columns, expected)] =
            encoders(separator).map(|encoder| written(&encoder, &report));
        prop_assert_eq!(found, expected);
        prop_assert_eq!(standard, by_columns);
    }

    #[test]
    fn every_text_is_looked_through(
        text in prop_oneof!["[a;,\t|\"\r\n\u{b}\u{c} §\u{FEFF}\u{2028}\u{7F}~-]{1,40}", "[a-z]{0,40}[;\"\n\r|,]?[a-zä]{0,20}"],
        separator in prop::sample::select(SEPARATORS.as_slice()),
    ) {
        prop_assume!(Text::new(&text).is_ok());
        let mut incident = plain();
        incident.external_id = Some(text.parse().unwrap());
        let [(_, found), (_, expected)] =
            encoders(separator).map(|encoder| written(&encoder, &report(incident.clone())));
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn what_cannot_be_written_is_told_in_the_same_words() {
    let company = "09ce3580d84bf087".parse().unwrap();
    let mut incident = plain();
    for year in [-1, 10_000] {
        incident.created_at = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let [found, expected] = encoders(';').map(|encoder| encoder.check(&company, &incident));
        assert_eq!(found.len(), 1);
        assert_eq!(found, expected);
    }
}

#[test]
fn the_buffer_is_all_that_is_needed() {
    let report = report(plain());
    let encoder = Encoder::default();
    let mut out = Vec::new();
    encoder.file(&report, &mut out).unwrap();
    let (place, room, file) = (out.as_ptr(), out.capacity(), out.clone());
    out.clear();
    encoder.file(&report, &mut out).unwrap();
    assert_eq!((out.as_ptr(), out.capacity()), (place, room));
    assert_eq!(out, file);
}

/// That of the standard layout, and one of the same columns that is not the standard layout by name.
fn encoders(separator: char) -> [Encoder; 2] {
    let separator = Separator::new(separator).unwrap();
    let other = Layout::standard().with_dates(&"YYYY-MM-DD".parse().unwrap());
    assert!(!other.is_standard());
    [Layout::standard(), other].map(|layout| Encoder::new(separator, layout).unwrap())
}

/// What one writes behind something else, and what it has written or says.
fn written(encoder: &Encoder, report: &Report) -> (Result<(), Violations>, Vec<u8>) {
    let mut out = b"before".to_vec();
    let told = encoder.records(report, &mut out);
    (told, out)
}

fn report(incident: Incident) -> Report {
    let company = "09ce3580d84bf087".parse().unwrap();
    Report::new(company, vec![incident], &Rules::documented()).unwrap()
}

fn plain() -> Incident {
    Incident::builder()
        .employee_id("4711".parse().unwrap())
        .kind(IncidentKind::Rst)
        .valid_from(parse_date("2026-12-01").unwrap())
        .created_at(parse_date("2026-11-20").unwrap())
        .build()
}
