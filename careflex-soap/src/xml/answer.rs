//! Reads the portal's answers.

use careflex_core::{Answer, AnswerRow, DecodeError, Fault, ImportId, IncidentId, Text, printable};

use super::cursor::{Broken, Content, Cursor, Documents, Leaf};
use super::envelope::{self, TEXT};
use super::names::{FAULT, NEW_RESPONSE, NONE_RESPONSE};
use super::regular::Tags;
use super::scan::Scan;
use super::tag::{Namespace, Tag};

/// Most rows that are read of an answer: a report has 100.
const MOST_ROWS: usize = 10_000;
/// Of a row, in bytes.
const USUAL_LENGTH: usize = 150;
/// How many characters of a `faultcode` are kept.
const CODE_KEPT: usize = 100;

/// What the portal answers: what was asked for, or a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<A> {
    /// The answer.
    Answer(A),
    /// A fault, whatever the HTTP status.
    Fault(Fault),
}

/// Reads the answer to a `NewIncidentRequest`, by namespaces and not by prefixes. Tolerant: white space
/// around values, unknown elements and other orders are taken. A row that says too little, says something
/// twice, or something that may be a refusal under another name, is unclear and left to the matching: only
/// that row is in doubt. With something beside the rows that may be a refusal, all of them are.
///
/// # Errors
/// Anything that is no SOAP 1.1 envelope with one `NewIncidentResponse` or `Fault`.
pub fn decode_new_response(body: &[u8]) -> Result<Reply<Answer>, DecodeError> {
    let cursor = Cursor::new(body, Documents::One);
    decode(cursor, body, (Namespace::Careflex2, NEW_RESPONSE), answer)
}

/// The same by the parser alone, to compare with.
#[doc(hidden)]
pub fn decode_new_response_slowly(body: &[u8]) -> Result<Reply<Answer>, DecodeError> {
    let cursor = Cursor::new(body, Documents::One).slowly();
    decode(cursor, body, (Namespace::Careflex2, NEW_RESPONSE), answer)
}

/// Reads the answer to a `NoIncidentRequest`.
///
/// # Errors
/// Anything that is no SOAP 1.1 envelope with one `NoIncidentResponse` or `Fault`.
pub fn decode_none_response(body: &[u8]) -> Result<Reply<()>, DecodeError> {
    let cursor = Cursor::new(body, Documents::One);
    decode(
        cursor,
        body,
        (Namespace::Careflex1, NONE_RESPONSE),
        none_answer,
    )
}

type Body<'a> = Cursor<&'a [u8]>;

