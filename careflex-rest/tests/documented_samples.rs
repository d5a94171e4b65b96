//! The documented messages, in both directions, and hostile ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_core::{
    Answer, ApiToken, EmptyReport, Incident, IncidentKind, NewCode, Report, Rules, Sex, parse_date,
};
use careflex_rest::json;
use serde_json::Value;

const NEW_REQUEST: &str = include_str!("samples/rest-new-request.json");
const NEW_RESPONSE: &str = include_str!("samples/rest-new-response.json");
const NONE_REQUEST: &str = include_str!("samples/rest-none-request.json");

fn incidents(body: &str) -> Vec<Incident> {
    let request = json::decode_new_request(body.as_bytes(), &Rules::documented()).unwrap();
    request
        .rows
        .into_iter()
        .map(|row| row.incident.unwrap())
        .collect()
}

fn encode(report: &Report, token: &str) -> Value {
    let mut body = Vec::new();
    json::encode_new_request(report, &ApiToken::new(token).unwrap(), &mut body);
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn the_request_decodes_and_encodes_to_the_same_value() {
    let rules = Rules::documented();
    let request = json::decode_new_request(NEW_REQUEST.as_bytes(), &rules).unwrap();
    assert_eq!(request.careflex_id.as_str(), "09ce3580d84bf087");
    let incidents = incidents(NEW_REQUEST);
    let employee = incidents[0].employee.as_ref().unwrap();
    assert_eq!(employee.sex, Some(Sex::Male));
    assert_eq!(employee.address.as_ref().unwrap().house_number, "9");
    assert_eq!(employee.address.as_ref().unwrap().zip_code, "01234");
    assert_eq!(incidents[2].kind, IncidentKind::Wik);
    let report = Report::new(request.careflex_id, incidents, &rules).unwrap();
    assert_eq!(
        encode(&report, request.api_token.expose()),
        serde_json::from_str::<Value>(NEW_REQUEST).unwrap()
    );
    // The samples' own keys are tax IDs.
    let warnings: Vec<_> = report
        .warnings()
        .iter()
        .map(|warning| (warning.path(), warning.code().as_str()))
        .collect();
    assert_eq!(
        warnings,
        [
            ("incidents[0].employeeId".to_owned(), "tax-id"),
            ("incidents[2].employeeId".to_owned(), "tax-id"),
        ]
    );
}

#[test]
fn the_empty_report_decodes_and_encodes_to_the_same_value() {
    let rules = Rules::documented();
    let request = json::decode_none_request(NONE_REQUEST.as_bytes(), &rules).unwrap();
    let mut body = Vec::new();
    json::encode_none_request(&request.report, &request.api_token, &mut body);
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap(),
        serde_json::from_str::<Value>(NONE_REQUEST).unwrap()
    );
    let day = parse_date("2020-10-24").unwrap();
    assert_eq!(
        request.report,
        EmptyReport::new("09ce3580d84bf087".parse().unwrap(), day, &rules).unwrap()
    );
}

#[test]
fn the_answer_decodes_and_encodes_to_the_same_value() {
    let answer = json::decode_new_response(NEW_RESPONSE.as_bytes()).unwrap();
    assert_eq!(
        answer.import_id.as_ref().unwrap().as_str(),
        "8d2adbc0-4d63-4cec-a8f4-445b08a3e33e"
    );
    assert_eq!(answer.rows.len(), 3);
    assert_eq!(answer.rows[2].external_id, None);
    let mut body = Vec::new();
    json::encode_new_response(&answer, &mut body);
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap(),
        serde_json::from_str::<Value>(NEW_RESPONSE).unwrap()
    );
}

