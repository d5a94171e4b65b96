//! What is written, byte by byte, against serde's derives of the model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../careflex-core/tests/arbitrary/mod.rs"]
mod arbitrary;

use arbitrary::incident;
use careflex_core::{
    Answer, AnswerRow, ApiToken, Employee, EmptyReport, ExternalId, Incident, NewCode, Report,
    Rules,
};
use careflex_rest::json;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    careflex_id: &'a str,
    api_token: &'a str,
    incident_list: Vec<OneIncident<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OneIncident<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a ExternalId>,
    r#type: &'a str,
    employee_id: &'a str,
    created_at: String,
    valid_from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    employee: Option<&'a Employee>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WholeAnswer<'a> {
    import_id: Option<&'a str>,
    incident_response_list: Vec<OneRow<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OneRow<'a> {
    row_number: Option<u64>,
    incident_id: Option<&'a str>,
    external_id: Option<&'a str>,
    employee_id: Option<&'a str>,
    r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident_error: Option<Refusal<'a>>,
}

#[derive(Serialize)]
struct Refusal<'a> {
    code: &'a str,
    message: &'a str,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn requests_are_written_as_serde_does(
        incidents in vec(incident(), 1..6),
        company in "[!-~äß💶]{1,40}",
        token in "[!-~äß💶]{1,80}",
        is_neu: bool,
    ) {
        let mut rules = Rules::documented();
        if is_neu {
            rules.new_code = NewCode::Neu;
        }
        let report = Report::new(company.parse().unwrap(), incidents, &rules).unwrap();
        let expected = Request {
            careflex_id: &company,
            api_token: &token,
            incident_list: report.incidents().iter().map(|it| one_incident(&report, it)).collect(),
        };
        // Behind what is in the buffer already.
        let mut out = b"before".to_vec();
        json::encode_new_request(&report, &ApiToken::new(&token).unwrap(), &mut out);
        prop_assert_eq!(
            String::from_utf8(out).unwrap(),
            "before".to_owned() + &serde_json::to_string(&expected).unwrap()
        );
    }

    #[test]
    fn answers_are_written_as_serde_does(import_id in option::of(text()), rows in vec(row(), 0..6)) {
        let answer = Answer {
            import_id: import_id.map(|id| id.parse().unwrap()),
            rows,
        };
        let expected = WholeAnswer {
            import_id: answer.import_id.as_ref().map(|id| id.as_str()),
            incident_response_list: answer.rows.iter().map(one_row).collect(),
        };
        let mut out = Vec::new();
        json::encode_new_response(&answer, &mut out);
        prop_assert_eq!(
            String::from_utf8(out).unwrap(),
            serde_json::to_string(&expected).unwrap()
        );
    }
}

#[test]
fn an_empty_report_is_written_as_documented() {
    let company = "09ce".parse().unwrap();
    let day = careflex_core::parse_date("2020-10-24").unwrap();
    let report = EmptyReport::new(company, day, &Rules::documented()).unwrap();
    let mut out = Vec::new();
    json::encode_none_request(&report, &ApiToken::new("a\"b").unwrap(), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"careflexId":"09ce","apiToken":"a\"b","createdAt":"2020-10-24"}"#
    );
}

fn one_incident<'a>(report: &Report, incident: &'a Incident) -> OneIncident<'a> {
    OneIncident {
        external_id: incident.external_id.as_ref(),
        r#type: report.code(&incident.kind),
        employee_id: incident.employee_id.as_str(),
        created_at: incident.created_at.to_string(),
        valid_from: incident.valid_from.to_string(),
        employee: incident.employee.as_ref(),
    }
}

fn one_row(row: &AnswerRow) -> OneRow<'_> {
    OneRow {
        row_number: row.row_number,
        incident_id: row.incident_id.as_ref().map(|id| id.as_str()),
        external_id: row.external_id.as_deref(),
        employee_id: row.employee_id.as_deref(),
        r#type: row.kind.as_deref(),
        incident_error: row
            .error
            .as_ref()
            .map(|(code, message)| Refusal { code, message }),
    }
}

fn row() -> impl Strategy<Value = AnswerRow> {
    (
        option::of(any::<u64>()),
        option::of(text()),
        option::of(text()),
        option::of(text()),
        option::of(text()),
        // What is in an error is shown as it came, whatever it is.
        option::of((any::<String>(), any::<String>())),
    )
        .prop_map(
            |(number, incident, external, employee, kind, error)| AnswerRow {
                row_number: number,
                incident_id: incident.map(|id| id.parse().unwrap()),
                external_id: external.map(|id| id.parse().unwrap()),
                employee_id: employee.map(|id| id.parse().unwrap()),
                kind: kind.map(|code| code.parse().unwrap()),
                error,
                is_unclear: false,
            },
        )
}

/// Of all lengths around those at which a text is kept or written in another way.
fn text() -> impl Strategy<Value = String> {
    "[a-z\"\\\\\\t\\nß/<,💶]{0,40}[a-z]"
}
