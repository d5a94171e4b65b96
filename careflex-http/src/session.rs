//! Sends reports with an access token, and says what the outcome means.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use careflex_core::{
    AccessToken, CachedTokens, Clock, ReportError, ReportErrorKind, Sleep, SystemClock,
    TokenProvider, TokenStore, TokioSleep,
};

use crate::endpoint::Endpoint;
use crate::password_grant::{Credentials, PasswordGrant};
use crate::reqwest_transport::ReqwestTransport;
use crate::retry::{Next, RetryPolicy, Retrying, Tries};
use crate::settings::{HttpSettings, SetupError};
use crate::token_file::FileTokenStore;
use crate::transport::{Request, Response, Transport, TransportError};

/// Sends messages to the portal with an access token. Transports for REST and SOAP share one: token,
/// retries and the meaning of each outcome are written here once.
///
/// ```no_run
/// use careflex_http::{Credentials, Endpoint, HttpSession};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let session = HttpSession::builder()
///     .credentials(
///         "https://portal.example/token".parse()?,
///         Credentials::new("service user", "service user secret"),
///     )
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct HttpSession {
    transport: Arc<dyn Transport>,
    tokens: Arc<dyn TokenProvider>,
    retrying: Retrying,
    /// The newest generation of tokens that the portal is known to have taken.
    taken_generation: AtomicU64,
}

/// A message to send.
#[derive(Clone)]
#[non_exhaustive]
pub struct Post<'a> {
    /// Where to.
    pub endpoint: &'a Endpoint,
    /// `Content-Type`
    pub content_type: &'static str,
    /// Further headers.
    pub headers: &'a [(&'static str, String)],
    /// The body.
    pub body: Bytes,
}

impl<'a> Post<'a> {
    /// A message without further headers.
    #[must_use]
    pub fn new(endpoint: &'a Endpoint, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            endpoint,
            content_type,
            headers: &[],
            body: body.into(),
        }
    }

    /// Adds headers.
    #[must_use]
    pub fn with_headers(mut self, headers: &'a [(&'static str, String)]) -> Self {
        self.headers = headers;
        self
    }
}

/// Secrets and personal data are in the body: `Debug` shows its length.
impl fmt::Debug for Post<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post")
            .field("endpoint", self.endpoint)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What a transport reads from an answer, whatever its status.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reading<A> {
    /// The answer that was hoped for.
    Answered(A),
    /// The portal says itself, whatever the status, that it took nothing because the request is at fault: a
    /// SOAP Fault of the class `Client`.
    Refused,
    /// The portal says itself, whatever the status, that it failed: another SOAP Fault.
    Failed,
    /// The answer to the report, but not to be read: the portal has looked at the report, so that it must not
    /// be sent again whatever the status says. The text says what is wrong and holds no value.
    Illegible(String),
    /// Something else; the text says what is wrong with it and holds no value.
    Unreadable(String),
}

impl<A> Reading<A> {
    fn into_answer(self) -> Result<A, Denial> {
        match self {
            Self::Answered(answer) => Ok(answer),
            Self::Refused => Err(Denial::Refused),
            Self::Failed => Err(Denial::Failed),
            Self::Illegible(reason) => Err(Denial::Illegible(reason)),
            Self::Unreadable(reason) => Err(Denial::Unreadable(reason)),
        }
    }
}

/// A [`Reading`] without an answer.
enum Denial {
    Refused,
    Failed,
    Illegible(String),
    Unreadable(String),
}

/// Collects what a session needs.
#[derive(Default)]
pub struct HttpSessionBuilder {
    settings: HttpSettings,
    transport: Option<Arc<dyn Transport>>,
    credentials: Option<(Endpoint, Credentials)>,
    tokens: Option<Arc<dyn TokenProvider>>,
    sharing: Option<Sharing>,
    retry: RetryPolicy,
    sleep: Option<Arc<dyn Sleep>>,
    clock: Option<Arc<dyn Clock>>,
}

/// What the access token is shared through.
enum Sharing {
    File(PathBuf),
    Store(Arc<dyn TokenStore>),
}

impl HttpSessionBuilder {
    /// Fetches access tokens from this address (EP1) with the service user's credentials, and shares
    /// one between all tasks.
    #[must_use]
    pub fn credentials(mut self, token_endpoint: Endpoint, credentials: Credentials) -> Self {
        self.credentials = Some((token_endpoint, credentials));
        self
    }

    /// Takes access tokens from a provider of your own instead.
    #[must_use]
    pub fn token_provider(mut self, tokens: impl TokenProvider + 'static) -> Self {
        self.tokens = Some(Arc::new(tokens));
        self
    }

