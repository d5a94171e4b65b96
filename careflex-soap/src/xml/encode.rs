//! Writes requests, answers and faults.

mod incident;
mod value;

use careflex_core::{Answer, AnswerRow, ApiToken, EmptyReport, Fault, Report};

use self::incident::put_incident;
use self::value::{put, put_date, put_str, put_text};

/// Appends a `NewIncidentRequest` in its envelope to a buffer, which can be cleared and used again.
pub fn encode_new_request(report: &Report, api_token: &ApiToken, out: &mut Vec<u8>) {
    put(
        out,
        br#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns="http://n4.de/careflex/2.0"><soapenv:Header/><soapenv:Body><ns:NewIncidentRequest><careflexId>"#,
    );
    put_str(out, report.careflex_id().as_str());
    put(out, b"</careflexId><apitoken>");
    put_str(out, api_token.expose());
    put(out, b"</apitoken><incidentList>");
    for incident in report.incidents() {
        put_incident(out, incident, report.code(&incident.kind));
    }
    put(
        out,
        b"</incidentList></ns:NewIncidentRequest></soapenv:Body></soapenv:Envelope>",
    );
}

/// Appends a `NoIncidentRequest` in its envelope to a buffer.
pub fn encode_none_request(report: &EmptyReport, api_token: &ApiToken, out: &mut Vec<u8>) {
    put(
        out,
        br#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:car="http://n4.de/careflex"><soapenv:Header/><soapenv:Body><car:NoIncidentRequest><careflexId>"#,
    );
    put_str(out, report.careflex_id().as_str());
    put(out, b"</careflexId><apitoken>");
    put_str(out, api_token.expose());
    put(out, b"</apitoken><createdAt>");
    put_date(out, report.created_at());
    put(
        out,
        b"</createdAt></car:NoIncidentRequest></soapenv:Body></soapenv:Envelope>",
    );
}

/// Appends a `NewIncidentResponse` as the portal writes it: with prefixes of its own, and line breaks even
/// around the text of `incidentId` (documented).
pub fn encode_new_response(answer: &Answer, out: &mut Vec<u8>) {
    begin_answer(out);
    put(
        out,
        b"<ns3:NewIncidentResponse xmlns:ns3=\"http://n4.de/careflex/2.0\">\n",
    );
    if let Some(import_id) = &answer.import_id {
        put(out, b"<importId>");
        put_text(out, import_id.as_ref());
        put(out, b"</importId>\n");
    }
    put(out, b"<incidentResponseList>\n");
    for row in &answer.rows {
        put_row(out, row);
    }
    put(
        out,
        b"</incidentResponseList>\n</ns3:NewIncidentResponse>\n",
    );
    end_answer(out);
}

fn put_row(out: &mut Vec<u8>, row: &AnswerRow) {
    put(out, b"<incident>\n");
    if let Some(number) = row.row_number {
        put(out, b"<rowNumber>");
        put_number(out, number);
        put(out, b"</rowNumber>\n");
    }
    if let Some(id) = &row.incident_id {
        put(out, b"<incidentId>\n");
        put_text(out, id.as_ref());
        put(out, b"\n</incidentId>\n");
    }
    if let Some(id) = &row.external_id {
        put(out, b"<externalId>");
        put_text(out, id);
        put(out, b"</externalId>\n");
    }
    if let Some(id) = &row.employee_id {
        put(out, b"<employeeId>");
        put_text(out, id);
        put(out, b"</employeeId>\n");
    }
    if let Some(kind) = &row.kind {
        put(out, b"<type>");
        put_text(out, kind);
        put(out, b"</type>\n");
    }
    if let Some((code, message)) = &row.error {
        put(out, b"<incidentError>\n<code>");
        put_str(out, code);
        put(out, b"</code>\n<message>");
        put_str(out, message);
        put(out, b"</message>\n</incidentError>\n");
    }
    put(out, b"</incident>\n");
}

/// Appends a `NoIncidentResponse` as the portal writes it.
pub fn encode_none_response(out: &mut Vec<u8>) {
    begin_answer(out);
    put(
        out,
        b"<ns3:NoIncidentResponse xmlns:ns3=\"http://n4.de/careflex\"/>\n",
    );
    end_answer(out);
}

/// Appends a SOAP 1.1 Fault in its envelope. `detail` is written as it is: it must be the content of an
/// element, well-formed and with the declarations of its namespaces.
pub fn encode_fault(fault: &Fault, out: &mut Vec<u8>) {
    begin_answer(out);
    put(out, b"<SOAP-ENV:Fault>\n<faultcode>");
    put_str(out, &fault.code);
    put(out, b"</faultcode>\n<faultstring>");
    put_str(out, &fault.text);
    put(out, b"</faultstring>\n");
    if let Some(detail) = &fault.detail {
        put(out, b"<detail>");
        put(out, detail.as_bytes());
        put(out, b"</detail>\n");
    }
    put(out, b"</SOAP-ENV:Fault>\n");
    end_answer(out);
}

fn begin_answer(out: &mut Vec<u8>) {
    put(
        out,
        b"<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\">\n<SOAP-ENV:Header/>\n<SOAP-ENV:Body>\n",
    );
}

fn end_answer(out: &mut Vec<u8>) {
    put(out, b"</SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n");
}

/// By hand: `to_string` would allocate for each row.
fn put_number(out: &mut Vec<u8>, number: u64) {
    // A u64 has at most 20 digits.
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut length = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    let begin = digits.len() - length;
    put(out, digits.get(begin..).unwrap_or_default());
}
