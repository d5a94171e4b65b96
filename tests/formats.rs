//! One incident in all formats: from CSV to JSON to XML to CSV nothing changes.

#![cfg(all(feature = "csv", feature = "rest", feature = "soap"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use arbitrary::incident;
use careflex::csv::{self, Column, Encoder, FieldColumn, Layout, Separator};
use careflex::rest::json;
use careflex::soap::xml;
use careflex::{ApiToken, Field, Incident, InputRow, ReadError, Report, Rules};
use proptest::collection::vec;
use proptest::prelude::*;

fn report(incidents: Vec<Incident>) -> Report {
    Report::new(
        "09ce3580d84bf087".parse().unwrap(),
        incidents,
        &Rules::documented(),
    )
    .unwrap()
}

/// The standard columns, taking values as they are: those of the tests may well look as if a spreadsheet had
/// been at them.
fn as_it_is() -> Layout {
    let columns = Layout::standard();
    let columns = columns.columns().iter().map(|column| match column {
        Column::Field(column) => Column::from(column.clone().as_is()),
        other => other.clone(),
    });
    Layout::new(columns.collect()).unwrap()
}

fn to_csv(report: &Report, separator: Separator) -> Vec<u8> {
    let mut file = Vec::new();
    Encoder::new(separator, Layout::standard())
        .unwrap()
        .file(report, &mut file)
        .unwrap();
    file
}

fn to_json(report: &Report) -> Vec<u8> {
    let mut file = Vec::new();
    json::encode_new_request(report, &ApiToken::new("token").unwrap(), &mut file);
    file
}

fn to_xml(report: &Report) -> Vec<u8> {
    let mut file = Vec::new();
    xml::encode_new_request(report, &ApiToken::new("token").unwrap(), &mut file);
    file
}

/// The report that a file holds.
fn read(rows: impl Iterator<Item = Result<InputRow, ReadError>>) -> Report {
    report(
        rows.map(|row| {
            let row = row.unwrap();
            assert_eq!(
                row.careflex_id.as_ref().unwrap().as_str(),
                "09ce3580d84bf087"
            );
            row.incident.unwrap()
        })
        .collect(),
    )
}

fn from_csv(file: &[u8], separator: Option<Separator>) -> Report {
    let reader = csv::IncidentReader::new(file, Rules::documented()).layout(as_it_is());
    match separator {
        Some(separator) => read(reader.separator(separator)),
        None => read(reader),
    }
}

/// A file of one format has no place for an employee's contact without any address in it.
fn without_empty_groups(mut incidents: Vec<Incident>) -> Vec<Incident> {
    for employee in incidents.iter_mut().filter_map(|one| one.employee.as_mut()) {
        employee.contact = employee.contact.take().filter(|contact| {
            contact.email_business.is_some()
                || contact.mobile_business.is_some()
                || contact.landline_business.is_some()
        });
    }
    incidents
}

fn separator() -> impl Strategy<Value = Separator> {
    prop::sample::select(vec![';', '|', ',', '\t', ' ', '~', '§', '¦', '\u{1F}'])
        .prop_map(|separator| Separator::new(separator).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_report_survives_the_wire_of_each_format(
        incidents in vec(incident(), 1..6).prop_map(without_empty_groups),
        separator in separator(),
    ) {
        let first = report(incidents);
        let file = to_csv(&first, separator);
        let json = to_json(&from_csv(&file, Some(separator)));
        let xml = to_xml(&read(json::IncidentReader::new(&json[..], Rules::documented())));
        let last = read(xml::IncidentReader::new(&xml[..], Rules::documented()));
        prop_assert_eq!(&last, &first);
        prop_assert_eq!(to_csv(&last, separator), file);
    }

    #[test]
    fn every_report_survives_the_wire_with_a_separator_that_is_found_out(
        incidents in vec(incident(), 1..6).prop_map(without_empty_groups),
        separator in separator(),
    ) {
        let first = report(incidents);
        let file = to_csv(&first, separator);
        keep(&first, &file, separator);
        prop_assert_eq!(&from_csv(&file, None), &first);
    }
}

/// Keeps a file, and its values as JSON, for judges that are not ours.
fn keep(report: &Report, file: &[u8], separator: Separator) {
    static KEPT: AtomicUsize = AtomicUsize::new(0);
    let Some(folder) = std::env::var_os("CAREFLEX_KEEP_FILES") else {
        return;
    };
    let records: Vec<Vec<String>> = report
        .incidents()
        .iter()
        .map(|incident| {
            let columns = Layout::standard();
            let columns = columns.columns().iter().map(|column| match column {
                Column::Field(column) => value(report, incident, column),
                _ => String::new(),
            });
            columns.collect()
        })
        .collect();
    let number = KEPT.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(&folder).join(format!("{number}.csv"));
    fs::write(&path, file).unwrap();
    let values = serde_json::json!({ "separator": separator.as_char(), "records": records });
    fs::write(path.with_extension("json"), values.to_string()).unwrap();
}

fn value(report: &Report, incident: &Incident, column: &FieldColumn) -> String {
    match column.field() {
        Field::CareflexId => report.careflex_id().to_string(),
        field => incident.value(field).unwrap_or_default().into_owned(),
    }
}
