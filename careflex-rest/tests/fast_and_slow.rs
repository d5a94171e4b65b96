//! The fast paths against the slow ones: documents of all forms, and what is left of them when they are broken.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;

mod alike;

use alike::{assert_answers_alike, assert_files_alike, assert_read_alike, assert_requests_alike};
use arbitrary::incident;
use careflex_core::{Answer, AnswerRow, ApiToken, Incident, Report, Rules};
use careflex_rest::json;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn documents_of_all_forms_are_read_alike(
        incidents in vec(incident(), 1..5),
        form in form(),
        order in vec(any::<Index>(), 8),
    ) {
        let request = request(&incidents);
        let body = form.write(&shuffled(&request, &order));
        prop_assert!(assert_requests_alike(&body).is_ok());
        let body = form.write(&request);
        let read = assert_requests_alike(&body).unwrap();
        let read: Vec<_> = read.rows.into_iter().map(|row| row.incident.unwrap()).collect();
        prop_assert_eq!(&read, &incidents);
        for file in files(&incidents) {
            let file = form.write(&file);
            let rows = assert_files_alike(&file);
            let read: Vec<_> = rows.into_iter().map(|row| row.unwrap().incident.unwrap()).collect();
            prop_assert_eq!(&read, &incidents);
        }
    }

    #[test]
    fn answers_of_all_forms_are_read_alike(
        incidents in vec(incident(), 0..5),
        form in form(),
        order in vec(any::<Index>(), 8),
    ) {
        let answer = answer(&incidents);
        let body = written(&answer);
        for text in [&body, &shuffled(&body, &order)] {
            prop_assert_eq!(assert_answers_alike(&form.write(text)).unwrap(), answer.clone());
        }
    }

    #[test]
    fn what_is_broken_is_read_alike(
        incidents in vec(incident(), 1..4),
        form in form(),
        changes in vec(change(), 1..6),
        which in 0..4_usize,
    ) {
        let [request, list, lines] = files(&incidents);
        let answer = written(&answer(&incidents));
        let mut document = form.write([&request, &list, &lines, &answer][which]);
        for change in changes {
            change.apply(&mut document);
        }
        assert_read_alike(&document);
    }
}

/// Long enough that the file is read ahead several times, with rows for both paths.
#[test]
fn long_files_are_read_alike() {
    let regular =
        r#"{"type":"WIK","employeeId":"Jürgen","createdAt":"2026-11-20","validFrom":"2026-12-01"}"#;
    let odd = regular.replace("\"WIK\"", "\"WIK\",\"kind\":17");
    let rows: Vec<_> = (0..700)
        .map(|number| if number % 7 == 3 { &odd } else { regular })
        .collect();
    let list = rows.join(",\n");
    for file in [
        rows.join("\n"),
        format!("[{list}]"),
        format!(r#"{{"careflexId":"a","incidentList":[{list}]}}"#),
        format!(r#"{{"incidentList":[{list}],"careflexId":"a"}}"#),
    ] {
        let read = assert_files_alike(file.as_bytes());
        assert_eq!(read.len(), rows.len());
        assert_eq!(read[699].as_ref().unwrap().line, 700);
    }
}

/// Text that ends everywhere: each prefix of a document, and each rest.
#[test]
fn every_part_of_a_document_is_read_alike() {
    for sample in [
        include_str!("samples/rest-new-request.json"),
        include_str!("samples/rest-new-response.json"),
    ] {
        let compact = serde_json::from_str::<Value>(sample).unwrap().to_string();
        for document in [sample.trim().as_bytes(), compact.as_bytes()] {
            for end in 0..document.len() {
                assert_requests_alike(&document[..end]).unwrap_err();
                assert_answers_alike(&document[..end]).unwrap_err();
                let slow: Vec<_> = alike::assert_files_alike(&document[..end]);
                assert!(slow.last().unwrap().is_err());
            }
        }
    }
}

/// Documents that a fuzzer has made, each because it leads somewhere else in the code.
#[test]
fn what_fuzzing_has_found_is_read_alike() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/json");
    // It is not there where this crate is packaged alone.
    let Ok(documents) = std::fs::read_dir(corpus) else {
        return;
    };
    let documents = documents.map(|document| std::fs::read(document.unwrap().path()).unwrap());
    let read = documents
        .map(|document| assert_read_alike(&document))
        .count();
    assert!(read > 100, "{read}");
}

fn request(incidents: &[Incident]) -> String {
    let report = Report::new(
        "09ce3580d84bf087".parse().unwrap(),
        incidents.to_vec(),
        &Rules::documented(),
    )
    .unwrap();
    let mut body = Vec::new();
    json::encode_new_request(&report, &ApiToken::new("token").unwrap(), &mut body);
    String::from_utf8(body).unwrap()
}

/// As a portal answers, with a refusal now and then.
fn answer(incidents: &[Incident]) -> Answer {
    let rows = incidents
        .iter()
        .zip(0..)
        .map(|(incident, number)| AnswerRow {
            row_number: Some(number),
            incident_id: "8ba8977c-a75b-4ec0-9798-7a7f14209720".parse().ok(),
            external_id: incident.external_id.clone().map(Into::into),
            employee_id: Some(incident.employee_id.clone().into()),
            kind: Some(incident.kind.clone().into()),
            error: (number % 3 == 2).then(|| ("422".to_owned(), "geht \"nicht\"".to_owned())),
            is_unclear: false,
        });
    Answer {
        import_id: "8d2adbc0-4d63-4cec-a8f4-445b08a3e33e".parse().ok(),
        rows: rows.collect(),
    }
}

fn written(answer: &Answer) -> String {
    let mut body = Vec::new();
    json::encode_new_response(answer, &mut body);
    String::from_utf8(body).unwrap()
}

/// Incidents as files: a report object, an array, and one a line.
fn files(incidents: &[Incident]) -> [String; 3] {
    let list = |incidents: &[Incident]| {
        let request = request(incidents);
        let start = request.find('[').unwrap();
        request[start..request.len() - 1].to_owned()
    };
    let line = |incident| {
        let list = list(std::slice::from_ref(incident));
        list[1..list.len() - 1].to_owned() + "\n"
    };
    let lines = incidents.iter().map(line).collect();
    [request(incidents), list(incidents), lines]
}

/// The same document with the members of its objects in other orders.
fn shuffled(document: &str, order: &[Index]) -> String {
    fn write(value: &Value, order: &[Index], out: &mut String) {
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                out.push('{');
                let mut separator = "";
                for next in order.iter().cycle() {
                    if members.is_empty() {
                        break;
                    }
                    let (name, value) = members.remove(next.index(members.len()));
                    out.push_str(&format!("{separator}\"{name}\":"));
                    write(value, order, out);
                    separator = ",";
                }
                out.push('}');
            }
            Value::Array(list) => {
                out.push('[');
                let mut separator = "";
                for value in list {
                    out.push_str(separator);
                    write(value, order, out);
                    separator = ",";
                }
                out.push(']');
            }
            leaf => out.push_str(&leaf.to_string()),
        }
    }
    let mut out = String::new();
    write(&serde_json::from_str(document).unwrap(), order, &mut out);
    out
}

