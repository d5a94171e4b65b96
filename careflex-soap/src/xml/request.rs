//! Reads requests, as the portal would: the sandbox and tests need it.

use std::io::BufRead;

use careflex_core::{
    ApiToken, CareflexId, DecodeError, EmptyReport, InputRow, NewRequest, NoneRequest, Rules,
    nearest_name, parse_date,
};

use super::cursor::{Broken, Content, Cursor, Documents, Leaf};
use super::envelope::{self, TEXT};
use super::names::{API_TOKEN, CAREFLEX_ID, CREATED_AT, INCIDENT_LIST, NEW_REQUEST, NONE_REQUEST};
use super::row;
use super::tag::{Namespace, Tag};

/// A request: both come to the same address.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Request {
    /// `NewIncidentRequest`
    New(NewRequest),
    /// `NoIncidentRequest`
    None(NoneRequest),
}

/// Reads a request in its envelope, strictly: what is wrong with single incidents is in their rows.
///
/// # Errors
/// Broken XML; a company, token or list that is missing, misplaced or unusable; unknown elements beside
/// them.
pub fn decode_request(body: &[u8], rules: &Rules) -> Result<Request, DecodeError> {
    decode(Cursor::new(body, Documents::One), rules)
}

/// The same by the parser alone, to compare with.
#[doc(hidden)]
pub fn decode_request_slowly(body: &[u8], rules: &Rules) -> Result<Request, DecodeError> {
    decode(Cursor::new(body, Documents::One).slowly(), rules)
}

type Body<'a> = Cursor<&'a [u8]>;

fn decode(mut cursor: Body<'_>, rules: &Rules) -> Result<Request, DecodeError> {
    let root = envelope::root(&mut cursor)?;
    let message = envelope::enter(&mut cursor, &root)?;
    let request = if message.is(Namespace::Careflex2, NEW_REQUEST) {
        Request::New(new_request(&mut cursor, rules)?)
    } else if message.is(Namespace::Careflex1, NONE_REQUEST) {
        Request::None(none_request(&mut cursor, rules)?)
    } else {
        return Err(no_request(&cursor, &message).into());
    };
    envelope::leave(&mut cursor)?;
    envelope::end(&mut cursor)?;
    Ok(request)
}

/// Of an incident, in bytes.
const USUAL_LENGTH: usize = 400;

fn new_request(cursor: &mut Body<'_>, rules: &Rules) -> Result<NewRequest, Broken> {
    let head = head(cursor, rules)?;
    let careflex_id = head
        .careflex_id
        .ok_or_else(|| missing(cursor, CAREFLEX_ID))?;
    let api_token = api_token(cursor, head.api_token)?;
    let mut rows: Vec<InputRow> = Vec::new();
    // One too many is enough to say so.
    let most = rules.max_incidents.saturating_add(1);
    // Rows are large: a list that grows moves them all.
    rows.reserve(most.min(cursor.at_hand() / USUAL_LENGTH));
    loop {
        let regular = cursor.regular_rows(row::TAGS, most - rows.len(), |scan, line| {
            rows.push(row::regular(scan, line, rules)?);
            Some(())
        });
        if regular > 0 {
            continue;
        }
        let Some(tag) = next_row(cursor)? else { break };
        if rows.len() == most {
            cursor.skip()?;
        } else {
            rows.push(row::read(cursor, &tag, rules)?);
        }
    }
    end_of_request(cursor)?;
    Ok(NewRequest::new(careflex_id, api_token, rows))
}

fn none_request(cursor: &mut Body<'_>, rules: &Rules) -> Result<NoneRequest, Broken> {
    let mut values = Values::new([CAREFLEX_ID, API_TOKEN, CREATED_AT]);
    while values.read_next(cursor)?.is_some() {}
    let [careflex_id, token, created_at] = values.found;
    let careflex_id = company(cursor, careflex_id, rules)?;
    let careflex_id = careflex_id.ok_or_else(|| missing(cursor, CAREFLEX_ID))?;
    let api_token = api_token(cursor, token)?;
    let created_at = created_at.ok_or_else(|| missing(cursor, CREATED_AT))?;
    let created_at =
        parse_date(&created_at).map_err(|error| cursor.error(format!("{CREATED_AT} {error}")))?;
    let report = EmptyReport::new(careflex_id, created_at, rules)
        .map_err(|violations| cursor.error(violations.to_string()))?;
    Ok(NoneRequest::new(report, api_token))
}

/// What stands in front of the incidents.
pub(super) struct Head {
    pub(super) careflex_id: Option<CareflexId>,
    pub(super) api_token: Option<String>,
}

/// Reads a `NewIncidentRequest` up to the start tag of its list. What to do without a company or API token is
/// for the caller to say.
pub(super) fn head<R: BufRead>(cursor: &mut Cursor<R>, rules: &Rules) -> Result<Head, Broken> {
    let mut values = Values::new([CAREFLEX_ID, API_TOKEN, INCIDENT_LIST]);
    loop {
        match values.read_next(cursor)? {
            Some(INCIDENT_LIST) => {
                cursor.enter_list();
                break;
            }
            Some(_) => {}
            None => return Err(missing(cursor, INCIDENT_LIST)),
        }
    }
    let [careflex_id, api_token, _] = values.found;
    Ok(Head {
        careflex_id: company(cursor, careflex_id, rules)?,
        api_token,
    })
}

