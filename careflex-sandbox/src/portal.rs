//! The portal: its state, its addresses, and what all of its doors have in common.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::routing::{get, post};
use careflex_core::{Clock, Rules};

use crate::credentials::Credentials;
use crate::faults::{Place, Plan};
use crate::ledger::Ledger;
use crate::media::Media;
use crate::rejection::{InJson, Rejection};
use crate::tokens::Tokens;
use crate::{lock, oauth, rest, soap};

/// EP1 (our decision: the real addresses are not documented).
pub(crate) const TOKEN_PATH: &str = "/oauth/token";
/// EP2.
pub(crate) const SOAP_PATH: &str = "/soap";
/// EP3.
pub(crate) const REST_PATH: &str = "/rest";
const NEW_PATH: &str = "/rest/incident/new";
const NONE_PATH: &str = "/rest/incident/none";

/// A path as clients address it.
pub(crate) fn url(host: impl fmt::Display, path: &str) -> String {
    format!("http://{host}{path}")
}

/// The doors of a portal.
pub(crate) fn router(portal: Arc<Portal>) -> Router {
    let soap = get(soap::wsdl)
        .post(soap::report)
        .fallback(soap::other_method);
    Router::new()
        .route(TOKEN_PATH, post(oauth::issue))
        .route(SOAP_PATH, soap)
        .route(NEW_PATH, post(rest::report_new))
        .route(NONE_PATH, post(rest::report_none))
        .fallback(async || {
            InJson::from(Rejection::new(
                StatusCode::NOT_FOUND,
                "there is nothing here",
            ))
        })
        // The server has its own, which can be set.
        .layer(DefaultBodyLimit::disable())
        .with_state(portal)
}

/// Where a request may come to, as far as its head tells.
pub(crate) fn places_of(method: &Method, path: &str) -> &'static [Place] {
    match path {
        _ if method != Method::POST => &[],
        TOKEN_PATH => &[Place::Token],
        SOAP_PATH => &[Place::New, Place::None],
        NEW_PATH => &[Place::New],
        NONE_PATH => &[Place::None],
        _ => &[],
    }
}

/// The form of the answers to requests with this path.
pub(crate) fn media_of(path: &str) -> Media {
    match path {
        SOAP_PATH => Media::Xml,
        _ => Media::Json,
    }
}

/// Everything that a sandbox remembers.
pub(crate) struct Portal {
    pub(crate) credentials: Credentials,
    pub(crate) rules: Rules,
    pub(crate) faults: Plan,
    pub(crate) clock: Arc<dyn Clock>,
    tokens: Mutex<Tokens>,
    ledger: Mutex<Ledger>,
}

impl Portal {
    pub(crate) fn new(
        credentials: Credentials,
        rules: Rules,
        clock: Arc<dyn Clock>,
        token_validity: Duration,
    ) -> Self {
        let tokens = Tokens::new(Arc::clone(&clock), token_validity);
        Self {
            credentials,
            rules,
            faults: Plan::default(),
            clock,
            tokens: Mutex::new(tokens),
            ledger: Mutex::default(),
        }
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.tokens)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Lets a request in that bears the valid access token. The header is compared as bytes, because
    /// tokens are not ASCII (documented).
    pub(crate) fn check_bearer(&self, headers: &HeaderMap) -> Result<(), Rejection> {
        let presented = headers.get(AUTHORIZATION).and_then(bearer);
        if presented.is_some_and(|token| self.tokens().accept(token)) {
            return Ok(());
        }
        Err(self.wrong_token())
    }

    /// The answer to a request that is not let in.
    pub(crate) fn unauthorized(&self, place: Place) -> Rejection {
        match place {
            Place::Token => oauth::wrong_credentials(),
            Place::New | Place::None => self.wrong_token(),
        }
    }

    fn wrong_token(&self) -> Rejection {
        self.ledger().refused_unauthenticated += 1;
        Rejection::new(
            StatusCode::UNAUTHORIZED,
            "the access token is missing, wrong or no longer valid",
        )
    }
}

/// The token in an `Authorization` header.
fn bearer(header: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = header.as_bytes().split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_is_taken_as_bytes() {
        let header = |bytes| HeaderValue::from_bytes(bytes).unwrap();
        assert_eq!(
            bearer(&header(b"bearer a%\xC2\xA7b")),
            Some(&b"a%\xC2\xA7b"[..])
        );
        assert_eq!(bearer(&header(b"Basic abcdef")), None);
        assert_eq!(bearer(&header(b"Bearer")), None);
    }
}
