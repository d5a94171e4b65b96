//! Reads incidents from files of any size: a report object, an array of incidents, or one incident
//! (or report object) after the other.

use std::collections::VecDeque;
use std::io::BufRead;

use careflex_core::{HeldBack, InputRow, ReadError, Rules};

use super::regular::{self, Input};
use super::request::decode_row;
use super::scanner::Scanner;

mod envelope;
#[cfg(test)]
mod tests;

use envelope::Envelope;

/// Largest object on top level in bytes, without its `incidentList`.
const MAX_OBJECT: usize = 1 << 20;
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
    /// How many bytes the last row was long.
    row_length: usize,
    /// Rows that are ready.
    ready: VecDeque<InputRow>,
    /// Rows of a report object whose `careflexId` may still stand behind the list.
    held_back: HeldBack,
    /// Why the file cannot be read any further; told after the rows that were held back.
    failure: Option<ReadError>,
    rows: u64,
    /// Without the fast path.
    is_slow: bool,
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

impl<R: BufRead> IncidentReader<R> {
    /// Reads from anything buffered.
    pub fn new(input: R, rules: Rules) -> Self {
        Self {
            scanner: Scanner::new(input),
            rules,
            place: Place::Begin,
            raw: Vec::new(),
            row_length: 0,
            ready: VecDeque::new(),
            held_back: HeldBack::default(),
            failure: None,
            rows: 0,
            is_slow: false,
        }
    }

    /// The slow path alone, for tests: it parses whatever serde parses.
    #[doc(hidden)]
    pub fn slowly(input: R, rules: Rules) -> Self {
        Self {
            is_slow: true,
            ..Self::new(input, rules)
        }
    }

    /// Reads on until a row is ready; `None` at the end.
    fn advance(&mut self) -> Result<Option<InputRow>, ReadError> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                self.rows += 1;
                return Ok(Some(row));
            }
            if let Some(row) = self.next_at_once() {
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

    /// The next row, if it is regular and its company is known, as that of nearly every row is. It goes to the
    /// caller at once: rows are large, so to hand them on costs something.
    #[inline(always)]
    fn next_at_once(&mut self) -> Option<InputRow> {
        let after_first = match &self.place {
            Place::Top => false,
            Place::Array(after_first) => *after_first,
            Place::List(after_first, envelope) if envelope.careflex_id.is_some() => *after_first,
            Place::Begin | Place::List(..) | Place::End => return None,
        };
        let mut row = self.regular_row(after_first)?;
        if let Place::Array(after_first) | Place::List(after_first, _) = &mut self.place {
            *after_first = true;
        }
        if let Place::List(_, envelope) = &self.place {
            envelope.own(&mut row);
        }
        Some(row)
    }

    /// The next row, if it is regular; otherwise nothing is taken of the input.
    #[inline(always)]
    fn regular_row(&mut self, after_first: bool) -> Option<InputRow> {
        let mut may_read_ahead = !self.is_slow;
        while !self.is_slow {
            let mut input = Input::new(self.scanner.text());
            input.skip_white_space();
            if !after_first || input.take_comma() {
                let begin = input.length();
                let line = self.scanner.line() + input.lines();
                if let Some(row) = regular::row(&mut input, line, &self.rules) {
                    self.row_length = begin - input.length();
                    let (length, lines) = (input.taken(), input.lines());
                    self.scanner.skip(length, lines);
                    return Some(row);
                }
            }
            // Once only: what is still cut off then is too long to be looked at again and again.
            let reads_ahead = may_read_ahead && input.is_cut_off();
            if !reads_ahead || !self.scanner.read_ahead() {
                return None;
            }
            may_read_ahead = false;
        }
        None
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
        if envelope.careflex_id.is_some() {
            let mut row = self.next_row()?;
            envelope.own(&mut row);
            self.ready.push_back(row);
        } else {
            let row = match self.regular_row(false) {
                Some(row) => row,
                None => self.next_row()?,
            };
            if !self.held_back.push(row, self.row_length) {
                return Err(self.scanner.error(format!(
                    "careflexId must stand before incidentList in {}",
                    HeldBack::LIMIT
                )));
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
                    let mut rows = self.held_back.release();
                    rows.iter_mut().for_each(|row| envelope.own(row));
                    self.ready.append(&mut rows);
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

    /// The next element of a list, by the slow path.
    fn next_row(&mut self) -> Result<InputRow, ReadError> {
        let mut raw = std::mem::take(&mut self.raw);
        raw.clear();
        let line = self.scanner.take_value(&mut raw)?;
        let row = self.row(&raw, line);
        self.row_length = raw.len();
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