/// How a document is written down.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// As the encoder writes it.
    Compact,
    /// A blank behind each comma and colon.
    Spaced,
    /// A line for each member.
    Pretty,
    PrettyForWindows,
    /// All beyond ASCII, and the slash, as an escape.
    Escaped,
}

fn form() -> impl Strategy<Value = Form> {
    select(vec![
        Form::Compact,
        Form::Spaced,
        Form::Pretty,
        Form::PrettyForWindows,
        Form::Escaped,
    ])
}

impl Form {
    fn write(self, document: &str) -> Vec<u8> {
        let mut out = String::new();
        let (mut in_text, mut is_escape) = (false, false);
        for character in document.chars() {
            match character {
                '/' if self == Self::Escaped => out.push_str("\\/"),
                '\u{80}'.. if self == Self::Escaped => escape(character, &mut out),
                '}' | ']' if !in_text => {
                    out.push_str(self.line_break());
                    out.push(character);
                }
                _ => out.push(character),
            }
            match character {
                _ if is_escape => is_escape = false,
                '\\' if in_text => is_escape = true,
                '"' => in_text = !in_text,
                '{' | '[' | ',' if !in_text => out.push_str(self.line_break()),
                ':' if !in_text && self != Self::Compact => out.push(' '),
                _ => {}
            }
        }
        out.into_bytes()
    }

    fn line_break(self) -> &'static str {
        match self {
            Self::Compact | Self::Escaped => "",
            Self::Spaced => " ",
            Self::Pretty => "\n          ",
            Self::PrettyForWindows => "\r\n\t",
        }
    }
}

