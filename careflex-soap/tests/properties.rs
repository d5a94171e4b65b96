//! What must hold for every report, every answer and every garbage.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;
mod reference;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use arbitrary::incident;
use careflex_core::{
    Answer, AnswerRow, ApiToken, Incident, NewRequest, Report, Rules, Text, is_xml_character,
};
use careflex_soap::xml::{self, IncidentReader, Reply, Request};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn encode(incidents: &[Incident]) -> Vec<u8> {
    let report = Report::new(
        "09ce3580d84bf087".parse().unwrap(),
        incidents.to_vec(),
        &Rules::documented(),
    )
    .unwrap();
    let mut body = Vec::new();
    xml::encode_new_request(&report, &ApiToken::new("<token>").unwrap(), &mut body);
    body
}

fn decode(body: &[u8]) -> NewRequest {
    match xml::decode_request(body, &Rules::documented()).unwrap() {
        Request::New(request) => request,
        _ => unreachable!("a report was written"),
    }
}

/// Keeps a request for a validator that is not ours, where the variable names a folder.
fn keep(body: &[u8]) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    if let Some(folder) = std::env::var_os("CAREFLEX_KEEP_REQUESTS") {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = PathBuf::from(folder).join(format!("request-{number}.xml"));
        std::fs::write(file, body).unwrap();
    }
}

/// An answer, with texts of every kind.
fn answer() -> impl Strategy<Value = Answer> {
    vec(
        (option::of(text()), text(), option::of((text(), text()))),
        1..6,
    )
    .prop_map(|rows| Answer {
        import_id: Some("550a80b5-de70-4078-860e-c03d75b1dc49".parse().unwrap()),
        rows: (0..)
            .zip(rows)
            .map(|(number, (external_id, employee_id, error))| AnswerRow {
                row_number: Some(number),
                incident_id: Some(format!("incident-{number}").parse().unwrap()),
                external_id: external_id.map(|id| id.parse().unwrap()),
                employee_id: Some(employee_id.parse().unwrap()),
                kind: Some("RSTxxx".parse().unwrap()),
                error,
                is_unclear: false,
            })
            .collect(),
    })
}

/// A text as the portal could write it. Control characters are left out: in messages they become blanks.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        3 => proptest::sample::select(vec!['<', '>', '&', '"', '\'', ']', 'ß', '💶', ' ']),
        2 => any::<char>(),
        5 => proptest::char::range('a', 'z'),
    ];
    let is_fine = |c: &char| is_xml_character(*c) && !c.is_control();
    vec(
        character.prop_filter("no control character", is_fine),
        1..12,
    )
    .prop_filter_map("not a text", |characters| {
        let text = Text::new(&characters.into_iter().collect::<String>()).ok()?;
        Some(text.as_str().to_owned())
    })
}

