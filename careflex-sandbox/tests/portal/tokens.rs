//! EP1: issuing access tokens and ending their validity.

use std::sync::Arc;
use std::time::Duration;

use careflex_core::ManualClock;
use careflex_core::secrecy::ExposeSecret as _;
use careflex_sandbox::{Credentials, Sandbox};

use crate::raw::{JSON, NEW, grant, post, report, send, token, try_token};

const HALF_A_DAY: Duration = Duration::from_secs(43_200);

async fn with_clock() -> (Sandbox, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let sandbox = Sandbox::builder().clock(clock.clone()).start().await;
    (sandbox.unwrap(), clock)
}

async fn status_with(sandbox: &Sandbox, token: &str) -> u16 {
    post(sandbox, NEW, token, &report(sandbox, &["4711"]))
        .await
        .status
}

#[tokio::test]
async fn the_answer_has_the_documented_form() {
    let (sandbox, clock) = with_clock().await;
    clock.advance(Duration::from_secs(5));
    let answer = try_token(&sandbox).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json;charset=UTF-8")
    );
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.body,
        // The clock starts with the year 2026.
        format!(
            r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":43200,"created_at":1767225605}}"#
        )
    );
}

#[tokio::test]
async fn every_token_holds_a_percent_sign_and_a_character_that_is_not_ascii() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut tokens = Vec::new();
    for _ in 0..5 {
        let token = token(&sandbox).await;
        assert!(token.contains('%') && token.contains('§'), "{token}");
        assert!(!tokens.contains(&token));
        tokens.push(token);
    }
    assert_eq!(status_with(&sandbox, &tokens[4]).await, 200);
}

#[tokio::test]
async fn a_new_token_ends_the_validity_of_all_older_ones() {
    let sandbox = Sandbox::start().await.unwrap();
    let first = token(&sandbox).await;
    assert_eq!(status_with(&sandbox, &first).await, 200);
    let second = token(&sandbox).await;
    assert_eq!(status_with(&sandbox, &first).await, 401);
    assert_eq!(status_with(&sandbox, &second).await, 200);
    sandbox.revoke_tokens();
    assert_eq!(status_with(&sandbox, &second).await, 401);
    assert_eq!(sandbox.ledger().refused_unauthenticated, 2);
}

#[tokio::test]
async fn a_token_expires_by_the_clock() {
    let (sandbox, clock) = with_clock().await;
    let token = token(&sandbox).await;
    clock.advance(HALF_A_DAY - Duration::from_secs(1));
    assert_eq!(status_with(&sandbox, &token).await, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(status_with(&sandbox, &token).await, 401);
}

#[tokio::test]
async fn the_validity_can_be_set() {
    let clock = Arc::new(ManualClock::new());
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .token_validity(Duration::from_millis(2_500))
        .start()
        .await
        .unwrap();
    assert_eq!(try_token(&sandbox).await.unwrap().json()["expires_in"], 2);
    let token = token(&sandbox).await;
    clock.advance(Duration::from_secs(2));
    assert_eq!(status_with(&sandbox, &token).await, 401);
}

#[tokio::test]
async fn a_validity_beyond_all_clocks_never_ends() {
    let (clock, validity) = (Arc::new(ManualClock::new()), Duration::MAX);
    let builder = Sandbox::builder().clock(clock.clone());
    let sandbox = builder.token_validity(validity).start().await.unwrap();
    let token = token(&sandbox).await;
    clock.advance(HALF_A_DAY);
    assert_eq!(status_with(&sandbox, &token).await, 200);
}

#[tokio::test]
async fn wrong_requests_get_no_token_and_harm_no_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let valid = token(&sandbox).await;
    let right = grant(&sandbox);
    let user = sandbox.credentials().service_user.expose_secret();
    let secret = sandbox.credentials().service_secret.expose_secret();
    let grant_type = |other: &str| right.replace("\"password\",", &format!("{other},"));
    for (content_type, body, status) in [
        (JSON.1, right.replace(user, "planted"), 401),
        (JSON.1, right.replace(secret, "planted"), 401),
        (JSON.1, grant_type("\"planted\""), 400),
        (JSON.1, grant_type("{\"planted\":1}"), 400),
        (JSON.1, "planted".to_owned(), 400),
        (JSON.1, String::new(), 400),
        ("application/x-www-form-urlencoded", right.clone(), 415),
        ("application/json;charset=UTF-16", right.clone(), 415),
    ] {
        let headers = [("Content-Type", content_type)];
        let answer = send(&sandbox, "POST", "/oauth/token", &headers, &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.json()["message"].is_string());
        assert!(!answer.body.contains("planted"), "{answer:?}");
    }
    assert_eq!(status_with(&sandbox, &valid).await, 200);
    let ledger = sandbox.ledger();
    assert_eq!((ledger.token_requests, ledger.tokens_issued), (9, 1));
}

#[tokio::test]
async fn the_credentials_can_be_set() {
    let credentials = Credentials::new("user", "secret", "api-token".parse().unwrap());
    let builder = Sandbox::builder().credentials(credentials);
    let sandbox = builder.start().await.unwrap();
    let body = r#"{"grant_type":"password","username":"user","password":"secret","more":1}"#;
    let answer = send(&sandbox, "POST", "/oauth/token", &[JSON], body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(sandbox.credentials().api_token.expose(), "api-token");
}