fn escape(character: char, out: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// A change that may break a document.
#[derive(Debug, Clone)]
enum Change {
    Replace(Index, u8),
    Remove(Index, usize),
    Double(Index, usize),
    Insert(Index, &'static [u8]),
    /// A member at the beginning of an object.
    Member(Index, &'static str),
    /// Something else for a text, with its quotation marks.
    Text(Index, &'static [u8]),
    Swap(Index, Index, usize),
    CutOff(Index),
}

const SIGNS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b" ",
    b"\n",
    b"\r\n",
    b"\t",
    b"\0",
    b"\x01",
    b"\x7F",
    b"null",
    b"true",
    b"9",
    b"-",
    b".5",
    b"e3",
    b"0",
    b"\\u00fc",
    b"\\ud83d\\ude00",
    b"\\ud83d",
    b"\\u12",
    b"\\n",
    b"\\/",
    b"\\x",
    b"\xC2\xA0",
    b"\xEF\xBF\xBE",
    b"\xEF\xBB\xBF",
    b"\xFC",
    b"\xC3",
    b"//",
    b"'",
];

const MEMBERS: &[&str] = &[
    "\"title\":null",
    "\"title\":\"\"",
    "\"title\":\" x \"",
    "\"title\":17",
    "\"type\":\"NEW\"",
    "\"ty\\u0070e\":\"NEW\"",
    "\"careflexId\":\"09ce3580d84bf087\"",
    "\"careflexId\":\"other\"",
    "\"apiToken\":\"t\"",
    "\"incidentList\":[]",
    "\"incidentlist\":[]",
    "\"employee\":null",
    "\"employee\":{}",
    "\"employee\":[]",
    "\"address\":null",
    "\"contact\":{}",
    "\"contact\":{\"x\":1}",
    "\"contact\":null,\"contact\":null",
    "\"management\":null",
    "\"management\":\"true\"",
    "\"management\":1",
    "\"houseNumber\":0",
    "\"houseNumber\":007",
    "\"houseNumber\":1.0",
    "\"houseNumber\":-1",
    "\"houseNumber\":123456789012345678",
    "\"houseNumber\":12345678901234567890123",
    "\"houseNumber\":null",
    "\"unknown\":{\"a\":[1,\"}\"]}",
    "\"unknown\":null",
    "\"importId\":null",
    "\"importId\":\"\"",
    "\"rowNumber\":\" 7 \"",
    "\"rowNumber\":\"+7\"",
    "\"rowNumber\":-1",
    "\"rowNumber\":true",
    "\"incidentId\":\"a\u{1}b\"",
    "\"incidentError\":null",
    "\"incidentError\":{}",
    "\"incidentError\":\"no\"",
    "\"incidentError\":{\"code\":422,\"message\":\" no\\n\"}",
    "\"incidentError\":{\"code\":null}",
    "\"code\":\"1\"",
    "\"errors\":[]",
    "\"failed\":true",
];

/// Among them texts that are as long as a text can be in place, and longer.
const TEXTS: &[&[u8]] = &[
    b"\"\"",
    b"\"  \"",
    b"\" x\xC2\xA0\"",
    b"\"2026-12-01\"",
    b"\"2026-02-30\"",
    b"\"01.12.2026\"",
    b"\"NEU\"",
    b"\"abcdefghijklmnopqrstuvwxyz0123\"",
    b"\"abcdefghijklmnopqrstuvwxyz01234\"",
    b"\"abcdefghijklmnopqrstuvwxyz01\xC3\xBC\"",
    b"\"a\\u0000b\"",
    b"\"a\\uFFFEb\"",
    b"\"\\u00C4\\\"\\\\\"",
    b"\"\\uD83D\\uDE00\"",
    b"\"\xFC\"",
    b"null",
    b"12",
    b"1e5",
    b"true",
    b"{}",
    b"[\"a\"]",
];

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        1 => (place(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        1 => (place(), 1..9_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (place(), 1..60_usize).prop_map(|(at, length)| Change::Double(at, length)),
        1 => (place(), select(SIGNS)).prop_map(|(at, sign)| Change::Insert(at, sign)),
        4 => (place(), select(MEMBERS)).prop_map(|(at, member)| Change::Member(at, member)),
        4 => (place(), select(TEXTS)).prop_map(|(at, text)| Change::Text(at, text)),
        1 => (place(), place(), 1..30_usize)
            .prop_map(|(one, other, length)| Change::Swap(one, other, length)),
        1 => place().prop_map(Change::CutOff),
    ]
}

impl Change {
    fn apply(&self, document: &mut Vec<u8>) {
        if document.is_empty() {
            return;
        }
        let length = document.len();
        let part = |at: &Index, size: usize| {
            let start = at.index(length);
            start..(start + size).min(length)
        };
        let all = |wanted: u8| -> Vec<usize> {
            let places = document.iter().enumerate();
            places
                .filter(|(_, byte)| **byte == wanted)
                .map(|(at, _)| at)
                .collect()
        };
        match self {
            Self::Replace(at, byte) => document[at.index(length)] = *byte,
            Self::Remove(at, size) => drop(document.drain(part(at, *size))),
            Self::Double(at, size) => {
                let part = part(at, *size);
                let copy = document[part.clone()].to_vec();
                document.splice(part.start..part.start, copy);
            }
            Self::Insert(at, sign) => {
                let at = at.index(length + 1);
                document.splice(at..at, sign.iter().copied());
            }
            Self::Member(at, member) => {
                let braces = all(b'{');
                if !braces.is_empty() {
                    let at = at.get(&braces) + 1;
                    document.splice(at..at, format!("{member},").into_bytes());
                }
            }
            Self::Text(at, text) => {
                let marks = all(b'"');
                if marks.len() >= 4 {
                    // Every second text is a value.
                    let first = at.index(marks.len() / 4) * 4 + 2;
                    document.splice(marks[first]..=marks[first + 1], text.iter().copied());
                }
            }
            Self::Swap(one, other, size) => {
                let (one, other) = (part(one, *size), part(other, *size));
                for (one, other) in one.zip(other) {
                    document.swap(one, other);
                }
            }
            Self::CutOff(at) => document.truncate(at.index(length)),
        }
    }
}
