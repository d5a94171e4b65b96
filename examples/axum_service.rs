//! A service that takes incidents as JSON and reports them, with axum.
//!
//! | answer | outcome |
//! | --- | --- |
//! | 202 | accepted: taken for import, with the portal's key of each incident |
//! | 400 | the body is no JSON that holds incidents |
//! | 422 | refused: invalid (nothing was sent), or refused by the portal; correct it |
//! | 500 | in doubt: it may have been taken or not, so it must not be repeated blindly |
//! | 503 | not sent: provably not taken; with `Retry-After` where another try helps |
//!
//! It runs as it is, against a portal inside this program: `cargo run --example axum_service`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use careflex::rest::{RestReporter, json::IncidentReader};
use careflex::secrecy::ExposeSecret as _;
use careflex::{
    CareflexId, Credentials, Delivery, Endpoint, HttpSession, Incident, InputRow, ReadError,
    Receipt, Report, ReportError, Reporter, Row, Rules, Violation, ViolationCode, Violations,
};
use careflex_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the handler needs: a way of reporting, and whose employees are reported.
#[derive(Clone)]
struct Service {
    reporter: Arc<dyn Reporter>,
    company: CareflexId,
}

/// The service. Public so that the tests can give it a reporter of their own.
pub fn service(reporter: Arc<dyn Reporter>, company: CareflexId) -> Router {
    Router::new()
        .route("/incidents", post(take_incidents))
        .with_state(Service { reporter, company })
}

async fn take_incidents(State(service): State<Service>, body: Bytes) -> Response {
    let rules = Rules::documented();
    let rows: Result<Vec<InputRow>, ReadError> =
        IncidentReader::new(&body[..], rules.clone()).collect();
    let incidents = match rows {
        Ok(rows) => match valid_incidents(rows, &service.company) {
            Ok(incidents) => incidents,
            Err(violations) => return invalid(&violations),
        },
        Err(error) => {
            let answer = json!({ "outcome": "unreadable", "message": error.to_string() });
            return answer_with(StatusCode::BAD_REQUEST, &answer);
        }
    };
    let report = match Report::new(service.company, incidents, &rules) {
        Ok(report) => report,
        Err(invalid_report) => return invalid(&listed(invalid_report.violations())),
    };

    // A task of its own: axum drops this handler when the client hangs up, and nobody would learn
    // whether the report has left.
    let reporter = service.reporter;
    let delivery = tokio::spawn(async move {
        let outcome = reporter.report(&report).await;
        // Here a real service writes the outcome into its database.
        outcome
    });
    match delivery.await {
        Ok(Ok(receipt)) => answered(&receipt),
        Ok(Err(error)) => failed(&error),
        Err(_) => in_doubt("the service failed while it reported"),
    }
}

/// The incidents, or what is wrong with each row.
fn valid_incidents(rows: Vec<InputRow>, company: &CareflexId) -> Result<Vec<Incident>, Vec<Value>> {
    let mut incidents = Vec::new();
    let mut violations = Vec::new();
    for (number, row) in rows.into_iter().enumerate() {
        if row.careflex_id.is_some_and(|named| named != *company) {
            let other = Violation::error(
                "careflexId",
                ViolationCode::OtherCompany,
                "must be the company that this service reports for",
            );
            violations.push(violation(Some(number), &other));
        }
        match row.incident {
            Ok(incident) => incidents.push(incident),
            Err(found) => violations.extend(found.iter().map(|one| violation(Some(number), one))),
        }
    }
    if violations.is_empty() {
        Ok(incidents)
    } else {
        Err(violations)
    }
}

fn listed(violations: &Violations) -> Vec<Value> {
    violations
        .iter()
        .map(|one| violation(one.incident(), one))
        .collect()
}

fn violation(row: Option<usize>, violation: &Violation) -> Value {
    json!({
        "row": row,
        "path": violation.field(),
        "code": violation.code().as_str(),
        "severity": violation.severity().as_str(),
        "message": violation.message(),
    })
}

