//! Answers that are not what the client hopes for: what comes over the wire, and what was booked.

use std::sync::Arc;
use std::time::Duration;

use careflex_core::ManualClock;
use careflex_sandbox::{Effect, Fault, OwnAnswer, Place, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::raw::{
    Answer, JSON, NEW, NONE, booked, exchange, grant, kept_alive, none_report, post, read_to_close,
    report, request, token, try_token,
};

/// Head and body of the answer to the next report of employee `Jürgen€`, which is struck.
async fn answer_bytes(sandbox: &Sandbox, effect: Effect) -> (String, Vec<u8>) {
    let token = token(sandbox).await;
    sandbox.inject(Fault::new(effect));
    let bytes = kept_alive(NEW, &token, &report(sandbox, &["Jürgen€"]));
    let bytes = bytes.replacen("Host:", "Connection: close\r\nHost:", 1);
    split(&send_bytes(sandbox, &bytes).await)
}

async fn send_bytes(sandbox: &Sandbox, bytes: &str) -> Vec<u8> {
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    connection.write_all(bytes.as_bytes()).await.unwrap();
    read_to_close(&mut connection).await
}

fn split(answer: &[u8]) -> (String, Vec<u8>) {
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head, answer[end..].to_vec())
}

fn own(status: u16, content_type: &str, body: &str) -> Effect {
    Effect::Answer(OwnAnswer::new(status, content_type, body))
}

