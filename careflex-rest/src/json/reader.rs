//! Reads incidents from files of any size: a report object, an array of incidents, or one incident
//! (or report object) after the other.

use std::collections::VecDeque;
use std::io::BufRead;

use careflex_core::{
    CareflexId, Field, HeldBack, InputRow, ReadError, Rules, Violation, ViolationCode, nearest_name,
};

use super::request::{decode_members, decode_row};
use super::scanner::Scanner;

/// Largest object on top level in bytes, without its `incidentList`.
const MAX_OBJECT: usize = 1 << 20;
/// How many characters of an unknown name are shown.
const NAME_SHOWN: usize = 40;
const LIST_NAME: &[u8] = b"\"incidentList\"";

/// Reads incidents from JSON, one at a time. It takes
///
/// - a report object: `{"careflexId": …, "incidentList": […]}`, with any number of incidents,
/// - an array of incidents,
/// - incidents or report objects one after the other, usually one a line.
///
/// An incident may name its company in a member `careflexId` (our addition to the documented form; it
/// is the column of the CSV form). An `apiToken` in a report object is ignored.
///
/// What is wrong with an incident is in its row. An `Err` means that the file cannot be read any
/// further, and is the last item.
///
/// ```
/// use careflex_core::Rules;
/// use careflex_rest::json::IncidentReader;
///
/// let file = br#"{"type":"WIK","employeeId":"4711","createdAt":"2026-11-20","validFrom":"2026-12-01"}
/// {"type":"WIK","employeeId":"4712","createdAt":"20.11.2026","validFrom":"2026-12-01"}"#;
/// let rows: Vec<_> = IncidentReader::new(&file[..], Rules::documented())
///     .collect::<Result<_, _>>()?;
/// assert!(rows[0].incident.is_ok());
/// assert_eq!(rows[1].line, 2);
/// assert_eq!(
///     rows[1].incident.as_ref().unwrap_err().to_string(),
///     "createdAt: must be a day in the form YYYY-MM-DD, for example 2020-04-24"
/// );
/// # Ok::<(), careflex_core::ReadError>(())
/// ```
pub struct IncidentReader<R> {
    scanner: Scanner<R>,
    rules: Rules,
    place: Place,
    /// The raw text of the value that is being read.
    raw: Vec<u8>,
    /// Rows that are ready.
    ready: VecDeque<InputRow>,
    /// Rows of a report object whose `careflexId` may still stand behind the list.
    held_back: HeldBack,
    /// Why the file cannot be read any further; told after the rows that were held back.
    failure: Option<ReadError>,
    rows: u64,
}

/// Where in the file the reader stands.
enum Place {
    Begin,
    /// Between documents.
    Top,
    /// In an array of incidents; `true` after the first one.
    Array(bool),
    /// In the `incidentList` of a report object; `true` after the first one.
    List(bool, Envelope),
    End,
}

/// A report object while it is being read.
struct Envelope {
    /// The members beside `incidentList`, as JSON without the closing brace.
    members: Vec<u8>,
    line: u64,
    careflex_id: Option<CareflexId>,
}

impl<R: BufRead> IncidentReader<R> {
    /// Reads from anything buffered.
    pub fn new(input: R, rules: Rules) -> Self {
        Self {
            scanner: Scanner::new(input),
            rules,
            place: Place::Begin,
            raw: Vec::new(),
            ready: VecDeque::new(),
            held_back: HeldBack::default(),
            failure: None,
            rows: 0,
        }
    }

