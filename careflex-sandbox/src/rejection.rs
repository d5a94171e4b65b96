//! Answers to requests that are not taken.

use std::borrow::Cow;

use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use careflex_core::DecodeError;

use crate::media::{Media, soap_fault};

/// Why a request is not taken: the same for all interfaces, each of which answers it in its own form.
/// Messages must not quote what was sent.
pub(crate) enum Rejection {
    /// The body makes no sense.
    Unusable(Cow<'static, str>),
    /// Anything else, with its status.
    Refused {
        status: StatusCode,
        message: Cow<'static, str>,
        retry_after: Option<String>,
    },
    /// What an injected fault answers.
    Injected(Box<Response>),
}

impl Rejection {
    pub(crate) fn unusable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Unusable(message.into())
    }

    pub(crate) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused {
            status,
            message: message.into(),
            retry_after: None,
        }
    }

    pub(crate) fn retry_after(mut self, header: Option<String>) -> Self {
        if let Self::Refused { retry_after, .. } = &mut self {
            *retry_after = header;
        }
        self
    }

    /// The answer.
    pub(crate) fn answer(self, media: Media) -> Response {
        let (status, message, retry_after) = match self {
            Self::Unusable(message) => return unusable(&message, media),
            Self::Refused {
                status,
                message,
                retry_after,
            } => (status, message, retry_after),
            Self::Injected(response) => return *response,
        };
        let mut response = refused(status, &message, media);
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        // What no header can hold is left out.
        if let Some(value) = retry_after.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(RETRY_AFTER, value);
        }
        response
    }
}

impl From<DecodeError> for Rejection {
    fn from(error: DecodeError) -> Self {
        Self::unusable(error.to_string())
    }
}

fn unusable(message: &str, media: Media) -> Response {
    match media {
        Media::Json => refused(StatusCode::BAD_REQUEST, message, media),
        // SOAP 1.1 wants 500 with every fault, whoever is to blame for it.
        Media::Xml => soap_fault(StatusCode::INTERNAL_SERVER_ERROR, "Client", message),
    }
}

fn refused(status: StatusCode, message: &str, media: Media) -> Response {
    match media {
        Media::Json => {
            let body = serde_json::json!({ "message": message }).to_string();
            media.answer(status, body.into_bytes())
        }
        // Nobody is to blame; and what comes with such a status must not look like a receipt.
        Media::Xml if status.is_success() || status.is_redirection() => status.into_response(),
        Media::Xml => soap_fault(status, to_blame(status), message),
    }
}

/// The class of the fault: a portal that has too much to do is not its client's mistake.
fn to_blame(status: StatusCode) -> &'static str {
    if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        "Client"
    } else {
        "Server"
    }
}

/// A rejection in JSON, for handlers.
pub(crate) struct InJson(Rejection);

/// A rejection as a SOAP fault, for handlers.
pub(crate) struct InXml(Rejection);

impl<R: Into<Rejection>> From<R> for InJson {
    fn from(reason: R) -> Self {
        Self(reason.into())
    }
}

impl<R: Into<Rejection>> From<R> for InXml {
    fn from(reason: R) -> Self {
        Self(reason.into())
    }
}

impl IntoResponse for InJson {
    fn into_response(self) -> Response {
        self.0.answer(Media::Json)
    }
}

impl IntoResponse for InXml {
    fn into_response(self) -> Response {
        self.0.answer(Media::Xml)
    }
}