#[tokio::test]
async fn retry_after_can_be_a_date_by_the_clock_of_the_sandbox() {
    let clock = Arc::new(ManualClock::new());
    let builder = Sandbox::builder().clock(clock.clone());
    let sandbox = builder.start().await.unwrap();
    let token = token(&sandbox).await;
    clock.advance(Duration::from_secs(60));
    let seven = Duration::from_secs(7);
    for (effect, status, date) in [
        (
            Effect::BusyUntil(seven),
            503,
            Some("Thu, 01 Jan 2026 00:01:07 GMT"),
        ),
        (
            Effect::TooManyRequestsUntil(seven),
            429,
            Some("Thu, 01 Jan 2026 00:01:07 GMT"),
        ),
        // No date is so late.
        (Effect::BusyUntil(Duration::MAX), 503, None),
        (Effect::BusyUntil(Duration::from_secs(1 << 40)), 503, None),
    ] {
        sandbox.inject(Fault::new(effect));
        let answer = post(&sandbox, NEW, &token, &report(&sandbox, &["4711"])).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("retry-after"), date);
    }
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn garbage_is_neither_json_nor_utf_8() {
    let sandbox = Sandbox::start().await.unwrap();
    let (head, body) = answer_bytes(&sandbox, Effect::Garbage).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(head.contains("content-type: application/json;charset=UTF-8\r\n"));
    assert!(std::str::from_utf8(&body).is_err());
    let lossy = String::from_utf8_lossy(&body);
    assert!(serde_json::from_str::<serde_json::Value>(&lossy).is_err());
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn a_redirect_names_another_host() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    for (url, location) in [
        ("https://other.example/x", Some("https://other.example/x")),
        ("no\nheader", None),
    ] {
        sandbox.inject(Fault::new(Effect::Redirect(url.to_owned())));
        let answer = post(&sandbox, NEW, &token, &report(&sandbox, &["4711"])).await;
        assert_eq!(answer.status, 307);
        assert_eq!(answer.header("location"), location);
    }
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn an_answer_of_ones_own_comes_as_it_is() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    for (effect, status, content_type, body) in [
        (
            own(418, "text/x; a=b", "nonsense"),
            418,
            Some("text/x; a=b"),
            "nonsense",
        ),
        (own(200, "", ""), 200, None, ""),
        (own(7, "no\nheader", "x"), 500, None, "x"),
    ] {
        sandbox.inject(Fault::new(effect));
        let answer = post(&sandbox, NEW, &token, &report(&sandbox, &["4711"])).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-type"), content_type);
        assert_eq!(answer.body, body);
    }
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn what_is_answered_otherwise_can_be_booked_all_the_same() {
    let sandbox = Sandbox::start().await.unwrap();
    let valid = token(&sandbox).await;
    let effects = [
        (Effect::Status(502), 502),
        (Effect::Busy { retry_after: None }, 503),
        (Effect::BusyUntil(Duration::ZERO), 503),
        (Effect::TooManyRequests { retry_after: None }, 429),
        (Effect::TooManyRequestsUntil(Duration::ZERO), 429),
        (Effect::Redirect("https://other.example/".to_owned()), 307),
        (Effect::Html, 200),
        (own(200, "application/json", "[]"), 200),
    ];
    let body = report(&sandbox, &["4711"]);
    for (index, (effect, status)) in effects.into_iter().enumerate() {
        sandbox.inject(Fault::new(effect).booked());
        let answer = post(&sandbox, NEW, &valid, &body).await;
        assert_eq!(answer.status, status);
        assert!(!answer.body.contains("importId"));
        assert_eq!(booked(&sandbox).len(), index + 1);
    }
    let before = booked(&sandbox).len();
    let fault = Fault::new(Effect::Garbage).booked().at(Place::None);
    sandbox.inject(fault);
    let bytes = kept_alive(NONE, &valid, &none_report(&sandbox));
    let bytes = bytes.replacen("Host:", "Connection: close\r\nHost:", 1);
    let (head, _) = split(&send_bytes(&sandbox, &bytes).await);
    assert!(head.starts_with("HTTP/1.1 200 "));
    assert_eq!(sandbox.ledger().empty_reports.len(), 1);

    // A token that is issued and never told ends the validity of the older ones.
    sandbox.inject(Fault::new(Effect::Html).booked().at(Place::Token));
    assert!(
        try_token(&sandbox)
            .await
            .unwrap()
            .body
            .starts_with("<html>")
    );
    assert_eq!(sandbox.ledger().tokens_issued, 2);
    assert_eq!(post(&sandbox, NEW, &valid, &body).await.status, 401);

    // It means nothing where nothing can be booked, or is anyway.
    let valid = token(&sandbox).await;
    for effect in [Effect::Unauthorized, Effect::CutBeforeReading] {
        sandbox.inject(Fault::new(effect).booked());
        crate::raw::try_post(&sandbox, NEW, &valid, &body).await;
    }
    assert_eq!(booked(&sandbox).len(), before);
}

#[tokio::test]
async fn the_right_answer_comes_with_the_wrong_type() {
    let sandbox = Sandbox::start().await.unwrap();
    let (head, body) = answer_bytes(&sandbox, Effect::WrongContentType).await;
    assert!(head.contains("content-type: text/plain;charset=UTF-8\r\n"));
    assert!(String::from_utf8(body).unwrap().contains("Jürgen€"));
    assert_eq!(booked(&sandbox), ["Jürgen€"]);
}

#[tokio::test]
async fn the_right_answer_comes_in_another_charset() {
    let sandbox = Sandbox::start().await.unwrap();
    let (head, body) = answer_bytes(&sandbox, Effect::Latin1).await;
    assert!(head.contains("content-type: application/json;charset=ISO-8859-1\r\n"));
    assert!(body.windows(8).any(|bytes| bytes == b"J\xFCrgen?\""));
    assert!(std::str::from_utf8(&body).is_err());

    let (head, body) = answer_bytes(&sandbox, Effect::Utf16).await;
    assert!(head.contains("content-type: application/json;charset=UTF-16\r\n"));
    let units: Vec<u16> = body
        .chunks(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    let text = String::from_utf16(&units).unwrap();
    let json: serde_json::Value =
        serde_json::from_str(text.strip_prefix('\u{FEFF}').unwrap()).unwrap();
    assert_eq!(json["incidentResponseList"][0]["employeeId"], "Jürgen€");

    let (head, body) = answer_bytes(&sandbox, Effect::ByteOrderMark).await;
    assert!(head.contains("content-type: application/json;charset=UTF-8\r\n"));
    assert!(body.starts_with(b"\xEF\xBB\xBF{"));
    assert_eq!(booked(&sandbox).len(), 3);
}

#[tokio::test]
async fn an_access_token_comes_in_latin_1() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::new(Effect::Latin1).at(Place::Token));
    let bytes = request("POST", "/oauth/token", &[JSON], &grant(&sandbox));
    let (_, body) = split(&send_bytes(&sandbox, &bytes).await);
    assert!(body.windows(2).any(|bytes| bytes == b"%\xA7"));
    assert_eq!(sandbox.ledger().tokens_issued, 1);
}