    /// Reads on until a row is ready; `None` at the end.
    fn advance(&mut self) -> Result<Option<InputRow>, ReadError> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                self.rows += 1;
                return Ok(Some(row));
            }
            self.place = match std::mem::replace(&mut self.place, Place::End) {
                Place::Begin => {
                    self.scanner.skip_byte_order_mark()?;
                    Place::Top
                }
                Place::Top => self.read_document()?,
                Place::Array(after_first) => self.read_element(after_first)?,
                Place::List(after_first, envelope) => self.read_listed(after_first, envelope)?,
                Place::End => return Ok(None),
            };
        }
    }

    fn read_document(&mut self) -> Result<Place, ReadError> {
        match self.scanner.peek_token()? {
            None if self.rows == 0 => Err(ReadError::new(
                None,
                "holds no incident: a file of incidents has at least one",
            )),
            None => Ok(Place::End),
            Some(b'[') => {
                self.scanner.next()?;
                Ok(Place::Array(false))
            }
            Some(b'{') => self.read_object(),
            Some(b'<') => Err(self
                .scanner
                .error("is not JSON: it begins with <, like XML or a web page")),
            Some(_) => Err(self.scanner.error(
                "is not JSON as expected here: a report object, an array of incidents, or one incident a line",
            )),
        }
    }

    /// An object on top level: an incident, unless it turns out to have an `incidentList`.
    fn read_object(&mut self) -> Result<Place, ReadError> {
        let line = self.scanner.line();
        let mut object = Vec::new();
        object.extend(self.scanner.next()?);
        let mut first = true;
        loop {
            match self.peek_in(&mut object)? {
                Some(b'}') => {
                    object.extend(self.scanner.next()?);
                    let row = self.row(&object, line)?;
                    self.ready.push_back(row);
                    return Ok(Place::Top);
                }
                Some(b',') if !first => object.extend(self.scanner.next()?),
                _ if first => {}
                _ => return Err(self.unexpected("a comma or a closing brace")),
            }
            first = false;
            if self.read_member(&mut object)? {
                let envelope = Envelope::begin(object, line, &self.rules)?;
                return Ok(Place::List(false, envelope));
            }
        }
    }

    /// Appends a member to an object; `true` if it is the `incidentList`, whose value is left.
    fn read_member(&mut self, object: &mut Vec<u8>) -> Result<bool, ReadError> {
        if self.peek_in(object)? != Some(b'"') {
            return Err(self.unexpected("a member's name in quotation marks"));
        }
        self.raw.clear();
        self.scanner.take_value(&mut self.raw)?;
        let is_list = self.raw == LIST_NAME;
        if !is_list && self.raw.eq_ignore_ascii_case(LIST_NAME) {
            return Err(self
                .scanner
                .error("a member is misspelt: did you mean incidentList?"));
        }
        if self.scanner.peek_token()? != Some(b':') {
            return Err(self.unexpected("a colon"));
        }
        self.scanner.next()?;
        if is_list {
            if self.scanner.peek_token()? != Some(b'[') {
                return Err(self.unexpected("the list of incidents in brackets [ ]"));
            }
            self.scanner.next()?;
            return Ok(true);
        }
        object.extend_from_slice(&self.raw);
        object.push(b':');
        self.peek_in(object)?;
        self.scanner.take_value(object)?;
        if object.len() > MAX_OBJECT {
            return Err(self.scanner.error(format!(
                "has an object of more than {MAX_OBJECT} bytes: this is no incident"
            )));
        }
        Ok(false)
    }

    /// The next byte that is no white space. Line breaks before it are kept in the object, so that the
    /// parser can count lines.
    fn peek_in(&mut self, object: &mut Vec<u8>) -> Result<Option<u8>, ReadError> {
        let before = self.scanner.line();
        let token = self.scanner.peek_token()?;
        let breaks = usize::try_from(self.scanner.line() - before).unwrap_or(usize::MAX);
        if breaks > MAX_OBJECT.saturating_sub(object.len()) {
            return Err(self
                .scanner
                .error("has an object of too many lines: this is no incident"));
        }
        object.resize(object.len() + breaks, b'\n');
        Ok(token)
    }

    fn read_element(&mut self, after_first: bool) -> Result<Place, ReadError> {
        if self.list_ends(after_first)? {
            return Ok(Place::Top);
        }
        let row = self.next_row()?;
        self.ready.push_back(row);
        Ok(Place::Array(true))
    }

    fn read_listed(&mut self, after_first: bool, envelope: Envelope) -> Result<Place, ReadError> {
        if self.list_ends(after_first)? {
            self.end_object(envelope)?;
            return Ok(Place::Top);
        }
        let row = self.next_row()?;
        match &envelope.careflex_id {
            Some(id) => self.ready.push_back(of_company(row, id)),
            None => {
                if !self.held_back.push(row, self.raw.len()) {
                    return Err(self.scanner.error(format!(
                        "careflexId must stand before incidentList in {}",
                        HeldBack::LIMIT
                    )));
                }
            }
        }
        Ok(Place::List(true, envelope))
    }

    /// The members behind the list.
    fn end_object(&mut self, mut envelope: Envelope) -> Result<(), ReadError> {
        loop {
            match self.peek_in(&mut envelope.members)? {
                Some(b'}') => {
                    self.scanner.next()?;
                    envelope.read_members(&self.rules)?;
                    let rows = self.held_back.release();
                    self.ready.extend(match &envelope.careflex_id {
                        Some(id) => rows.into_iter().map(|row| of_company(row, id)).collect(),
                        None => rows,
                    });
                    return Ok(());
                }
                Some(b',') => {
                    self.scanner.next()?;
                    if envelope.has_members() {
                        envelope.members.push(b',');
                    }
                    if self.read_member(&mut envelope.members)? {
                        return Err(self.scanner.error("incidentList is there twice"));
                    }
                }
                _ => return Err(self.unexpected("a comma or a closing brace")),
            }
        }
    }

    /// Whether a list ends here; otherwise the comma before the next element is skipped.
    fn list_ends(&mut self, after_first: bool) -> Result<bool, ReadError> {
        match self.scanner.peek_token()? {
            Some(b']') => {
                self.scanner.next()?;
                Ok(true)
            }
            Some(b',') if after_first => {
                self.scanner.next()?;
                Ok(false)
            }
            Some(_) if !after_first => Ok(false),
            _ => Err(self.unexpected("a comma or the end of the list")),
        }
    }

    fn next_row(&mut self) -> Result<InputRow, ReadError> {
        let mut raw = std::mem::take(&mut self.raw);
        raw.clear();
        let line = self.scanner.take_value(&mut raw)?;
        let row = self.row(&raw, line);
        self.raw = raw;
        row
    }

    fn row(&self, json: &[u8], line: u64) -> Result<InputRow, ReadError> {
        check_utf_8(json, line)?;
        decode_row(json, line, &self.rules).map_err(|error| broken(&error, line))
    }

    fn unexpected(&mut self, wanted: &str) -> ReadError {
        match self.scanner.peek_token() {
            Ok(None) => self
                .scanner
                .error("the file ends in the middle of the JSON: is it complete?"),
            Ok(Some(_)) => self
                .scanner
                .error(format!("is not JSON: {wanted} was expected here")),
            Err(error) => error,
        }
    }
}

