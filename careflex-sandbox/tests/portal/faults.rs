//! Misbehaviour on demand: what the client sees, and what was booked in truth.

use careflex_sandbox::{Effect, Fault, Place, Sandbox};
use serde_json::Value;

use crate::raw::{
    Answer, NEW, NONE, booked, none_report, post, report, token, try_post, try_token,
};

const THREE: [&str; 3] = ["a", "b", "c"];

/// A sandbox in which the effect strikes the next report, and the answer to that.
async fn struck(effect: Effect) -> (Sandbox, Option<Answer>) {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(effect));
    let answer = try_post(&sandbox, NEW, &token, &report(&sandbox, &THREE)).await;
    assert_eq!(sandbox.pending_faults(), 0);
    (sandbox, answer)
}

/// The employees in the rows of an answer.
fn employees(answer: &Answer) -> Vec<Value> {
    let employee = |row: &Value| row["employeeId"].clone();
    answer.rows().iter().map(employee).collect()
}

#[tokio::test]
async fn unauthorized_refuses_a_token_that_stays_valid() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::Unauthorized));
    let body = report(&sandbox, &["4711"]);
    assert_eq!(post(&sandbox, NEW, &token, &body).await.status, 401);
    assert_eq!(sandbox.ledger().refused_unauthenticated, 1);
    assert!(booked(&sandbox).is_empty());
    assert_eq!(post(&sandbox, NEW, &token, &body).await.status, 200);
}

#[tokio::test]
async fn forget_tokens_ends_their_validity() {
    let sandbox = Sandbox::start().await.unwrap();
    let old = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::ForgetTokens));
    let body = report(&sandbox, &["4711"]);
    assert_eq!(post(&sandbox, NEW, &old, &body).await.status, 401);
    assert_eq!(post(&sandbox, NEW, &old, &body).await.status, 401);
    let new = token(&sandbox).await;
    assert_eq!(post(&sandbox, NEW, &new, &body).await.status, 200);
    assert_eq!(sandbox.ledger().refused_unauthenticated, 2);
}

#[tokio::test]
async fn statuses_come_with_nothing_booked() {
    let after = |text: &str| Some(text.to_owned());
    let busy = |retry_after| Effect::Busy { retry_after };
    let too_many = |retry_after| Effect::TooManyRequests { retry_after };
    for (effect, status, retry_after) in [
        (Effect::Status(302), 302, None),
        (Effect::Status(500), 500, None),
        (Effect::Status(599), 599, None),
        (Effect::Status(100), 500, None),
        (Effect::Status(7), 500, None),
        (busy(None), 503, None),
        (busy(after("7")), 503, Some("7")),
        (
            too_many(after("Sun, 06 Nov 1994 08:49:37 GMT")),
            429,
            Some("Sun, 06 Nov 1994 08:49:37 GMT"),
        ),
        (too_many(after("no\nheader")), 429, None),
    ] {
        let (sandbox, answer) = struck(effect).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("retry-after"), retry_after);
        assert!(booked(&sandbox).is_empty());
    }
}

#[tokio::test]
async fn a_cut_before_booking_loses_the_request() {
    let (sandbox, answer) = struck(Effect::CutBeforeBooking).await;
    assert!(answer.is_none());
    assert!(booked(&sandbox).is_empty());
    assert_eq!(sandbox.ledger().requests, 1);
}

#[tokio::test]
async fn a_cut_after_booking_loses_only_the_answer() {
    let (sandbox, answer) = struck(Effect::CutAfterBooking).await;
    assert!(answer.is_none());
    assert_eq!(booked(&sandbox), THREE);
}

