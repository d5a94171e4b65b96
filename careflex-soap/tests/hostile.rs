//! Documents that are made to do harm get an error at once, and little memory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead, BufReader, Cursor, Read};

use careflex_core::Rules;
use careflex_soap::xml::{self, IncidentReader};

const ENVELOPE: &str = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>";
const GIGABYTE: u64 = 1 << 30;

/// Most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// Reads it as a file and, if it is short enough for a body, as a request and an answer. All say the same.
fn refused(document: &[u8]) -> String {
    let rules = Rules::documented();
    let file = IncidentReader::new(document, rules.clone())
        .find_map(Result::err)
        .unwrap();
    let request = xml::decode_request(document, &rules).unwrap_err();
    let answer = xml::decode_new_response(document).unwrap_err();
    assert_eq!(request.message(), answer.message());
    let file_says = file.message().trim_end_matches(": save the file as UTF-8");
    assert_eq!(request.message(), file_says);
    file.to_string()
}

fn refused_file(document: impl BufRead) -> String {
    IncidentReader::new(document, Rules::documented())
        .find_map(Result::err)
        .unwrap()
        .to_string()
}

/// A gigabyte of the same behind a beginning, which is never in memory as a whole.
fn endless(begin: &str, filling: &str) -> impl BufRead {
    let begin = Cursor::new(begin.as_bytes().to_vec());
    let filling = Cycle(filling.bytes().collect::<Vec<_>>().into_iter().cycle());
    BufReader::new(begin.chain(filling.take(GIGABYTE)))
}

struct Cycle<I>(I);

impl<I: Iterator<Item = u8>> Read for Cycle<I> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut read = 0;
        for (place, byte) in out.iter_mut().zip(&mut self.0) {
            *place = byte;
            read += 1;
        }
        Ok(read)
    }
}

#[test]
fn hostile_documents_are_refused_in_little_memory() {
    let laughs = "<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;&lol;&lol;&lol;'>]><lolz>&lol2;</lolz>";
    assert!(refused(laughs.as_bytes()).contains("(DOCTYPE) is there"));
    let external = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>";
    assert!(refused(external.as_bytes()).contains("(DOCTYPE) is there"));
    let late = format!("{ENVELOPE}{}", laughs.replace("<lolz>", "<lolz"));
    assert!(refused(late.as_bytes()).contains("(DOCTYPE) is there"));

    let nested = format!("{ENVELOPE}{}", "<a>".repeat(1_000_000));
    assert_eq!(
        xml::decode_request(nested.as_bytes(), &Rules::documented())
            .unwrap_err()
            .message(),
        "this is neither a NewIncidentRequest nor a NoIncidentRequest"
    );
    let nested = format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Header>{}",
        "<a>".repeat(1_000_000)
    );
    assert!(refused(nested.as_bytes()).contains("nested deeper than 64 levels"));

    // A gigabyte of text, as a value, a name, a comment, an attribute, white space and references.
    let request = "<r:NewIncidentRequest xmlns:r='http://n4.de/careflex/2.0'><careflexId>a</careflexId><incidentList><plainIncident>";
    for (begin, filling) in [
        ("<employeeId>", "a"),
        ("<employeeId><![CDATA[", "a"),
        ("<", "a"),
        ("<!--", "a"),
        ("<?a ", "a"),
        ("<employeeId a='", "a"),
        ("<employeeId ", " "),
        ("", " "),
        ("<employeeId>&", "a"),
    ] {
        let error = refused_file(endless(&format!("{request}{begin}"), filling));
        assert!(error.contains("more than 1 MiB"), "{begin}: {error}");
    }
    for begin in ["", "<?xml version='1.0'", "<a b='", "<!DOCTYPE a [", "<!--"] {
        let error = refused_file(endless(begin, " "));
        assert!(error.contains("more than 1 MiB"), "{begin}: {error}");
    }
    // Many small pieces make a large one.
    for piece in [
        "&amp;",
        "<![CDATA[aaaa]]>",
        "<a/>",
        "<!-- a -->",
        "<employeeId>1</employeeId>",
    ] {
        let error = refused_file(endless(request, piece));
        assert!(error.contains("more than 1 MiB"), "{piece}: {error}");
    }
    let token = "<r:NewIncidentRequest xmlns:r='http://n4.de/careflex/2.0'><careflexId>";
    let error = refused_file(endless(token, "&amp;"));
    assert!(error.contains("more than 1 MiB"), "{error}");
    // Many attributes, many namespaces.
    let attributes: String = (0..20_000)
        .map(|number| format!(" a{number}='1'"))
        .collect();
    assert!(refused(format!("<a{attributes}/>").as_bytes()).contains("more than 64 attributes"));
    let namespaces: String = (0..20_000)
        .map(|number| format!(" xmlns:a{number}='1'"))
        .collect();
    assert!(refused(format!("<a{namespaces}/>").as_bytes()).contains("too many namespaces"));

    // A long address of a namespace, and many attributes in it.
    let address = "u".repeat(500_000);
    let attributes: String = (0..60).map(|number| format!(" x:a{number}=''")).collect();
    let elements = format!("<b{attributes}/>").repeat(1_000);
    let document = format!("<a xmlns:x='{address}'>{elements}");
    assert!(refused(document.as_bytes()).contains("an address of more than 512 bytes"));

    let megabytes = peak() >> 20;
    assert!(megabytes < 64, "{megabytes} MiB");
}

#[test]
fn other_encodings_are_named() {
    let utf_16: Vec<u8> = "\u{feff}<a/>"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    assert!(refused(&utf_16).contains("it looks like UTF-16"));
    let utf_16: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refused(&utf_16).contains("it looks like UTF-16"));
    let latin_1 = b"<?xml version='1.0' encoding='ISO-8859-1'?>\n<a>M\xFCller</a>";
    assert!(refused(latin_1).contains("line 1: another encoding than UTF-8 is declared"));
    let undeclared = b"<?xml version='1.0'?>\n<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'>\nM\xFCller";
    assert!(refused(undeclared).contains("line 2: is not UTF-8"));
}

#[test]
fn half_a_byte_order_mark_is_none() {
    assert!(refused(b"\xEF\xBB<a/>").contains("is not UTF-8"));
}
