//! The portal: its state, its addresses, and what all of its doors have in common.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::routing::post;
use careflex_core::{Clock, Rules};

use crate::credentials::Credentials;
use crate::faults::{Place, Plan};
use crate::ledger::Ledger;
use crate::rejection::Rejection;
use crate::tokens::Tokens;
use crate::{lock, oauth, rest};

/// EP1 (our decision: the real addresses are not documented).
pub(crate) const TOKEN_PATH: &str = "/oauth/token";
/// EP3.
pub(crate) const REST_PATH: &str = "/rest";
const NEW_PATH: &str = "/rest/incident/new";
const NONE_PATH: &str = "/rest/incident/none";

/// The doors of a portal.
pub(crate) fn router(portal: Arc<Portal>) -> Router {
    Router::new()
        .route(TOKEN_PATH, post(oauth::issue))
        .route(NEW_PATH, post(rest::report_new))
        .route(NONE_PATH, post(rest::report_none))
        .fallback(async || Rejection::new(StatusCode::NOT_FOUND, "there is nothing here"))
        // The server has its own, which can be set.
        .layer(DefaultBodyLimit::disable())
        .with_state(portal)
}

/// The door that a request comes to, as its head tells.
pub(crate) fn place_of(method: &Method, path: &str) -> Option<Place> {
    match path {
        _ if method != Method::POST => None,
        TOKEN_PATH => Some(Place::Token),
        NEW_PATH => Some(Place::New),
        NONE_PATH => Some(Place::None),
        _ => None,
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

/// Lets a request in that says that its body is JSON.
pub(crate) fn check_json(headers: &HeaderMap) -> Result<(), Rejection> {
    if headers.get(CONTENT_TYPE).is_some_and(is_json) {
        return Ok(());
    }
    Err(Rejection::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the content type must be application/json;charset=UTF-8",
    ))
}

/// The token in an `Authorization` header.
fn bearer(header: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = header.as_bytes().split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

/// `application/json`, in UTF-8 if it names a charset.
fn is_json(content_type: &HeaderValue) -> bool {
    let Ok(content_type) = content_type.to_str() else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    media_type.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.trim_end().eq_ignore_ascii_case("charset") => charset
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("UTF-8"),
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf_8_is_json() {
        let json = |text| is_json(&HeaderValue::from_static(text));
        for right in [
            "application/json",
            "application/json;charset=UTF-8",
            "Application/JSON ; Charset = \"utf-8\"",
            "application/json; odata=verbose; charset=utf-8",
        ] {
            assert!(json(right), "{right}");
        }
        for wrong in [
            "",
            "text/json",
            "application/jsonp",
            "application/json; charset=ISO-8859-1",
            "application/json; charset=utf-8; charset=latin1",
        ] {
            assert!(!json(wrong), "{wrong}");
        }
    }

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
