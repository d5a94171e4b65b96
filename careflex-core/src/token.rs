//! Access tokens: one for everybody, and one refresh in flight.
//!
//! Asking for a new access token makes the older ones invalid (documented), so whoever asks too often
//! breaks its neighbours. Hence [`CachedTokens`].

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

mod cache;
mod store;

pub use cache::CachedTokens;
pub use store::{OpenTokenStore, StoredToken, TokenStore, TokenStoreError};

/// Provides the access token for a request.
#[async_trait]
pub trait TokenProvider: Send + Sync {
    /// The token to use now.
    ///
    /// # Errors
    /// [`TokenError`] when none can be had.
    async fn token(&self) -> Result<AccessToken, TokenError>;

    /// The portal answered 401 to this token. A provider drops exactly this one; if another task has
    /// refreshed meanwhile, its token stays.
    async fn rejected(&self, used: &AccessToken);
}

#[async_trait]
impl<P: TokenProvider + ?Sized> TokenProvider for Arc<P> {
    async fn token(&self) -> Result<AccessToken, TokenError> {
        (**self).token().await
    }

    async fn rejected(&self, used: &AccessToken) {
        (**self).rejected(used).await;
    }
}

/// Fetches new access tokens. Every call may make the older tokens invalid.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// Fetches a new token.
    ///
    /// # Errors
    /// [`TokenError`] when none can be had.
    async fn fetch(&self) -> Result<IssuedToken, TokenError>;
}

#[async_trait]
impl<S: TokenSource + ?Sized> TokenSource for Arc<S> {
    async fn fetch(&self) -> Result<IssuedToken, TokenError> {
        (**self).fetch().await
    }
}

/// A token as it was issued.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IssuedToken {
    /// The token.
    pub secret: SecretString,
    /// For how long it is valid from the moment of the answer, to the second; `None` if the answer does
    /// not say, then it is used until it is refused.
    pub expires_in: Option<Duration>,
}

impl IssuedToken {
    /// A token and for how long it is valid.
    #[must_use]
    pub fn new(secret: impl Into<SecretString>, expires_in: Option<Duration>) -> Self {
        Self {
            secret: secret.into(),
            expires_in,
        }
    }
}

/// An access token with its generation. A secret: hidden in `Debug`.
#[derive(Clone)]
pub struct AccessToken {
    secret: Arc<SecretString>,
    generation: u64,
    fetched_now: bool,
}

impl AccessToken {
    /// A token of your own [`TokenProvider`], which counts generations itself: another generation for
    /// each new token.
    #[must_use]
    pub fn new(secret: SecretString, generation: u64) -> Self {
        Self {
            secret: Arc::new(secret),
            generation,
            fetched_now: false,
        }
    }

    /// Says that the token was fetched for this very call and not taken from a cache. A 401 on such a
    /// token means that the credentials are at fault.
    #[must_use]
    pub fn fetched_now(mut self) -> Self {
        self.fetched_now = true;
        self
    }

    /// Which of a provider's tokens this is.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether it was fetched for this very call.
    #[must_use]
    pub fn is_fetched_now(&self) -> bool {
        self.fetched_now
    }

    /// The token itself, for the `Authorization` header and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// Why no access token could be had. Cheap to clone: all who waited for the same refresh get it.
#[derive(Clone)]
pub struct TokenError(Arc<TokenFailure>);

struct TokenFailure {
    kind: TokenErrorKind,
    message: String,
    retry_after: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What kept the token from being fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// The portal refused the credentials.
    Refused,
    /// The portal could not be reached, or the answer was lost.
    Unreachable,
    /// The portal is busy or in trouble (429, 5xx).
    Busy,
    /// The answer holds no token.
    Unreadable,
}

impl TokenError {
    /// An error for sources to make. The message must hold no secret.
    #[must_use]
    pub fn new(kind: TokenErrorKind, message: impl Into<String>) -> Self {
        Self::of(kind, message.into(), None, None)
    }

    /// An error of a busy portal, with the header `Retry-After` of its answer.
    #[must_use]
    pub fn busy(message: impl Into<String>, retry_after: Option<String>) -> Self {
        Self::of(TokenErrorKind::Busy, message.into(), retry_after, None)
    }

    /// An error with its cause, whose text must hold no secret.
    #[must_use]
    pub fn with_source(
        kind: TokenErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::of(kind, message.into(), None, Some(source.into()))
    }

    fn of(
        kind: TokenErrorKind,
        message: String,
        retry_after: Option<String>,
        source: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(TokenFailure {
            kind,
            message,
            retry_after,
            source,
        }))
    }

    /// What kept the token from being fetched.
    #[must_use]
    pub fn kind(&self) -> TokenErrorKind {
        self.0.kind
    }

    /// When a busy portal wants to be asked again: seconds or a date, as the header `Retry-After` says it.
    #[must_use]
    pub fn retry_after(&self) -> Option<&str> {
        self.0.retry_after.as_deref()
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error for TokenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|source| {
            let source: &(dyn Error + 'static) = source.as_ref();
            source
        })
    }
}
