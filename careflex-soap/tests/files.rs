//! Files of incidents: all forms that they may have, and what is said of those that they may not have.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::BufReader;

use careflex_core::{InputRow, ReadError, Rules, ViolationCode};
use careflex_soap::xml::IncidentReader;

const GOOD: &str = "<plainIncident><employeeId>4711</employeeId><validFrom>2026-12-01</validFrom><createdAt>2026-11-20</createdAt><type>WIK</type></plainIncident>";

fn bare(head: &str, list: &str) -> String {
    format!(
        "<r:NewIncidentRequest xmlns:r=\"http://n4.de/careflex/2.0\">{head}<incidentList>{list}</incidentList></r:NewIncidentRequest>"
    )
}

fn of_company(id: &str, list: &str) -> String {
    bare(&format!("<careflexId>{id}</careflexId>"), list)
}

fn enveloped(request: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header/><s:Body>{request}</s:Body></s:Envelope>"
    )
}

fn items(text: &str) -> Vec<Result<InputRow, ReadError>> {
    // One byte at a time: every piece crosses a buffer's end.
    let input = BufReader::with_capacity(1, text.as_bytes());
    let slow: Vec<_> = IncidentReader::new(input, Rules::documented()).collect();
    let fast: Vec<_> = IncidentReader::new(text.as_bytes(), Rules::documented()).collect();
    assert_eq!(format!("{slow:?}"), format!("{fast:?}"));
    fast
}

fn companies(text: &str) -> Vec<Option<String>> {
    items(text)
        .into_iter()
        .map(|row| {
            let row = row.unwrap();
            row.incident.unwrap();
            row.careflex_id.map(|id| id.to_string())
        })
        .collect()
}

#[test]
fn requests_come_bare_or_in_envelopes_alone_or_one_after_the_other() {
    let company = |id: &str| Some(id.to_owned());
    let (a, b) = (of_company("a", GOOD), of_company("b", &GOOD.repeat(2)));
    assert_eq!(companies(&a), [company("a")]);
    assert_eq!(companies(&enveloped(&b)), [company("b"), company("b")]);
    let all = [company("a"), company("b"), company("b"), company("a")];
    for separator in [
        "",
        "\n",
        "\r\n\r\n",
        "\n<!-- and -->\n",
        "\n<?xml version='1.0' encoding='utf-8'?>\n",
        "\n\u{feff}",
        "\n\u{feff}<?xml version='1.0'?>",
    ] {
        let text = [a.clone(), enveloped(&b), a.clone()].join(separator);
        assert_eq!(companies(&text), all, "{separator:?}");
        assert_eq!(companies(&format!("\u{feff}{text}\n")), all);
    }
    assert_eq!(companies(&bare("", GOOD)), [None]);
    let token = "<careflexId> c </careflexId><apitoken>wrong one</apitoken>";
    assert_eq!(companies(&bare(token, GOOD)), [company("c")]);
    // More than one request takes.
    assert_eq!(companies(&of_company("a", &GOOD.repeat(250))).len(), 250);
}

#[test]
fn a_wrong_row_does_not_end_the_file() {
    let text = of_company(
        "a",
        &format!("\n{GOOD}\n<plainIncident/>\n<incident/>\n{GOOD}"),
    );
    let rows: Vec<_> = items(&text).into_iter().map(Result::unwrap).collect();
    let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 4, 5]);
    let fine: Vec<_> = rows.iter().map(|row| row.incident.is_ok()).collect();
    assert_eq!(fine, [true, false, false, true]);
}

#[test]
fn rows_whose_company_is_never_told_are_not_swallowed() {
    let behind = "</incidentList><careflexId>b</careflexId>";
    for broken in [
        bare("", &GOOD.repeat(2)).replace("</incidentList>", behind),
        bare("", &GOOD.repeat(2)).replace("</incidentList>", ""),
        enveloped(&bare("", &GOOD.repeat(2))).replace("</s:Envelope>", ""),
    ] {
        let items = items(&broken);
        assert_eq!(items.len(), 3);
        for row in &items[..2] {
            let violations = row.as_ref().unwrap().incident.as_ref().unwrap_err();
            let code = violations.iter().next().unwrap().code();
            assert_eq!(code, ViolationCode::Unreadable);
        }
        assert!(items[2].is_err(), "the error is the last item");
    }
    // What is held back is bounded, by incidents and by bytes.
    let gigantic = GOOD.replace("4711", &"4".repeat(250_000));
    for (list, most) in [("<a/>".repeat(10_100), 10_001), (gigantic.repeat(70), 70)] {
        let long = bare("", &list);
        let mut reader = IncidentReader::new(long.as_bytes(), Rules::documented());
        let rows = reader.by_ref().take_while(Result::is_ok).count();
        assert!(rows <= most, "{rows}");
        assert!(reader.next().is_none());
        let error = items(&long).into_iter().find_map(Result::err).unwrap();
        assert!(error.to_string().contains("careflexId is missing"));
    }
}

#[test]
fn files_that_are_none_say_where_and_what() {
    let answer = include_str!("samples/soap-new-response.xml");
    let empty_report = include_str!("samples/soap-none-request.xml");
    let good = of_company("a", GOOD);
    for (text, expected) in [
        ("", "holds no incident"),
        (" \n ", "holds no incident"),
        ("<!-- nothing -->", "holds no incident"),
        (&of_company("a", ""), "holds no incident"),
        (&enveloped(&of_company("a", "")), "holds no incident"),
        ("\n{}", "line 1: this is no XML: it does not begin with <"),
        ("<html/>", "line 1: is a web page"),
        ("\n<!DOCTYPE html><html/>", "line 2: this is a web page"),
        ("<!DOCTYPE a><a/>", "line 1: a document type definition"),
        ("<a/>", "line 1: is XML, but no NewIncidentRequest"),
        (
            &enveloped("<a/>"),
            "line 1: is XML, but no NewIncidentRequest",
        ),
        (&enveloped(""), "line 1: the envelope's Body is empty"),
        (answer, "line 4: is an answer of the portal"),
        (empty_report, "line 4: is an empty report"),
        (&good.replace("2.0", "2.1"), "wrong namespace"),
        (
            &good.replace("</r:New", "\n</New"),
            "line 2: an end tag does not match",
        ),
        (
            &format!("{good}\ntext"),
            "line 1: a text stands behind the document",
        ),
        (
            &format!("{good}\n{}", &good[..150]),
            "line 2: the XML ends too early",
        ),
        (&of_company("a b", GOOD), "careflexId holds white space"),
        (
            &bare("<careflexID>a</careflexID>", GOOD),
            "did you mean careflexId?",
        ),
    ] {
        let error = items(text).into_iter().find_map(Result::err).unwrap();
        assert!(
            error.to_string().contains(expected),
            "{error} (expected {expected})"
        );
    }
}