#[tokio::test]
async fn where_the_answer_has_no_body_there_is_nothing_to_spoil() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let effects = [
        Effect::WrongContentType,
        Effect::Latin1,
        Effect::Utf16,
        Effect::ByteOrderMark,
        Effect::CutAnswer(0),
        Effect::MixedUpRows(vec![0]),
        Effect::ExpiresAfter(0),
    ];
    for effect in effects {
        sandbox.inject(Fault::new(effect).at(Place::None));
        let answer = post(&sandbox, NONE, &token, &none_report(&sandbox)).await;
        assert_eq!((answer.status, &*answer.body), (201, ""));
        assert_eq!(answer.header("content-type"), None);
    }
    assert_eq!(sandbox.ledger().empty_reports.len(), 7);
    assert_eq!(sandbox.pending_faults(), 0);
}

#[tokio::test]
async fn an_answer_as_http_1_0_closes_the_connection() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    for (path, place, body, status) in [
        (NEW, Place::New, report(&sandbox, &["4711"]), "200 OK"),
        (NONE, Place::None, none_report(&sandbox), "201 Created"),
    ] {
        sandbox.inject(Fault::new(Effect::Http10).at(place));
        // It is closed although the client would keep it open: the text ends.
        let text = exchange(&sandbox, kept_alive(path, &token, &body).as_bytes()).await;
        assert!(
            text.starts_with(&format!("HTTP/1.0 {status}\r\n")),
            "{text}"
        );
        let answer = Answer::split(&text).unwrap();
        assert_eq!(answer.header("transfer-encoding"), None);
        let length = answer.header("content-length").unwrap().parse::<usize>();
        assert_eq!(length.unwrap(), answer.body.len());
    }
    assert_eq!(booked(&sandbox), ["4711"]);
    assert_eq!(sandbox.ledger().empty_reports.len(), 1);
}

#[tokio::test]
async fn an_endless_body_goes_on_until_the_client_goes() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    for (path, place, body, begin) in [
        (
            NEW,
            Place::New,
            report(&sandbox, &["4711"]),
            "HTTP/1.1 200 OK\r\n",
        ),
        (
            NONE,
            Place::None,
            none_report(&sandbox),
            "HTTP/1.1 201 Created\r\n",
        ),
    ] {
        let effect = Effect::EndlessBody(Duration::ZERO);
        sandbox.inject(Fault::new(effect).at(place));
        let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
        let bytes = kept_alive(path, &token, &body);
        connection.write_all(bytes.as_bytes()).await.unwrap();
        let mut text = String::new();
        // One space a chunk, and another, and another.
        while !text.ends_with(&"1\r\n \r\n".repeat(3)) {
            text.push(char::from(connection.read_u8().await.unwrap()));
        }
        assert!(text.starts_with(begin), "{text}");
        let answer = Answer::split(&text).unwrap();
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        assert_eq!(answer.header("content-length"), None);
    }
    assert_eq!(booked(&sandbox), ["4711"]);
    assert_eq!(sandbox.ledger().empty_reports.len(), 1);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn an_oversized_body_holds_the_right_answer_at_its_end() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    for (path, place, body, end) in [
        (NEW, Place::New, report(&sandbox, &["4711"]), "}]}"),
        (NONE, Place::None, none_report(&sandbox), " "),
    ] {
        for size in [0, 16_383, 100_000] {
            sandbox.inject(Fault::new(Effect::OversizedBody(size)).at(place));
            let answer = post(&sandbox, path, &token, &body).await;
            assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
            let text = unchunk(&answer.body);
            assert!(text.len() as u64 > size);
            assert_eq!(text.len() - text.trim_start().len(), size as usize + 1);
            assert!(text.ends_with(end));
        }
    }
    assert_eq!(booked(&sandbox).len(), 3);
    assert_eq!(sandbox.ledger().empty_reports.len(), 3);
}

/// The text of a body in chunks, which must be whole.
fn unchunk(mut body: &str) -> String {
    let mut text = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n").unwrap();
        let (chunk, rest) = rest.split_at(usize::from_str_radix(length, 16).unwrap());
        body = rest.strip_prefix("\r\n").unwrap();
        if chunk.is_empty() {
            return text;
        }
        text.push_str(chunk);
    }
}