    /// Shares the access token with other processes through this file: a [`FileTokenStore`].
    #[must_use]
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sharing = Some(Sharing::File(path.into()));
        self
    }

    /// Shares the access token with other processes through a store of your own.
    #[must_use]
    pub fn token_store(mut self, store: impl TokenStore + 'static) -> Self {
        self.sharing = Some(Sharing::Store(Arc::new(store)));
        self
    }

    /// How to talk HTTP.
    #[must_use]
    pub fn settings(mut self, settings: HttpSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Sends through a transport of your own; the settings are then not used.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How often a request is tried.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Waits in a way of your own, for tests.
    #[must_use]
    pub fn sleep(mut self, sleep: impl Sleep + 'static) -> Self {
        self.sleep = Some(Arc::new(sleep));
        self
    }

    /// Uses a clock of your own, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Sets everything up. Nothing is sent yet.
    ///
    /// # Errors
    /// [`SetupError`]: no credentials, or settings that cannot be used.
    pub fn build(self) -> Result<HttpSession, SetupError> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(ReqwestTransport::new(&self.settings)?),
        };
        let retrying = Retrying {
            policy: self.retry,
            sleep: self.sleep.unwrap_or_else(|| Arc::new(TokioSleep)),
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
        };
        let tokens: Arc<dyn TokenProvider> = match (self.tokens, self.credentials) {
            (Some(_), _) if self.sharing.is_some() => {
                return Err(SetupError::StoreWithoutCredentials);
            }
            (Some(tokens), _) => tokens,
            (None, Some((endpoint, credentials))) => {
                let store: Option<Arc<dyn TokenStore>> =
                    self.sharing.map(|sharing| match sharing {
                        Sharing::File(path) => {
                            let store = FileTokenStore::new(path, &endpoint, &credentials);
                            Arc::new(store.with_time_out(self.settings.timeout)) as _
                        }
                        Sharing::Store(store) => store,
                    });
                let grant = PasswordGrant::new(endpoint, credentials, Arc::clone(&transport));
                let tokens = CachedTokens::with_clock(grant, Arc::clone(&retrying.clock));
                Arc::new(match store {
                    Some(store) => tokens.with_store(store),
                    None => tokens,
                })
            }
            (None, None) => return Err(SetupError::NoTokens),
        };
        Ok(HttpSession {
            transport,
            tokens,
            retrying,
            taken_generation: AtomicU64::new(0),
        })
    }
}

/// What one try came to.
enum Try<A> {
    Done(Result<A, ReportError>),
    Again,
}

impl HttpSession {
    /// Collects what a session needs: credentials or a token provider at least.
    #[must_use]
    pub fn builder() -> HttpSessionBuilder {
        HttpSessionBuilder::default()
    }

    /// Sends a message until it is answered or must not be tried again. `read` looks at every answer
    /// first, whatever its status and even if its body is broken: one that it can read counts.
    ///
    /// # Errors
    /// [`ReportError`] as the table of the [crate](crate) says.
    pub async fn post<A>(
        &self,
        message: &Post<'_>,
        read: impl Fn(&Response) -> Reading<A> + Send,
    ) -> Result<A, ReportError> {
        let mut tries = Tries::default();
        loop {
            let token = match self.tokens.token().await {
                Ok(token) => token,
                Err(error) => match self.retrying.after_token_error(&error, &mut tries).await {
                    Next::TryAgain => continue,
                    _ => return Err(error.into()),
                },
            };
            let begin = self.retrying.clock.now();
            let outcome = self
                .transport
                .send(Request {
                    endpoint: message.endpoint,
                    content_type: message.content_type,
                    bearer: Some(&token),
                    headers: message.headers,
                    body: message.body.clone(),
                })
                .await;
            tracing::debug!(
                host = message.endpoint.host(),
                bytes = message.body.len(),
                status = outcome.as_ref().ok().map(|response| response.status),
                seconds = (self.retrying.clock.now() - begin).as_secs_f64(),
                "request"
            );
            let tried = match outcome {
                Err(error) => self.without_answer(message, error, &mut tries).await,
                Ok(response) => match read(&response).into_answer() {
                    Ok(answer) => {
                        self.note_taken(&token);
                        Try::Done(Ok(answer))
                    }
                    Err(denial) => {
                        let host = message.endpoint.host();
                        self.with_status(&host, &response, &denial, &token, &mut tries)
                            .await
                    }
                },
            };
            if let Try::Done(result) = tried {
                return result;
            }
        }
    }

    async fn without_answer<A>(
        &self,
        message: &Post<'_>,
        error: TransportError,
        tries: &mut Tries,
    ) -> Try<A> {
        let host = message.endpoint.host();
        match error {
            TransportError::NotSent {
                reason,
                is_passing,
                source,
            } => {
                if is_passing
                    && self.retrying.after_unreachable(&host, tries).await == Next::TryAgain
                {
                    return Try::Again;
                }
                let message = format!("{host} could not be reached, nothing was sent: {reason}");
                Try::Done(Err(failed(ReportErrorKind::Unreachable, message, source)))
            }
            TransportError::Lost { reason, source } => {
                let message = format!(
                    "{host} gave no answer after the report began to leave: {reason}. It may have been taken or not"
                );
                Try::Done(Err(failed(ReportErrorKind::Unanswered, message, source)))
            }
        }
    }

