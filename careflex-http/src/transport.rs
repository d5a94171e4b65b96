//! What a session sends its messages through.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use careflex_core::AccessToken;

use crate::endpoint::Endpoint;

/// Sends one message and brings the answer. Injected, so that tests need no network and vendors can
/// bring an HTTP client of their own.
///
/// What matters most is the kind of a failure: [`TransportError::NotSent`] promises that no byte of the
/// message left. A transport that cannot tell says [`TransportError::Lost`].
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a message by POST. Redirects are not followed.
    ///
    /// # Errors
    /// [`TransportError`] when there is no answer, not even a status.
    async fn send(&self, request: Request<'_>) -> Result<Response, TransportError>;
}

/// A message to send by POST.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request<'a> {
    /// Where to.
    pub endpoint: &'a Endpoint,
    /// `Content-Type`
    pub content_type: &'static str,
    /// Goes into the `Authorization` header as its UTF-8 bytes.
    pub bearer: Option<&'a AccessToken>,
    /// Further headers.
    pub headers: &'a [(&'static str, String)],
    /// The body.
    pub body: Bytes,
}

/// Secrets and personal data are in the body: `Debug` shows its length.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("endpoint", self.endpoint)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// An answer.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Retry-After`
    pub retry_after: Option<String>,
    /// The body, or why it could not be read to its end.
    pub body: Result<Bytes, BodyError>,
}

impl Response {
    /// An answer without the headers that matter.
    #[must_use]
    pub fn new(status: u16, body: Result<Bytes, BodyError>) -> Self {
        Self {
            status,
            content_type: None,
            retry_after: None,
            body,
        }
    }

    /// Whether the status is a 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// Why an answer's body could not be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The connection broke.
    #[error("the connection broke in the middle of the answer")]
    Cut,
    /// The time was over.
    #[error("the answer did not come to its end in time")]
    TimedOut,
    /// More bytes than the limit allows.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

/// Why there is no answer. Its text holds neither secrets nor personal data, nor does its source's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Nothing of the message left this machine.
    #[error("{reason}")]
    NotSent {
        /// What happened, for people.
        reason: String,
        /// Whether another try makes sense.
        is_passing: bool,
        /// The cause.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The message, or a part of it, left.
    #[error("{reason}")]
    Lost {
        /// What happened, for people.
        reason: String,
        /// The cause.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}
