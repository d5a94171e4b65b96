//! EP3: what is booked, what is refused, and how both are answered.

use careflex_core::{CareflexId, EmployeeId, Level, Rules};
use careflex_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::raw::{COMPANY, JSON, NEW, NONE, booked, none_report, post, report, send, token};

async fn started() -> (Sandbox, String) {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    (sandbox, token)
}

fn is_uuid(value: &Value) -> bool {
    let text = value.as_str().unwrap();
    text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

#[tokio::test]
async fn the_answer_has_the_documented_form_and_the_ledger_tells_the_same() {
    let (sandbox, token) = started().await;
    let mut body = report(&sandbox, &["4711", "4712"]);
    body["incidentList"][0]["externalId"] = json!("2026-0815");
    let answer = post(&sandbox, NEW, &token, &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json;charset=UTF-8")
    );
    let (import_id, rows) = (&answer.json()["importId"], answer.rows());
    assert!(
        is_uuid(import_id) && is_uuid(&rows[0]["incidentId"]) && is_uuid(&rows[1]["incidentId"])
    );
    assert_ne!(rows[0]["incidentId"], rows[1]["incidentId"]);
    assert_eq!(
        answer.json(),
        json!({
            "importId": import_id,
            "incidentResponseList": [
                {
                    "rowNumber": 0,
                    "incidentId": rows[0]["incidentId"],
                    "externalId": "2026-0815",
                    "employeeId": "4711",
                    "type": "WIK",
                },
                {
                    "rowNumber": 1,
                    "incidentId": rows[1]["incidentId"],
                    "externalId": null,
                    "employeeId": "4712",
                    "type": "WIK",
                },
            ],
        })
    );

    let ledger = sandbox.ledger();
    let company: CareflexId = COMPANY.parse().unwrap();
    assert_eq!(ledger.booked(&company).count(), 2);
    assert_eq!(ledger.booked(&"other".parse().unwrap()).count(), 0);
    assert_eq!(ledger.times_booked(&"4712".parse().unwrap()), 1);
    assert_eq!(
        ledger.times_booked_external(&"2026-0815".parse().unwrap()),
        1
    );
    let booking = &ledger.bookings[1];
    assert_eq!(rows[1]["incidentId"], booking.incident_id.as_str());
    assert_eq!(*import_id, booking.import_id.as_str());
    assert!(booking.api_token_ok);
}

#[tokio::test]
async fn a_repeated_report_is_booked_again() {
    let (sandbox, token) = started().await;
    let body = report(&sandbox, &["4711"]);
    post(&sandbox, NEW, &token, &body).await;
    post(&sandbox, NEW, &token, &body).await;
    let ledger = sandbox.ledger();
    let employee: EmployeeId = "4711".parse().unwrap();
    assert_eq!((ledger.requests, ledger.times_booked(&employee)), (2, 2));
    assert_eq!(
        [ledger.bookings[0].request, ledger.bookings[1].request],
        [1, 2]
    );
}

#[tokio::test]
async fn a_row_that_breaks_a_rule_is_refused_and_the_others_are_booked() {
    let (sandbox, token) = started().await;
    let mut body = report(&sandbox, &["4711", "4712", "4713", "4714"]);
    body["incidentList"][1]["validFrom"] = json!("01.12.2026");
    body["incidentList"][2]["type"] = json!("NEW");
    body["incidentList"][3] = json!("Mustermann");
    let answer = post(&sandbox, NEW, &token, &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(booked(&sandbox), ["4711"]);
    let rows = answer.rows();
    assert_eq!(rows[0].get("incidentError"), None);
    for (row, message) in [
        (
            1,
            "The validation failed: The content of the field 'validFrom' is invalid with the reason: \
             must be a day in the form YYYY-MM-DD, for example 2020-04-24",
        ),
        (
            2,
            "The validation failed: The content of the field 'employee' is invalid with the reason: \
             is missing: an incident of type NEW needs it",
        ),
        (
            3,
            "The validation failed: The content of the field 'incident' is invalid with the reason: \
             must be an object in braces { }",
        ),
    ] {
        assert_eq!(
            rows[row]["incidentError"],
            json!({"code": "422", "message": message})
        );
        assert!(is_uuid(&rows[row]["incidentId"]));
    }
    assert_eq!(rows[2]["employeeId"], "4713");
    assert_eq!(rows[2]["type"], "NEW");
    assert_eq!(rows[3]["employeeId"], Value::Null);

    let refused = sandbox.ledger().refused;
    assert_eq!(refused.len(), 3);
    assert_eq!(refused[0].key.employee_id.as_deref(), Some("4712"));
    assert_eq!(rows[1]["incidentId"], refused[0].incident_id.as_str());
    assert_eq!(rows[1]["incidentError"]["message"], *refused[0].message);
}

#[tokio::test]
async fn a_warning_refuses_nothing_unless_the_rules_say_so() {
    // The documented sample's own key, which is a valid tax ID.
    let employees = ["49239697103"];
    let (sandbox, access) = started().await;
    post(&sandbox, NEW, &access, &report(&sandbox, &employees)).await;
    assert_eq!(booked(&sandbox), employees);

    let mut rules = Rules::documented();
    rules.tax_id = Level::Error;
    let sandbox = Sandbox::builder().rules(rules).start().await.unwrap();
    let access = token(&sandbox).await;
    let answer = post(&sandbox, NEW, &access, &report(&sandbox, &employees)).await;
    assert_eq!(answer.rows()[0]["incidentError"]["code"], "422");
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn the_documented_code_of_a_type_comes_back_as_it_was_sent() {
    let (sandbox, token) = started().await;
    let mut body = report(&sandbox, &["4711"]);
    body["incidentList"][0]["type"] = json!("NEU");
    let answer = post(&sandbox, NEW, &token, &body).await;
    assert_eq!(answer.rows()[0]["type"], "NEU");
}

#[tokio::test]
async fn the_api_token_is_not_checked_but_recorded() {
    let (sandbox, token) = started().await;
    let mut body = report(&sandbox, &["4711"]);
    body["apiToken"] = json!("planted");
    assert_eq!(post(&sandbox, NEW, &token, &body).await.status, 200);
    let mut none = none_report(&sandbox);
    none["apiToken"] = json!("planted");
    assert_eq!(post(&sandbox, NONE, &token, &none).await.status, 201);
    let ledger = sandbox.ledger();
    assert!(!ledger.bookings[0].api_token_ok);
    assert!(!ledger.empty_reports[0].api_token_ok);
}

#[tokio::test]
async fn an_empty_report_is_answered_with_201_and_nothing_else() {
    let (sandbox, token) = started().await;
    post(&sandbox, NEW, &token, &report(&sandbox, &["4711"])).await;
    let answer = post(&sandbox, NONE, &token, &none_report(&sandbox)).await;
    assert_eq!((answer.status, answer.body.as_str()), (201, ""));
    let ledger = sandbox.ledger();
    assert_eq!((ledger.requests, ledger.none_requests), (1, 1));
    let entry = &ledger.empty_reports[0];
    assert_eq!(entry.careflex_id.as_str(), COMPANY);
    assert_eq!(entry.created_at.to_string(), "2026-11-20");
    assert!(entry.api_token_ok);
    assert_eq!(entry.request, 2);

    let mut wrong = none_report(&sandbox);
    wrong["createdAt"] = json!("planted");
    let answer = post(&sandbox, NONE, &token, &wrong).await;
    assert_eq!(answer.status, 400);
    assert!(!answer.body.contains("planted"));
    assert_eq!(sandbox.ledger().empty_reports.len(), 1);
}

#[tokio::test]
async fn only_the_valid_token_lets_in() {
    let (sandbox, token) = started().await;
    let body = report(&sandbox, &["4711"]).to_string();
    let bearer = format!("Bearer {token}");
    let other_bytes = bearer.replace('§', "?");
    let other_case = bearer.to_uppercase();
    let basic = format!("Basic {token}");
    let lower = format!("bearer {token}");
    for (header, status) in [
        (None, 401),
        (Some(""), 401),
        (Some("Bearer"), 401),
        (Some("Bearer "), 401),
        (Some(&*token), 401),
        (Some(&*basic), 401),
        (Some(&*other_bytes), 401),
        (Some(&*other_case), 401),
        (Some(&*bearer), 200),
        (Some(&*lower), 200),
    ] {
        let mut headers = vec![JSON];
        headers.extend(header.map(|value| ("Authorization", value)));
        let answer = send(&sandbox, "POST", NEW, &headers, &body).await;
        assert_eq!(answer.status, status, "{header:?}");
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert!(answer.json()["message"].is_string());
        }
    }
    let none = none_report(&sandbox).to_string();
    assert_eq!(
        send(&sandbox, "POST", NONE, &[JSON], &none).await.status,
        401
    );
    let ledger = sandbox.ledger();
    assert_eq!((ledger.requests, ledger.none_requests), (10, 1));
    assert_eq!(ledger.refused_unauthenticated, 9);
    assert_eq!((ledger.bookings.len(), ledger.empty_reports.len()), (2, 0));
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let (sandbox, token) = started().await;
    let bearer = format!("Bearer {token}");
    let body = report(&sandbox, &["4711"]).to_string();
    for (content_type, status) in [
        (None, 415),
        (Some("text/xml"), 415),
        (Some("application/json;charset=ISO-8859-1"), 415),
        (Some("application/json"), 200),
        (Some("application/json; charset=utf-8"), 200),
    ] {
        let mut headers = vec![("Authorization", &*bearer)];
        headers.extend(content_type.map(|value| ("Content-Type", value)));
        let answer = send(&sandbox, "POST", NEW, &headers, &body).await;
        assert_eq!(answer.status, status, "{content_type:?}");
    }
    assert_eq!(booked(&sandbox).len(), 2);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_and_not_quoted() {
    let (sandbox, token) = started().await;
    let mut unknown_member = report(&sandbox, &["4711"]);
    unknown_member["planted"] = json!("planted");
    let mut company = report(&sandbox, &["4711"]);
    company["careflexId"] = json!("planted planted");
    let mut list = report(&sandbox, &["4711"]);
    list["incidentList"] = json!("planted");
    for body in [json!("planted"), json!({}), unknown_member, company, list] {
        let answer = post(&sandbox, NEW, &token, &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["message"].is_string());
        assert!(!answer.body.contains("planted"), "{}", answer.body);
    }
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn a_report_holds_1_to_100_incidents() {
    let (sandbox, token) = started().await;
    for (incidents, status) in [(0, 400), (1, 200), (100, 200), (101, 400)] {
        let body = report(&sandbox, &vec!["4711"; incidents]);
        let answer = post(&sandbox, NEW, &token, &body).await;
        assert_eq!(answer.status, status, "{incidents}");
    }
    assert_eq!(booked(&sandbox).len(), 101);
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let (sandbox, token) = started().await;
    let body = report(&sandbox, &["4711"]);
    for path in [
        "/",
        "/rest",
        "/rest/incident",
        "/rest/incident/new/",
        "/incident/new",
        "/oauth",
    ] {
        let answer = post(&sandbox, path, &token, &body).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.json()["message"].is_string());
    }
    for path in ["/oauth/token", NEW, NONE] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = send(&sandbox, method, path, &[JSON], "{}").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
    }
    let ledger = sandbox.ledger();
    assert_eq!(
        (ledger.requests, ledger.none_requests, ledger.token_requests),
        (0, 0, 1)
    );
}
