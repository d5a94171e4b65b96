//! What must hold for every report and for every garbage.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use careflex_core::{
    Address, ApiToken, Contact, Draft, Employee, Field, Incident, IncidentKind, Job, NaiveDate,
    Report, Rules, Sex, Text,
};
use careflex_rest::json::{self, IncidentReader};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Texts with every awkward character that a text may hold, and none that it may not.
fn text() -> impl Strategy<Value = Text> {
    let awkward = prop_oneof![
        Just('"'),
        Just('\\'),
        Just('/'),
        Just('\t'),
        Just('\n'),
        Just('\r'),
        Just('\u{7f}'),
        Just('\u{2028}'),
        Just('\u{feff}'),
        Just('ß'),
        Just('💶'),
        Just('\u{FFFD}'),
        Just('<'),
    ];
    let character = prop_oneof![
        3 => awkward,
        5 => any::<char>(),
        8 => proptest::char::range('a', 'z'),
        2 => proptest::char::range('0', '9'),
    ];
    vec(character, 1..40).prop_filter_map("not a text", |characters| {
        Text::new(&characters.into_iter().collect::<String>()).ok()
    })
}

fn day() -> impl Strategy<Value = NaiveDate> {
    // 1900-01-01 to 2199-12-31.
    (693_596_i32..803_169).prop_filter_map("not a day", NaiveDate::from_num_days_from_ce_opt)
}

fn house_number() -> impl Strategy<Value = Text> {
    prop_oneof![
        "[0-9]{1,12}".prop_map(|digits| digits.parse().unwrap()),
        "[1-9][0-9]{0,2}[a-z]?".prop_map(|number| number.parse().unwrap()),
        text(),
    ]
}

fn address() -> impl Strategy<Value = Address> {
    (
        text(),
        house_number(),
        option::of(text()),
        "[0-9]{5}",
        text(),
        "[A-Z]{2}",
    )
        .prop_map(|(street, house_number, suffix, zip_code, city, country)| {
            let mut address = Address::builder()
                .street(street)
                .house_number(house_number)
                .zip_code(zip_code.parse().unwrap())
                .city(city)
                .country(country.parse().unwrap())
                .build();
            address.address_suffix = suffix;
            address
        })
}

fn job() -> impl Strategy<Value = Job> {
    (
        text(),
        "[A-Z]{1,10}",
        day(),
        option::of(text()),
        any::<bool>(),
    )
        .prop_map(|(site, status, start, number, management)| {
            let mut job = Job::builder()
                .employment_site(site)
                .employment_status(status.parse().unwrap())
                .start_of_employment(start)
                .management(management)
                .build();
            job.personnel_number = number;
            job
        })
}

fn contact() -> impl Strategy<Value = Contact> {
    (option::of(text()), option::of(text()), option::of(text())).prop_map(
        |(email, mobile, landline)| {
            let mut contact = Contact::builder().build();
            contact.email_business = email;
            contact.mobile_business = mobile;
            contact.landline_business = landline;
            contact
        },
    )
}

fn employee() -> impl Strategy<Value = Employee> {
    let sex = prop_oneof![Just(Sex::Male), Just(Sex::Female), Just(Sex::Diverse)];
    (
        option::of(text()),
        text(),
        text(),
        day(),
        sex,
        address(),
        job(),
        option::of(contact()),
    )
        .prop_map(
            |(title, first, last, birthday, sex, address, job, contact)| {
                let mut employee = Employee::builder()
                    .first_name(first)
                    .last_name(last)
                    .birthday(birthday)
                    .sex(sex)
                    .address(address)
                    .job(job)
                    .build();
                employee.title = title;
                employee.contact = contact;
                employee
            },
        )
}

fn incident() -> impl Strategy<Value = Incident> {
    let kind = "(NEW|RST|WIK|SDB|[A-Z]{3})";
    (
        option::of(text()),
        text(),
        kind,
        day(),
        day(),
        option::of(employee()),
    )
        .prop_map(
            |(external_id, employee_id, kind, valid_from, created_at, employee)| {
                let kind: IncidentKind = kind.parse().unwrap();
                let needs_employee = matches!(kind, IncidentKind::New | IncidentKind::Sdb);
                let mut incident = Incident::builder()
                    .employee_id(employee_id.into())
                    .kind(if needs_employee && employee.is_none() {
                        IncidentKind::Rst
                    } else {
                        kind
                    })
                    .valid_from(valid_from)
                    .created_at(created_at)
                    .build();
                incident.external_id = external_id.map(Into::into);
                incident.employee = employee;
                incident
            },
        )
}

