//! Our codec and yaserde, which is not ours, write the same and read each other.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "a test fails by panicking; other tests share the modules"
)]

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;
mod canonical;

use canonical::canonical;
use careflex_core::{Answer, AnswerRow, ApiToken, Incident, Report, Rules};
use careflex_soap::mirror;
use careflex_soap::xml::{self, Reply, Request};
use proptest::collection::vec;
use proptest::prelude::*;
use roxmltree::Document;

const COMPANY: &str = "09ce3580d84bf087";
const TOKEN: &str = "88ea9396-386f-4130-bd00-1dd34e5636bd";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn both_write_the_same_tree(incidents in vec(arbitrary::incident(), 1..4)) {
        prop_assert_eq!(canonical(&by_codec(incidents.clone())), canonical(&by_yaserde(&incidents)));
    }

    #[test]
    fn yaserde_reads_what_the_codec_writes(incidents in vec(arbitrary::incident(), 1..4)) {
        prop_assert_eq!(read_by_yaserde(&by_codec(incidents.clone())), incidents);
    }

    #[test]
    fn the_codec_reads_what_yaserde_writes(incidents in vec(arbitrary::incident(), 1..4)) {
        prop_assert_eq!(read_by_codec(&by_yaserde(&incidents)), incidents);
    }

    #[test]
    fn yaserde_reads_the_answers_that_the_codec_writes(
        rows in vec((any::<u64>(), "[a-z&<]{1,9}", "[a-zß]{1,9}", proptest::option::of("[ -~]{1,9}")), 0..4),
    ) {
        let answer = Answer {
            import_id: Some("import".parse().unwrap()),
            rows: rows.into_iter().map(|(number, id, employee, message)| AnswerRow {
                row_number: Some(number),
                incident_id: Some(id.parse().unwrap()),
                employee_id: Some(employee.parse().unwrap()),
                kind: Some("RST".parse().unwrap()),
                error: message.map(|text| ("422".to_owned(), text.trim().to_owned())),
                ..AnswerRow::default()
            }).collect(),
        };
        let mut body = Vec::new();
        xml::encode_new_response(&answer, &mut body);
        let body = String::from_utf8(body).unwrap();
        // Compared by `==`: the rows hide themselves in `Debug`.
        prop_assert!(answer_by_yaserde(&body) == answer);
    }
}

#[test]
fn both_read_the_documented_answer_alike() {
    let body = include_str!("samples/soap-new-response.xml");
    let Reply::Answer(answer) = xml::decode_new_response(body.as_bytes()).unwrap() else {
        panic!("a fault");
    };
    assert!(answer_by_yaserde(body) == answer);
}

fn by_codec(incidents: Vec<Incident>) -> String {
    let report = Report::new(COMPANY.parse().unwrap(), incidents, &Rules::documented()).unwrap();
    let mut body = Vec::new();
    xml::encode_new_request(&report, &ApiToken::new(TOKEN).unwrap(), &mut body);
    String::from_utf8(body).unwrap()
}

/// The list is put together by hand: yaserde cannot keep the order of two kinds of elements.
fn by_yaserde(incidents: &[Incident]) -> String {
    let list: String = incidents
        .iter()
        .map(|incident| match mirror::Incident::from(incident) {
            mirror::Incident::Plain(plain) => yaserde::ser::to_string(&plain).unwrap(),
            mirror::Incident::New(new) => yaserde::ser::to_string(new.as_ref()).unwrap(),
        })
        .map(|text| without_declaration(&text))
        .collect();
    format!(
        r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header/><e:Body><r:NewIncidentRequest xmlns:r="http://n4.de/careflex/2.0"><careflexId>{COMPANY}</careflexId><apitoken>{TOKEN}</apitoken><incidentList>{list}</incidentList></r:NewIncidentRequest></e:Body></e:Envelope>"#
    )
}

/// yaserde does not escape a carriage return, which every reader takes for a line feed then.
fn without_declaration(text: &str) -> String {
    let root = Document::parse(text).unwrap().root_element().range();
    text.get(root).unwrap().replace('\r', "&#13;")
}

fn read_by_codec(body: &str) -> Vec<Incident> {
    let Request::New(request) = xml::decode_request(body.as_bytes(), &Rules::documented()).unwrap()
    else {
        panic!("an empty report");
    };
    request
        .rows
        .into_iter()
        .map(|row| row.incident.unwrap())
        .collect()
}

fn read_by_yaserde(body: &str) -> Vec<Incident> {
    let document = Document::parse(body).unwrap();
    let list = document
        .descendants()
        .find(|node| node.has_tag_name("incidentList"))
        .unwrap();
    list.children()
        .map(|incident| {
            let text = &body[incident.range()];
            match incident.tag_name().name() {
                "plainIncident" => mirror::Incident::Plain(yaserde::de::from_str(text).unwrap()),
                _ => mirror::Incident::New(Box::new(yaserde::de::from_str(text).unwrap())),
            }
        })
        .map(|incident| incident.to_row(&Rules::documented()).incident.unwrap())
        .collect()
}

/// yaserde looks for no envelope, so it is given the answer alone, whose prefix is declared in itself.
fn answer_by_yaserde(body: &str) -> Answer {
    let document = Document::parse(body).unwrap();
    let response = document
        .descendants()
        .find(|node| node.tag_name().name() == "NewIncidentResponse")
        .unwrap();
    let response: mirror::NewIncidentResponse =
        yaserde::de::from_str(&body[response.range()]).unwrap();
    response.into()
}
