//! The examples run, and the service of one of them answers as it says.

#![cfg(all(feature = "csv", feature = "rest", feature = "soap"))]
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking; each example is a program of its own"
)]

#[path = "../examples/axum_service.rs"]
mod axum_service;
#[path = "../examples/bulk.rs"]
mod bulk;
#[path = "../examples/csv_to_rest.rs"]
mod csv_to_rest;
#[path = "../examples/drop_folder.rs"]
mod drop_folder;
#[path = "../examples/outbox.rs"]
mod outbox;
#[path = "../examples/own_token_provider.rs"]
mod own_token_provider;
#[path = "../examples/report_rest.rs"]
mod report_rest;
#[path = "../examples/report_soap.rs"]
mod report_soap;

use std::sync::Arc;

use careflex::ReportErrorKind;
use careflex::testing::{RecordingReporter, Reply};
use tokio::net::TcpListener;

#[test]
fn report_rest() {
    report_rest::main().unwrap();
}

#[test]
fn report_soap() {
    report_soap::main().unwrap();
}

#[test]
fn bulk() {
    bulk::main().unwrap();
}

#[test]
fn csv_to_rest() {
    csv_to_rest::main().unwrap();
}

#[test]
fn drop_folder() {
    drop_folder::main().unwrap();
}

#[test]
fn outbox() {
    outbox::main().unwrap();
}

#[test]
fn own_token_provider() {
    own_token_provider::main().unwrap();
}

#[test]
fn axum_service() {
    axum_service::main().unwrap();
}

#[tokio::test]
async fn the_service_has_a_status_for_each_outcome() {
    let reporter = RecordingReporter::new();
    let service = start_service(&reporter).await;
    for (reply, status, outcome) in [
        (
            Reply::accepted(),
            "202 Accepted",
            r#""incidentId":"00000000-0000-4000-8000-000000000001""#,
        ),
        (
            Reply::accepted().refuse_row("4711", "too young"),
            "422 Unprocessable",
            r#""message":"too young","outcome":"refused""#,
        ),
        (
            Reply::accepted().doubt_row(0),
            "500 Internal",
            r#""outcome":"in-doubt""#,
        ),
        (
            Reply::refused("no such company"),
            "422 Unprocessable",
            r#""message":"no such company","outcome":"refused""#,
        ),
        (Reply::busy(), "503 Service", r#""outcome":"not-sent""#),
        (Reply::in_doubt(), "500 Internal", "do not just repeat it"),
    ] {
        let case = format!("{reply:?}");
        reporter.enqueue(reply);
        let answer = post(&service, VALID).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(outcome),
            "{case}: {answer}"
        );
    }
    assert_eq!(reporter.pending_replies(), 0);
}

#[tokio::test]
async fn the_service_offers_another_try_only_where_it_helps() {
    let reporter = RecordingReporter::new();
    let service = start_service(&reporter).await;
    for (kind, offered) in [
        (ReportErrorKind::Busy, true),
        (ReportErrorKind::Authentication, false),
        (ReportErrorKind::Unanswered, false),
    ] {
        reporter.enqueue(kind);
        let answer = post(&service, VALID).await;
        assert_eq!(answer.contains("retry-after: 60"), offered, "{answer}");
    }
}

#[tokio::test]
async fn the_service_says_what_is_wrong_and_reports_nothing() {
    let reporter = RecordingReporter::new();
    let service = start_service(&reporter).await;
    let wrong_day = VALID.replace("2026-11-20", "20.11.2026");
    let other_company = VALID.replacen('{', r#"{"careflexId":"ffff","#, 1);
    let too_many = vec![VALID; 101].join("\n");
    for (body, status, complaint) in [
        (
            format!("[{VALID},{wrong_day}]"),
            422,
            r#""code":"date-format","message":"must be a day in the form YYYY-MM-DD, for example 2020-04-24","path":"createdAt","row":1"#,
        ),
        (other_company, 422, r#""code":"other-company""#),
        (too_many, 422, r#""code":"too-many-incidents""#),
        (VALID.replace('}', ""), 400, r#""outcome":"unreadable""#),
    ] {
        let answer = post(&service, &body).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(complaint),
            "{answer}"
        );
    }
    assert!(reporter.reports().is_empty());
}

const VALID: &str =
    r#"{"type":"RST","employeeId":"4711","createdAt":"2026-11-20","validFrom":"2026-12-01"}"#;

async fn start_service(reporter: &RecordingReporter) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let company = "09ce3580d84bf087".parse().unwrap();
    let service = axum_service::service(Arc::new(reporter.clone()), company);
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

async fn post(address: &str, json: &str) -> String {
    axum_service::post_incidents(address, json).await.unwrap()
}