    async fn with_status<A>(
        &self,
        host: &str,
        response: &Response,
        denial: &Denial,
        token: &AccessToken,
        tries: &mut Tries,
    ) -> Try<A> {
        let status = response.status;
        let refused = || {
            (
                ReportErrorKind::Rejected,
                format!("the portal refused the report as a whole (status {status})"),
            )
        };
        let failed = || {
            (
                ReportErrorKind::ServerFailure,
                format!(
                    "the portal failed (status {status}). The report may have been taken or not"
                ),
            )
        };
        let (kind, message) = match (status, denial) {
            (_, Denial::Illegible(reason)) => (
                ReportErrorKind::Unreadable,
                format!(
                    "the portal has answered the report (status {status}), but its answer cannot be read: {reason}. The report may have been taken or not"
                ),
            ),
            (401, _) => return self.after_401(response, token, tries).await,
            (429 | 503, _) => return self.after_busy(host, response, tries).await,
            // What the portal says itself counts more than any other status: SOAP 1.1 has 500 for every fault.
            (_, Denial::Refused) => refused(),
            (_, Denial::Failed) => failed(),
            (300..=399, _) => (
                ReportErrorKind::Rejected,
                format!(
                    "the portal redirects (status {status}), which is not followed: is the address right?"
                ),
            ),
            (404 | 405, _) => (
                ReportErrorKind::Rejected,
                format!("the portal has nothing there (status {status}; is the address right?)"),
            ),
            (415, _) => (
                ReportErrorKind::Rejected,
                format!(
                    "the portal does not take this kind of message there (status {status}; is the address right?)"
                ),
            ),
            (400..=499, _) => refused(),
            (200..=299, Denial::Unreadable(reason)) => match response.body {
                Err(_) => (
                    ReportErrorKind::Unanswered,
                    format!(
                        "the portal said yes (status {status}), but {reason}. The report may have been taken or not"
                    ),
                ),
                Ok(_) => (
                    ReportErrorKind::Unreadable,
                    format!(
                        "the portal said yes (status {status}), but its answer cannot be read: {reason}. The report may have been taken or not"
                    ),
                ),
            },
            _ => failed(),
        };
        Try::Done(Err(answered(kind, message, response)))
    }

    /// After a 401 the report counts as not booked (our decision). The token that was used is dropped.
    async fn after_401<A>(
        &self,
        response: &Response,
        token: &AccessToken,
        tries: &mut Tries,
    ) -> Try<A> {
        self.tokens.rejected(token).await;
        tries.token += 1;
        // A token that was fetched for this very try and that the portal never took means that the
        // credentials are at fault. One that it took before has been replaced by somebody else.
        let was_taken = self.taken_generation.load(Ordering::Relaxed) >= token.generation();
        let is_new =
            tries.refused_generation.replace(token.generation()) != Some(token.generation());
        let is_final = !is_new || (token.is_fetched_now() && !was_taken);
        if !is_final && tries.token < self.retrying.policy.token_tries {
            tracing::debug!("the access token was refused, trying with another one");
            return Try::Again;
        }
        let message = "the portal refused the access token (status 401): does another program fetch tokens with the same service user? Then share one, in a token file. Or are service user and secret of another environment than the addresses? Staging credentials never work in production and vice versa";
        Try::Done(Err(answered(
            ReportErrorKind::Authentication,
            message.to_owned(),
            response,
        )))
    }

    async fn after_busy<A>(&self, host: &str, response: &Response, tries: &mut Tries) -> Try<A> {
        let status = response.status;
        let message = match self
            .retrying
            .after_busy(host, response.retry_after.as_deref(), tries)
            .await
        {
            Next::TryAgain => return Try::Again,
            Next::TooLong => format!(
                "the portal is busy (status {status}) and asks to wait longer than {} seconds: nothing was taken, try again later",
                self.retrying.policy.longest_pause.as_secs()
            ),
            Next::GiveUp => format!(
                "the portal is busy (status {status}), and was so {} times: nothing was taken, try again later",
                tries.busy
            ),
        };
        Try::Done(Err(answered(ReportErrorKind::Busy, message, response)))
    }

    fn note_taken(&self, token: &AccessToken) {
        self.taken_generation
            .fetch_max(token.generation(), Ordering::Relaxed);
    }
}

fn failed(
    kind: ReportErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
) -> ReportError {
    let error = ReportError::new(kind, message);
    match source {
        Some(source) => error.with_source(source),
        None => error,
    }
}

fn answered(kind: ReportErrorKind, message: String, response: &Response) -> ReportError {
    let body: &[u8] = response.body.as_deref().unwrap_or_default();
    ReportError::new(kind, message).with_answer(response.status, body)
}

impl fmt::Debug for HttpSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSession")
            .field("retry", &self.retrying.policy)
            .finish_non_exhaustive()
    }
}
