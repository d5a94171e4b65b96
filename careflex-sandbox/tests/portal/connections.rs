//! Listening, keeping connections, large bodies, and ending.

use std::net::{Ipv4Addr, SocketAddr};

use careflex_core::secrecy::ExposeSecret as _;
use careflex_sandbox::{Effect, Fault, Gate, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::raw::{JSON, NEW, booked, exchange, grant, post, report, request, send, token};

#[tokio::test]
async fn it_listens_on_a_free_port_of_the_loopback_address() {
    let sandbox = Sandbox::start().await.unwrap();
    let other = Sandbox::start().await.unwrap();
    let address = sandbox.local_addr();
    assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
    assert_ne!(address, other.local_addr());
    assert_eq!(sandbox.token_url(), format!("http://{address}/oauth/token"));
    assert_eq!(sandbox.soap_url(), format!("http://{address}/soap"));
    assert_eq!(sandbox.rest_url(), format!("http://{address}/rest"));
    // Each has its own credentials and tokens.
    let token = token(&sandbox).await;
    let answer = post(&other, NEW, &token, &report(&other, &["4711"])).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn the_address_can_be_set_and_a_taken_one_is_an_error() {
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let sandbox = Sandbox::builder().bind(any).start().await.unwrap();
    let taken = Sandbox::builder().bind(sandbox.local_addr()).start().await;
    assert_eq!(taken.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let last = request("POST", "/oauth/token", &[JSON], &grant(&sandbox));
    let first = last.replace("Connection: close\r\n", "");
    let answers = exchange(&sandbox, format!("{first}{last}").as_bytes()).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
    assert_eq!(sandbox.ledger().tokens_issued, 2);
}

#[tokio::test]
async fn a_body_in_chunks_is_read() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = grant(&sandbox);
    let (begin, end) = body.split_at(10);
    let bytes = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\na\r\n{begin}\r\n{:x}\r\n{end}\r\n0\r\n\r\n",
        end.len()
    );
    let answer = exchange(&sandbox, bytes.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_answer_arrives() {
    let sandbox = Sandbox::builder().body_limit(1_000).start().await.unwrap();
    let token = token(&sandbox).await;
    let bearer = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", &*bearer)];
    let body = report(&sandbox, &["4711"]).to_string();
    for (length, status) in [(1_000, 200), (1_001, 413), (4_000_000, 413)] {
        let padded = body.clone() + &" ".repeat(length - body.len());
        let answer = send(&sandbox, "POST", NEW, &headers, &padded).await;
        assert_eq!(answer.status, status, "{length}");
    }
    assert_eq!(booked(&sandbox).len(), 1);
    assert_eq!(sandbox.ledger().requests, 3);
}

#[tokio::test]
async fn a_refusal_arrives_although_the_body_is_large() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = " ".repeat(4_000_000);
    for (path, status) in [(NEW, 401), ("/", 404)] {
        let answer = send(&sandbox, "POST", path, &[JSON], &body).await;
        assert_eq!(answer.status, status, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_http_ends_its_connection_only() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = exchange(&sandbox, b"Mustermann\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    token(&sandbox).await;
}

#[tokio::test]
async fn shutdown_closes_the_port_and_all_connections() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.local_addr();
    let token = token(&sandbox).await;
    let gate = Gate::closed();
    sandbox.inject(Fault::new(Effect::Hold(gate.clone())));
    let bearer = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", &*bearer)];
    let body = report(&sandbox, &["4711"]).to_string();
    let mut held = TcpStream::connect(address).await.unwrap();
    let bytes = request("POST", NEW, &headers, &body);
    held.write_all(bytes.as_bytes()).await.unwrap();
    gate.arrived(1).await;

    sandbox.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
    let mut answer = Vec::new();
    held.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty());
}

#[tokio::test]
async fn dropping_it_closes_the_port() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.local_addr();
    let mut idle = TcpStream::connect(address).await.unwrap();
    drop(sandbox);
    // The connection ends when the sandbox is really gone.
    let mut nothing = Vec::new();
    let _ = idle.read_to_end(&mut nothing).await;
    assert!(nothing.is_empty());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn debug_shows_no_secret_and_nothing_personal() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    let mut body = report(&sandbox, &["planted-1", "planted-2"]);
    body["incidentList"][0]["externalId"] = "planted-3".into();
    body["incidentList"][1]["validFrom"] = "planted-4".into();
    post(&sandbox, NEW, &token, &body).await;
    sandbox.inject(Fault::new(Effect::Status(500)));
    let ledger = sandbox.ledger();
    assert_eq!((ledger.bookings.len(), ledger.refused.len()), (1, 1));

    let credentials = sandbox.credentials().clone();
    let builder = Sandbox::builder().credentials(credentials.clone());
    let shown = format!("{sandbox:?} {ledger:#?} {credentials:?} {builder:?}");
    for secret in [
        &*token,
        credentials.service_user.expose_secret(),
        credentials.service_secret.expose_secret(),
        credentials.api_token.expose(),
        "planted",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
