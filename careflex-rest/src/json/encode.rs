//! Writes requests.
//!
//! The encoder of the master data is generated from the schema, with literals that are as long as possible;
//! what stands around it is written by hand in the same way.

use careflex_core::{ApiToken, Employee, EmptyReport, Incident, IncidentKind, Report, Sex};

mod answer;
mod put;

pub use answer::encode_new_response;
use put::{is_number, put, put_code, put_day, put_str, put_text};

/// Appends the body of `incident/new` to a buffer, which can be cleared and used again.
pub fn encode_new_request(report: &Report, api_token: &ApiToken, out: &mut Vec<u8>) {
    whole(out, |out| {
        put(out, b"{\"careflexId\":\"");
        put_text(out, report.careflex_id().as_ref());
        put(out, b"\",\"apiToken\":\"");
        put_str(out, api_token.expose());
        put(out, b"\",\"incidentList\":[");
        let new_code = report.code(&IncidentKind::New);
        let mut is_first = true;
        for incident in report.incidents() {
            // What stands between two incidents is written with the beginning of the second one.
            match (&incident.external_id, is_first) {
                (Some(_), true) => put(out, b"{\"externalId\":\""),
                (Some(_), false) => put(out, b"},{\"externalId\":\""),
                (None, true) => put(out, b"{\"type\":\""),
                (None, false) => put(out, b"},{\"type\":\""),
            }
            put_incident(incident, report, new_code, out)?;
            is_first = false;
        }
        put(out, b"}]}");
        Some(())
    });
}

/// Appends the body of `incident/none` to a buffer.
pub fn encode_none_request(report: &EmptyReport, api_token: &ApiToken, out: &mut Vec<u8>) {
    whole(out, |out| {
        put(out, b"{\"careflexId\":\"");
        put_text(out, report.careflex_id().as_ref());
        put(out, b"\",\"apiToken\":\"");
        put_str(out, api_token.expose());
        put(out, b"\",\"createdAt\":\"");
        put_day(out, report.created_at())?;
        put(out, b"\"}");
        Some(())
    });
}

/// Writes a request, or nothing. A report holds nothing that JSON cannot: the rules let no day into it whose
/// year has not four digits.
fn whole(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Option<()>) {
    let start = out.len();
    if write(out).is_none() {
        debug_assert!(false, "a valid report can always be written");
        // Never a half-written request: the portal refuses an empty one.
        out.truncate(start);
    }
}

/// Appends an incident without its beginning and its closing brace.
fn put_incident(
    incident: &Incident,
    report: &Report,
    new_code: &str,
    out: &mut Vec<u8>,
) -> Option<()> {
    if let Some(external_id) = &incident.external_id {
        put_text(out, external_id.as_ref());
        put(out, b"\",\"type\":\"");
    }
    match incident.kind {
        IncidentKind::Rst => put(out, b"RST\",\"employeeId\":\""),
        IncidentKind::Wik => put(out, b"WIK\",\"employeeId\":\""),
        IncidentKind::Sdb => put(out, b"SDB\",\"employeeId\":\""),
        IncidentKind::New => {
            put_code(out, new_code);
            put(out, b"\",\"employeeId\":\"");
        }
        _ => {
            put_code(out, report.code(&incident.kind));
            put(out, b"\",\"employeeId\":\"");
        }
    }
    put_text(out, incident.employee_id.as_ref());
    put(out, b"\",\"createdAt\":\"");
    put_day(out, incident.created_at)?;
    put(out, b"\",\"validFrom\":\"");
    put_day(out, incident.valid_from)?;
    match &incident.employee {
        Some(employee) => {
            put(out, b"\",\"employee\":");
            employee.put_json(out)
        }
        None => {
            put(out, b"\"");
            Some(())
        }
    }
}

/// A part of an incident that is written from brace to brace. `None`: a day's year has not four digits.
trait PutJson {
    fn put_json(&self, out: &mut Vec<u8>) -> Option<()>;
}

include!(concat!(env!("OUT_DIR"), "/json_writer.rs"));