#[tokio::test]
async fn a_page_of_html_comes_with_nothing_booked() {
    let (sandbox, answer) = struck(Effect::Html).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(answer.body.starts_with("<html>"));
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn rows_go_missing_in_the_answer_only() {
    let (sandbox, answer) = struck(Effect::MissingRows(vec![1, 7])).await;
    let answer = answer.unwrap();
    assert_eq!(answer.row_numbers(), [0, 2]);
    assert_eq!(employees(&answer), ["a", "c"]);
    assert_eq!(booked(&sandbox), THREE);
}

#[tokio::test]
async fn rows_are_doubled_in_the_answer_only() {
    let (sandbox, answer) = struck(Effect::DoubledRows(vec![0, 2])).await;
    assert_eq!(answer.unwrap().row_numbers(), [0, 0, 1, 2, 2]);
    assert_eq!(booked(&sandbox), THREE);
}

#[tokio::test]
async fn rows_are_shuffled_in_the_answer_only() {
    let (sandbox, answer) = struck(Effect::ShuffledRows).await;
    let answer = answer.unwrap();
    assert_eq!(answer.row_numbers(), [2, 1, 0]);
    assert_eq!(employees(&answer), ["c", "b", "a"]);
    assert_eq!(booked(&sandbox), THREE);
}

#[tokio::test]
async fn refused_rows_are_not_booked() {
    let (sandbox, answer) = struck(Effect::RefusedRows(vec![1])).await;
    let rows = answer.unwrap().rows();
    assert_eq!(rows[1]["incidentError"]["code"], "422");
    assert!(rows[1]["incidentId"].is_string());
    assert_eq!(rows[0].get("incidentError"), None);
    assert_eq!(booked(&sandbox), ["a", "c"]);
    assert_eq!(
        sandbox.ledger().refused[0].key.employee_id.as_deref(),
        Some("b")
    );
}

#[tokio::test]
async fn tokens_and_empty_reports_have_faults_of_their_own() {
    let sandbox = Sandbox::start().await.unwrap();
    let first = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::CutBeforeBooking).at(Place::Token));
    assert!(try_token(&sandbox).await.is_none());
    // No token was issued, so the first one is still valid.
    let none = none_report(&sandbox);
    assert_eq!(post(&sandbox, NONE, &first, &none).await.status, 201);

    sandbox.inject(Fault::new(Effect::CutAfterBooking).at(Place::Token));
    assert!(try_token(&sandbox).await.is_none());
    assert_eq!(post(&sandbox, NONE, &first, &none).await.status, 401);
    let ledger = sandbox.ledger();
    assert_eq!((ledger.token_requests, ledger.tokens_issued), (3, 2));

    sandbox.inject(Fault::new(Effect::Unauthorized).at(Place::Token));
    assert_eq!(try_token(&sandbox).await.unwrap().status, 401);
    let second = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::CutAfterBooking).at(Place::None));
    assert!(try_post(&sandbox, NONE, &second, &none).await.is_none());
    assert_eq!(sandbox.ledger().empty_reports.len(), 2);
    // Rows mean nothing here.
    sandbox.inject(Fault::new(Effect::ShuffledRows).at(Place::None));
    assert_eq!(post(&sandbox, NONE, &second, &none).await.status, 201);
    assert_eq!(sandbox.pending_faults(), 0);
}

#[tokio::test]
async fn a_request_that_would_be_refused_anyway_uses_up_no_fault() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::Status(500)).after(1));
    let body = report(&sandbox, &["4711"]);
    assert_eq!(post(&sandbox, NEW, "wrong", &body).await.status, 401);
    assert_eq!(post(&sandbox, NEW, &token, &Value::Null).await.status, 400);
    assert_eq!(post(&sandbox, NEW, &token, &body).await.status, 200);
    assert_eq!(post(&sandbox, NEW, &token, &body).await.status, 500);
    assert_eq!(post(&sandbox, NEW, &token, &body).await.status, 200);
}

#[tokio::test]
async fn faults_can_be_cleared() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::Html).always());
    let body = report(&sandbox, &["4711"]);
    for _ in 0..2 {
        let answer = post(&sandbox, NEW, &token, &body).await;
        assert!(answer.body.starts_with("<html>"));
    }
    assert_eq!(sandbox.pending_faults(), 1);
    sandbox.clear_faults();
    assert_eq!(post(&sandbox, NEW, &token, &body).await.rows().len(), 1);
}