/// The start tag of the next incident; `None` at the end of the list.
pub(super) fn next_row<R: BufRead>(cursor: &mut Cursor<R>) -> Result<Option<Tag>, Broken> {
    match cursor.next()? {
        Content::Element(tag) => Ok(Some(tag)),
        Content::Text => Err(cursor.error(TEXT)),
        Content::End => Ok(None),
    }
}

/// Makes sure that nothing stands behind the list.
pub(super) fn end_of_request<R: BufRead>(cursor: &mut Cursor<R>) -> Result<(), Broken> {
    match cursor.next()? {
        Content::End => Ok(()),
        Content::Element(tag) if tag.is(Namespace::Absent, INCIDENT_LIST) => {
            Err(cursor.error("incidentList is there twice"))
        }
        Content::Element(_) => Err(cursor.error(format!(
            "nothing may stand behind {INCIDENT_LIST}: {CAREFLEX_ID} and {API_TOKEN} come before it"
        ))),
        Content::Text => Err(cursor.error(TEXT)),
    }
}

/// The error about a message that is no request.
pub(super) fn no_request<R: BufRead>(cursor: &Cursor<R>, message: &Tag) -> Broken {
    cursor.error(match message.name.as_str() {
        NEW_REQUEST => {
            "NewIncidentRequest is in the wrong namespace: it is http://n4.de/careflex/2.0"
        }
        NONE_REQUEST => "NoIncidentRequest is in the wrong namespace: it is http://n4.de/careflex",
        _ => "this is neither a NewIncidentRequest nor a NoIncidentRequest",
    })
}

/// The values of a request: three elements without a namespace, each once, in this order.
struct Values {
    names: [&'static str; 3],
    found: [Option<String>; 3],
    next: usize,
}

impl Values {
    fn new(names: [&'static str; 3]) -> Self {
        Self {
            names,
            found: [None, None, None],
            next: 0,
        }
    }

    /// Reads one; of a list, only the start tag. Returns its name, and `None` at the end of the request.
    fn read_next<R: BufRead>(
        &mut self,
        cursor: &mut Cursor<R>,
    ) -> Result<Option<&'static str>, Broken> {
        let tag = match cursor.next()? {
            Content::Element(tag) => tag,
            Content::Text => return Err(cursor.error(TEXT)),
            Content::End => return Ok(None),
        };
        let place = self.names.iter().position(|name| *name == tag.name);
        let Some((place, name)) = place.and_then(|place| Some((place, *self.names.get(place)?)))
        else {
            let advice = match nearest_name(&tag.name, self.names) {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => format!("a request has {}", self.names.join(", ")),
            };
            return Err(cursor.error(format!("an element is not known here: {advice}")));
        };
        if tag.namespace != Namespace::Absent {
            return Err(cursor.error(format!(
                "{name} must have no namespace: only the request itself has one (is there an xmlns without a prefix?)"
            )));
        }
        if tag.has_attribute || (tag.is_nil && name == INCIDENT_LIST) {
            return Err(cursor.error(format!(
                "{name} has an attribute: the elements of a request have none"
            )));
        }
        if place + 1 == self.next {
            return Err(cursor.error(format!("{name} is there twice")));
        }
        if place < self.next {
            return Err(cursor.error(format!(
                "{name} is in the wrong place: the order is {}",
                self.names.join(", ")
            )));
        }
        self.next = place + 1;
        if name != INCIDENT_LIST {
            let value = match cursor.leaf(&tag)? {
                Leaf::Text(text) => Some(text),
                Leaf::Absent => None,
                Leaf::Odd => {
                    return Err(cursor.error(format!("{name} must be a text without elements")));
                }
            };
            if let Some(found) = self.found.get_mut(place) {
                *found = value;
            }
        }
        Ok(Some(name))
    }
}

fn company<R: BufRead>(
    cursor: &Cursor<R>,
    id: Option<String>,
    rules: &Rules,
) -> Result<Option<CareflexId>, Broken> {
    let Some(id) = id else {
        return Ok(None);
    };
    let id =
        CareflexId::new(&id).map_err(|error| cursor.error(format!("{CAREFLEX_ID} {error}")))?;
    let violations = rules.check_careflex_id(&id);
    if violations.has_errors() {
        return Err(cursor.error(violations.to_string()));
    }
    Ok(Some(id))
}

fn api_token<R: BufRead>(cursor: &Cursor<R>, token: Option<String>) -> Result<ApiToken, Broken> {
    let token = token.ok_or_else(|| missing(cursor, API_TOKEN))?;
    ApiToken::new(&token).map_err(|error| cursor.error(format!("{API_TOKEN} {error}")))
}

fn missing<R: BufRead>(cursor: &Cursor<R>, name: &str) -> Broken {
    cursor.error(format!("{name} is missing"))
}
