//! Reads incidents from files of any size.

use std::collections::VecDeque;
use std::io::BufRead;

use careflex_core::{CareflexId, HeldBack, InputRow, ReadError, Rules};

use super::cursor::{Broken, Content, Cursor, Documents};
use super::envelope;
use super::names::{ENVELOPE, FAULT, NEW_REQUEST, NEW_RESPONSE, NONE_REQUEST, NONE_RESPONSE};
use super::request::{end_of_request, head, next_row, no_request};
use super::row;
use super::tag::{Namespace, Tag};

/// Reads incidents from XML, one at a time: a `NewIncidentRequest`, in its envelope or bare, with any number
/// of incidents; or several of them, one after the other. The API token in it is ignored. Without a
/// `careflexId` its incidents have no company; they come when all of it has been read, so it must not hold more
/// than 10,000 of them or 16 MiB.
///
/// What is wrong with an incident is in its row. An `Err` means that the file cannot be read any
/// further, and is the last item.
///
/// ```
/// use careflex_core::Rules;
/// use careflex_soap::xml::IncidentReader;
///
/// let file = br#"<r:NewIncidentRequest xmlns:r="http://n4.de/careflex/2.0">
///   <careflexId>09ce3580d84bf087</careflexId>
///   <incidentList>
///     <plainIncident>
///       <employeeId>4711</employeeId>
///       <validFrom>2026-12-01</validFrom>
///       <createdAt>20.11.2026</createdAt>
///       <type>WIK</type>
///     </plainIncident>
///   </incidentList>
/// </r:NewIncidentRequest>"#;
/// let rows: Vec<_> = IncidentReader::new(&file[..], Rules::documented())
///     .collect::<Result<_, _>>()?;
/// assert_eq!(rows[0].line, 4);
/// assert_eq!(
///     rows[0].incident.as_ref().unwrap_err().to_string(),
///     "createdAt: must be a day in the form YYYY-MM-DD, for example 2020-04-24"
/// );
/// # Ok::<(), careflex_core::ReadError>(())
/// ```
pub struct IncidentReader<R: BufRead> {
    cursor: Cursor<R>,
    rules: Rules,
    place: Place,
    /// Rows that are ready.
    ready: VecDeque<InputRow>,
    /// Rows of a request without a company, until its end is there: the company may be misplaced.
    held_back: HeldBack,
    /// Why the file cannot be read any further; told after the rows that were held back.
    failure: Option<ReadError>,
    rows: u64,
}

/// Where in the file the reader stands.
enum Place {
    /// Between documents.
    Top,
    /// In the list of a request.
    List(Request),
    End,
}

/// The request that is being read.
struct Request {
    careflex_id: Option<CareflexId>,
    /// `false` for a bare one.
    has_envelope: bool,
}

/// Most rows that are read before they are asked for.
const AT_ONCE: usize = 64;

impl<R: BufRead> IncidentReader<R> {
    /// Reads from anything buffered.
    pub fn new(input: R, rules: Rules) -> Self {
        Self::with(Cursor::new(input, Documents::Many), rules)
    }

    /// The same by the parser alone, to compare with.
    #[doc(hidden)]
    pub fn slowly(input: R, rules: Rules) -> Self {
        Self::with(Cursor::new(input, Documents::Many).slowly(), rules)
    }

    fn with(cursor: Cursor<R>, rules: Rules) -> Self {
        Self {
            cursor,
            rules,
            place: Place::Top,
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
            // If anything goes wrong, nothing more is read.
            self.place = match std::mem::replace(&mut self.place, Place::End) {
                Place::End => return Ok(None),
                Place::Top => match self.cursor.next()? {
                    Content::Element(root) => Place::List(self.request(&root)?),
                    Content::Text | Content::End if self.rows == 0 => {
                        return Err(ReadError::new(
                            None,
                            "holds no incident: a file of incidents has at least one",
                        ));
                    }
                    Content::Text | Content::End => return Ok(None),
                },
                Place::List(request) if self.read_regular(&request) => Place::List(request),
                Place::List(request) => match next_row(&mut self.cursor)? {
                    Some(tag) => {
                        let begin = self.cursor.last_range().start;
                        let row = row::read(&mut self.cursor, &tag, &self.rules)?;
                        let bytes = self.cursor.last_range().end - begin;
                        self.take(row, bytes, &request)?;
                        Place::List(request)
                    }
                    None => {
                        end_of_request(&mut self.cursor)?;
                        if request.has_envelope {
                            envelope::leave(&mut self.cursor)?;
                        }
                        self.ready.append(&mut self.held_back.release());
                        Place::Top
                    }
                },
            };
        }
    }

    /// Reads rows in the fast way. `false`: the next one is not regular.
    fn read_regular(&mut self, request: &Request) -> bool {
        // Rows without a company are seldom, and have to be counted by their bytes.
        let Some(company) = &request.careflex_id else {
            return false;
        };
        let read = self.cursor.regular_rows(row::TAGS, AT_ONCE, |scan, line| {
            let mut row = row::regular(scan, line, &self.rules)?;
            row.careflex_id = Some(company.clone());
            self.ready.push_back(row);
            Some(())
        });
        read > 0
    }

    fn take(&mut self, mut row: InputRow, bytes: usize, request: &Request) -> Result<(), Broken> {
        if let Some(id) = &request.careflex_id {
            row.careflex_id = Some(id.clone());
            self.ready.push_back(row);
            return Ok(());
        }
        if self.held_back.push(row, bytes) {
            return Ok(());
        }
        Err(self.cursor.error(format!(
            "careflexId is missing: {} must have it",
            HeldBack::LIMIT
        )))
    }

    /// Goes from the root of a document into the list of its request.
    fn request(&mut self, root: &Tag) -> Result<Request, Broken> {
        let has_envelope = root.name == ENVELOPE;
        if has_envelope {
            let message = envelope::enter(&mut self.cursor, root)?;
            self.check_message(&message)?;
        } else {
            self.check_message(root)?;
        }
        let head = head(&mut self.cursor, &self.rules)?;
        Ok(Request {
            careflex_id: head.careflex_id,
            has_envelope,
        })
    }

    fn check_message(&self, message: &Tag) -> Result<(), Broken> {
        if message.is(Namespace::Careflex2, NEW_REQUEST) {
            return Ok(());
        }
        Err(match message.name.as_str() {
            NONE_REQUEST => self.cursor.error(
                "is an empty report, which holds no incidents: it is sent without a file (`careflex none`)",
            ),
            NEW_RESPONSE | NONE_RESPONSE | FAULT => self
                .cursor
                .error("is an answer of the portal: a file of incidents is a NewIncidentRequest"),
            NEW_REQUEST => no_request(&self.cursor, message),
            name if name.eq_ignore_ascii_case("html") => self
                .cursor
                .error("is a web page: a file of incidents is a NewIncidentRequest"),
            _ => self
                .cursor
                .error("is XML, but no NewIncidentRequest, in an envelope or bare"),
        })
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
        // Rows whose company will never be known are not swallowed.
        self.failure = Some(error);
        self.ready.extend(self.held_back.give_up());
        match self.ready.pop_front() {
            Some(row) => Some(Ok(row)),
            None => self.failure.take().map(Err),
        }
    }
}
