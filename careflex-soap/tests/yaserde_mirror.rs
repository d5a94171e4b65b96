//! The mirror, through yaserde and back. yaserde is a reader and writer that is not ours.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use careflex_core::{
    Address, Answer, AnswerRow, Contact, Employee, Incident, IncidentKind, Job, Rules, Sex, Text,
    Violations, parse_date,
};
use careflex_soap::mirror;
use proptest::prelude::*;
use yaserde::de::from_str;
use yaserde::ser::to_string;

/// Stands for personal data: no output for people may ever hold it.
const SECRET: &str = "Zwiebelfisch";

#[test]
fn an_incident_comes_back_as_it_was() {
    for incident in incidents() {
        assert_eq!(round_trip(&incident).unwrap(), incident);
    }
}

proptest! {
    #[test]
    fn texts_come_back_as_they_were(text in "\\PC*|[<>&\"'\\]\\[!\\-\n\t a-zäß€😀]{1,40}") {
        if let Ok(Some(text)) = Text::optional(&text) {
            let mut employee = partial();
            employee.title = Some(text.clone());
            employee.last_name = text;
            let mut incident = plain(IncidentKind::Sdb);
            incident.employee = Some(employee);
            prop_assert_eq!(through_yaserde(&incident), mirror::Incident::from(&incident));
        }
    }
}

#[test]
fn what_yaserde_leaves_out_is_as_the_documentation_says() {
    let mut employee = mirror::Employee::from(&partial());
    employee.title = Some("a\r\nb".to_owned());
    let text = to_string(&employee).unwrap();
    let read: mirror::Employee = from_str(&text).unwrap();
    assert_eq!(read.title.as_deref(), Some("a\nb"));

    let contact = |elements: &str| -> mirror::Contact {
        from_str(&format!("<contact>{elements}</contact>")).unwrap()
    };
    let nothing = mirror::Contact::default();
    let with_namespace = "<mobileBusiness xmlns=\"urn:other\">1</mobileBusiness>";
    assert_eq!(contact("<mobilBusiness>1</mobilBusiness>"), nothing);
    assert_eq!(contact(with_namespace), nothing);
    let twice = contact("<mobileBusiness>1</mobileBusiness><mobileBusiness>2</mobileBusiness>");
    assert_eq!(twice.mobile_business.as_deref(), Some("2"));
}

#[test]
fn the_form_follows_from_the_master_data() {
    let form = |incident: &Incident| match mirror::Incident::from(incident) {
        mirror::Incident::Plain(plain) => to_string(&plain).unwrap(),
        mirror::Incident::New(new) => to_string(new.as_ref()).unwrap(),
    };
    let [plain, new, ..] = &incidents()[..] else {
        panic!("too few")
    };
    assert!(form(plain).contains("<plainIncident><employeeId>"));
    assert!(form(new).contains("<newIncident><externalId>"));
}

#[test]
fn a_wrong_date_and_a_wrong_code_come_back_as_violations() {
    let mut employee = mirror::Employee::from(&partial());
    employee.sex = Some("f".to_owned());
    employee.birthday = Some("15.01.1979".to_owned());
    let mut incident = mirror::NewIncident::default();
    incident.employee_id = "4711".to_owned();
    incident.type_ = "SDB".to_owned();
    incident.valid_from = "2021-02-30".to_owned();
    incident.created_at = "2026-11-20".to_owned();
    incident.employee = employee;
    // The same once they have been XML.
    let read: mirror::NewIncident = from_str(&to_string(&incident).unwrap()).unwrap();
    for incident in [incident, read] {
        let violations = incident.to_row(&Rules::documented()).incident.unwrap_err();
        assert_eq!(
            codes(&violations),
            [
                ("validFrom", "no-such-day"),
                ("employee.birthday", "date-format"),
                ("employee.sex", "not-in-list"),
            ]
        );
    }
}

#[test]
fn empty_values_are_missing_and_required_groups_are_required() {
    let incident = mirror::PlainIncident::default();
    let row = mirror::Incident::Plain(incident).to_row(&Rules::documented());
    assert_eq!(
        codes(&row.incident.unwrap_err()),
        ["employeeId", "validFrom", "createdAt", "type"].map(|field| (field, "missing"))
    );
    let mut incident = mirror::PlainIncident::default();
    incident.employee_id = "4711".to_owned();
    incident.valid_from = "2026-12-01".to_owned();
    incident.created_at = "2026-12-01".to_owned();
    incident.type_ = "NEW".to_owned();
    let row = incident.to_row(&Rules::documented());
    assert_eq!(codes(&row.incident.unwrap_err()), [("employee", "missing")]);
}

