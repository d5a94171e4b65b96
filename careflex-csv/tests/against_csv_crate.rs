//! Files that the `csv` crate writes, in whatever form, are read as what was written. (That the splitter reads
//! every text like that crate, or refuses it, is tested beside it.)

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_core::{Field, Rules};
use careflex_csv::{IncidentReader, Separator};
use proptest::prelude::*;

/// The columns of a file with everything in it.
const FIELDS: [Field; 16] = [
    Field::EmployeeId,
    Field::Type,
    Field::ValidFrom,
    Field::CreatedAt,
    Field::ExternalId,
    Field::Title,
    Field::FirstName,
    Field::LastName,
    Field::Birthday,
    Field::Sex,
    Field::Street,
    Field::HouseNumber,
    Field::AddressSuffix,
    Field::ZipCode,
    Field::City,
    Field::Country,
];

/// A text with everything in it that is special in CSV, trimmed and with a letter at its begin.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["x[aä;,|\"\n\r\t §^]{0,8}", "x\\PC{0,20}"].prop_map(|text| text.trim().to_owned())
}

/// The values of an incident, in the order of [`FIELDS`].
fn values() -> impl Strategy<Value = Vec<String>> {
    let texts = prop::collection::vec(text(), FIELDS.len());
    (texts, any::<bool>()).prop_map(|(mut texts, has_employee)| {
        for (field, text) in FIELDS.iter().zip(&mut texts) {
            match field {
                Field::Type => *text = if has_employee { "SDB" } else { "WIK" }.to_owned(),
                Field::ValidFrom | Field::CreatedAt | Field::Birthday => {
                    "2026-12-01".clone_into(text);
                }
                Field::Sex => "w".clone_into(text),
                Field::Country => "AT".clone_into(text),
                _ => {}
            }
            if !has_employee && field.path().starts_with("employee.") {
                text.clear();
            }
        }
        texts
    })
}

proptest! {
    #[test]
    fn what_the_csv_crate_writes_is_read_as_it_was_meant(
        order in Just(FIELDS.to_vec()).prop_shuffle(),
        incidents in prop::collection::vec(values(), 1..5),
        separator in prop::sample::select(b";,\t|^ ".to_vec()),
        line_end in prop::sample::select(vec![
            csv::Terminator::CRLF,
            csv::Terminator::Any(b'\n'),
            csv::Terminator::Any(b'\r'),
        ]),
        quotes in prop::sample::select(vec![csv::QuoteStyle::Necessary, csv::QuoteStyle::Always]),
        (has_mark, is_found_out) in any::<(bool, bool)>(),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(separator)
            .terminator(line_end)
            .quote_style(quotes)
            .from_writer(if has_mark { "\u{FEFF}".into() } else { Vec::new() });
        writer.write_record(order.iter().map(|field| field.name())).unwrap();
        for values in &incidents {
            let value = |field| {
                let place = FIELDS.iter().position(|one| one == field).unwrap();
                values.get(place).unwrap()
            };
            writer.write_record(order.iter().map(value)).unwrap();
        }
        let file = writer.into_inner().unwrap();

        let mut reader = IncidentReader::new(file.as_slice(), Rules::documented());
        if !is_found_out {
            reader = reader.separator(Separator::new(char::from(separator)).unwrap());
        }
        let rows: Vec<_> = reader.collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(rows.len(), incidents.len());
        for (row, values) in rows.iter().zip(&incidents) {
            prop_assert!(row.incident.is_ok(), "{:?}", row.incident);
            for (field, value) in FIELDS.iter().zip(values) {
                let read = row.value(*field).unwrap_or_default();
                prop_assert_eq!(&read, value, "{:?}", field);
            }
        }
    }
}
