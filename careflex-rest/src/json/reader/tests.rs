//! All forms of files, and broken ones.

use careflex_core::ViolationCode;

use super::*;

const GOOD: &str =
    r#"{"type":"WIK","employeeId":"1","createdAt":"2026-11-20","validFrom":"2026-12-01"}"#;

fn read(text: impl AsRef<[u8]>) -> Result<Vec<InputRow>, ReadError> {
    // One byte at a time: every state of the scanner crosses a buffer's end.
    let input = std::io::BufReader::with_capacity(1, text.as_ref());
    let slow: Result<Vec<_>, _> = IncidentReader::new(input, Rules::documented()).collect();
    let fast: Result<Vec<_>, _> = IncidentReader::new(text.as_ref(), Rules::documented()).collect();
    assert_eq!(format!("{slow:?}"), format!("{fast:?}"));
    fast
}

fn companies(text: &str) -> Vec<Option<String>> {
    read(text)
        .unwrap()
        .into_iter()
        .map(|row| {
            row.incident.unwrap();
            row.careflex_id.map(|id| id.to_string())
        })
        .collect()
}

#[test]
fn takes_all_documented_forms() {
    let company = |id: &str| Some(id.to_owned());
    assert_eq!(companies(GOOD), [None]);
    assert_eq!(
        companies(&format!("\u{feff}[{GOOD},\n {GOOD}]")),
        [None, None]
    );
    assert_eq!(companies(&format!("{GOOD}\n{GOOD}\r\n\n")), [None, None]);
    assert_eq!(
        companies(&format!(
            r#"{{"careflexId":"a","apiToken":"t","incidentList":[{GOOD},{GOOD}]}} {{"incidentList":[{GOOD}] , "careflexId":"b"}} {{"incidentList":[{GOOD}]}}"#
        )),
        [company("a"), company("a"), company("b"), None]
    );
    let own = GOOD.replace("{", r#"{"careflexId":"c","#);
    assert_eq!(
        companies(&format!(
            r#"{own} {{"careflexId":"c","incidentList":[{own}]}}"#
        )),
        [company("c"), company("c")]
    );
}

#[test]
fn the_documented_request_is_a_file_too() {
    let rows = read(include_str!("../../../tests/samples/rest-new-request.json")).unwrap();
    let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [5, 39, 50]);
    assert!(rows.iter().all(|row| row.incident.is_ok()));
}

#[test]
fn a_wrong_row_does_not_end_the_file() {
    let rows = read(format!("[{{}},\n17,\n{GOOD}]")).unwrap();
    assert_eq!(rows[0].incident.as_ref().unwrap_err().len(), 4);
    assert_eq!(
        rows[1]
            .incident
            .as_ref()
            .unwrap_err()
            .iter()
            .next()
            .unwrap()
            .to_string(),
        "must be an object in braces { }"
    );
    assert_eq!(rows[2].line, 3);
    assert!(rows[2].incident.is_ok());
}

#[test]
fn broken_files_say_where_and_what() {
    let cut = &GOOD[..40];
    let deep = "[".repeat(100_000);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "holds no incident"),
        (b" \n ".to_vec(), "holds no incident"),
        (b"[]".to_vec(), "holds no incident"),
        (
            br#"{"careflexId":"a","incidentList":[]}"#.to_vec(),
            "holds no incident",
        ),
        (b"<html>".to_vec(), "line 1: is not JSON: it begins with <"),
        (
            b"employeeId;type".to_vec(),
            "line 1: is not JSON as expected",
        ),
        (
            format!("{GOOD}\n{cut}").into_bytes(),
            "line 2: the file ends in the middle",
        ),
        (
            format!("[{GOOD},\n").into_bytes(),
            "line 2: the file ends in the middle",
        ),
        (
            format!("[{GOOD}\n{GOOD}]").into_bytes(),
            "line 2: is not JSON: a comma",
        ),
        (
            b"{\"type\":\n\"M\xFCller\"}".to_vec(),
            "line 2: is not UTF-8",
        ),
        (b"\xFF\xFE[\0".to_vec(), "UTF-16"),
        (deep.into_bytes(), "line 1: is nested deeper than 64"),
        (
            format!("[\n\n{}]", GOOD.replace(':', ";")).into_bytes(),
            "line 3: this is no JSON",
        ),
        (
            b"{\"type\":\n\"a\x01b\"}".to_vec(),
            "line 2: this is no JSON: control character",
        ),
        (
            format!(r#"{{"careflexId":17,"incidentList":[{GOOD}]}}"#).into_bytes(),
            "careflexId must be a text",
        ),
        (
            br#"{"incidentlist":[]}"#.to_vec(),
            "did you mean incidentList?",
        ),
        (
            br#"{"incidentList":{}}"#.to_vec(),
            "the list of incidents in brackets",
        ),
        (
            br#"{"company":"a","incidentList":[]}"#.to_vec(),
            "company is not known",
        ),
        (
            format!("[\"{}\"]", "a".repeat(2 << 20)).into_bytes(),
            "more than 1048576 bytes",
        ),
    ];
    for (text, expected) in cases {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} (expected {expected})");
    }
}

