//! A client that writes and reads bytes.

use careflex_core::secrecy::ExposeSecret as _;
use careflex_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json;charset=UTF-8");
pub(crate) const NEW: &str = "/rest/incident/new";
pub(crate) const NONE: &str = "/rest/incident/none";
pub(crate) const COMPANY: &str = "09ce3580d84bf087";

/// An answer, as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Splits an answer; `None` if the connection was closed without a single byte.
    pub(crate) fn split(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Self {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The rows of an answer to `incident/new`.
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.json()["incidentResponseList"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The row numbers of an answer to `incident/new`.
    pub(crate) fn row_numbers(&self) -> Vec<u64> {
        let number = |row: &Value| row["rowNumber"].as_u64().unwrap();
        self.rows().iter().map(number).collect()
    }
}

/// A request as bytes, which asks to close the connection.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    text
}

/// Writes bytes to a new connection, and reads until it is closed.
pub(crate) async fn exchange(sandbox: &Sandbox, bytes: &[u8]) -> String {
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    connection.write_all(bytes).await.unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).await.unwrap();
    text
}

/// Reads until the connection is closed, by a reset too: that is what a client sees of bytes that the
/// sandbox has not read.
pub(crate) async fn read_to_close(connection: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(error) = connection.read_to_end(&mut bytes).await {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    bytes
}

/// Reads one answer, whose head tells its length, and leaves the connection open.
pub(crate) async fn read_answer(connection: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    loop {
        bytes.push(connection.read_u8().await.unwrap());
        if bytes.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let mut answer = Answer::split(&String::from_utf8(bytes).unwrap()).unwrap();
    let length = answer.header("content-length").unwrap().parse().unwrap();
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.unwrap();
    answer.body = String::from_utf8(body).unwrap();
    answer
}

/// Sends a request, which may be cut.
pub(crate) async fn try_send(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Answer> {
    let request = request(method, path, headers, body);
    Answer::split(&exchange(sandbox, request.as_bytes()).await)
}

/// Sends a request that must be answered.
pub(crate) async fn send(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    try_send(sandbox, method, path, headers, body)
        .await
        .unwrap()
}

/// Posts JSON with an access token; the request may be cut.
pub(crate) async fn try_post(
    sandbox: &Sandbox,
    path: &str,
    token: &str,
    body: &Value,
) -> Option<Answer> {
    let bearer = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", &bearer)];
    try_send(sandbox, "POST", path, &headers, &body.to_string()).await
}

/// Posts JSON with an access token.
pub(crate) async fn post(sandbox: &Sandbox, path: &str, token: &str, body: &Value) -> Answer {
    try_post(sandbox, path, token, body).await.unwrap()
}

/// A request with an access token as bytes, which keeps the connection open.
pub(crate) fn kept_alive(path: &str, token: &str, body: &Value) -> String {
    let bearer = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", &*bearer)];
    request("POST", path, &headers, &body.to_string()).replace("Connection: close\r\n", "")
}

/// The right body for a token.
pub(crate) fn grant(sandbox: &Sandbox) -> String {
    let credentials = sandbox.credentials();
    json!({
        "grant_type": "password",
        "username": credentials.service_user.expose_secret(),
        "password": credentials.service_secret.expose_secret(),
    })
    .to_string()
}

/// Asks for a token with the right credentials; the request may be cut.
pub(crate) async fn try_token(sandbox: &Sandbox) -> Option<Answer> {
    try_send(sandbox, "POST", "/oauth/token", &[JSON], &grant(sandbox)).await
}

/// A valid access token.
pub(crate) async fn token(sandbox: &Sandbox) -> String {
    let answer = try_token(sandbox).await.unwrap();
    assert_eq!(answer.status, 200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// A report with one incident, without master data, for each employee.
pub(crate) fn report(sandbox: &Sandbox, employees: &[&str]) -> Value {
    let incidents = employees.iter().map(|employee| {
        json!({
            "type": "WIK",
            "employeeId": employee,
            "createdAt": "2026-11-20",
            "validFrom": "2026-12-01",
        })
    });
    json!({
        "careflexId": COMPANY,
        "apiToken": sandbox.credentials().api_token.expose(),
        "incidentList": incidents.collect::<Vec<_>>(),
    })
}

/// An empty report.
pub(crate) fn none_report(sandbox: &Sandbox) -> Value {
    json!({
        "careflexId": COMPANY,
        "apiToken": sandbox.credentials().api_token.expose(),
        "createdAt": "2026-11-20",
    })
}

/// The employees that were booked, in the order of booking.
pub(crate) fn booked(sandbox: &Sandbox) -> Vec<String> {
    sandbox
        .ledger()
        .bookings
        .iter()
        .map(|booking| booking.incident.employee_id.to_string())
        .collect()
}
