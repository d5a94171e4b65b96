//! Reads requests, as the portal would: the sandbox and tests need it.

use std::fmt;

use careflex_core::{
    ApiToken, CareflexId, DecodeError, Draft, EmptyReport, Field, Group, InputRow, NaiveDate,
    NewRequest, NoneRequest, Rules, parse_date,
};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::row::GroupSeed;
use super::value::Value;
use super::{broken, regular};

/// Reads the body of `incident/new`. What is wrong with single incidents is in their rows.
///
/// # Errors
/// Broken JSON; a company, token or list that is missing or unusable; unknown members beside them.
pub fn decode_new_request(body: &[u8], rules: &Rules) -> Result<NewRequest, DecodeError> {
    match regular::new_request(body, rules) {
        Some(request) => Ok(request),
        None => decode_new_request_slowly(body, rules),
    }
}

/// The slow path of [`decode_new_request`] alone, for tests: it reads whatever serde reads.
#[doc(hidden)]
pub fn decode_new_request_slowly(body: &[u8], rules: &Rules) -> Result<NewRequest, DecodeError> {
    let mut envelope = Envelope::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    EnvelopeSeed {
        envelope: &mut envelope,
        rules,
    }
    .deserialize(&mut deserializer)
    .map_err(|error| broken(&error))?;
    deserializer.end().map_err(|error| broken(&error))?;
    if let Some(complaint) = envelope.complaint {
        return Err(DecodeError::of_all(complaint));
    }
    let careflex_id = company(envelope.careflex_id)?;
    let violations = rules.check_careflex_id(&careflex_id);
    if violations.has_errors() {
        return Err(DecodeError::of_all(violations.to_string()));
    }
    let api_token = token(envelope.api_token)?;
    let rows = envelope.rows;
    let rows = rows.ok_or_else(|| DecodeError::of_all("incidentList is missing"))?;
    Ok(NewRequest::new(careflex_id, api_token, rows))
}

/// Reads the body of `incident/none`.
///
/// # Errors
/// Broken JSON; members that are missing, unusable or unknown.
pub fn decode_none_request(body: &[u8], rules: &Rules) -> Result<NoneRequest, DecodeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Body {
        careflex_id: Option<String>,
        api_token: Option<String>,
        created_at: Option<String>,
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    let created_at: NaiveDate = body
        .created_at
        .ok_or_else(|| DecodeError::of_all("createdAt is missing"))
        .and_then(|day| {
            parse_date(&day).map_err(|error| DecodeError::of_all(format!("createdAt {error}")))
        })?;
    let report = EmptyReport::new(company(body.careflex_id)?, created_at, rules)
        .map_err(|violations| DecodeError::of_all(violations.to_string()))?;
    Ok(NoneRequest::new(report, token(body.api_token)?))
}

fn company(id: Option<String>) -> Result<CareflexId, DecodeError> {
    let id = id.ok_or_else(|| DecodeError::of_all("careflexId is missing"))?;
    CareflexId::new(&id).map_err(|error| DecodeError::of_all(format!("careflexId {error}")))
}

fn token(token: Option<String>) -> Result<ApiToken, DecodeError> {
    let token = token.ok_or_else(|| DecodeError::of_all("apiToken is missing"))?;
    ApiToken::new(&token).map_err(|error| DecodeError::of_all(format!("apiToken {error}")))
}

#[derive(Default)]
struct Envelope {
    careflex_id: Option<String>,
    api_token: Option<String>,
    rows: Option<Vec<InputRow>>,
    /// The first thing that is wrong with the envelope itself.
    complaint: Option<String>,
}

impl Envelope {
    fn complain(&mut self, complaint: impl Into<String>) {
        self.complaint.get_or_insert(complaint.into());
    }
}

struct EnvelopeSeed<'e> {
    envelope: &'e mut Envelope,
    rules: &'e Rules,
}

impl<'de> DeserializeSeed<'de> for EnvelopeSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EnvelopeSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            let doubled = match name.as_str() {
                "careflexId" => self
                    .envelope
                    .careflex_id
                    .replace(members.next_value()?)
                    .is_some(),
                "apiToken" => self
                    .envelope
                    .api_token
                    .replace(members.next_value()?)
                    .is_some(),
                "incidentList" => {
                    let rows = members.next_value_seed(ListSeed(self.rules))?;
                    self.envelope.rows.replace(rows).is_some()
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    self.envelope.complain(
                        "a member is unknown: a report has careflexId, apiToken and incidentList",
                    );
                    false
                }
            };
            if doubled {
                self.envelope.complain(format!("{name} is there twice"));
            }
        }
        Ok(())
    }
}

struct ListSeed<'e>(&'e Rules);

impl<'de> DeserializeSeed<'de> for ListSeed<'_> {
    type Value = Vec<InputRow>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_> {
    type Value = Vec<InputRow>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of incidents")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while rows.len() <= self.0.max_incidents {
            match list.next_element_seed(RowSeed(self.0))? {
                Some(row) => rows.push(row),
                None => return Ok(rows),
            }
        }
        // One too many is enough to say so.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(rows)
    }
}

struct RowSeed<'e>(&'e Rules);

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = InputRow;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<InputRow, D::Error> {
        let mut draft = Draft::new();
        GroupSeed {
            draft: &mut draft,
            group: Group::Incident,
            with_company: false,
        }
        .deserialize(deserializer)?;
        Ok(draft.finish(self.0))
    }
}

/// Reads one incident of a file. An error means that the JSON itself is broken.
pub(super) fn decode_row(
    json: &[u8],
    line: u64,
    rules: &Rules,
) -> Result<InputRow, serde_json::Error> {
    let mut draft = Draft::new();
    draft.set_line(line);
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    GroupSeed {
        draft: &mut draft,
        group: Group::Incident,
        with_company: true,
    }
    .deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(draft.finish(rules))
}

/// The members beside `incidentList` of a report object in a file. The API token of a file is not
/// used: it comes from the settings.
#[derive(Default)]
pub(super) struct Members {
    pub(super) careflex_id: Option<String>,
    /// The first name that is there twice.
    pub(super) doubled: Option<&'static str>,
    /// The `careflexId` is no text.
    pub(super) is_company_odd: bool,
    /// The first member that a report does not have.
    pub(super) unknown: Option<String>,
}

pub(super) fn decode_members(members: &[u8]) -> Result<Members, serde_json::Error> {
    serde_json::Deserializer::from_slice(members).deserialize_map(MembersVisitor)
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the members of a report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        let (mut company_seen, mut token_seen) = (false, false);
        while let Some(name) = object.next_key::<String>()? {
            if name == Field::CareflexId.name() {
                match object.next_value()? {
                    Value::Null => {}
                    Value::Text(id) => members.careflex_id = Some(id.into_owned()),
                    _ => members.is_company_odd = true,
                }
                if std::mem::replace(&mut company_seen, true) {
                    members.doubled.get_or_insert("careflexId");
                }
                continue;
            }
            object.next_value::<IgnoredAny>()?;
            if name == "apiToken" {
                if std::mem::replace(&mut token_seen, true) {
                    members.doubled.get_or_insert("apiToken");
                }
            } else {
                members.unknown.get_or_insert(name);
            }
        }
        Ok(members)
    }
}
