//! A portal that costs as little as possible: a thread for each connection, and answers that are ready-made.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use careflex::Report;
use careflex::rest::json;

use crate::common::{EXTERNAL_ID, PER_REPORT, answer};

pub(crate) struct Server {
    address: SocketAddr,
}

impl Server {
    /// Serves until the process ends.
    pub(crate) fn start(reports: &[Report], answer_after: Duration) -> Self {
        let answers: Arc<[_]> = reports.iter().map(new_answer).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let answers = Arc::clone(&answers);
                thread::spawn(move || serve(stream.unwrap(), &answers, answer_after));
            }
        });
        Self { address }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

/// Answers one request after the other, until the client hangs up.
fn serve(mut stream: TcpStream, answers: &[Vec<u8>], answer_after: Duration) {
    stream.set_nodelay(true).unwrap();
    let token = with_head(br#"{"access_token":"token","expires_in":3600,"token_type":"bearer"}"#);
    let mut buffer = vec![0; 1 << 20];
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return,
            Ok(read) => filled += read,
        }
        // A client without pipelining sends nothing behind the request.
        if is_complete(&buffer[..filled]) {
            let answer = match report_number(&buffer[..filled]) {
                Some(number) => &answers[number],
                None => &token,
            };
            if !answer_after.is_zero() {
                thread::sleep(answer_after);
            }
            if stream.write_all(answer).is_err() {
                return;
            }
            filled = 0;
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let Some(head) = find(request, b"\r\n\r\n") else {
        return false;
    };
    let length = find(&request[..head], b"content-length: ").map(|at| number(&request[at..]));
    request.len() >= head + length.unwrap_or(0)
}

/// Told from the first incident.
fn report_number(request: &[u8]) -> Option<usize> {
    let key = find(request, EXTERNAL_ID.as_bytes())?;
    Some((number(&request[key..]) - 1) / PER_REPORT)
}

/// Where what comes behind a text begins.
fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let at = bytes.windows(text.len()).position(|part| part == text)?;
    Some(at + text.len())
}

fn number(bytes: &[u8]) -> usize {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

fn new_answer(report: &Report) -> Vec<u8> {
    let mut body = Vec::new();
    json::encode_new_response(&answer(report), &mut body);
    with_head(&body)
}

fn with_head(body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}