fn invalid(violations: &[Value]) -> Response {
    let answer = json!({ "outcome": "invalid", "violations": violations });
    answer_with(StatusCode::UNPROCESSABLE_ENTITY, &answer)
}

/// The status is that of the worst row; each row says what became of it.
fn answered(receipt: &Receipt) -> Response {
    let mut status = StatusCode::ACCEPTED;
    let mut rows = Vec::new();
    for row in receipt.rows() {
        let (row_status, outcome) = match row {
            Row::Accepted { incident_id } => (
                StatusCode::ACCEPTED,
                json!({ "outcome": "accepted", "incidentId": incident_id }),
            ),
            Row::HandedOver => (StatusCode::ACCEPTED, json!({ "outcome": "handed-over" })),
            Row::Refused { code, message, .. } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({ "outcome": "refused", "code": code, "message": message }),
            ),
            // A row of a kind that is not known yet is no clear answer either.
            _ => (
                StatusCode::INTERNAL_SERVER_ERROR,
                json!({ "outcome": "in-doubt", "message": DO_NOT_REPEAT }),
            ),
        };
        // In doubt is worse than refused, refused is worse than accepted.
        status = status.max(row_status);
        rows.push(outcome);
    }
    answer_with(status, &json!({ "rows": rows }))
}

fn failed(error: &ReportError) -> Response {
    match error.delivery() {
        Delivery::NotSent => {
            let answer = json!({ "outcome": "not-sent", "message": error.to_string() });
            let response = answer_with(StatusCode::SERVICE_UNAVAILABLE, &answer);
            if error.is_retryable() {
                ([(RETRY_AFTER, "60")], response).into_response()
            } else {
                // Somebody has to put the settings right first.
                response
            }
        }
        Delivery::Refused => {
            // The portal's own words are for those who sent the incidents, not for a log.
            let message = error.portal_text().map(str::to_owned);
            let message = message.unwrap_or_else(|| error.to_string());
            let answer = json!({ "outcome": "refused", "message": message });
            answer_with(StatusCode::UNPROCESSABLE_ENTITY, &answer)
        }
        _ => in_doubt(&error.to_string()),
    }
}

const DO_NOT_REPEAT: &str =
    "may have been taken or not: look into the portal, do not just repeat it";

fn in_doubt(reason: &str) -> Response {
    let answer = json!({ "outcome": "in-doubt", "message": DO_NOT_REPEAT, "reason": reason });
    answer_with(StatusCode::INTERNAL_SERVER_ERROR, &answer)
}

fn answer_with(status: StatusCode, answer: &Value) -> Response {
    let content_type = [(CONTENT_TYPE, "application/json")];
    (status, content_type, answer.to_string()).into_response()
}

/// Public so that the tests can run it too.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let portal = Sandbox::start().await?;
    let settings = portal.credentials();
    let session = HttpSession::builder()
        .credentials(
            portal.token_url().parse()?,
            Credentials::new(
                settings.service_user.expose_secret(),
                settings.service_secret.expose_secret(),
            ),
        )
        .build()?;
    let endpoint: Endpoint = portal.rest_url().parse()?;
    let reporter = RestReporter::new(session, &endpoint, settings.api_token.clone());

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let service = service(Arc::new(reporter), "09ce3580d84bf087".parse()?);
    tokio::spawn(async move { axum::serve(listener, service).await });

    let incident =
        r#"{"type":"RST","employeeId":"4711","createdAt":"2026-11-20","validFrom":"2026-12-01"}"#;
    let answer = post_incidents(&address, incident).await?;
    println!("{answer}");
    assert!(answer.starts_with("HTTP/1.1 202 Accepted"));
    assert_eq!(portal.ledger().bookings.len(), 1);
    Ok(())
}

/// Stands for the HR system: posts to the service and brings the whole answer.
pub async fn post_incidents(address: &str, json: &str) -> std::io::Result<String> {
    let length = json.len();
    let request = format!(
        "POST /incidents HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
    );
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}
