//! The accept loop: what happens to connections, below the portal's answers.
//!
//! It is our own, because a fault may want what no HTTP answer can express. Faults of the connection
//! itself have their place in [`serve`] (before a request is read) and in [`answer`] (once it is).

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

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
        portal: Router,
        body_limit: usize,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(bind).await?;
        let local_addr = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let desk = Desk { portal, body_limit };
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
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut")
    }
}

impl Error for Cut {}

/// What each connection needs to answer.
#[derive(Clone)]
struct Desk {
    portal: Router,
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
    let service = service_fn(move |request| answer(request, desk.clone()));
    // An error is a client that went away or wrote no HTTP, or a cut: the connection ends either way.
    let _ = http1::Builder::new()
        // A request goes on when its client has gone away.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Answers one request. An error closes the connection without an answer.
async fn answer(
    request: Request<Incoming>,
    desk: Desk,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let Some(body) = read(body, desk.body_limit).await? else {
        let message = format!("the body has more than {} bytes", desk.body_limit);
        return Ok(Rejection::new(StatusCode::PAYLOAD_TOO_LARGE, message).into_response());
    };
    let request = Request::from_parts(head, Body::from(body));
    let response = TowerToHyperService::new(desk.portal).call(request).await?;
    match response.extensions().get::<Cut>() {
        Some(cut) => Err((*cut).into()),
        None => Ok(response),
    }
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
