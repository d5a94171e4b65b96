//! Connections that end too early: what the client sees, and what was booked in truth.

use careflex_sandbox::{Effect, Fault, Place, Sandbox};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::raw::{
    Answer, JSON, NEW, NONE, booked, exchange, grant, kept_alive, none_report, post, read_answer,
    read_to_close, report, request, token, try_post, try_token,
};

/// A path with the place of its faults.
const DOORS: [(&str, Place); 3] = [
    ("/oauth/token", Place::Token),
    (NEW, Place::New),
    (NONE, Place::None),
];

/// How many requests have come to all doors.
fn requests(sandbox: &Sandbox) -> u64 {
    let ledger = sandbox.ledger();
    ledger.requests + ledger.none_requests + ledger.token_requests
}

#[tokio::test]
async fn a_cut_before_reading_needs_no_more_than_the_head() {
    for (path, place) in DOORS {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.inject(Fault::new(Effect::CutBeforeReading).at(place));
        let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
        // No body comes, no token and no right type: all that is not looked at.
        let head = format!("POST {path} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 9\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        assert!(read_to_close(&mut connection).await.is_empty());
        assert_eq!(sandbox.pending_faults(), 0);
        assert_eq!(requests(&sandbox), 1);
    }
}

#[tokio::test]
async fn a_cut_before_reading_strikes_only_a_post_to_its_place() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::new(Effect::CutBeforeReading));
    for (method, path) in [("GET", NEW), ("POST", "/"), ("POST", NONE)] {
        let bytes = request(method, path, &[], "");
        assert!(
            exchange(&sandbox, bytes.as_bytes())
                .await
                .starts_with("HTTP/1.1 4")
        );
    }
    assert_eq!(sandbox.pending_faults(), 1);
}

#[tokio::test]
async fn a_large_body_that_is_not_read_is_cut_off() {
    const MEGABYTE: usize = 1 << 20;
    let sandbox = Sandbox::start().await.unwrap();
    for effect in [Effect::CutBeforeReading, Effect::CutWhileReading] {
        sandbox.inject(Fault::new(effect));
        let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
        let length = 64 * MEGABYTE;
        let head = format!("POST {NEW} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        // More than all buffers on the way hold.
        let mut written = 0;
        while connection.write_all(&[b' '; MEGABYTE]).await.is_ok() {
            written += MEGABYTE;
        }
        assert!(written < length);
        assert_eq!(sandbox.pending_faults(), 0);
    }
    assert_eq!(sandbox.ledger().requests, 2);
}

#[tokio::test]
async fn a_cut_while_reading_waits_for_half_of_the_body() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::CutWhileReading));
    let bytes = kept_alive(NEW, &token, &report(&sandbox, &["4711"]));
    let body_begins = bytes.find("\r\n\r\n").unwrap() + 4;
    let half = body_begins + (bytes.len() - body_begins).div_ceil(2);
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    connection.set_nodelay(true).unwrap();
    connection
        .write_all(&bytes.as_bytes()[..half - 1])
        .await
        .unwrap();
    // By another round trip the sandbox has had its turn. The connection is still open.
    crate::raw::token(&sandbox).await;
    let nothing = connection.try_read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    connection
        .write_all(&bytes.as_bytes()[half - 1..half])
        .await
        .unwrap();
    assert!(read_to_close(&mut connection).await.is_empty());
    assert!(booked(&sandbox).is_empty());
    assert_eq!(sandbox.ledger().requests, 1);
    assert_eq!(sandbox.pending_faults(), 0);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_cut_after_its_first_part() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::new(Effect::CutWhileReading).at(Place::Token));
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    let head = "POST /oauth/token HTTP/1.1\r\nHost: sandbox\r\nTransfer-Encoding: chunked\r\n\r\n";
    connection
        .write_all(format!("{head}1\r\n{{\r\n").as_bytes())
        .await
        .unwrap();
    assert!(read_to_close(&mut connection).await.is_empty());
    assert_eq!(sandbox.ledger().tokens_issued, 0);
}

