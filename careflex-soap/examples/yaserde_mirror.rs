//! An employee's master data inside an XML document of your own: written, and read back with all checks.
//!
//! ```console
//! $ cargo run -p careflex-soap --features yaserde --example yaserde_mirror
//! ```

#![allow(clippy::print_stdout, reason = "an example")]

use std::error::Error;

use careflex_core::{Draft, Field, Incident, IncidentKind, Rules, Sex, parse_date};
use careflex_soap::mirror;
use yaserde::{YaDeserialize, YaSerialize};

/// What your own system writes. Its elements need a prefix, for those of an employee are in no namespace.
#[derive(YaSerialize, YaDeserialize)]
#[yaserde(rename = "joiner", prefix = "hr", namespaces = { "hr" = "urn:example:hr" })]
struct Joiner {
    #[yaserde(prefix = "hr", rename = "costCentre")]
    cost_centre: String,
    #[yaserde(rename = "employee")]
    employee: mirror::Employee,
}

fn main() -> Result<(), Box<dyn Error>> {
    let employee = careflex_core::Employee::builder()
        .first_name("Erika".parse()?)
        .last_name("Mustermann".parse()?)
        .birthday(parse_date("1979-01-15")?)
        .sex(Sex::Female)
        .build();
    let joiner = Joiner {
        cost_centre: "4000".to_owned(),
        employee: mirror::Employee::from(&employee),
    };
    let settings = yaserde::ser::Config {
        perform_indent: true,
        ..yaserde::ser::Config::default()
    };
    let document = yaserde::ser::to_string_with_config(&joiner, &settings)?;
    println!("{document}\n");

    let read: Joiner = yaserde::de::from_str(&document)?;
    let incident = master_data_changed("4711", &read.employee)?;
    assert_eq!(incident.employee, Some(employee));
    println!("Cost centre {}: {incident:?}", read.cost_centre);
    Ok(())
}

/// The rest of the incident comes from elsewhere; the draft checks everything together.
fn master_data_changed(
    employee_id: &str,
    employee: &mirror::Employee,
) -> Result<Incident, Box<dyn Error>> {
    let mut draft = Draft::new();
    draft.set(Field::EmployeeId, employee_id);
    draft.set(Field::Type, IncidentKind::Sdb.code());
    draft.set(Field::ValidFrom, "2026-12-01");
    draft.set(Field::CreatedAt, "2026-11-20");
    employee.fill(&mut draft);
    Ok(draft.finish(&Rules::documented()).incident?)
}