fn encode(incidents: &[Incident]) -> Vec<u8> {
    let report = Report::new(
        "09ce3580d84bf087".parse().unwrap(),
        incidents.to_vec(),
        &Rules::documented(),
    )
    .unwrap();
    let mut body = Vec::new();
    json::encode_new_request(&report, &ApiToken::new("token").unwrap(), &mut body);
    body
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_report_survives_the_wire(incidents in vec(incident(), 1..6)) {
        let body = encode(&incidents);
        let request = json::decode_new_request(&body, &Rules::documented()).unwrap();
        let decoded: Vec<_> = request.rows.into_iter().map(|row| row.incident.unwrap()).collect();
        prop_assert_eq!(&decoded, &incidents);
        // The same bytes as a file.
        let rows: Result<Vec<_>, _> = IncidentReader::new(&body[..], Rules::documented()).collect();
        let read: Vec<_> = rows.unwrap().into_iter().map(|row| row.incident.unwrap()).collect();
        prop_assert_eq!(&read, &incidents);
        // An independent judge: the model's own derives.
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let derived: Vec<Incident> = serde_json::from_value(value["incidentList"].clone()).unwrap();
        prop_assert_eq!(&derived, &incidents);
        prop_assert_eq!(serde_json::to_value(&incidents).unwrap(), value["incidentList"].clone());
    }

    #[test]
    fn a_read_row_and_a_typed_incident_are_checked_alike(incident in incident()) {
        let body = encode(std::slice::from_ref(&incident));
        let request = json::decode_new_request(&body, &Rules::documented()).unwrap();
        prop_assert_eq!(&request.rows[0].warnings, &Rules::documented().check(&incident));
    }

    #[test]
    fn garbage_never_panics(
        incidents in vec(incident(), 1..3),
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let mut body = encode(&incidents);
        for (index, byte, what) in changes {
            let at = index.index(body.len());
            match what {
                0 => body[at] = byte,
                1 => { body.remove(at); }
                _ => body.insert(at, b"{}[]\",:\\0\n"[usize::from(byte) % 10]),
            }
            if body.is_empty() {
                return Ok(());
            }
        }
        let _ = json::decode_new_request(&body, &Rules::documented());
        let _ = json::decode_none_request(&body, &Rules::documented());
        let _ = json::decode_new_response(&body);
        // Each incident or an error: the reader always comes to an end.
        let _ = IncidentReader::new(&body[..], Rules::documented()).count();
    }

    #[test]
    fn any_text_in_any_field_is_kept_or_complained_about(field in 0..Field::ALL.len(), value in any::<String>()) {
        let field = Field::ALL[field];
        let mut draft = Draft::new();
        for (other, fine) in [
            (Field::EmployeeId, "4711"),
            (Field::Type, "RST"),
            (Field::ValidFrom, "2026-12-01"),
            (Field::CreatedAt, "2026-11-20"),
        ] {
            if other != field {
                draft.set(other, fine);
            }
        }
        draft.set(field, value.as_str());
        let row = draft.finish(&Rules::documented());
        let is_empty = value.trim().is_empty();
        match row.incident {
            // Nothing is changed but the blanks around it; nothing is dropped in silence.
            Ok(incident) if field == Field::ExternalId => {
                let kept = incident.external_id.map(|id| id.to_string()).unwrap_or_default();
                prop_assert_eq!(kept, value.trim());
            }
            Ok(incident) if field == Field::EmployeeId => {
                prop_assert_eq!(incident.employee_id.as_str(), value.trim());
            }
            Ok(incident) if field == Field::Type => {
                prop_assert!(incident.kind.code() == value.trim() || value.trim() == "NEU");
            }
            Ok(_) if field == Field::CareflexId => {
                let kept = row.careflex_id.map(|id| id.to_string()).unwrap_or_default();
                prop_assert_eq!(kept, value.trim());
            }
            Ok(_) => prop_assert!(is_empty || careflex_core::parse_date(value.trim()).is_ok()),
            // A group with one value lacks the others, so what is complained about may be those.
            Err(violations) => prop_assert!(violations.has_errors()),
        }
    }
}
