//! The session over real sockets, against small servers that do exactly one thing each.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use careflex_core::{
    AccessToken, Delivery, ReportError, ReportErrorKind, TokenError, TokenProvider,
};
use careflex_http::{
    Endpoint, HttpSession, HttpSettings, Post, Proxy, Reading, Response, RetryPolicy, Sleep,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TOKEN: &str = "P7kmfo8HXItLLOReHq65o4%§ggg45dYhSm5ODc";
const BODY: &str = "planted secret in the body";

/// A server that answers each connection with the next of its answers, then closes it. It keeps what
/// was asked.
struct Server {
    endpoint: Endpoint,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn answering(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<_> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                heard.lock().unwrap().push(request);
                // A client that has heard enough may be gone.
                let _: Result<(), _> = stream.write_all(answer.as_bytes()).await;
                let _: Result<(), _> = stream.shutdown().await;
            }
        });
        Self {
            endpoint: Endpoint::parse(&format!("http://{address}/rest")).unwrap(),
            asked,
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.ends_with(BODY.as_bytes()) {
        let read = stream.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0, "the request ends too early");
        request.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(request).unwrap()
}

/// Hands out one token after the other.
#[derive(Default)]
struct Tokens {
    rejected: AtomicUsize,
    /// Every token is fetched for the very call.
    always_new: bool,
}

#[async_trait]
impl TokenProvider for Tokens {
    async fn token(&self) -> Result<AccessToken, TokenError> {
        let generation = self.rejected.load(Ordering::SeqCst) as u64 + 1;
        let token = AccessToken::new(TOKEN.into(), generation);
        Ok(if self.always_new {
            token.fetched_now()
        } else {
            token
        })
    }

    async fn rejected(&self, _: &AccessToken) {
        self.rejected.fetch_add(1, Ordering::SeqCst);
    }
}

/// Notes the pauses and makes none.
#[derive(Clone, Default)]
struct Pauses(Arc<Mutex<Vec<Duration>>>);

#[async_trait]
impl Sleep for Pauses {
    async fn sleep(&self, duration: Duration) {
        self.0.lock().unwrap().push(duration);
    }
}

fn session(pauses: &Pauses, settings: HttpSettings) -> HttpSession {
    HttpSession::builder()
        .token_provider(Tokens::default())
        .settings(settings)
        .sleep(pauses.clone())
        .build()
        .unwrap()
}

async fn post(session: &HttpSession, endpoint: &Endpoint) -> Result<(), ReportError> {
    let message = Post::new(endpoint, "application/json", BODY);
    session.post(&message, read_yes).await
}

/// Takes an answer whose body is `yes`.
fn read_yes(response: &Response) -> Reading<()> {
    match &response.body {
        Ok(body) if body.as_ref() == b"yes" => Reading::Answered(()),
        Ok(_) => Reading::Unreadable("it is not yes".to_owned()),
        Err(broken) => Reading::Unreadable(broken.to_string()),
    }
}

async fn outcome(answers: &[&str]) -> (Result<(), ReportError>, Server, Vec<Duration>) {
    let server = Server::answering(answers).await;
    let pauses = Pauses::default();
    let settings = HttpSettings::builder().response_limit(1000).build();
    let result = post(&session(&pauses, settings), &server.endpoint).await;
    let pauses = pauses.0.lock().unwrap().clone();
    (result, server, pauses)
}

const YES: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes";
const UNAUTHORIZED: &str = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn the_documented_token_travels_as_utf_8() {
    let (result, server, _) = outcome(&[YES]).await;
    result.unwrap();
    let request = &server.asked()[0];
    assert!(request.starts_with("POST /rest HTTP/1.1\r\n"), "{request}");
    let lower = request.to_lowercase();
    assert!(lower.contains(&format!(
        "authorization: bearer {}\r\n",
        TOKEN.to_lowercase()
    )));
    assert!(lower.contains(&format!(
        "user-agent: careflex/{}\r\n",
        env!("CARGO_PKG_VERSION")
    )));
    assert!(lower.contains("content-type: application/json\r\n"));
}

