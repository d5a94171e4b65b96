//! The portal's answers.

use std::fmt;

use careflex_core::{Answer, AnswerRow, ImportId, IncidentId};
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap as _, SerializeStruct as _, Serializer};
use serde::{Deserialize, Serialize};

use super::DecodeError;
use super::encode::write;

/// Reads the answer to `incident/new`. Tolerant: unknown members are ignored, texts may be numbers, a
/// row that says too little is left to the matching.
///
/// # Errors
/// Anything that is no JSON object with an `incidentResponseList`.
pub fn decode_new_response(body: &[u8]) -> Result<Answer, DecodeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Response {
        #[serde(default)]
        import_id: Scalar,
        incident_response_list: Vec<ResponseRow>,
    }
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let response: Response = serde_json::from_slice(body)?;
    Ok(Answer {
        import_id: response.import_id.parse(ImportId::new),
        rows: response
            .incident_response_list
            .into_iter()
            .map(Into::into)
            .collect(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResponseRow {
    #[serde(default)]
    row_number: Scalar,
    #[serde(default)]
    incident_id: Scalar,
    #[serde(default)]
    external_id: Scalar,
    #[serde(default)]
    employee_id: Scalar,
    #[serde(default, rename = "type")]
    kind: Scalar,
    #[serde(default)]
    incident_error: Option<ResponseError>,
}

#[derive(Deserialize)]
struct ResponseError {
    #[serde(default)]
    code: Scalar,
    #[serde(default)]
    message: Scalar,
}

impl From<ResponseRow> for AnswerRow {
    fn from(row: ResponseRow) -> Self {
        Self {
            row_number: row.row_number.0.and_then(|number| number.parse().ok()),
            incident_id: row.incident_id.parse(IncidentId::new),
            external_id: row.external_id.0,
            employee_id: row.employee_id.0,
            kind: row.kind.0,
            error: row.incident_error.map(|error| {
                (
                    error.code.0.unwrap_or_default(),
                    error.message.0.unwrap_or_default(),
                )
            }),
        }
    }
}

/// A text, trimmed; numbers are taken as text, an empty text and everything else as absent.
#[derive(Default)]
struct Scalar(Option<String>);

impl Scalar {
    fn parse<T, E>(self, new: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        new(&self.0?).ok()
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
        let text = text.trim();
        Ok(Scalar((!text.is_empty()).then(|| text.to_owned())))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string())))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string())))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Scalar, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }
}

/// Appends the answer to `incident/new` to a buffer, as the portal writes it: `externalId` is `null`
/// where the request had none.
pub fn encode_new_response(answer: &Answer, out: &mut Vec<u8>) {
    write(&WrittenAnswer(answer), out);
}

struct WrittenAnswer<'a>(&'a Answer);

impl Serialize for WrittenAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Answer", 2)?;
        object.serialize_field("importId", &self.0.import_id)?;
        object.serialize_field("incidentResponseList", &WrittenRows(&self.0.rows))?;
        object.end()
    }
}

struct WrittenRows<'a>(&'a [AnswerRow]);

impl Serialize for WrittenRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(WrittenRow))
    }
}

struct WrittenRow<'a>(&'a AnswerRow);

impl Serialize for WrittenRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = self.0;
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("rowNumber", &row.row_number)?;
        object.serialize_entry("incidentId", &row.incident_id)?;
        object.serialize_entry("externalId", &row.external_id)?;
        object.serialize_entry("employeeId", &row.employee_id)?;
        object.serialize_entry("type", &row.kind)?;
        if let Some((code, message)) = &row.error {
            object.serialize_entry("incidentError", &WrittenError { code, message })?;
        }
        object.end()
    }
}

#[derive(Serialize)]
struct WrittenError<'a> {
    code: &'a str,
    message: &'a str,
}
