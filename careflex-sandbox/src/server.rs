//! The accept loop: what happens to connections, below the portal's answers.
//!
//! It is our own, because a fault may want what no HTTP answer can express: [`answer`] lets those strike
//! that do not wait for the body, and [`serve`] ends connections in the middle of an answer.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::faults::Effect;
use crate::portal::{self, Portal};
use crate::rejection::Rejection;

/// An accept loop that runs until it is dropped.
pub(crate) struct Server {
    local_addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    accept_loop: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(
        bind: SocketAddr,
        portal: Arc<Portal>,
        body_limit: usize,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(bind).await?;
        let local_addr = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let desk = Desk {
            router: portal::router(Arc::clone(&portal)),
            portal,
            body_limit,
        };
        Ok(Self {
            local_addr,
            stop: Some(stop),
            accept_loop: tokio::spawn(accept(listener, desk, stopped)),
        })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    pub(crate) async fn shutdown(mut self) {
        drop(self.stop.take());
        // It can only fail by a panic, which has been reported, or with the runtime.
        let _ = (&mut self.accept_loop).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accept_loop.abort();
    }
}

/// In the extensions of a response: close the connection instead of sending it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// At once.
    Unanswered,
    /// After the head and so many bytes of the body.
    InBody(usize),
}

/// Why a connection ends.
#[derive(Debug, Error)]
#[error("the connection is cut")]
struct Ended {
    /// What is still sent.
    last_words: Vec<u8>,
}

/// What each connection needs to answer.
#[derive(Clone)]
struct Desk {
    router: Router,
    portal: Arc<Portal>,
    body_limit: usize,
}

/// The connections are aborted when this ends or is aborted itself.
async fn accept(listener: TcpListener, desk: Desk, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, desk.clone()));
                }
                // The client has gone already, or no socket is left until another one is closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            },
        }
    }
    connections.shutdown().await;
}

/// Serves one connection, request by request.
async fn serve(stream: TcpStream, desk: Desk) {
    // Answers are small: they should not wait for the client's acknowledgement of the last one. Where
    // that cannot be set, they do.
    let _ = stream.set_nodelay(true);
    let is_reused = AtomicBool::new(false);
    let service = service_fn(|request| {
        let is_reused = is_reused.swap(true, Ordering::Relaxed);
        answer(request, is_reused, desk.clone())
    });
    let mut connection = http1::Builder::new()
        // A request goes on when its client has gone away.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    // Other errors are a client that went away or wrote no HTTP: the connection ends either way.
    if let Err(error) = (&mut connection).await
        && let Some(ended) = error
            .source()
            .and_then(|cause| cause.downcast_ref::<Ended>())
    {
        let mut stream = connection.into_parts().io.into_inner();
        // The client may have gone.
        let _ = stream.write_all(&ended.last_words).await;
    }
}

/// Answers one request. An error closes the connection without an answer.
async fn answer(
    request: Request<Incoming>,
    is_reused: bool,
    desk: Desk,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let places = portal::places_of(&head.method, head.uri.path());
    if let Some(effect) = desk.portal.strike_unread(places, is_reused) {
        if matches!(effect, Effect::CutWhileReading) {
            read_half(body).await?;
        }
        let last_words = Vec::new();
        return Err(Ended { last_words }.into());
    }
    let Some(body) = read(body, desk.body_limit).await? else {
        let message = format!("the body has more than {} bytes", desk.body_limit);
        // Never read, it counts at the first place that it may have come to.
        if let Some(place) = places.first() {
            desk.portal.ledger().arrived(*place);
        }
        let media = portal::media_of(head.uri.path());
        return Ok(Rejection::new(StatusCode::PAYLOAD_TOO_LARGE, message).answer(media));
    };
    let request = Request::from_parts(head, Body::from(body));
    let response = TowerToHyperService::new(desk.router).call(request).await?;
    match response.extensions().get::<Cut>().copied() {
        None => Ok(response),
        Some(Cut::Unanswered) => {
            let last_words = Vec::new();
            Err(Ended { last_words }.into())
        }
        Some(Cut::InBody(bytes)) => {
            let last_words = beginning(response, bytes).await?;
            Err(Ended { last_words }.into())
        }
    }
}

/// Reads until half of a body has come, or the first part of one that does not tell its length.
async fn read_half(mut body: Incoming) -> Result<(), hyper::Error> {
    let half = body.size_hint().upper().unwrap_or_default().div_ceil(2);
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let data = frame?.into_data().unwrap_or_default();
        read += u64::try_from(data.len()).unwrap_or(u64::MAX);
        if read >= half {
            break;
        }
    }
    Ok(())
}

/// An answer as bytes: its whole head, and so many bytes of its body.
async fn beginning(response: Response, bytes: usize) -> Result<Vec<u8>, axum::Error> {
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut text = format!("HTTP/1.1 {}\r\n", head.status).into_bytes();
    for (name, value) in &head.headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    text.extend(body.iter().take(bytes));
    Ok(text)
}

/// Reads a body to its end, always: a connection that closes while the client still writes may lose
/// the answer. `None` if it is over the limit; then nothing of it is kept.
async fn read(mut body: Incoming, limit: usize) -> Result<Option<Bytes>, hyper::Error> {
    let mut kept = Some(Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        kept = kept
            .filter(|kept| kept.len() + data.len() <= limit)
            .map(|mut kept| {
                kept.extend_from_slice(&data);
                kept
            });
    }
    Ok(kept.map(Bytes::from))
}