#[test]
fn a_group_without_values_is_still_there() {
    let mut incident = plain(IncidentKind::Sdb);
    let mut employee = partial();
    employee.contact = Some(Contact::builder().build());
    incident.employee = Some(employee);
    assert_eq!(round_trip(&incident).unwrap(), incident);
}

#[test]
fn a_bool_is_never_guessed() {
    let job = |management: &str| {
        format!(
            "<job><employmentSite>Werk</employmentSite><employmentStatus>T</employmentStatus><startOfEmployment>2026-12-01</startOfEmployment>{management}</job>"
        )
    };
    for (text, expected) in [
        (" true\n", true),
        ("1", true),
        ("false", false),
        ("0", false),
    ] {
        let text = job(&format!("<management>{text}</management>"));
        let job: mirror::Job = from_str(&text).unwrap();
        assert_eq!(job.management, expected, "{text}");
    }
    for text in [
        "",
        "<management/>",
        "<management>ja</management>",
        "<management>TRUE</management>",
    ] {
        assert!(from_str::<mirror::Job>(&job(text)).is_err(), "{text}");
    }
}

#[test]
fn the_documented_request_is_read() {
    let text = include_str!("samples/soap-new-request.xml");
    let start = text.find("<newIncident>").unwrap();
    let end = text.find("</newIncident>").unwrap() + "</newIncident>".len();
    let read: mirror::NewIncident = from_str(&text[start..end]).unwrap();
    let incident = read.to_row(&Rules::documented()).incident.unwrap();
    assert_eq!(incident.kind, IncidentKind::New);
    let employee = incident.employee.unwrap();
    assert_eq!(employee.address.unwrap().street.as_str(), "Musterstraße");
    // The line breaks around it are the document's.
    assert_eq!(
        employee.contact.unwrap().email_business.unwrap().as_str(),
        "thomas.mustermann@musterfirma.de"
    );
}

#[test]
fn the_documented_answer_is_read() {
    let text = include_str!("samples/soap-new-response.xml");
    let start = text.find("<ns3:NewIncidentResponse").unwrap();
    let end = text.find("</SOAP-ENV:Body>").unwrap();
    let response: mirror::NewIncidentResponse = from_str(&text[start..end]).unwrap();
    let again: mirror::NewIncidentResponse = from_str(&to_string(&response).unwrap()).unwrap();
    assert_eq!(again, response);
    let row = |number, id: &str, external: Option<&str>, employee: &str, kind: &str| AnswerRow {
        row_number: Some(number),
        incident_id: Some(id.parse().unwrap()),
        external_id: external.map(|id| id.parse().unwrap()),
        employee_id: Some(employee.parse().unwrap()),
        kind: Some(kind.parse().unwrap()),
        ..AnswerRow::default()
    };
    let expected = Answer {
        import_id: Some("550a80b5-de70-4078-860e-c03d75b1dc49".parse().unwrap()),
        rows: vec![
            row(0, "3b2d4888-a25c-4c8b-9818-aa6b428bd2de", None, "4711", "RSTxxx"),
            AnswerRow {
                error: Some((
                    "422".to_owned(),
                    "The validation failed: The content of the field 'type' is invalid with the reason: invalid value".to_owned(),
                )),
                ..row(1, "3615b6af-e2f2-4dcf-a945-d9ad8546228b", None, "4811", "NEU")
            },
            row(
                2,
                "3b2d4888-a25c-4c8b-9818-aa6b428bd2df",
                Some("CustomerId-4711-2345"),
                "35801170498",
                "RST",
            ),
        ],
    };
    // Compared by `==`: the rows hide themselves in `Debug`.
    assert!(Answer::from(response) == expected);
}

