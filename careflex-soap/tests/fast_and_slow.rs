//! The fast way through lists reads what the parser reads, and says what it says.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test fails by panicking; other tests share the modules"
)]

mod alike;
#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;
mod mutation;

use std::path::Path;

use alike::assert_alike;
use careflex_core::{
    Address, Answer, AnswerRow, ApiToken, Contact, Employee, Incident, IncidentKind, Job, Report,
    Rules, Sex, Text,
};
use careflex_soap::xml;
use mutation::{change, layout};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn requests_are_read_alike(
        incidents in vec(incident(), 1..8),
        layout in layout(),
        changes in vec(change(), 0..4),
    ) {
        let mut document = layout.apply(&request(incidents)).into_bytes();
        for change in &changes {
            change.apply(&mut document);
        }
        assert_alike(&document);
    }

    #[test]
    fn answers_are_read_alike(
        answer in answer(),
        is_compact in any::<bool>(),
        layout in layout(),
        changes in vec(change(), 0..4),
    ) {
        let mut document = as_text(|out| xml::encode_new_response(&answer, out));
        if is_compact {
            document = layout.apply(&document.replace('\n', ""));
        }
        let mut document = document.into_bytes();
        for change in &changes {
            change.apply(&mut document);
        }
        assert_alike(&document);
    }
}

/// More than what is looked at together: the border stands in any place of a row.
#[test]
fn long_files_are_read_alike() {
    let row = |padding: usize| {
        format!(
            "<plainIncident><externalId>{}</externalId><employeeId>Müller &amp; S\u{f6}hne</employeeId>\n<validFrom>2026-12-01</validFrom><createdAt>2026-11-20</createdAt><type>WIK</type></plainIncident>",
            "x".repeat(padding)
        )
    };
    let document = |rows: String| {
        format!(
            "<r:NewIncidentRequest xmlns:r=\"http://n4.de/careflex/2.0\"><careflexId>a</careflexId><apitoken>b</apitoken><incidentList>{rows}</incidentList></r:NewIncidentRequest>"
        )
    };
    for padding in [1, 7, 100, 5_000, 20_000, 70_000, 1_100_000] {
        let regular: Vec<_> = (0..40).map(|number| row(padding + number)).collect();
        assert_alike(document(regular.concat()).as_bytes());
    }
    // By turns, which must not cost more than the parser alone.
    let mixed: Vec<_> = (0..400)
        .map(|number| match number % 3 {
            0 => row(number),
            1 => row(number).replace("<type>", "<!-- --><type>"),
            _ => row(number).replace("</type>", "</type ><other/>"),
        })
        .collect();
    assert_alike(document(mixed.concat()).as_bytes());
    // Many files in one.
    assert_alike(document(row(1).repeat(200)).repeat(3).as_bytes());
}

#[test]
fn lists_that_are_empty_or_odd_are_read_alike() {
    let row = "<plainIncident><employeeId>1</employeeId></plainIncident>";
    for list in [
        "<incidentList/>".to_owned(),
        format!("<incidentList/>{row}"),
        format!("<incidentList />{row}<a></incidentList>"),
        format!("<incidentList\n>{row}{row}</incidentList>"),
        format!("<incidentList xmlns=''>{row}</incidentList>"),
        format!("<incidentList xmlns='urn:x'>{row}</incidentList>"),
        format!("<incidentList a=\"/\">{row}</incidentList>"),
        format!("<incidentList>text{row}</incidentList>"),
        format!("<incidentList>{row}text{row}</incidentList>"),
        format!("<incidentList><a xmlns='urn:x'/>{row}{row}</incidentList>"),
        format!("<incidentList>{row}&#32;{row}</incidentList>"),
        format!("<incidentList>{row}</incidentList >{row}"),
    ] {
        for default in ["", " xmlns='urn:x'", " xmlns='http://n4.de/careflex/2.0'"] {
            let request = format!(
                "<r:NewIncidentRequest xmlns:r='http://n4.de/careflex/2.0'{default}><careflexId xmlns=''>a</careflexId><apitoken xmlns=''>b</apitoken>{list}</r:NewIncidentRequest>"
            );
            assert_alike(request.as_bytes());
            assert_alike(
                request
                    .replace("incidentList", "incidentList xmlns=''")
                    .as_bytes(),
            );
            assert_alike(enveloped(&request).as_bytes());
            let rows = list
                .replace("plainIncident", "incident")
                .replace("List", "ResponseList");
            let answer = format!(
                "<r:NewIncidentResponse xmlns:r='http://n4.de/careflex/2.0'{default}>{rows}</r:NewIncidentResponse>"
            );
            assert_alike(enveloped(&answer).as_bytes());
        }
    }
}

