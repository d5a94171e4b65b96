//! Writes requests.

use careflex_core::{ApiToken, EmptyReport, Incident, Report, date_text};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

/// Appends the body of `incident/new` to a buffer, which can be cleared and used again.
pub fn encode_new_request(report: &Report, api_token: &ApiToken, out: &mut Vec<u8>) {
    write(&NewRequest { report, api_token }, out);
}

/// Appends the body of `incident/none` to a buffer.
pub fn encode_none_request(report: &EmptyReport, api_token: &ApiToken, out: &mut Vec<u8>) {
    write(&NoneRequest { report, api_token }, out);
}

/// Writes into memory cannot fail, and a report holds nothing that JSON cannot.
pub(super) fn write(value: &impl Serialize, out: &mut Vec<u8>) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        debug_assert!(false, "a valid report can always be written");
        // Never a half-written request: the portal refuses an empty one.
        out.truncate(start);
    }
}

struct NewRequest<'a> {
    report: &'a Report,
    api_token: &'a ApiToken,
}

impl Serialize for NewRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("NewRequest", 3)?;
        object.serialize_field("careflexId", self.report.careflex_id())?;
        object.serialize_field("apiToken", self.api_token.expose())?;
        object.serialize_field("incidentList", &Incidents(self.report))?;
        object.end()
    }
}

struct Incidents<'a>(&'a Report);

impl Serialize for Incidents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        serializer.collect_seq(
            report
                .incidents()
                .iter()
                .map(|incident| OneIncident { report, incident }),
        )
    }
}

/// An incident as its report writes it: `NEW` or `NEU`, as the rules say.
struct OneIncident<'a> {
    report: &'a Report,
    incident: &'a Incident,
}

impl Serialize for OneIncident<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let incident = self.incident;
        let mut object = serializer.serialize_struct("Incident", 6)?;
        if let Some(external_id) = &incident.external_id {
            object.serialize_field("externalId", external_id)?;
        }
        object.serialize_field("type", self.report.code(&incident.kind))?;
        object.serialize_field("employeeId", &incident.employee_id)?;
        object.serialize_field("createdAt", &Day(incident.created_at))?;
        object.serialize_field("validFrom", &Day(incident.valid_from))?;
        if let Some(employee) = &incident.employee {
            object.serialize_field("employee", employee)?;
        }
        object.end()
    }
}

struct Day(careflex_core::NaiveDate);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match date_text(self.0) {
            Some(text) => serializer.serialize_str(text.as_str()),
            // The rules let no such day into a report.
            None => Err(serde::ser::Error::custom("a year must have four digits")),
        }
    }
}

struct NoneRequest<'a> {
    report: &'a EmptyReport,
    api_token: &'a ApiToken,
}

impl Serialize for NoneRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("NoneRequest", 3)?;
        object.serialize_field("careflexId", self.report.careflex_id())?;
        object.serialize_field("apiToken", self.api_token.expose())?;
        object.serialize_field("createdAt", &Day(self.report.created_at()))?;
        object.end()
    }
}
