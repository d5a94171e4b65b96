//! Answers to requests that are not taken, and the form of all answers.

use std::borrow::Cow;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// Why a request is not taken, and how it is answered.
pub(crate) enum Rejection {
    /// With a status and a sentence, which must not quote what was sent.
    Refused {
        status: StatusCode,
        message: Cow<'static, str>,
        retry_after: Option<String>,
    },
    /// With what a fault demands.
    Fault(Box<Response>),
}

impl Rejection {
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
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let (status, message, retry_after) = match self {
            Self::Refused {
                status,
                message,
                retry_after,
            } => (status, message, retry_after),
            Self::Fault(response) => return *response,
        };
        let body = serde_json::json!({ "message": message }).to_string();
        let mut response = json(status, body.into_bytes());
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // What no header can hold is left out.
        if let Some(value) = retry_after.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(RETRY_AFTER, value);
        }
        response
    }
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let content_type = [(CONTENT_TYPE, "application/json;charset=UTF-8")];
    (status, content_type, body).into_response()
}
