//! Writes requests, answers and faults.

use careflex_core::codegen::{Leaf, Leaves as _};
use careflex_core::{
    Answer, AnswerRow, ApiToken, Child, EmptyReport, Fault, Field, Group, Incident, NaiveDate,
    Report, date_text,
};

use super::names::{NEW_INCIDENT, PLAIN_INCIDENT};

/// Appends a `NewIncidentRequest` in its envelope to a buffer, which can be cleared and used again.
pub fn encode_new_request(report: &Report, api_token: &ApiToken, out: &mut Vec<u8>) {
    put(
        out,
        r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns="http://n4.de/careflex/2.0"><soapenv:Header/><soapenv:Body><ns:NewIncidentRequest>"#,
    );
    leaf(out, "careflexId", report.careflex_id().as_str());
    leaf(out, "apitoken", api_token.expose());
    put(out, "<incidentList>");
    for incident in report.incidents() {
        // Which of the two follows from the master data (our decision).
        let name = match incident.employee {
            Some(_) => NEW_INCIDENT,
            None => PLAIN_INCIDENT,
        };
        open(out, name);
        write_group(out, report, incident, Group::Incident);
        close(out, name);
    }
    put(
        out,
        "</incidentList></ns:NewIncidentRequest></soapenv:Body></soapenv:Envelope>",
    );
}

/// Appends a `NoIncidentRequest` in its envelope to a buffer.
pub fn encode_none_request(report: &EmptyReport, api_token: &ApiToken, out: &mut Vec<u8>) {
    put(
        out,
        r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:car="http://n4.de/careflex"><soapenv:Header/><soapenv:Body><car:NoIncidentRequest>"#,
    );
    leaf(out, "careflexId", report.careflex_id().as_str());
    leaf(out, "apitoken", api_token.expose());
    day(out, "createdAt", report.created_at());
    put(
        out,
        "</car:NoIncidentRequest></soapenv:Body></soapenv:Envelope>",
    );
}

/// Writes the children of a group in schema order.
fn write_group(out: &mut Vec<u8>, report: &Report, incident: &Incident, group: Group) {
    for child in group.children() {
        match *child {
            Child::Field(Field::Type) => leaf(out, "type", report.code(&incident.kind)),
            Child::Field(field) => match incident.leaf(field as usize) {
                Leaf::Text(text) => leaf(out, field.name(), text),
                Leaf::Code(code) => leaf(out, field.name(), code),
                Leaf::Date(date) => day(out, field.name(), date),
                Leaf::Boolean(true) => leaf(out, field.name(), "true"),
                Leaf::Boolean(false) => leaf(out, field.name(), "false"),
                Leaf::Absent | Leaf::Unreadable => {}
            },
            Child::Group(inner) => {
                if incident.has(inner as usize) {
                    open(out, inner.name());
                    write_group(out, report, incident, inner);
                    close(out, inner.name());
                }
            }
        }
    }
}

/// Appends a `NewIncidentResponse` as the portal writes it: with prefixes of its own, and line breaks even
/// around the text of `incidentId` (documented).
pub fn encode_new_response(answer: &Answer, out: &mut Vec<u8>) {
    begin_answer(out);
    put(
        out,
        "<ns3:NewIncidentResponse xmlns:ns3=\"http://n4.de/careflex/2.0\">\n",
    );
    if let Some(import_id) = &answer.import_id {
        line(out, "importId", import_id.as_str());
    }
    put(out, "<incidentResponseList>\n");
    for row in &answer.rows {
        write_row(out, row);
    }
    put(out, "</incidentResponseList>\n</ns3:NewIncidentResponse>\n");
    end_answer(out);
}

fn write_row(out: &mut Vec<u8>, row: &AnswerRow) {
    put(out, "<incident>\n");
    if let Some(number) = row.row_number {
        line(out, "rowNumber", &number.to_string());
    }
    if let Some(id) = &row.incident_id {
        put(out, "<incidentId>\n");
        text(out, id.as_str());
        put(out, "\n</incidentId>\n");
    }
    let keys = [
        ("externalId", &row.external_id),
        ("employeeId", &row.employee_id),
        ("type", &row.kind),
    ];
    for (name, value) in keys {
        if let Some(value) = value {
            line(out, name, value);
        }
    }
    if let Some((code, message)) = &row.error {
        put(out, "<incidentError>\n");
        line(out, "code", code);
        line(out, "message", message);
        put(out, "</incidentError>\n");
    }
    put(out, "</incident>\n");
}

/// Appends a `NoIncidentResponse` as the portal writes it.
pub fn encode_none_response(out: &mut Vec<u8>) {
    begin_answer(out);
    put(
        out,
        "<ns3:NoIncidentResponse xmlns:ns3=\"http://n4.de/careflex\"/>\n",
    );
    end_answer(out);
}

/// Appends a SOAP 1.1 Fault in its envelope. `detail` is written as it is: it must be the content of an
/// element, well-formed and with the declarations of its namespaces.
pub fn encode_fault(fault: &Fault, out: &mut Vec<u8>) {
    begin_answer(out);
    put(out, "<SOAP-ENV:Fault>\n");
    line(out, "faultcode", &fault.code);
    line(out, "faultstring", &fault.text);
    if let Some(detail) = &fault.detail {
        open(out, "detail");
        put(out, detail);
        close(out, "detail");
        put(out, "\n");
    }
    put(out, "</SOAP-ENV:Fault>\n");
    end_answer(out);
}

fn begin_answer(out: &mut Vec<u8>) {
    put(
        out,
        "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\">\n<SOAP-ENV:Header/>\n<SOAP-ENV:Body>\n",
    );
}

fn end_answer(out: &mut Vec<u8>) {
    put(out, "</SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n");
}

fn line(out: &mut Vec<u8>, name: &str, value: &str) {
    leaf(out, name, value);
    put(out, "\n");
}

fn day(out: &mut Vec<u8>, name: &str, date: NaiveDate) {
    // The rules let no day without four digits for the year into a report.
    if let Some(date) = date_text(date) {
        leaf(out, name, date.as_str());
    }
}

fn leaf(out: &mut Vec<u8>, name: &str, value: &str) {
    open(out, name);
    text(out, value);
    close(out, name);
}

fn open(out: &mut Vec<u8>, name: &str) {
    put(out, "<");
    put(out, name);
    put(out, ">");
}

fn close(out: &mut Vec<u8>, name: &str) {
    put(out, "</");
    put(out, name);
    put(out, ">");
}

/// Escapes what must not stand in XML: a carriage return too, which readers would turn into a line feed.
/// With `>` escaped, `]]>` cannot come about.
fn text(out: &mut Vec<u8>, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '\r']) {
        let (clean, special) = rest.split_at(at);
        put(out, clean);
        let (special, behind) = special.split_at(1);
        put(
            out,
            match special {
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                "\"" => "&quot;",
                "'" => "&apos;",
                _ => "&#13;",
            },
        );
        rest = behind;
    }
    put(out, rest);
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
