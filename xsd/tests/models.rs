//! The generated code compiles and does what the schema says: that of today's schema, and that of the
//! changed one of `golden.rs`. What is compiled here are the goldens, so they are known to be current.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_core::codegen::{Leaf, Leaves, NaiveDate, Text, Validate, ValidationErrors, day};
use serde_json::json;

/// Generated from the schema as it is.
mod documented {
    #![allow(
        dead_code,
        unreachable_pub,
        reason = "a whole model, of which the tests use a part"
    )]
    use careflex_core::codegen::*;

    include!("golden/model.rs");
}

/// Generated from the changed schema.
mod changed {
    #![allow(
        dead_code,
        unreachable_pub,
        reason = "a whole model, of which the tests use a part"
    )]
    use careflex_core::codegen::*;

    include!("golden/changed-model.rs");
}

/// Stands for personal data: no output for people may ever hold it.
const SECRET: &str = "Zwiebelfisch";

#[test]
fn an_address_goes_through_json_and_back() {
    let address = documented_address("DE");
    let json = serde_json::to_value(&address).unwrap();
    assert_eq!(
        json,
        json!({
            "street": "Musterstraße",
            "houseNumber": 9,
            "zipCode": "01234",
            "city": "Musterstadt",
            "country": "DE",
        })
    );
    let back: documented::Address = serde_json::from_value(json).unwrap();
    assert!(back == address);
    assert_eq!(back.validate(), Ok(()));
}

#[test]
fn a_wrong_country_is_told_by_code_and_path() {
    let errors = documented_address(SECRET).validate().unwrap_err();
    assert_errors(&errors, &[("employee.address.country", "form")]);
}

#[test]
fn no_struct_shows_its_values() {
    let employee = documented::Employee::builder()
        .title(text(SECRET))
        .first_name(text(SECRET))
        .last_name(text(SECRET))
        .birthday(day(1979, 1, 15))
        .sex(documented::Sex::Female)
        .address(documented_address(SECRET))
        .build();
    let shown = format!("{employee:?}");
    for value in [SECRET, "1979", "Female", "Muster"] {
        assert!(!shown.contains(value), "{shown}");
    }
    assert!(shown.contains("first_name: <12 characters>"), "{shown}");
}

#[test]
fn codes_are_those_of_the_schema() {
    use documented::Sex;
    let codes: Vec<_> = Sex::ALL.iter().map(|sex| sex.code()).collect();
    assert_eq!(codes, ["m", "w", "d"]);
    assert_eq!(Sex::from_code("w"), Some(Sex::Female));
    assert_eq!(Sex::from_code("W"), None);
    assert_eq!(serde_json::to_value(Sex::Diverse).unwrap(), json!("d"));
}

#[test]
fn a_new_field_is_built_written_and_read() {
    let address = changed_address("1234");
    let json = serde_json::to_value(&address).unwrap();
    assert_eq!(json["poBox"], json!("1234"));
    let back: changed::Address = serde_json::from_value(json).unwrap();
    assert!(back == address);
    assert_eq!(back.validate(), Ok(()));
    assert!(changed::Field::PoBox.index() < changed::Field::AddressSuffix.index());
}

#[test]
fn a_new_rule_is_checked() {
    for (po_box, code) in [
        (SECRET, "too-long"),
        ("12345678901", "too-long"),
        ("Fisch", "form"),
    ] {
        let errors = changed_address(po_box).validate().unwrap_err();
        assert_errors(&errors, &[("employee.address.poBox", code)]);
        assert!(!format!("{errors:?}{errors}").contains(po_box), "{code}");
    }
    let hint = changed_address("Fisch").validate().unwrap_err().to_string();
    assert!(hint.contains("must be digits only"), "{hint}");
}

