//! Writes answers, as the portal does: for the sandbox and tests.

use careflex_core::{Answer, AnswerRow, Text};

use super::put::{put, put_number, put_str, put_text};

/// Appends the answer to `incident/new` to a buffer, as the portal writes it: `externalId` is `null`
/// where the request had none.
pub fn encode_new_response(answer: &Answer, out: &mut Vec<u8>) {
    put(out, b"{\"importId\":");
    put_optional(out, answer.import_id.as_ref().map(AsRef::as_ref));
    put(out, b",\"incidentResponseList\":[");
    let mut rows = answer.rows.iter();
    if let Some(row) = rows.next() {
        put_row(out, row);
    }
    for row in rows {
        put(out, b",");
        put_row(out, row);
    }
    put(out, b"]}");
}

fn put_row(out: &mut Vec<u8>, row: &AnswerRow) {
    put(out, b"{\"rowNumber\":");
    match row.row_number {
        Some(number) => put_number(out, number),
        None => put(out, b"null"),
    }
    put(out, b",\"incidentId\":");
    put_optional(out, row.incident_id.as_ref().map(AsRef::as_ref));
    put(out, b",\"externalId\":");
    put_optional(out, row.external_id.as_ref());
    put(out, b",\"employeeId\":");
    put_optional(out, row.employee_id.as_ref());
    put(out, b",\"type\":");
    put_optional(out, row.kind.as_ref());
    if let Some((code, message)) = &row.error {
        put(out, b",\"incidentError\":{\"code\":\"");
        put_str(out, code);
        put(out, b"\",\"message\":\"");
        put_str(out, message);
        put(out, b"\"}");
    }
    put(out, b"}");
}

fn put_optional(out: &mut Vec<u8>, text: Option<&Text>) {
    match text {
        Some(text) => {
            put(out, b"\"");
            put_text(out, text);
            put(out, b"\"");
        }
        None => put(out, b"null"),
    }
}