#[tokio::test]
async fn a_connection_is_closed_when_it_is_used_again() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::CloseOnReuse));
    let bytes = kept_alive(NEW, &token, &report(&sandbox, &["4711"]));
    // The first request of a connection is served, however many there are.
    post(&sandbox, NEW, &token, &report(&sandbox, &["other"])).await;
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    connection.write_all(bytes.as_bytes()).await.unwrap();
    let answer = read_answer(&mut connection).await;
    assert_eq!((answer.status, answer.header("connection")), (200, None));
    assert_eq!(sandbox.pending_faults(), 1);

    let (head, _) = bytes.split_once("\r\n\r\n").unwrap();
    connection
        .write_all(format!("{head}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    assert!(read_to_close(&mut connection).await.is_empty());
    assert_eq!(booked(&sandbox), ["other", "4711"]);
    assert_eq!(sandbox.ledger().requests, 3);
    assert_eq!(sandbox.pending_faults(), 0);
}

#[tokio::test]
async fn only_reuse_for_the_same_place_counts() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::CloseOnReuse).at(Place::None).after(1));
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    let none = kept_alive(NONE, &token, &none_report(&sandbox));
    let new = kept_alive(NEW, &token, &report(&sandbox, &["4711"]));
    for (bytes, status) in [(&none, 201), (&new, 200), (&none, 201), (&new, 200)] {
        connection.write_all(bytes.as_bytes()).await.unwrap();
        assert_eq!(read_answer(&mut connection).await.status, status);
    }
    connection.write_all(none.as_bytes()).await.unwrap();
    assert!(read_to_close(&mut connection).await.is_empty());
    assert_eq!(sandbox.ledger().empty_reports.len(), 2);
}

#[tokio::test]
async fn faults_before_reading_come_before_all_others() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::Html));
    sandbox.inject(Fault::new(Effect::CutBeforeReading));
    let body = report(&sandbox, &["4711"]);
    assert!(try_post(&sandbox, NEW, &token, &body).await.is_none());
    let answer = post(&sandbox, NEW, &token, &body).await;
    assert!(answer.body.starts_with("<html>"));
}

#[tokio::test]
async fn an_answer_is_cut_within_its_body_after_booking() {
    for bytes in [0, 1, 20] {
        let sandbox = Sandbox::start().await.unwrap();
        let token = token(&sandbox).await;
        let body = report(&sandbox, &["4711"]);
        sandbox.inject(Fault::new(Effect::CutAnswer(bytes)));
        let text = exchange(&sandbox, kept_alive(NEW, &token, &body).as_bytes()).await;
        let answer = Answer::split(&text).unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("application/json;charset=UTF-8")
        );
        assert_eq!(answer.body.len(), bytes);
        assert!(r#"{"importId":""#.starts_with(&answer.body[..bytes.min(13)]));
        let whole = post(&sandbox, NEW, &token, &body).await.body;
        let announced = answer.header("content-length").unwrap().parse::<usize>();
        assert_eq!(announced.unwrap(), whole.len());
        assert_eq!(booked(&sandbox), ["4711", "4711"]);
    }
}

#[tokio::test]
async fn a_long_answer_is_cut_where_it_should_be() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let employees = ["4711"; 100];
    for bytes in [10_000, 1_000_000] {
        sandbox.inject(Fault::new(Effect::CutAnswer(bytes)));
        let request = kept_alive(NEW, &token, &report(&sandbox, &employees));
        let answer = exchange(&sandbox, request.as_bytes()).await;
        let answer = Answer::split(&answer).unwrap();
        let whole: usize = answer.header("content-length").unwrap().parse().unwrap();
        assert!(whole > 10_000);
        assert_eq!(answer.body.len(), bytes.min(whole));
    }
    assert_eq!(booked(&sandbox).len(), 200);
}

#[tokio::test]
async fn a_cut_answer_to_a_token_request_has_issued_the_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let old = token(&sandbox).await;
    sandbox.inject(Fault::new(Effect::CutAnswer(16)).at(Place::Token));
    let answer = try_token(&sandbox).await.unwrap();
    assert_eq!(answer.body, r#"{"access_token":"#);
    assert_eq!(sandbox.ledger().tokens_issued, 2);
    let body = report(&sandbox, &["4711"]);
    assert_eq!(post(&sandbox, NEW, &old, &body).await.status, 401);
}

#[tokio::test]
async fn a_cut_leaves_other_connections_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    let first = request("POST", "/oauth/token", &[JSON], &grant(&sandbox));
    let mut kept = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    let open = first.replace("Connection: close\r\n", "");
    kept.write_all(open.as_bytes()).await.unwrap();
    read_answer(&mut kept).await;
    sandbox.inject(Fault::new(Effect::CutBeforeReading).at(Place::Token));
    assert!(try_token(&sandbox).await.is_none());
    kept.write_all(open.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut kept).await.status, 200);
}
