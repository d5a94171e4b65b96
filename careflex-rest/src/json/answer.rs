//! The portal's answers.

use std::fmt;
use std::marker::PhantomData;

use careflex_core::{Answer, AnswerRow, DecodeError, ImportId, IncidentId, Text, printable};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::unknown::Unknown;
use super::value::Value;
use super::{broken, regular};

/// Most rows that are read of an answer: a report has 100.
pub(super) const MOST_ROWS: usize = 10_000;

/// Reads the answer to `incident/new`. Tolerant: unknown members are ignored, texts may be numbers. A row
/// that says too little, or something that may be a refusal under another name, is unclear and left to
/// the matching: only that row is in doubt.
///
/// # Errors
/// Anything that is no JSON object with an `incidentResponseList`.
pub fn decode_new_response(body: &[u8]) -> Result<Answer, DecodeError> {
    match regular::new_response(body) {
        Some(answer) => Ok(answer),
        None => decode_new_response_slowly(body),
    }
}

/// The slow path of [`decode_new_response`] alone, for tests: it reads whatever serde reads.
#[doc(hidden)]
pub fn decode_new_response_slowly(body: &[u8]) -> Result<Answer, DecodeError> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let answer = deserializer
        .deserialize_map(AnswerVisitor)
        .map_err(|error| broken(&error))?;
    deserializer.end().map_err(|error| broken(&error))?;
    Ok(answer)
}

/// The `message` of an answer that refuses a request as a whole. The form is our
/// decision: the sources do not say what such an answer holds.
#[must_use]
pub fn decode_message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        message: Scalar,
    }
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    Some(printable(refusal.message.text()?))
}

struct AnswerVisitor;

impl<'de> Visitor<'de> for AnswerVisitor {
    type Value = Answer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Answer, A::Error> {
        let mut import_id = None;
        let mut rows: Option<Rows> = None;
        let mut is_unclear = false;
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "importId" => {
                    let id: Scalar = members.next_value()?;
                    import_id = id.text().and_then(|id| ImportId::new(&id).ok());
                }
                "incidentResponseList" if rows.is_none() => rows = Some(members.next_value()?),
                "incidentResponseList" => return Err(de::Error::custom("two lists")),
                other => {
                    is_unclear |= members.next_value::<Unknown>()?.may_refuse_as(other);
                }
            }
        }
        let Rows(mut rows) = rows.ok_or_else(|| de::Error::custom("no list"))?;
        // What may be a refusal of them all is none of a single row, but no row is clear any more.
        for row in &mut rows {
            row.is_unclear |= is_unclear;
        }
        Ok(Answer { import_id, rows })
    }
}

struct Rows(Vec<AnswerRow>);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rows, A::Error> {
        let mut rows = Vec::new();
        while let Some(Node(row)) = list.next_element()? {
            if rows.len() == MOST_ROWS {
                return Err(de::Error::custom("too many rows"));
            }
            rows.push(match row {
                NodeKind::Object(row) => *row,
                // No row of any incident.
                NodeKind::Null | NodeKind::Other => AnswerRow::default(),
            });
        }
        Ok(Rows(rows))
    }
}

/// An object read as `T`, or something else.
enum NodeKind<T> {
    Null,
    Object(Box<T>),
    Other,
}

struct Node<T>(NodeKind<T>);

/// Reads the members of an object; all that a row and an error need.
trait FromMembers: Sized {
    fn from_members<'de, A: MapAccess<'de>>(members: A) -> Result<Self, A::Error>;
}

impl<'de, T: FromMembers> Deserialize<'de> for Node<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor(PhantomData))
    }
}

struct NodeVisitor<T>(PhantomData<T>);

impl<'de, T: FromMembers> Visitor<'de> for NodeVisitor<T> {
    type Value = Node<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Node<T>, A::Error> {
        let object = T::from_members(members)?;
        Ok(Node(NodeKind::Object(Box::new(object))))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node<T>, E> {
        Ok(Node(NodeKind::Null))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Node<T>, E> {
        Ok(Node(NodeKind::Other))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Node<T>, E> {
        Ok(Node(NodeKind::Other))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Node<T>, E> {
        Ok(Node(NodeKind::Other))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node<T>, E> {
        Ok(Node(NodeKind::Other))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Node<T>, E> {
        Ok(Node(NodeKind::Other))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<T>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node(NodeKind::Other))
    }
}

impl FromMembers for AnswerRow {
    fn from_members<'de, A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut row = Self::default();
        let mut seen = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            let mut key = |members: &mut A| -> Result<Option<String>, A::Error> {
                let value: Scalar = members.next_value()?;
                row.is_unclear |= matches!(value, Scalar::Odd);
                Ok(value.text())
            };
            // What no text can hold is no key of ours.
            let own_key = |key: Option<String>, is_unclear: &mut bool| {
                let key = Text::optional(key.as_deref().unwrap_or_default());
                *is_unclear |= key.is_err();
                key.ok().flatten()
            };
            match name.as_str() {
                "rowNumber" => {
                    row.row_number = key(&mut members)?.and_then(|number| number.parse().ok());
                }
                "incidentId" => {
                    row.incident_id = key(&mut members)?.and_then(|id| IncidentId::new(&id).ok());
                }
                "externalId" => {
                    let id = key(&mut members)?;
                    row.external_id = own_key(id, &mut row.is_unclear);
                }
                "employeeId" => {
                    let id = key(&mut members)?;
                    row.employee_id = own_key(id, &mut row.is_unclear);
                }
                "type" => {
                    let code = key(&mut members)?;
                    row.kind = own_key(code, &mut row.is_unclear);
                }
                "incidentError" => match members.next_value()? {
                    Node(NodeKind::Null) => {}
                    Node(NodeKind::Object(error)) => match *error {
                        RowError { is_odd: true, .. } => row.is_unclear = true,
                        RowError {
                            code: None,
                            message: None,
                            ..
                        } => row.is_unclear = true,
                        RowError { code, message, .. } => {
                            row.error =
                                Some((code.unwrap_or_default(), message.unwrap_or_default()));
                        }
                    },
                    Node(NodeKind::Other) => row.is_unclear = true,
                },
                // An error under another name must not look like an acceptance.
                other => {
                    row.is_unclear |= members.next_value::<Unknown>()?.may_refuse_as(other);
                    continue;
                }
            }
            if seen.contains(&name) {
                row.is_unclear = true;
            } else {
                seen.push(name);
            }
        }
        Ok(row)
    }
}

#[derive(Default)]
struct RowError {
    code: Option<String>,
    message: Option<String>,
    /// One of them is there twice, or is no text.
    is_odd: bool,
}

impl FromMembers for RowError {
    fn from_members<'de, A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut error = Self::default();
        while let Some(name) = members.next_key::<String>()? {
            let place = match name.as_str() {
                "code" => &mut error.code,
                "message" => &mut error.message,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let value: Scalar = members.next_value()?;
            error.is_odd |= place.is_some() || matches!(value, Scalar::Odd);
            *place = Some(printable(value.text().unwrap_or_default()));
        }
        Ok(error)
    }
}

/// A text, trimmed, or a whole number as text.
enum Scalar {
    /// Also `null` and an empty text.
    Absent,
    Text(String),
    /// Neither text nor whole number.
    Odd,
}

impl Scalar {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Odd => None,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::Absent,
            Value::Text(text) if text.trim().is_empty() => Self::Absent,
            Value::Text(text) => Self::Text(text.trim().to_owned()),
            Value::Number(number) => Self::Text(number.to_string()),
            Value::Boolean(_) | Value::OtherNumber | Value::Composed => Self::Odd,
        })
    }
}
