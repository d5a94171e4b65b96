//! That the fast path is taken where it should be: results alone would not tell.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

const INCIDENT: &str = r#"{"externalId":"1","type":"SDB","employeeId":"2","createdAt":"2026-11-20","validFrom":"2026-12-01","employee":{"firstName":"Anna","lastName":"Groß","address":{"street":"Weg","houseNumber":9,"zipCode":"01234","city":"Marl","country":"DE"},"job":{"employmentSite":"A","employmentStatus":"T","startOfEmployment":"2020-01-01","management":true},"contact":{"mobileBusiness":"0"}}}"#;

fn is_regular(incident: &str) -> bool {
    let rules = Rules::documented();
    let body = format!(r#"{{"careflexId":"a","apiToken":"b","incidentList":[{incident}]}}"#);
    let request = new_request(body.as_bytes(), &rules);
    let row = row(&mut Input::new(incident), 7, &rules);
    assert_eq!(request.is_some(), row.is_some(), "{incident}");
    request.is_some()
}

#[test]
fn all_usual_forms_are_regular() {
    for incident in [
        INCIDENT.to_owned(),
        INCIDENT.replace(':', ": ").replace(',', ", "),
        INCIDENT
            .replace(',', ",\r\n\t")
            .replace('{', "{\n  ")
            .replace('}', "\n}"),
        INCIDENT.replace(":9,", ":\"9a\","),
        INCIDENT.replace("Groß", r#"Gro\u00df \"Gr.\" \\ \/ \t"#),
        // Other orders, and nothing at all.
        INCIDENT
            .replace(r#""type":"SDB","#, "")
            .replace("}}}", r#"}},"type":"SDB"}"#),
        INCIDENT
            .replace(r#""city":"Marl","#, "")
            .replace(r#""street""#, r#""city":"Marl","street""#),
        INCIDENT.replace(r#""contact""#, r#""title":"Dr.","contact""#),
        INCIDENT.replace(r#""mobileBusiness":"0""#, ""),
        INCIDENT.replace(r#"{"mobileBusiness":"0"}"#, "null"),
        INCIDENT.replace(r#""mobileBusiness":"0""#, r#""emailBusiness":null"#),
        "{}".to_owned(),
        "{ }".to_owned(),
        // Wrong values are none of the form.
        INCIDENT.replace("2026-11-20", "20.11.2026"),
        INCIDENT.replace("SDB", ""),
        INCIDENT.replace(r#""type""#, r#""employeeId":"3","type""#),
    ] {
        assert!(is_regular(&incident), "{incident}");
    }
}

#[test]
fn what_is_odd_is_irregular() {
    for (from, to) in [
        (r#""type""#, r#""kind":1,"type""#),
        (r#""type""#, r#""ty\u0070e""#),
        (r#""type""#, r#""employee":null,"type""#),
        (r#""contact""#, r#""address":{},"contact""#),
        (r#""contact""#, r#""contact":null,"contact""#),
        ("\"Anna\"", "[]"),
        ("\"Anna\"", "1"),
        ("Anna", r"\ud83d\ude00"),
        ("Anna", "A\tB"),
        ("Anna", r"\x"),
        ("true", "\"true\""),
        ("true", "truely"),
        (":9,", ":09,"),
        (":9,", ":9.0,"),
        (":9,", ":-9,"),
        (":9,", ":1234567890123456789,"),
        ("}}", "},}"),
        ("}}", "}"),
        (",\"type", ",,\"type"),
        ("\"type\"", "type"),
        ("SDB\"", "SDB\"x"),
        ("\"SDB\"", "\"SDB\"{"),
    ] {
        assert!(!is_regular(&INCIDENT.replacen(from, to, 1)), "{from} {to}");
    }
}

#[test]
fn it_is_known_where_a_row_ends() {
    let text = format!("{}\n{{\"type\"", INCIDENT.replace(',', ",\n"));
    let mut input = Input::new(&text);
    let row = row(&mut input, 7, &Rules::documented()).unwrap();
    assert_eq!(row.line, 7);
    assert_eq!(input.lines(), INCIDENT.matches(',').count() as u64);
    assert_eq!(text.get(input.taken()..), Some("\n{\"type\""));
}

/// A reader waits for more input only where the row cannot end in what is there.
#[test]
fn what_is_cut_off_is_told_from_what_is_irregular() {
    let is_cut_off = |text: &str| {
        let mut input = Input::new(text);
        assert!(row(&mut input, 1, &Rules::documented()).is_none());
        input.is_cut_off()
    };
    for (end, _) in INCIDENT.char_indices() {
        let text = INCIDENT.get(..end).unwrap_or_default();
        assert!(is_cut_off(text), "{text}");
    }
    for irregular in [
        r#"{"x":1}"#,
        r#"{"x":1}{"type""#,
        "17}",
        r#"{"employee":{"x":"}"#,
    ] {
        assert!(!is_cut_off(irregular), "{irregular}");
    }
}

#[test]
fn usual_answers_are_regular() {
    let answer = r#"{"importId":"i","incidentResponseList":[{"rowNumber":0,"incidentId":"a","externalId":null,"employeeId":"2","type":"NEW"},{"rowNumber":"1","incidentError":{"code":422,"message":"no"}},{}]}"#;
    for answer in [
        answer.to_owned(),
        answer.replace(':', ": ").replace(',', ",\n"),
        format!("\u{feff}{answer}"),
        answer.replace(r#""importId":"i","#, ""),
    ] {
        assert!(new_response(answer.as_bytes()).is_some(), "{answer}");
    }
    for (from, to) in [
        (r#""type""#, r#""error":null,"type""#),
        (r#""type""#, r#""rowNumber":1,"type""#),
        (r#""code":422,"#, ""),
        (":0,", ":-1,"),
        ("{}", "null"),
    ] {
        let odd = answer.replacen(from, to, 1);
        let is_regular = new_response(odd.as_bytes()).is_some();
        assert_eq!(is_regular, from == r#""code":422,"#, "{odd}");
    }
}