impl Envelope {
    /// `object` ends right before the name of the list.
    fn begin(mut object: Vec<u8>, line: u64, rules: &Rules) -> Result<Self, ReadError> {
        if let Some(comma) = object.iter().rposition(|byte| !byte.is_ascii_whitespace())
            && object.get(comma) == Some(&b',')
        {
            object.remove(comma);
        }
        let mut envelope = Self {
            members: object,
            line,
            careflex_id: None,
        };
        envelope.read_members(rules)?;
        Ok(envelope)
    }

    fn has_members(&self) -> bool {
        self.members.contains(&b':')
    }

    fn read_members(&mut self, rules: &Rules) -> Result<(), ReadError> {
        check_utf_8(&self.members, self.line)?;
        self.members.push(b'}');
        let members = decode_members(&self.members);
        self.members.pop();
        let members = members.map_err(|error| broken(&error, self.line))?;
        if let Some(name) = members.doubled {
            return Err(ReadError::new(self.line, format!("{name} is there twice")));
        }
        if members.is_company_odd {
            return Err(ReadError::new(
                self.line,
                "careflexId must be a text in quotation marks",
            ));
        }
        if let Some(name) = members.unknown {
            let shown: String = name.chars().take(NAME_SHOWN).collect();
            let shown = shown.escape_debug();
            let known = ["careflexId", "apiToken", "incidentList"];
            let advice = match nearest_name(&name, known) {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "a report has careflexId, apiToken and incidentList".to_owned(),
            };
            return Err(ReadError::new(
                self.line,
                format!("{shown} is not known: {advice}"),
            ));
        }
        if let Some(id) = members.careflex_id {
            let id = CareflexId::new(&id)
                .map_err(|error| ReadError::new(self.line, format!("careflexId {error}")))?;
            let violations = rules.check_careflex_id(&id);
            if violations.has_errors() {
                return Err(ReadError::new(self.line, violations.to_string()));
            }
            self.careflex_id = Some(id);
        }
        Ok(())
    }
}

/// A row of a report object belongs to the report's company; one that names another is refused.
fn of_company(mut row: InputRow, id: &CareflexId) -> InputRow {
    match &row.careflex_id {
        None => row.careflex_id = Some(id.clone()),
        Some(own) if own == id => {}
        Some(_) => {
            let violation = Violation::error(
                Field::CareflexId.path(),
                ViolationCode::OtherCompany,
                "names another company than the report around it",
            );
            row.refuse(violation);
        }
    }
    row
}

fn check_utf_8(json: &[u8], line: u64) -> Result<(), ReadError> {
    let Err(error) = std::str::from_utf8(json) else {
        return Ok(());
    };
    let before = json.get(..error.valid_up_to()).unwrap_or_default();
    let breaks = before.iter().filter(|byte| **byte == b'\n').count();
    Err(ReadError::encoding(
        line + breaks as u64,
        ReadError::NOT_UTF_8,
    ))
}

fn broken(error: &serde_json::Error, line: u64) -> ReadError {
    let error = super::broken(error);
    let line = line + (error.line() as u64).saturating_sub(1);
    ReadError::new(line, error.message())
}

impl<R: BufRead> Iterator for IncidentReader<R> {
    type Item = Result<InputRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let error = match self.advance() {
            Ok(Some(row)) => return Some(Ok(row)),
            Ok(None) => return self.failure.take().map(Err),
            Err(error) => error,
        };
        // Nothing more is read. Rows whose company will never be known are not swallowed.
        self.place = Place::End;
        self.failure = Some(error);
        self.ready.extend(self.held_back.give_up());
        match self.ready.pop_front() {
            Some(row) => Some(Ok(row)),
            None => self.failure.take().map(Err),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        r#"{"type":"WIK","employeeId":"1","createdAt":"2026-11-20","validFrom":"2026-12-01"}"#;

    fn read(text: impl AsRef<[u8]>) -> Result<Vec<InputRow>, ReadError> {
        // One byte at a time: every state of the scanner crosses a buffer's end.
        let input = std::io::BufReader::with_capacity(1, text.as_ref());
        let slow: Result<Vec<_>, _> = IncidentReader::new(input, Rules::documented()).collect();
        let fast: Result<Vec<_>, _> =
            IncidentReader::new(text.as_ref(), Rules::documented()).collect();
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
        let rows = read(include_str!("../../tests/samples/rest-new-request.json")).unwrap();
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
}