#[test]
fn a_company_behind_a_long_list_is_refused_and_not_lost() {
    let list = vec![GOOD; 10_002].join(",");
    let file = format!(r#"{{"incidentList":[{list}],"careflexId":"a"}}"#);
    let mut items: Vec<_> = IncidentReader::new(file.as_bytes(), Rules::documented()).collect();
    let error = items.pop().unwrap().unwrap_err();
    assert!(error.to_string().contains("careflexId must stand before"));
    // Each row that was read until then is there, and refused.
    assert_eq!(items.len(), 10_001);
    assert!(
        items
            .iter()
            .all(|row| row.as_ref().unwrap().incident.is_err())
    );
}

#[test]
fn rows_whose_company_is_never_told_are_not_swallowed() {
    let file = format!(r#"{{"incidentList":[{GOOD},{GOOD}],"careflexId"#);
    let items: Vec<_> = IncidentReader::new(file.as_bytes(), Rules::documented()).collect();
    assert_eq!(items.len(), 3);
    for row in &items[..2] {
        let violations = row.as_ref().unwrap().incident.as_ref().unwrap_err();
        assert_eq!(
            violations.iter().next().unwrap().code(),
            ViolationCode::Unreadable
        );
    }
    assert!(items[2].is_err(), "the error is the last item");
}

#[test]
fn an_incident_of_another_company_than_its_report_is_refused() {
    let own = GOOD.replace('{', r#"{"careflexId":"c","#);
    for file in [
        format!(r#"{{"careflexId":"a","incidentList":[{own}]}}"#),
        format!(r#"{{"incidentList":[{own}],"careflexId":"a"}}"#),
    ] {
        let rows = read(file).unwrap();
        let violations = rows[0].incident.as_ref().unwrap_err();
        assert_eq!(
            violations.iter().next().unwrap().code(),
            ViolationCode::OtherCompany
        );
    }
}

/// Hands out one piece at a time, like a pipe into which somebody writes.
struct Pieces {
    pieces: std::vec::IntoIter<&'static str>,
    current: &'static [u8],
    /// What comes behind the last piece.
    end: Option<std::io::ErrorKind>,
}

fn pieces(pieces: Vec<&'static str>, end: Option<std::io::ErrorKind>) -> Pieces {
    Pieces {
        pieces: pieces.into_iter(),
        current: &[],
        end,
    }
}

impl std::io::Read for Pieces {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        unreachable!("the reader asks for what is buffered")
    }
}

impl BufRead for Pieces {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.current.is_empty() {
            match (self.pieces.next(), self.end) {
                (Some(piece), _) => self.current = piece.as_bytes(),
                (None, Some(error)) => return Err(error.into()),
                (None, None) => panic!("the reader waits for more than it needs"),
            }
        }
        Ok(self.current)
    }

    fn consume(&mut self, bytes: usize) {
        self.current = &self.current[bytes..];
    }
}

#[test]
fn a_row_is_there_as_soon_as_its_last_brace_is() {
    const ODD: &str = r#"{"type":"WIK","employeeid":"1"}"#;
    const HALF: (&str, &str) = (r#"{"type":"WIK","empl"#, r#"oyeeId":"1"}"#);
    for (begin, between) in [
        ("", "\n"),
        ("[", ","),
        (r#"{"careflexId":"a","incidentList":["#, " , "),
    ] {
        let all = vec![
            begin, GOOD, between, ODD, between, HALF.0, HALF.1, between, GOOD,
        ];
        let all = all.into_iter().filter(|piece| !piece.is_empty()).collect();
        let rows = IncidentReader::new(pieces(all, None), Rules::documented()).take(4);
        let lines: Vec<_> = rows.map(|row| row.unwrap().incident.is_ok()).collect();
        assert_eq!(lines, [true, false, false, true], "{begin}");
    }
}

#[test]
fn what_was_read_before_an_error_comes_before_it() {
    let error = Some(std::io::ErrorKind::ConnectionReset);
    for end in ["", "{", GOOD, "\n"] {
        let input = || {
            let all = vec![GOOD, "\n", GOOD, end].into_iter();
            pieces(all.filter(|piece| !piece.is_empty()).collect(), error)
        };
        let fast: Vec<_> = IncidentReader::new(input(), Rules::documented()).collect();
        let slow: Vec<_> = IncidentReader::slowly(input(), Rules::documented()).collect();
        assert_eq!(format!("{fast:?}"), format!("{slow:?}"));
        assert_eq!(fast.len(), if end == GOOD { 4 } else { 3 });
        let (error, rows) = fast.split_last().unwrap();
        assert!(
            error
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
        assert!(rows.iter().all(Result::is_ok));
    }
}