/// A change of a document: of single bytes, of tags, or something put in between.
#[derive(Debug, Clone)]
enum Change {
    Byte(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    RemoveTag(prop::sample::Index),
    RepeatTag(prop::sample::Index),
    SwapTags(prop::sample::Index, prop::sample::Index),
    /// In front of a tag.
    Insert(prop::sample::Index, &'static str),
    /// Into a start tag, behind its name.
    Attribute(prop::sample::Index, &'static str),
}

const INSERTED: &[&str] = &[
    "<!-- comment -->",
    "<!-- a -- b -->",
    "<![CDATA[a & b]]>",
    "<![CDATA[ ]]>",
    "<?some thing?>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "&amp;",
    "&#65;",
    "&b;",
    "&#0;",
    "text",
    " \r\n\t",
    "]]>",
    "<incidentError><code>1</code></incidentError>",
    "<incidentError/>",
    "<x:incidentError xmlns:x='urn:x'/>",
    "<error>a</error>",
    "<rowNumber>1</rowNumber>",
    "<incident/>",
    "<incident>",
    "</incident>",
    "<other><deep><deeper/></deep></other>",
    "<p:other/>",
    "\u{feff}",
    "\u{1}",
];

const ATTRIBUTES: &[&str] = &[
    " xmlns='urn:x'",
    " xmlns=''",
    " xmlns='http://n4.de/careflex/2.0'",
    " xmlns:ns3='urn:x'",
    " xmlns:ns3=''",
    " xmlns:SOAP-ENV='urn:x'",
    " xmlns:ns3='http://n4.de/careflex/2.0' ns3:a='1'",
    " xmlns:xml='urn:x'",
    " xmlns:xmlns='urn:x'",
    " xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'",
    " xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='false'",
    " a='1' a='2'",
    " a='1'b='2'",
    " a=1",
    " a='<'",
    " a='&b;'",
    " p:a='1'",
    " a = \"1\" ",
];

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        2 => (index(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        2 => (index(), proptest::sample::select(b"<>&;/='\" :x-!?[]\r".to_vec()))
            .prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => index().prop_map(Change::Remove),
        2 => index().prop_map(Change::RemoveTag),
        2 => index().prop_map(Change::RepeatTag),
        2 => (index(), index()).prop_map(|(one, other)| Change::SwapTags(one, other)),
        4 => (index(), proptest::sample::select(INSERTED)).prop_map(|(at, what)| Change::Insert(at, what)),
        4 => (index(), proptest::sample::select(ATTRIBUTES))
            .prop_map(|(at, what)| Change::Attribute(at, what)),
    ]
}

impl Change {
    fn apply(&self, body: &mut Vec<u8>) {
        // The pieces between tags count as tags here.
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        for &byte in body.iter() {
            if byte == b'<' || pieces.is_empty() {
                pieces.push(Vec::new());
            }
            pieces.last_mut().unwrap().push(byte);
        }
        if pieces.is_empty() {
            return;
        }
        match self {
            Self::Byte(at, byte) => {
                let at = at.index(body.len());
                body[at] = *byte;
                return;
            }
            Self::Remove(at) => {
                body.remove(at.index(body.len()));
                return;
            }
            Self::RemoveTag(at) => {
                pieces.remove(at.index(pieces.len()));
            }
            Self::RepeatTag(at) => {
                let at = at.index(pieces.len());
                pieces.insert(at, pieces[at].clone());
            }
            Self::SwapTags(one, other) => {
                let (one, other) = (one.index(pieces.len()), other.index(pieces.len()));
                pieces.swap(one, other);
            }
            Self::Insert(at, what) => {
                pieces.insert(at.index(pieces.len()), what.as_bytes().to_vec());
            }
            Self::Attribute(at, what) => {
                let at = at.index(pieces.len());
                let piece = &mut pieces[at];
                let end = piece
                    .iter()
                    .position(|byte| matches!(byte, b' ' | b'>' | b'/'))
                    .unwrap_or(0);
                piece.splice(end..end, what.bytes());
            }
        }
        *body = pieces.concat();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_report_survives_the_wire(incidents in vec(incident(), 1..6)) {
        let body = encode(&incidents);
        keep(&body);
        let request = decode(&body);
        prop_assert_eq!(request.api_token.expose(), "<token>");
        let decoded: Vec<_> = request.rows.into_iter().map(|row| row.incident.unwrap()).collect();
        prop_assert_eq!(&decoded, &incidents);
        // The same bytes as a file, one at a time.
        let slow = std::io::BufReader::with_capacity(1, &body[..]);
        let rows: Result<Vec<_>, _> = IncidentReader::new(slow, Rules::documented()).collect();
        let read: Vec<_> = rows.unwrap().into_iter().map(|row| row.incident.unwrap()).collect();
        prop_assert_eq!(&read, &incidents);
    }

    #[test]
    fn a_read_row_and_a_typed_incident_are_checked_alike(incident in incident()) {
        let request = decode(&encode(std::slice::from_ref(&incident)));
        prop_assert_eq!(&request.rows[0].warnings, &Rules::documented().check(&incident));
    }

    #[test]
    fn every_answer_survives_the_wire(answer in answer()) {
        let mut body = Vec::new();
        xml::encode_new_response(&answer, &mut body);
        prop_assert_eq!(xml::decode_new_response(&body).unwrap(), Reply::Answer(answer.clone()));
        prop_assert_eq!(reference::answer(&body), Some(answer));
    }

    #[test]
    fn cut_anywhere_nothing_is_an_answer_or_a_request(
        incidents in vec(incident(), 1..3),
        answer in answer(),
        at in any::<prop::sample::Index>(),
    ) {
        let body = encode(&incidents);
        let cut = &body[..at.index(body.len())];
        prop_assert!(xml::decode_request(cut, &Rules::documented()).is_err());
        prop_assert!(IncidentReader::new(cut, Rules::documented()).any(|row| row.is_err()));
        let mut body = Vec::new();
        xml::encode_new_response(&answer, &mut body);
        // Only the line break at the end may be missing.
        let cut = &body[..at.index(body.len() - 1)];
        prop_assert!(xml::decode_new_response(cut).is_err());
    }

    #[test]
    fn garbage_never_panics(incidents in vec(incident(), 1..3), changes in vec(change(), 1..8)) {
        let mut body = encode(&incidents);
        for change in &changes {
            change.apply(&mut body);
        }
        let decoded = xml::decode_request(&body, &Rules::documented());
        let _ = xml::decode_none_response(&body);
        // Each incident or an error: the reader always comes to an end.
        let rows: Vec<_> = IncidentReader::new(&body[..], Rules::documented()).collect();
        // A file and a request are read alike.
        if let Ok(Request::New(request)) = decoded {
            let one: Vec<_> = request.rows.into_iter().map(|row| row.incident).collect();
            let other: Result<Vec<_>, _> = rows.into_iter().map(|row| row.map(|row| row.incident)).collect();
            // A list may be empty in a request, which the portal refuses, but not in a file.
            if let Ok(other) = other {
                prop_assert_eq!(one, other);
            } else {
                prop_assert!(one.is_empty());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_answer_is_read_as_the_reference_reads_it_or_refused(
        answer in answer(),
        changes in vec(change(), 1..4),
    ) {
        let mut body = Vec::new();
        xml::encode_new_response(&answer, &mut body);
        for change in &changes {
            change.apply(&mut body);
        }
        let Ok(Reply::Answer(decoded)) = xml::decode_new_response(&body) else {
            return Ok(());
        };
        let expected = reference::answer(&body);
        prop_assert!(expected.is_some(), "the reference refuses it: {}", String::from_utf8_lossy(&body));
        let expected = expected.unwrap();
        // A key with elements inside is none: the rows count all the same.
        prop_assert!(decoded.import_id.is_none() || decoded.import_id == expected.import_id);
        prop_assert_eq!(decoded.rows.len(), expected.rows.len());
        for (row, expected) in decoded.rows.iter().zip(&expected.rows) {
            // An unclear row is refused.
            prop_assert!(row.is_unclear || row == expected, "{}", String::from_utf8_lossy(&body));
        }
    }
}
