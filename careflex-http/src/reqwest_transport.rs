//! The transport over reqwest.

use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, RequestBuilder};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::endpoint::Endpoint;
use crate::settings::{HttpSettings, Proxy, SetupError};
use crate::transport::{BodyError, Request, Response, Transport, TransportError};

/// How long an idle connection is kept. A server that closes one at the moment of its reuse makes a
/// lost answer, so it is short (our decision).
const IDLE: Duration = Duration::from_secs(5);

/// The transport over reqwest: HTTP/1.1, no redirects, answers up to a limit.
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    /// For other machines. A machine without root certificates can reach none, but may still talk to
    /// itself: the sandbox must work in the slimmest container.
    client: Result<Client, NoRootCertificates>,
    /// For this machine: never through a proxy.
    loopback: Client,
    response_limit: usize,
}

impl ReqwestTransport {
    /// Sets up TLS, proxy and time-outs.
    ///
    /// # Errors
    /// [`SetupError`] when a certificate, the proxy or the user agent cannot be used.
    pub fn new(settings: &HttpSettings) -> Result<Self, SetupError> {
        let build = |tls: &Tls, proxy: &Proxy| {
            let builder = with_proxy(plain_client(settings)?, proxy)?;
            tls.apply(builder)
                .build()
                .map_err(|error| SetupError::Client(error.without_url().into()))
        };
        let (client, loopback) = match Tls::new(settings) {
            Ok(tls) => (
                Ok(build(&tls, &settings.proxy)?),
                build(&tls, &Proxy::None)?,
            ),
            Err(SetupError::NoRootCertificates) => (
                Err(NoRootCertificates),
                build(&Tls::trusting_nobody()?, &Proxy::None)?,
            ),
            Err(error) => return Err(error),
        };
        Ok(Self {
            client,
            loopback,
            response_limit: settings.response_limit,
        })
    }

    /// Uses a client of your own for everything. It must not follow redirects: the body holds the API
    /// token. Outside the promise of stable interfaces: it follows reqwest's.
    #[cfg(feature = "unstable-reqwest-client")]
    #[must_use]
    pub fn from_client(client: Client, response_limit: usize) -> Self {
        Self {
            loopback: client.clone(),
            client: Ok(client),
            response_limit,
        }
    }

    fn client_for(&self, endpoint: &Endpoint) -> Result<&Client, TransportError> {
        if endpoint.is_loopback() {
            return Ok(&self.loopback);
        }
        self.client
            .as_ref()
            .map_err(|NoRootCertificates| TransportError::NotSent {
                reason: SetupError::NoRootCertificates.to_string(),
                is_passing: false,
                source: None,
            })
    }
}

/// The system has no root certificates, and the settings name none.
#[derive(Debug, Clone, Copy)]
struct NoRootCertificates;

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request<'_>) -> Result<Response, TransportError> {
        let mut builder = self
            .client_for(request.endpoint)?
            .post(request.endpoint.as_url().clone())
            .header(CONTENT_TYPE, request.content_type)
            .body(request.body);
        if let Some(token) = request.bearer {
            builder = builder.header(AUTHORIZATION, bearer(token.expose())?);
        }
        for (name, value) in request.headers {
            builder = builder.header(*name, value);
        }
        let call = call(builder, self.response_limit);
        // A task of its own: the call goes on while whoever waits for it is busy with something else.
        // Otherwise its time would be over although the answer was there. It ends when nobody waits.
        let mut task = JoinSet::new();
        task.spawn(call.in_current_span());
        match task.join_next().await {
            Some(Ok(outcome)) => outcome,
            _ => Err(TransportError::Lost {
                reason: "the call broke off".to_owned(),
                source: None,
            }),
        }
    }
}

async fn call(builder: RequestBuilder, limit: usize) -> Result<Response, TransportError> {
    let response = builder.send().await.map_err(failure)?;
    let header = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let (content_type, retry_after) = (header(CONTENT_TYPE), header(RETRY_AFTER));
    Ok(Response {
        status: response.status().as_u16(),
        content_type,
        retry_after,
        body: read_body(response, limit).await,
    })
}

/// The header with the token's UTF-8 bytes: documented tokens hold `§`, which is no ASCII.
fn bearer(token: &str) -> Result<HeaderValue, TransportError> {
    let mut value =
        HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).map_err(|_| {
            TransportError::NotSent {
                reason: "the access token holds a character that no HTTP header can carry"
                    .to_owned(),
                is_passing: false,
                source: None,
            }
        })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Bytes, BodyError> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                return Err(BodyError::TooLarge { limit });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) if error.is_timeout() => return Err(BodyError::TimedOut),
            Err(_) => return Err(BodyError::Cut),
        }
    }
}

fn failure(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let (is_connect, is_timeout, is_builder) =
        (error.is_connect(), error.is_timeout(), error.is_builder());
    let reason = match innermost(&error) {
        _ if is_timeout => "the time was over".to_owned(),
        cause => cause,
    };
    let source = Some(error.into());
    if is_connect || is_builder {
        // DNS, connect, TLS and the proxy's tunnel: all of them before the first byte of the message.
        TransportError::NotSent {
            reason,
            is_passing: is_connect,
            source,
        }
    } else {
        TransportError::Lost { reason, source }
    }
}

/// What really happened is at the end of the chain, for example "Connection refused".
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn plain_client(settings: &HttpSettings) -> Result<ClientBuilder, SetupError> {
    let version = env!("CARGO_PKG_VERSION");
    let user_agent = match &settings.user_agent_suffix {
        Some(suffix) => format!("careflex/{version} {suffix}"),
        None => format!("careflex/{version}"),
    };
    let user_agent = HeaderValue::from_str(&user_agent).map_err(|_| SetupError::UserAgent)?;
    Ok(Client::builder()
        .user_agent(user_agent)
        .connect_timeout(connect_timeout(settings))
        .timeout(settings.timeout)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Repeating is the session's business: it knows what cannot book twice.
        .retry(reqwest::retry::never())
        .http1_only()
        // Plain http is taken for this name, so no resolver may send it elsewhere.
        .resolve_to_addrs(
            "localhost",
            &[
                (Ipv4Addr::LOCALHOST, 0).into(),
                (Ipv6Addr::LOCALHOST, 0).into(),
            ],
        ))
}

/// Always shorter than the time of the whole call: whoever only ran out of that could not tell whether
/// anything had left.
fn connect_timeout(settings: &HttpSettings) -> Duration {
    settings.connect_timeout.min(settings.timeout.mul_f64(0.75))
}

fn with_proxy(builder: ClientBuilder, proxy: &Proxy) -> Result<ClientBuilder, SetupError> {
    Ok(match proxy {
        Proxy::System => builder,
        Proxy::None => builder.no_proxy(),
        Proxy::Address(address) => {
            builder.proxy(reqwest::Proxy::all(address.clone()).map_err(|_| SetupError::Proxy)?)
        }
    })
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::tls::Tls;

/// Without TLS, only addresses on this machine can be reached.
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
struct Tls;

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
impl Tls {
    fn new(settings: &HttpSettings) -> Result<Self, SetupError> {
        if settings.tls == crate::settings::TlsBackend::Default {
            Ok(Self)
        } else {
            Err(SetupError::TlsNotBuilt)
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same shape as with TLS")]
    fn trusting_nobody() -> Result<Self, SetupError> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "the same shape as with TLS")]
    fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        builder
    }
}