#[test]
fn a_row_that_says_nothing_usable_claims_nothing() {
    let response: mirror::NewIncidentResponse = from_str(
        "<x:NewIncidentResponse xmlns:x=\"http://n4.de/careflex/2.0\"><importId/><incidentResponseList><incident><rowNumber>-1</rowNumber><incidentId> </incidentId><externalId/><employeeId/><type/></incident></incidentResponseList></x:NewIncidentResponse>",
    )
    .unwrap();
    let answer = Answer::from(response);
    assert!(answer.import_id.is_none());
    assert!(answer.rows == [AnswerRow::default()]);
}

#[test]
fn an_answer_of_another_namespace_is_refused() {
    let text = "<x:NewIncidentResponse xmlns:x=\"urn:other\"><importId/><incidentResponseList/></x:NewIncidentResponse>";
    assert!(from_str::<mirror::NewIncidentResponse>(text).is_err());
}

#[test]
fn nothing_shows_a_value() {
    let mut employee = full();
    employee.last_name = SECRET.parse().unwrap();
    let mut incident = plain(IncidentKind::New);
    incident.employee_id = SECRET.parse().unwrap();
    incident.employee = Some(employee);
    let mut error = mirror::IncidentError::default();
    error.message = SECRET.to_owned();
    let mut row = mirror::IncidentResponse::default();
    row.incident_error = Some(error);
    let mirrored = mirror::Incident::from(&incident);
    let shown = format!("{mirrored:?}{row:?}");
    assert_eq!(shown, "New(NewIncident { .. })IncidentResponse { .. }");
    assert!(!shown.contains(SECRET));
}

/// Incident, mirror, XML, mirror, incident.
fn round_trip(incident: &Incident) -> Result<Incident, Violations> {
    through_yaserde(incident)
        .to_row(&Rules::documented())
        .incident
}

fn through_yaserde(incident: &Incident) -> mirror::Incident {
    match mirror::Incident::from(incident) {
        mirror::Incident::Plain(plain) => {
            mirror::Incident::Plain(from_str(&to_string(&plain).unwrap()).unwrap())
        }
        mirror::Incident::New(new) => mirror::Incident::New(Box::new(
            from_str(&to_string(new.as_ref()).unwrap()).unwrap(),
        )),
    }
}

fn codes(violations: &Violations) -> Vec<(&str, &str)> {
    violations
        .errors()
        .map(|violation| (violation.field(), violation.code().as_str()))
        .collect()
}

/// With and without master data, and with all fields there are.
fn incidents() -> Vec<Incident> {
    let mut new = plain(IncidentKind::New);
    new.external_id = Some("CustomerId-4711".parse().unwrap());
    new.employee = Some(full());
    let mut changed = plain(IncidentKind::Sdb);
    changed.employee = Some(partial());
    let other = plain("XYZ".parse().unwrap());
    vec![plain(IncidentKind::Rst), new, changed, other]
}

fn plain(kind: IncidentKind) -> Incident {
    Incident::builder()
        .employee_id("4711".parse().unwrap())
        .kind(kind)
        .valid_from(parse_date("2026-12-01").unwrap())
        .created_at(parse_date("2026-11-20").unwrap())
        .build()
}

fn partial() -> Employee {
    Employee::builder()
        .first_name("Erika".parse().unwrap())
        .last_name("Mustermann & <Söhne>".parse().unwrap())
        .build()
}

fn full() -> Employee {
    let text = |text: &str| text.parse::<Text>().unwrap();
    Employee::builder()
        .title(text("Prof. Dr."))
        .first_name(text("Thomas"))
        .last_name(text("Mustermann"))
        .birthday(parse_date("1979-01-15").unwrap())
        .sex(Sex::Diverse)
        .address(
            Address::builder()
                .street(text("Musterstraße"))
                .house_number(text("9a"))
                .address_suffix(text("c/o Max \"Haupt\"mieter"))
                .zip_code(text("01234"))
                .city(text("Musterstadt"))
                .country(text("DE"))
                .build(),
        )
        .job(
            Job::builder()
                .employment_site(text("Werk 1"))
                .employment_status(text("T"))
                .start_of_employment(parse_date("2026-12-01").unwrap())
                .personnel_number(text("4711"))
                .management(true)
                .build(),
        )
        .contact(
            Contact::builder()
                .email_business(text("thomas@musterfirma.example"))
                .mobile_business(text("0123 12345678"))
                .landline_business(text("030 12345678"))
                .build(),
        )
        .build()
}
