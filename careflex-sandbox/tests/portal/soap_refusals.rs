//! EP2: what is refused as a whole, always with a fault.

use careflex_core::secrecy::ExposeSecret as _;
use careflex_sandbox::Sandbox;

use crate::raw::{COMPANY, JSON, booked, report, send, token};
use crate::xml::{
    SOAP, XML, assert_fault, envelope, post_xml, rows, soap_none_report, soap_report,
};

async fn started() -> (Sandbox, String) {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    (sandbox, token)
}

#[tokio::test]
async fn a_report_holds_1_to_100_incidents() {
    let (sandbox, token) = started().await;
    for incidents in [0, 101, 150] {
        let body = soap_report(&sandbox, &vec!["planted"; incidents]);
        let answer = post_xml(&sandbox, &token, &body).await;
        assert_fault(&answer, 500, "SOAP-ENV:Client");
    }
    for incidents in [1, 100] {
        let body = soap_report(&sandbox, &vec!["4711"; incidents]);
        let answer = post_xml(&sandbox, &token, &body).await;
        assert_eq!(rows(&answer.body).len(), incidents);
    }
    assert_eq!(booked(&sandbox).len(), 101);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_and_not_quoted() {
    let (sandbox, token) = started().await;
    let right = soap_report(&sandbox, &["planted"]);
    let none = soap_none_report(&sandbox);
    let other = "http://planted.example/";
    for body in [
        String::new(),
        "planted".to_owned(),
        report(&sandbox, &["planted"]).to_string(),
        right.replace("</incidentList>", ""),
        right[..right.len() - 20].to_owned(),
        right.replace("http://n4.de/careflex/2.0", other),
        right.replace("http://schemas.xmlsoap.org/soap/envelope/", other),
        right.replace("careflexId>", "planted>"),
        right.replace(COMPANY, "planted planted"),
        right.replace("NewIncidentRequest", "OtherRequest"),
        none.replace("http://n4.de/careflex", other),
        none.replace("2026-11-20", "planted"),
        envelope(""),
    ] {
        let answer = post_xml(&sandbox, &token, &body).await;
        assert_fault(&answer, 500, "SOAP-ENV:Client");
        assert!(!answer.body.contains("planted"), "{}", answer.body);
        let api_token = sandbox.credentials().api_token.expose();
        assert!(!answer.body.contains(api_token), "{}", answer.body);
    }
    let ledger = sandbox.ledger();
    assert!(ledger.bookings.is_empty() && ledger.empty_reports.is_empty());
    // A date that makes no sense leaves the operation open.
    assert_eq!((ledger.requests, ledger.none_requests), (13, 0));
}

#[tokio::test]
async fn only_the_valid_token_lets_in() {
    let (sandbox, token) = started().await;
    let body = soap_report(&sandbox, &["4711"]);
    let bearer = format!("Bearer {token}");
    let other_bytes = bearer.replace('§', "?");
    for header in [None, Some(""), Some(&*token), Some(&*other_bytes)] {
        let mut headers = vec![XML];
        headers.extend(header.map(|value| ("Authorization", value)));
        let answer = send(&sandbox, "POST", SOAP, &headers, &body).await;
        assert_fault(&answer, 401, "SOAP-ENV:Client");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let random = token.split('%').next().unwrap();
        assert!(!answer.body.contains(random));
    }
    let none = soap_none_report(&sandbox);
    let answer = post_xml(&sandbox, "wrong", &none).await;
    assert_fault(&answer, 401, "SOAP-ENV:Client");
    let ledger = sandbox.ledger();
    assert_eq!((ledger.requests, ledger.none_requests), (4, 1));
    assert_eq!(ledger.refused_unauthenticated, 5);
    assert!(ledger.bookings.is_empty() && ledger.empty_reports.is_empty());
    assert_eq!(post_xml(&sandbox, &token, &body).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_xml_is_refused() {
    let (sandbox, token) = started().await;
    let bearer = format!("Bearer {token}");
    let body = soap_report(&sandbox, &["4711"]);
    for (content_type, is_right) in [
        (None, false),
        (Some(JSON.1), false),
        (Some("application/xml"), false),
        (Some("application/soap+xml;charset=UTF-8"), false),
        (Some("text/xml;charset=ISO-8859-1"), false),
        (Some("text/xml"), true),
        (Some("Text/XML; charset=\"utf-8\""), true),
    ] {
        let mut headers = vec![("Authorization", &*bearer)];
        headers.extend(content_type.map(|value| ("Content-Type", value)));
        let answer = send(&sandbox, "POST", SOAP, &headers, &body).await;
        if is_right {
            assert_eq!(answer.status, 200);
        } else {
            assert_fault(&answer, 415, "SOAP-ENV:Client");
        }
    }
    assert_eq!(booked(&sandbox).len(), 2);
}

#[tokio::test]
async fn the_token_is_checked_before_the_content_type_and_that_before_the_body() {
    let (sandbox, token) = started().await;
    let bearer = format!("Bearer {token}");
    let right = ("Authorization", &*bearer);
    let wrong = ("Authorization", "Bearer wrong");
    for (headers, status) in [
        ([wrong, JSON], 401),
        ([wrong, XML], 401),
        ([right, JSON], 415),
        ([right, XML], 500),
    ] {
        let answer = send(&sandbox, "POST", SOAP, &headers, "nonsense").await;
        assert_fault(&answer, status, "SOAP-ENV:Client");
    }
    assert_eq!(sandbox.ledger().requests, 4);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_a_fault() {
    let sandbox = Sandbox::builder().body_limit(1_000).start().await.unwrap();
    let token = token(&sandbox).await;
    let body = soap_report(&sandbox, &["4711"]);
    for (length, is_right) in [(1_000, true), (1_001, false), (4_000_000, false)] {
        let padded = body.clone() + &" ".repeat(length - body.len());
        let answer = post_xml(&sandbox, &token, &padded).await;
        if is_right {
            assert_eq!(answer.status, 200);
        } else {
            assert_fault(&answer, 413, "SOAP-ENV:Client");
        }
    }
    assert_eq!(booked(&sandbox).len(), 1);
    assert_eq!(sandbox.ledger().requests, 3);
}

#[tokio::test]
async fn other_methods_are_refused() {
    let (sandbox, token) = started().await;
    let bearer = format!("Bearer {token}");
    let headers = [XML, ("Authorization", &*bearer)];
    let body = soap_report(&sandbox, &["4711"]);
    for (method, path) in [
        ("GET", "/soap"),
        ("GET", "/soap?other"),
        ("PUT", "/soap"),
        ("DELETE", "/soap?wsdl"),
    ] {
        let answer = send(&sandbox, method, path, &headers, &body).await;
        assert_fault(&answer, 405, "SOAP-ENV:Client");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    let answer = send(&sandbox, "POST", "/soap/", &headers, &body).await;
    assert_eq!(answer.status, 404);
    assert_eq!(sandbox.ledger().requests, 0);
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn debug_and_faults_show_no_secret() {
    let (sandbox, token) = started().await;
    let bearer = format!("Bearer {token}");
    let credentials = sandbox.credentials().clone();
    let body = soap_report(&sandbox, &["planted"]).replace("WIK", "");
    let mut shown = format!("{sandbox:?}");
    for headers in [
        vec![XML],
        vec![("Authorization", &*bearer)],
        vec![XML, ("Authorization", &*bearer)],
    ] {
        let broken = send(&sandbox, "POST", SOAP, &headers, &body[..body.len() - 1]).await;
        shown.push_str(&broken.head);
        shown.push_str(&broken.body);
    }
    post_xml(&sandbox, &token, &body).await;
    assert_eq!(sandbox.ledger().refused.len(), 1);
    shown.push_str(&format!("{:#?}", sandbox.ledger()));
    for secret in [
        &*token,
        credentials.service_secret.expose_secret(),
        credentials.api_token.expose(),
        "planted",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