#[test]
fn a_smaller_limit_is_checked() {
    let job = |status| changed_job(status, None);
    assert_eq!(job("Fis").validate(), Ok(()));
    let errors = job("Fish").validate().unwrap_err();
    assert_errors(&errors, &[("employee.job.employmentStatus", "too-long")]);
    assert!(!format!("{errors:?}{errors}").contains("Fish"));
    // The limit as it is today.
    let job = documented::Job::builder()
        .employment_site(text("Werk 1"))
        .employment_status(text("Fish"))
        .start_of_employment(START)
        .management(false)
        .build();
    assert_eq!(job.validate(), Ok(()));
}

#[test]
fn a_group_in_a_group_is_checked_from_the_outside() {
    let too_long = SECRET.repeat(22);
    let employee = changed::Employee::builder()
        .first_name(text("Thomas"))
        .last_name(text("Mustermann"))
        .job(changed_job("T", Some(&too_long)))
        .build();
    let errors = employee.validate().unwrap_err();
    assert_errors(&errors, &[("employee.job.site.siteName", "too-long")]);
}

#[test]
fn a_group_in_a_group_is_found_by_its_index() {
    use changed::{Field, Group};
    let employee = |site| {
        changed::Employee::builder()
            .first_name(text("Thomas"))
            .last_name(text("Mustermann"))
            .job(changed_job("T", site))
            .build()
    };
    let with = employee(Some("Werk 1"));
    assert!(with.has(Group::Site.index()));
    assert!(with.leaf(Field::SiteName.index()) == Leaf::Text("Werk 1"));
    // The fields around the group are still where they were.
    assert!(with.leaf(Field::StartOfEmployment.index()) == Leaf::Date(START));
    assert!(with.leaf(Field::PersonnelNumber.index()) == Leaf::Absent);
    assert!(with.leaf(Field::Management.index()) == Leaf::Boolean(false));

    let without = employee(None);
    assert!(without.has(Group::Job.index()));
    assert!(!without.has(Group::Site.index()));
    assert!(without.leaf(Field::SiteName.index()) == Leaf::Absent);
    assert_eq!(without.validate(), Ok(()));

    let json = serde_json::to_value(&with).unwrap();
    assert_eq!(json["job"]["site"], json!({ "siteName": "Werk 1" }));
    assert!(serde_json::from_value::<changed::Employee>(json).unwrap() == with);
}

const START: NaiveDate = day(2026, 12, 1);

fn documented_address(country: &str) -> documented::Address {
    documented::Address::builder()
        .street(text("Musterstraße"))
        .house_number(text("9"))
        .zip_code(text("01234"))
        .city(text("Musterstadt"))
        .country(text(country))
        .build()
}

fn changed_address(po_box: &str) -> changed::Address {
    changed::Address::builder()
        .street(text("Musterstraße"))
        .house_number(text("9a"))
        .po_box(text(po_box))
        .zip_code(text("01234"))
        .city(text("Musterstadt"))
        .country(text("DE"))
        .build()
}

fn changed_job(status: &str, site: Option<&str>) -> changed::Job {
    let mut job = changed::Job::builder()
        .employment_site(text("Werk 1"))
        .employment_status(text(status))
        .start_of_employment(START)
        .management(false)
        .build();
    job.site = site.map(|name| changed::Site::builder().site_name(text(name)).build());
    job
}

fn text(text: &str) -> Text {
    text.parse().unwrap()
}

/// These paths with these codes and no others; and nothing in them shows a value.
fn assert_errors(errors: &ValidationErrors, expected: &[(&str, &str)]) {
    let mut found: Vec<_> = errors
        .field_errors()
        .into_iter()
        .flat_map(|(path, list)| {
            list.iter()
                .map(move |error| (path.to_string(), error.code.to_string()))
        })
        .collect();
    found.sort();
    let found: Vec<_> = found
        .iter()
        .map(|(path, code)| (path.as_str(), code.as_str()))
        .collect();
    assert_eq!(found, expected);
    assert!(
        !format!("{errors:?}{errors}").contains(SECRET),
        "{expected:?}"
    );
}
