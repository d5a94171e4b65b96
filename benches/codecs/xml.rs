//! XML: the requests and answers of the SOAP interface.

use careflex::soap::xml::{self, Reply, Request};
use careflex::{Incident, Report, Rules};
use quick_xml::se::{QuoteLevel, Serializer};
use serde::Serialize as _;

use super::plain::{self, XmlEnvelope};
use super::pull;
use super::race::{Effort, Outcome, Race, into, messages};
use super::yaserde_forms as by_yaserde;
use crate::common::{PER_REPORT, answer, token};

/// yaserde would take most of the time that there is.
const YASERDE_MESSAGES: usize = 20;

/// Into a buffer that is used again.
pub(crate) fn encode(reports: &[Report], effort: Effort) -> Outcome {
    let bodies = bodies(reports);
    let plain: Vec<_> = reports.iter().map(XmlEnvelope::of).collect();
    let mirrors: Vec<_> = reports
        .iter()
        .take(YASERDE_MESSAGES)
        .map(by_yaserde::mirrors)
        .collect();
    assert!(bodies[0] == written(|out| write_by_serde(&plain[0], out)));
    assert!(bodies[0] == written(|out| pull::write(&plain[0].body.request, out)));
    let by_yaserde = written(|out| by_yaserde::write(&mirrors[0], out));
    assert!(incidents(&by_yaserde) == reports[0].incidents());

    let token = token();
    let mut text = String::new();
    Race::new(
        "xml-encode",
        &bodies,
        into(|number, out| xml::encode_new_request(&reports[number], &token, out)),
    )
    .against("quick-xml-serde", |number| {
        // It writes into texts only.
        text.clear();
        to_text_by_serde(&plain[number], &mut text);
        text.len()
    })
    .against(
        "quick-xml-pull",
        into(|number, out| pull::write(&plain[number].body.request, out)),
    )
    .against_slow(
        "yaserde",
        YASERDE_MESSAGES,
        into(|number, out| by_yaserde::write(&mirrors[number], out)),
    )
    .against(
        "memcpy",
        into(|number, out| out.extend_from_slice(&bodies[number])),
    )
    .hot(into(|number, out| {
        xml::encode_new_request(&reports[number], &token, out);
    }))
    .run(effort)
}

/// Into values that own their texts: ours checks all rules, the peers none.
pub(crate) fn decode_request(reports: &[Report], effort: Effort) -> Outcome {
    let bodies = bodies(reports);
    let rules = Rules::documented();
    let plain = XmlEnvelope::of(&reports[0]);
    assert!(incidents(&bodies[0]) == reports[0].incidents());
    assert_eq!(read_by_serde(&bodies[0]), plain);
    assert_eq!(pull::read_request(&bodies[0]), plain.body.request);
    assert!(
        by_yaserde::read_request(&bodies[0]).incidents() == {
            // yaserde puts those without master data first.
            let mut incidents = reports[0].incidents().to_vec();
            incidents.sort_by_key(|incident| incident.employee.is_some());
            incidents
        }
    );

    Race::new(
        "xml-decode-request",
        &bodies,
        |number| match xml::decode_request(&bodies[number], &rules).unwrap() {
            Request::New(request) => request.rows.len(),
            _ => 0,
        },
    )
    .against("quick-xml-pull", |number| {
        let request = pull::read_request(&bodies[number]);
        request.incident_list.incidents.len()
    })
    .against("quick-xml-serde", |number| {
        let envelope = read_by_serde(&bodies[number]);
        envelope.body.request.incident_list.incidents.len()
    })
    .against_slow("yaserde", YASERDE_MESSAGES, |number| {
        by_yaserde::read_request(&bodies[number]).len()
    })
    .run(effort)
}

/// Answers of 100 rows.
pub(crate) fn decode_response(reports: &[Report], effort: Effort) -> Outcome {
    let bodies = messages(reports, |report, out| {
        xml::encode_new_response(&answer(report), out);
    });
    let expected = answer(&reports[0]);
    let plain = plain::Answer::of(&expected);
    assert!(xml::decode_new_response(&bodies[0]).unwrap() == Reply::Answer(expected.clone()));
    assert_eq!(read_answer_by_serde(&bodies[0]).trimmed(), plain);
    assert_eq!(pull::read_answer(&bodies[0]), plain);
    assert!(careflex::Answer::from(by_yaserde::read_answer(&bodies[0])) == expected);

    Race::new(
        "xml-decode-response",
        &bodies,
        |number| match xml::decode_new_response(&bodies[number]).unwrap() {
            Reply::Answer(answer) => answer.rows.len(),
            Reply::Fault(_) => 0,
        },
    )
    .against("quick-xml-pull", |number| {
        let answer = pull::read_answer(&bodies[number]);
        answer.incident_response_list.rows.len()
    })
    .against("quick-xml-serde", |number| {
        let answer = read_answer_by_serde(&bodies[number]);
        answer.incident_response_list.rows.len()
    })
    .against_slow("yaserde", YASERDE_MESSAGES, |number| {
        let answer = by_yaserde::read_answer(&bodies[number]);
        answer.incident_response_list.incident.len()
    })
    .run(effort)
}

fn bodies(reports: &[Report]) -> Vec<Vec<u8>> {
    let token = token();
    messages(reports, |report, out| {
        xml::encode_new_request(report, &token, out);
    })
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = Vec::new();
    write(&mut body);
    body
}

/// By our own decoder.
fn incidents(body: &[u8]) -> Vec<Incident> {
    let Request::New(request) = xml::decode_request(body, &Rules::documented()).unwrap() else {
        return Vec::new();
    };
    assert_eq!(request.rows.len(), PER_REPORT);
    let rows = request.rows.into_iter();
    rows.map(|row| row.incident.unwrap()).collect()
}

fn write_by_serde(envelope: &XmlEnvelope, out: &mut Vec<u8>) {
    let mut text = String::new();
    to_text_by_serde(envelope, &mut text);
    out.extend_from_slice(text.as_bytes());
}

fn to_text_by_serde(envelope: &XmlEnvelope, text: &mut String) {
    let mut serializer = Serializer::new(text);
    // What ours escapes, so that both write the same.
    serializer.set_quote_level(QuoteLevel::Full);
    envelope.serialize(serializer).unwrap();
}

fn read_by_serde(body: &[u8]) -> XmlEnvelope {
    quick_xml::de::from_str(std::str::from_utf8(body).unwrap()).unwrap()
}

fn read_answer_by_serde(body: &[u8]) -> plain::Answer {
    let envelope: plain::AnswerEnvelope =
        quick_xml::de::from_str(std::str::from_utf8(body).unwrap()).unwrap();
    envelope.body.new_incident_response
}