#[tokio::test]
async fn each_outcome_says_what_it_means() {
    use {Delivery as D, ReportErrorKind as K};
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(5000));
    for (answer, kind, delivery) in [
        ("HTTP/1.1 400 Bad\r\n\r\nplanted", K::Rejected, D::Refused),
        ("HTTP/1.1 404 Bad\r\n\r\n", K::Rejected, D::Refused),
        (
            "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:1/planted\r\n\r\n",
            K::Rejected,
            D::Refused,
        ),
        // The status is enough, even if the rest is lost.
        (
            "HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nx",
            K::Rejected,
            D::Refused,
        ),
        (
            "HTTP/1.1 500 Oh\r\n\r\nplanted",
            K::ServerFailure,
            D::InDoubt,
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n<html>planted",
            K::Unreadable,
            D::InDoubt,
        ),
        ("HTTP/1.1 200 OK\r\n\r\n", K::Unreadable, D::InDoubt),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nye",
            K::Unanswered,
            D::InDoubt,
        ),
        (endless.as_str(), K::Unanswered, D::InDoubt),
        ("", K::Unanswered, D::InDoubt),
        ("HTTP/1.1 2", K::Unanswered, D::InDoubt),
        ("planted\r\n\r\n", K::Unanswered, D::InDoubt),
    ] {
        let (result, server, pauses) = outcome(&[answer]).await;
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.delivery()),
            (kind, delivery),
            "{answer}: {error}"
        );
        assert!(!error.is_retryable());
        assert_eq!(server.asked().len(), 1, "never tried twice: {answer}");
        assert!(pauses.is_empty());
        assert_shows_nothing(&error);
    }
}

fn assert_shows_nothing(error: &ReportError) {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text} {error} {error:?}");
        cause = error.source();
    }
    for secret in ["planted", TOKEN, "P7kmfo8HXItLLOReHq65o4"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn a_readable_answer_counts_whatever_its_status() {
    for status in [201, 400, 422, 500, 503] {
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 3\r\n\r\nyes");
        let (result, ..) = outcome(&[&answer]).await;
        result.unwrap();
    }
}

#[tokio::test]
async fn a_busy_portal_is_asked_again_as_it_wishes() {
    let busy = "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
    let (result, server, pauses) = outcome(&[busy, busy, YES]).await;
    result.unwrap();
    assert_eq!(pauses, [Duration::from_secs(1); 2]);
    assert_eq!(server.asked().len(), 3);

    let (result, server, _) = outcome(&[busy; 5]).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ReportErrorKind::Busy);
    assert!(error.is_retryable());
    assert_eq!(server.asked().len(), 4);

    let too_long = "HTTP/1.1 429 Busy\r\nRetry-After: 61\r\nContent-Length: 0\r\n\r\n";
    let (result, server, pauses) = outcome(&[too_long]).await;
    assert_eq!(result.unwrap_err().delivery(), Delivery::NotSent);
    assert_eq!((server.asked().len(), pauses.len()), (1, 0));
}

#[tokio::test]
async fn a_401_is_answered_with_another_token_up_to_three_times() {
    let (result, server, _) = outcome(&[UNAUTHORIZED, UNAUTHORIZED, YES]).await;
    result.unwrap();
    assert_eq!(server.asked().len(), 3);
    let (result, server, _) = outcome(&[UNAUTHORIZED; 4]).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ReportErrorKind::Authentication);
    assert!(
        error
            .to_string()
            .contains("Staging credentials never work in production")
    );
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_401_on_a_token_fetched_for_this_very_try_is_final() {
    let server = Server::answering(&[UNAUTHORIZED, YES]).await;
    let session = HttpSession::builder()
        .token_provider(Tokens {
            always_new: true,
            ..Tokens::default()
        })
        .build()
        .unwrap();
    let error = post(&session, &server.endpoint).await.unwrap_err();
    assert_eq!(error.kind(), ReportErrorKind::Authentication);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_401_on_a_new_token_that_has_worked_means_that_it_was_replaced() {
    let server = Server::answering(&[YES, UNAUTHORIZED, YES]).await;
    let session = HttpSession::builder()
        .token_provider(Tokens {
            always_new: true,
            ..Tokens::default()
        })
        .build()
        .unwrap();
    post(&session, &server.endpoint).await.unwrap();
    post(&session, &server.endpoint).await.unwrap();
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn nobody_listening_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let pauses = Pauses::default();
    let endpoint = Endpoint::parse(&format!("http://{address}")).unwrap();
    let session = session(&pauses, HttpSettings::default());
    let error = post(&session, &endpoint).await.unwrap_err();
    assert_eq!(error.kind(), ReportErrorKind::Unreachable);
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    assert!(error.is_retryable());
    assert_eq!(pauses.0.lock().unwrap().len(), 2);
    assert_shows_nothing(&error);
}

#[tokio::test]
async fn a_server_without_tls_means_not_sent() {
    // It answers the TLS greeting with HTTP.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut greeting = [0; 64];
            let _: Result<usize, _> = stream.read(&mut greeting).await;
            let _: Result<(), _> = stream.write_all(b"HTTP/1.1 400 Bad\r\n\r\n").await;
        }
    });
    let endpoint = Endpoint::parse(&format!("https://{address}")).unwrap();
    let session = session(&Pauses::default(), HttpSettings::default());
    let error = post(&session, &endpoint).await.unwrap_err();
    assert_eq!(error.kind(), ReportErrorKind::Unreachable, "{error:?}");
}