fn decode<A>(
    mut cursor: Body<'_>,
    body: &[u8],
    (namespace, name): (Namespace, &str),
    read: impl FnOnce(&mut Body<'_>) -> Result<A, Broken>,
) -> Result<Reply<A>, DecodeError> {
    let root = envelope::root(&mut cursor)?;
    let message = envelope::enter(&mut cursor, &root)?;
    let reply = if message.is(namespace, name) {
        Reply::Answer(read(&mut cursor)?)
    } else if message.is(Namespace::Soap, FAULT) {
        Reply::Fault(fault(&mut cursor, body)?)
    } else if message.name == name {
        return Err(cursor
            .error(format!("{name} is in the wrong namespace"))
            .into());
    } else {
        return Err(cursor
            .error(format!("the envelope's Body holds no {name}"))
            .into());
    };
    envelope::leave(&mut cursor)?;
    envelope::end(&mut cursor)?;
    Ok(reply)
}

/// Reads a `NewIncidentResponse` up to its end tag.
fn answer(cursor: &mut Body<'_>) -> Result<Answer, Broken> {
    let mut import_id = None;
    let mut rows = None;
    let mut is_unclear = false;
    loop {
        let tag = match cursor.next()? {
            Content::Element(tag) => tag,
            Content::Text => return Err(cursor.error(TEXT)),
            Content::End => break,
        };
        match tag.name.as_str() {
            "importId" | "incidentResponseList" if tag.namespace != Namespace::Absent => {
                return Err(wrong_namespace(cursor, &tag));
            }
            "importId" => {
                let id = text(cursor.leaf(&tag)?);
                let id = id.and_then(|id| ImportId::new(&id).ok());
                if import_id.replace(id).is_some() {
                    return Err(cursor.error("importId is there twice"));
                }
            }
            "incidentResponseList" if rows.is_none() => {
                rows = Some(list(cursor, &mut is_unclear)?);
            }
            "incidentResponseList" => {
                return Err(cursor.error("incidentResponseList is there twice"));
            }
            _ => is_unclear |= cursor.skip()?.may_refuse_as(&tag.name),
        }
    }
    let mut rows = rows.ok_or_else(|| cursor.error("incidentResponseList is missing"))?;
    // What may be a refusal of them all is none of a single row, but no row is clear any more.
    for row in &mut rows {
        row.is_unclear |= is_unclear;
    }
    Ok(Answer {
        import_id: import_id.flatten(),
        rows,
    })
}

/// Reads a `NoIncidentResponse` up to its end tag. It is empty (documented); elements that it may hold some day
/// are not for us, unless they may be a refusal.
fn none_answer(cursor: &mut Body<'_>) -> Result<(), Broken> {
    loop {
        match cursor.next()? {
            Content::Element(tag) => {
                if cursor.skip()?.may_refuse_as(&tag.name) {
                    return Err(cursor.error("an error is there, of a form that is not documented"));
                }
            }
            Content::Text => return Err(cursor.error(TEXT)),
            Content::End => return Ok(()),
        }
    }
}

/// Reads the rows up to the end tag of their list, and notes what may be a refusal beside them.
fn list(cursor: &mut Body<'_>, is_unclear: &mut bool) -> Result<Vec<AnswerRow>, Broken> {
    cursor.enter_list();
    let mut rows = Vec::with_capacity(MOST_ROWS.min(cursor.at_hand() / USUAL_LENGTH));
    loop {
        let regular = cursor.regular_rows(TAGS, MOST_ROWS - rows.len(), |scan, _| {
            rows.push(regular_row(scan)?);
            Some(())
        });
        if regular > 0 {
            continue;
        }
        let tag = match cursor.next()? {
            Content::Element(tag) => tag,
            Content::Text => return Err(cursor.error(TEXT)),
            Content::End => return Ok(rows),
        };
        if tag.name != "incident" {
            *is_unclear |= cursor.skip()?.may_refuse_as(&tag.name);
        } else if tag.namespace != Namespace::Absent {
            return Err(wrong_namespace(cursor, &tag));
        } else if rows.len() == MOST_ROWS {
            return Err(cursor.error("there are too many rows"));
        } else {
            rows.push(row(cursor)?);
        }
    }
}

/// Rows as most portals write them.
const TAGS: &[Tags] = &[Tags {
    start: "<incident>",
    end: "</incident>",
}];

/// Reads a row, if it is written in the regular way.
fn regular_row(scan: &mut Scan<'_>) -> Option<AnswerRow> {
    scan.expect("<incident>")?;
    let mut row_number = None;
    if scan.takes("<rowNumber>") {
        row_number = scan.value("</rowNumber>")?.parse().ok();
    }
    let mut incident_id = None;
    if scan.takes("<incidentId>") {
        // Line breaks around it are documented.
        incident_id = IncidentId::new(&scan.value_in_lines("</incidentId>")?).ok();
    }
    let mut external_id = None;
    if scan.takes("<externalId>") {
        external_id = Text::new(&scan.value("</externalId>")?).ok();
    }
    let mut employee_id = None;
    if scan.takes("<employeeId>") {
        employee_id = Text::new(&scan.value("</employeeId>")?).ok();
    }
    let mut kind = None;
    if scan.takes("<type>") {
        kind = Text::new(&scan.value("</type>")?).ok();
    }
    let mut error = None;
    if scan.enters("<incidentError>") {
        error = Some(regular_error(scan)?);
    }
    scan.leaves("</incident>")?;
    Some(AnswerRow {
        row_number,
        incident_id,
        external_id,
        employee_id,
        kind,
        error,
        is_unclear: false,
    })
}

/// Code and message, up to and with the end tag.
#[inline(never)]
fn regular_error(scan: &mut Scan<'_>) -> Option<(String, String)> {
    scan.expect("<code>")?;
    let code = scan.value("</code>")?;
    scan.expect("<message>")?;
    let message = scan.value("</message>")?;
    scan.expect("</incidentError>")?;
    Some((
        printable(code.into_owned()),
        printable(message.into_owned()),
    ))
}

fn row(cursor: &mut Body<'_>) -> Result<AnswerRow, Broken> {
    let mut row = AnswerRow::default();
    let mut seen = Vec::new();
    loop {
        let tag = match cursor.next()? {
            Content::Element(tag) => tag,
            Content::Text => {
                row.is_unclear = true;
                continue;
            }
            Content::End => return Ok(row),
        };
        let name = tag.name.as_str();
        let is_known = ROW.contains(&name);
        if !is_known || tag.namespace != Namespace::Absent {
            // An error in another namespace or under another name must not look like an acceptance.
            let skipped = cursor.skip()?;
            row.is_unclear |= skipped.may_refuse_as(&tag.name) || (is_known && !skipped.is_empty());
            continue;
        }
        if name == "incidentError" {
            match error(cursor, &tag)? {
                Refusal::Absent => {}
                Refusal::Stated { code, message } => row.error = Some((code, message)),
                Refusal::Unclear => row.is_unclear = true,
            }
        } else {
            let leaf = cursor.leaf(&tag)?;
            row.is_unclear |= leaf == Leaf::Odd;
            let text = text(leaf);
            match name {
                "rowNumber" => row.row_number = text.and_then(|number| number.parse().ok()),
                "incidentId" => row.incident_id = text.and_then(|id| IncidentId::new(&id).ok()),
                // Nothing that XML can carry is refused.
                "externalId" => row.external_id = text.and_then(|id| Text::new(&id).ok()),
                "employeeId" => row.employee_id = text.and_then(|id| Text::new(&id).ok()),
                _ => row.kind = text.and_then(|code| Text::new(&code).ok()),
            }
        }
        if seen.contains(&tag.name) {
            row.is_unclear = true;
        } else {
            seen.push(tag.name);
        }
    }
}

/// What stands in a row.
const ROW: [&str; 6] = [
    "rowNumber",
    "incidentId",
    "externalId",
    "employeeId",
    "type",
    "incidentError",
];

enum Refusal {
    Absent,
    Stated {
        code: String,
        message: String,
    },
    /// Neither code nor message, or one of them twice.
    Unclear,
}

fn error(cursor: &mut Body<'_>, tag: &Tag) -> Result<Refusal, Broken> {
    let (mut code, mut message) = (None, None);
    let (mut is_clear, mut is_empty) = (true, true);
    loop {
        match cursor.next()? {
            Content::Element(tag) => {
                is_empty = false;
                let value = match tag.name.as_str() {
                    "code" if tag.namespace == Namespace::Absent => &mut code,
                    "message" if tag.namespace == Namespace::Absent => &mut message,
                    _ => {
                        cursor.skip()?;
                        continue;
                    }
                };
                let leaf = cursor.leaf(&tag)?;
                is_clear &= leaf != Leaf::Odd && value.is_none();
                *value = Some(text(leaf).map(printable).unwrap_or_default());
            }
            Content::Text => is_clear = false,
            Content::End => break,
        }
    }
    Ok(match (code, message) {
        _ if !is_clear => Refusal::Unclear,
        (None, None) if tag.is_nil && is_empty => Refusal::Absent,
        (None, None) => Refusal::Unclear,
        (code, message) => Refusal::Stated {
            code: code.unwrap_or_default(),
            message: message.unwrap_or_default(),
        },
    })
}

/// Reads a `Fault` up to its end tag.
fn fault(cursor: &mut Body<'_>, body: &[u8]) -> Result<Fault, Broken> {
    let (mut code, mut explanation, mut detail) = (None, None, None);
    let mut detail_text = None;
    let mut is_refusal = false;
    loop {
        let tag = match cursor.next()? {
            Content::Element(tag) => tag,
            Content::Text => return Err(cursor.error(TEXT)),
            Content::End => break,
        };
        // Some portals qualify what SOAP 1.1 does not; elements of others mean nothing here.
        let is_ours = matches!(tag.namespace, Namespace::Absent | Namespace::Soap);
        let is_twice = match tag.name.as_str() {
            _ if !is_ours => {
                cursor.skip()?;
                false
            }
            "faultcode" => {
                let said = text(cursor.leaf(&tag)?).unwrap_or_default();
                is_refusal = blames_the_request(cursor, &said);
                let said = said.chars().take(CODE_KEPT).collect();
                code.replace(printable(said)).is_some()
            }
            "faultstring" => {
                let said = text(cursor.leaf(&tag)?).unwrap_or_default();
                explanation.replace(printable(said)).is_some()
            }
            "detail" => {
                let begin = cursor.last_range().end;
                let texts = printable(cursor.texts()?);
                detail_text = Some(texts).filter(|text| !text.is_empty());
                let end = cursor.last_range().start;
                let raw = body.get(begin..end).unwrap_or_default();
                let raw = String::from_utf8_lossy(raw).trim().to_owned();
                detail.replace(raw).is_some()
            }
            _ => {
                cursor.skip()?;
                false
            }
        };
        if is_twice {
            return Err(cursor.error(format!("{} is there twice", tag.name)));
        }
    }
    let mut fault = Fault::default();
    fault.is_refusal = is_refusal;
    fault.code = code.unwrap_or_default();
    fault.text = explanation.unwrap_or_default();
    fault.detail = detail.filter(|detail| !detail.is_empty());
    fault.detail_text = detail_text;
    Ok(fault)
}

/// Whether a `faultcode` says that nothing was taken. What stands behind a dot makes it more precise.
fn blames_the_request(cursor: &Body<'_>, code: &str) -> bool {
    let class = cursor
        .local_name_of_soap(code)
        .and_then(|name| name.split('.').next());
    matches!(class, Some("Client" | "VersionMismatch" | "MustUnderstand"))
}

fn text(leaf: Leaf) -> Option<String> {
    match leaf {
        Leaf::Text(text) => Some(text),
        Leaf::Absent | Leaf::Odd => None,
    }
}

fn wrong_namespace(cursor: &Body<'_>, tag: &Tag) -> Broken {
    let name = &tag.name;
    cursor.error(format!("{name} is in the wrong namespace: it has none"))
}
