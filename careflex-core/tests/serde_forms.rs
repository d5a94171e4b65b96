//! The model in serde's forms, for those who store incidents in documents of their own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_core::{Address, Incident, Sex};
use serde_json::json;

#[test]
fn an_incident_is_the_documented_json() {
    let value = json!({
        "externalId": "1000",
        "employeeId": "4711",
        "type": "NEW",
        "validFrom": "2020-10-24",
        "createdAt": "2020-10-24",
        "employee": {"firstName": "A", "lastName": "B", "birthday": "1979-01-15", "sex": "w"}
    });
    let incident: Incident = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(incident.employee.as_ref().unwrap().sex, Some(Sex::Female));
    assert_eq!(serde_json::to_value(&incident).unwrap(), value);
}

#[test]
fn a_house_number_is_read_in_both_forms() {
    let address = |number: serde_json::Value| {
        serde_json::from_value::<Address>(json!({
            "street": "s", "houseNumber": number, "zipCode": "01234", "city": "c", "country": "DE"
        }))
    };
    assert_eq!(address(json!(9)).unwrap(), address(json!("9")).unwrap());
    let written = serde_json::to_value(address(json!("9a")).unwrap()).unwrap();
    assert_eq!(written["houseNumber"], "9a");
    assert!(address(json!(9.5)).is_err());
}

#[test]
fn days_in_other_forms_are_refused() {
    for day in [
        "24.10.2020",
        "2020-1-5",
        "+12020-01-05",
        "2020-10-24Z",
        "2021-02-30",
    ] {
        let value =
            json!({"employeeId": "1", "type": "RST", "validFrom": day, "createdAt": "2020-10-24"});
        assert!(serde_json::from_value::<Incident>(value).is_err(), "{day}");
    }
}