/// Documents that the fuzzer has found to be different from each other. They are not in the package.
#[test]
fn documents_of_the_fuzzer_are_read_alike() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/xml");
    let Ok(documents) = folder.read_dir() else {
        return;
    };
    let documents = documents.map(|document| std::fs::read(document.unwrap().path()).unwrap());
    let read = documents.map(|document| assert_alike(&document)).count();
    assert!(read > 100, "{read}");
}

fn enveloped(message: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>{message}</s:Body></s:Envelope>"
    )
}

fn request(incidents: Vec<Incident>) -> String {
    let company = "09ce3580d84bf087".parse().unwrap();
    let report = Report::new(company, incidents, &Rules::documented()).unwrap();
    as_text(|out| xml::encode_new_request(&report, &ApiToken::new("<token>").unwrap(), out))
}

fn as_text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

/// One as they mostly are, or one of every shape.
fn incident() -> impl Strategy<Value = Incident> {
    prop_oneof![3 => usual(), 1 => arbitrary::incident()]
}

fn usual() -> impl Strategy<Value = Incident> {
    (name(), name(), name(), any::<[bool; 6]>()).prop_map(|(one, two, three, has)| {
        let mut incident = Incident::builder()
            .employee_id(one.clone().into())
            .kind(IncidentKind::Rst)
            .valid_from(day("2026-12-01"))
            .created_at(day("2026-11-20"))
            .build();
        incident.external_id = has[0].then(|| two.clone().into());
        if has[1] {
            return incident;
        }
        let mut employee = Employee::builder()
            .first_name(one.clone())
            .last_name(two.clone())
            .birthday(day("1979-01-15"))
            .sex(Sex::Female)
            .build();
        employee.title = has[2].then(|| three.clone());
        employee.address = has[3].then(|| {
            Address::builder()
                .street(two.clone())
                .house_number(text("9a"))
                .zip_code(text("01234"))
                .city(one.clone())
                .country(text("DE"))
                .build()
        });
        employee.job = has[4].then(|| {
            Job::builder()
                .employment_site(three.clone())
                .employment_status(text("T"))
                .start_of_employment(day("2020-04-24"))
                .management(has[0])
                .build()
        });
        employee.contact = has[5].then(|| {
            Contact::builder()
                .email_business(text("a@b.example"))
                .mobile_business(three)
                .build()
        });
        incident.employee = Some(employee);
        incident
    })
}

fn answer() -> impl Strategy<Value = Answer> {
    let error = option::weighted(0.3, (name(), name()));
    let row = (option::of(name()), name(), error);
    vec(row, 0..8).prop_map(|rows| Answer {
        import_id: Some("550a80b5-de70-4078-860e-c03d75b1dc49".parse().unwrap()),
        rows: (0..)
            .zip(rows)
            .map(|(number, (external_id, employee_id, error))| AnswerRow {
                row_number: Some(number),
                incident_id: Some("ab1fe4f4-d0e6-4e4b-8ea9-5b0ee5a6c1c1".parse().unwrap()),
                external_id,
                employee_id: Some(employee_id),
                kind: Some(text("RST")),
                error: error.map(|(code, message)| (code.to_string(), message.to_string())),
                is_unclear: false,
            })
            .collect(),
    })
}

fn name() -> impl Strategy<Value = Text> {
    let name = prop_oneof![
        6 => "[A-Z][a-zäöü]{1,20}",
        2 => "[A-Za-zäöüß0-9 .,&<>\"'-]{0,30}[a-z]",
        1 => "[a-z]{29,60}",
    ];
    name.prop_map(|name| text(&name))
}

fn text(text: &str) -> Text {
    text.parse().unwrap()
}

fn day(text: &str) -> careflex_core::NaiveDate {
    careflex_core::parse_date(text).unwrap()
}