#[test]
fn answers_are_read_with_tolerance() {
    let body = r#"{"more":{"a":[1]},"incidentResponseList":[
        {"rowNumber":"1","employeeId":4711,"type":"NEU","incidentError":{"code":422,"message":" no "},"x":null},
        {"rowNumber":-1,"incidentId":["?"]}
    ]}"#;
    let answer = json::decode_new_response(body.as_bytes()).unwrap();
    assert_eq!(answer.import_id, None);
    let row = &answer.rows[0];
    assert_eq!(row.row_number, Some(1));
    assert_eq!(row.employee_id.as_deref(), Some("4711"));
    assert_eq!(row.error, Some(("422".to_owned(), "no".to_owned())));
    assert_eq!(answer.rows[1].row_number, None);
    assert_eq!(answer.rows[1].incident_id, None);
    assert!(!answer.rows[0].is_unclear && answer.rows[1].is_unclear);
}

#[test]
fn beside_an_error_no_row_is_clear() {
    for (beside, expected) in [
        (r#""error":"import failed""#, true),
        (r#""result":{"failure":{"code":1}}"#, true),
        (r#""error":null"#, false),
        (r#""errors":[]"#, false),
        (r#""hasErrors":false"#, false),
    ] {
        let body = format!(
            r#"{{{beside},"incidentResponseList":[{{"rowNumber":0,"incidentId":"i","employeeId":"a"}}]}}"#
        );
        let answer = json::decode_new_response(body.as_bytes()).unwrap();
        assert_eq!(answer.rows[0].is_unclear, expected, "{beside}");
        assert!(answer.rows[0].incident_id.is_some());
    }
}

#[test]
fn one_odd_row_leaves_the_others_alone() {
    let good = r#"{"rowNumber":0,"incidentId":"i","employeeId":"a"}"#;
    for (odd, expected) in [
        (
            r#"{"rowNumber":1,"incidentId":"i","error":{"code":"422"}}"#,
            true,
        ),
        (
            r#"{"rowNumber":1,"incidentId":"i","validationErrors":["x"]}"#,
            true,
        ),
        (r#"{"rowNumber":1,"incidentId":"i","errors":null}"#, false),
        (
            r#"{"rowNumber":1,"incidentId":"i","incidentError":""}"#,
            true,
        ),
        (
            r#"{"rowNumber":1,"incidentId":"i","incidentError":null}"#,
            false,
        ),
        (r#"{"rowNumber":1,"incidentId":"i","incidentId":"j"}"#, true),
        (
            r#"{"rowNumber":1,"incidentId":"i","employeeId":{"x":1}}"#,
            true,
        ),
        (
            r#"{"rowNumber":1,"incidentId":"i","employeeId":123456789012345678901234567890}"#,
            true,
        ),
        (r#"{"rowNumber":1,"incidentId":"i","warning":"x"}"#, false),
        (
            r#"{"rowNumber":1,"incidentId":"i","details":[{"fehler":"x"}]}"#,
            true,
        ),
        (
            r#"{"rowNumber":1,"incidentId":"i","errors":[],"hasErrors":false,"errorCount":0}"#,
            false,
        ),
        (
            r#"{"rowNumber":1,"incidentId":"i","incidentError":{}}"#,
            true,
        ),
        (
            r#"{"rowNumber":1,"incidentId":"i","incidentError":{"code":"1","code":"2"}}"#,
            true,
        ),
        (
            r#"{"rowNumber":1,"incidentId":"i","incidentError":{"code":["1"]}}"#,
            true,
        ),
    ] {
        let body = format!(r#"{{"incidentResponseList":[{good},{odd}]}}"#);
        let answer = json::decode_new_response(body.as_bytes()).unwrap();
        assert!(!answer.rows[0].is_unclear);
        assert_eq!(answer.rows[1].is_unclear, expected, "{odd}");
    }
    for odd in ["\"row\"", "null", "[0,\"i\"]", "7"] {
        let body = format!(r#"{{"incidentResponseList":[{good},{odd}]}}"#);
        let answer = json::decode_new_response(body.as_bytes()).unwrap();
        assert_eq!(answer.rows[1], careflex_core::AnswerRow::default(), "{odd}");
    }
}

#[test]
fn control_characters_of_the_portal_reach_no_terminal() {
    let body = r#"{"incidentResponseList":[{"rowNumber":0,"incidentError":{"code":"4\u001b22","message":"a\nb\u009b"}}]}"#;
    let answer = json::decode_new_response(body.as_bytes()).unwrap();
    assert_eq!(
        answer.rows[0].error,
        Some(("4 22".to_owned(), "a b ".to_owned()))
    );
}

#[test]
fn a_list_without_end_is_no_answer() {
    let rows = vec!["{}"; 20_000].join(",");
    let body = format!(r#"{{"incidentResponseList":[{rows}]}}"#);
    assert!(json::decode_new_response(body.as_bytes()).is_err());
}

#[test]
fn what_is_no_answer_is_refused_without_quoting_it() {
    for body in [
        "",
        "<html>Mustermann</html>",
        "{\"message\":\"Mustermann\"}",
        "\"Mustermann\"",
        "{\"incidentResponseList\":\"Mustermann\"}",
        "{\"incidentResponseList\":[],\"incidentResponseList\":[]}",
        "{\"incidentResponseList\":[{\"rowNumber\":0",
        "[]",
    ] {
        let error = json::decode_new_response(body.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("Mustermann"), "{error}");
    }
    assert_eq!(
        json::decode_new_response(b"{\"incidentResponseList\":[]}"),
        Ok(Answer::default())
    );
}

#[test]
fn wrong_values_are_violations_of_their_row() {
    let body = NEW_REQUEST
        .replace("\"houseNumber\": 9", "\"houseNumber\": 9.5")
        .replace("\"management\": false", "\"management\": \"false\"")
        .replace("\"zipCode\": \"01234\"", "\"zipCode\": 1234")
        .replace("\"title\": \"Prof. Dr.\"", "\"title\": [\"Prof. Dr.\"]")
        .replace("\"sex\": \"m\"", "\"sex\": \"f\"")
        .replace("\"city\"", "\"town\": null, \"city\"")
        .replace(
            "\"validFrom\": \"2020-08-24\"",
            "\"validfrom\": \"2020-08-24\"",
        );
    let request = json::decode_new_request(body.as_bytes(), &Rules::documented()).unwrap();
    let texts = |row: usize| {
        let mut texts: Vec<_> = request.rows[row]
            .incident
            .as_ref()
            .unwrap_err()
            .errors()
            .map(ToString::to_string)
            .collect();
        texts.sort();
        texts
    };
    assert_eq!(
        texts(0),
        [
            "employee.address.houseNumber: must be a text in quotation marks or a whole number",
            "employee.address.town: is not known",
            "employee.address.zipCode: must be a text in quotation marks: a number loses its leading zeros",
            "employee.job.management: must be true or false, without quotation marks",
            "employee.sex: must be one of m, w, d: female is w (weiblich), not f",
            "employee.title: must be a text in quotation marks",
        ]
    );
    assert!(request.rows[1].incident.is_ok());
    assert_eq!(
        texts(2),
        [
            "validFrom: is missing",
            "validfrom: is not known here: did you mean validFrom?"
        ]
    );
}

#[test]
fn requests_that_are_wrong_as_a_whole_are_refused() {
    for (from, to, expected) in [
        ("\"careflexId\"", "\"careflexID\"", "a member is unknown"),
        (
            "\"apiToken\": \"maL0HMDszA2b9PKiqCAZRGh0ZDpVjmvc\",",
            "",
            "apiToken is missing",
        ),
        (
            "09ce3580d84bf087",
            "09ce 3580",
            "careflexId holds white space",
        ),
        (
            "\"incidentList\": [",
            "\"incidentList\": {",
            "the documented shape",
        ),
        (
            "\"apiToken\"",
            "\"careflexId\"",
            "careflexId is there twice",
        ),
    ] {
        let body = NEW_REQUEST.replacen(from, to, 1);
        let error = json::decode_new_request(body.as_bytes(), &Rules::documented())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error} (expected {expected})");
    }
}

#[test]
fn new_is_written_as_the_rules_say() {
    let mut rules = Rules::documented();
    rules.new_code = NewCode::Neu;
    let report = Report::new("09ce".parse().unwrap(), incidents(NEW_REQUEST), &rules).unwrap();
    assert_eq!(encode(&report, "t")["incidentList"][0]["type"], "NEU");
}