#[tokio::test]
async fn a_slow_answer_is_in_doubt() {
    for begin in ["", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ny"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            stream.write_all(begin.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        });
        let endpoint = Endpoint::parse(&format!("http://{address}")).unwrap();
        let settings = HttpSettings::builder()
            .timeout(Duration::from_millis(100))
            .build();
        let error = post(&session(&Pauses::default(), settings), &endpoint)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ReportErrorKind::Unanswered, "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_came_in_time_counts_however_late_it_is_looked_at() {
    let server = Server::answering(&["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"]).await;
    let settings = HttpSettings::builder()
        .timeout(Duration::from_millis(150))
        .build();
    let session = session(&Pauses::default(), settings);
    let mut call = Box::pin(post(&session, &server.endpoint));
    assert!(futures_util::poll!(&mut call).is_pending());
    // Whoever asked is busy for longer than the call may take.
    tokio::time::sleep(Duration::from_millis(400)).await;
    call.await.unwrap();
}

#[tokio::test]
async fn this_machine_is_never_reached_through_a_proxy() {
    let server = Server::answering(&[YES]).await;
    let settings = HttpSettings::builder()
        .proxy(Proxy::Address("http://127.0.0.1:1".parse().unwrap()))
        .build();
    let session = session(&Pauses::default(), settings);
    post(&session, &server.endpoint).await.unwrap();
}

#[tokio::test]
async fn other_machines_are_reached_through_the_proxy() {
    let proxy = Server::answering(&[YES]).await;
    let settings = HttpSettings::builder()
        .proxy(Proxy::Address(proxy.endpoint.as_url().clone()))
        .build();
    // Never resolved: the proxy does that.
    let far = Endpoint::parse_with_plain_http("http://portal.invalid/rest").unwrap();
    post(&session(&Pauses::default(), settings), &far)
        .await
        .unwrap();
    assert!(proxy.asked()[0].starts_with("POST http://portal.invalid/rest HTTP/1.1"));
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_not_sent() {
    struct Broken;

    #[async_trait]
    impl TokenProvider for Broken {
        async fn token(&self) -> Result<AccessToken, TokenError> {
            Ok(AccessToken::new("planted\n".into(), 1))
        }

        async fn rejected(&self, _: &AccessToken) {}
    }

    let session = HttpSession::builder()
        .token_provider(Broken)
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let endpoint = Endpoint::parse("http://127.0.0.1:1").unwrap();
    let error = post(&session, &endpoint).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_shows_nothing(&error);
}

#[tokio::test]
async fn a_machine_that_does_not_answer_at_all_means_not_sent() {
    // Nobody accepts, and the queue is full: connecting takes for ever.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let queue: Vec<_> = (0..4)
        .map(|_| tokio::spawn(TcpStream::connect(address)))
        .collect();
    // Those that fit in are connected before the others give up.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let endpoint = Endpoint::parse(&format!("http://{address}")).unwrap();
    let settings = HttpSettings::builder()
        .timeout(Duration::from_millis(200))
        .build();
    let error = post(&session(&Pauses::default(), settings), &endpoint)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ReportErrorKind::Unreachable, "{error:?}");
    drop(queue);
}

#[tokio::test]
async fn the_same_refused_token_is_not_tried_again() {
    struct Stubborn;

    #[async_trait]
    impl TokenProvider for Stubborn {
        async fn token(&self) -> Result<AccessToken, TokenError> {
            Ok(AccessToken::new(TOKEN.into(), 7))
        }

        async fn rejected(&self, _: &AccessToken) {}
    }

    let server = Server::answering(&[UNAUTHORIZED; 3]).await;
    let session = HttpSession::builder()
        .token_provider(Stubborn)
        .build()
        .unwrap();
    let error = post(&session, &server.endpoint).await.unwrap_err();
    assert_eq!(error.kind(), ReportErrorKind::Authentication);
    assert_eq!(server.asked().len(), 2);
}
