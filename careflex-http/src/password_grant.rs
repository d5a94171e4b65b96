//! Fetches access tokens with the service user's credentials (EP1).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use careflex_core::secrecy::{ExposeSecret, SecretString};
use careflex_core::{IssuedToken, TokenError, TokenErrorKind, TokenSource};
use serde::{Deserialize, Deserializer, Serialize};
use tracing::Instrument as _;

use crate::endpoint::Endpoint;
use crate::transport::{Request, Response, Transport, TransportError};

/// The service user and its secret: one pair, of the managing company, for all companies that it
/// manages (documented). Hidden in `Debug`.
#[derive(Clone)]
pub struct Credentials {
    user: SecretString,
    secret: SecretString,
}

impl Credentials {
    /// Takes the pair as the portal shows it.
    #[must_use]
    pub fn new(user: impl Into<SecretString>, secret: impl Into<SecretString>) -> Self {
        Self {
            user: user.into(),
            secret: secret.into(),
        }
    }

    /// The service user, to tell one from another.
    pub(crate) fn user(&self) -> &str {
        self.user.expose_secret()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(<hidden>)")
    }
}

/// Fetches access tokens by OAuth's password grant, as documented. Every call makes the older tokens
/// invalid: put it behind [`CachedTokens`](careflex_core::CachedTokens).
pub struct PasswordGrant {
    endpoint: Endpoint,
    credentials: Credentials,
    transport: Arc<dyn Transport>,
}

impl PasswordGrant {
    /// Fetches from this address.
    #[must_use]
    pub fn new(
        endpoint: Endpoint,
        credentials: Credentials,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self {
            endpoint,
            credentials,
            transport,
        }
    }

    async fn ask(&self, host: &str) -> Result<IssuedToken, TokenError> {
        let outcome = self
            .transport
            .send(Request {
                endpoint: &self.endpoint,
                content_type: "application/json",
                bearer: None,
                headers: &[],
                body: self.body()?.into(),
            })
            .await;
        let status = outcome.as_ref().ok().map(|response| response.status);
        tracing::debug!(host, status, "access token");
        match outcome {
            Ok(response) => read(&response, host),
            Err(error) => Err(unreachable(error, host)),
        }
    }

    fn body(&self) -> Result<Vec<u8>, TokenError> {
        #[derive(Serialize)]
        struct Grant<'a> {
            grant_type: &'static str,
            username: &'a str,
            password: &'a str,
        }
        serde_json::to_vec(&Grant {
            grant_type: "password",
            username: self.credentials.user.expose_secret(),
            password: self.credentials.secret.expose_secret(),
        })
        .map_err(|_| TokenError::new(TokenErrorKind::Unreadable, "the request cannot be written"))
    }
}

#[async_trait]
impl TokenSource for PasswordGrant {
    /// Tries once: a session tries again, and only if no older token is valid.
    async fn fetch(&self) -> Result<IssuedToken, TokenError> {
        let host = self.endpoint.host();
        let span = tracing::info_span!("token", host);
        self.ask(&host).instrument(span).await
    }
}

fn unreachable(error: TransportError, host: &str) -> TokenError {
    let kind = TokenErrorKind::Unreachable;
    let (TransportError::NotSent { reason, source, .. } | TransportError::Lost { reason, source }) =
        error;
    let message = format!("{host} could not be reached for an access token: {reason}");
    match source {
        Some(source) => TokenError::with_source(kind, message, source),
        None => TokenError::new(kind, message),
    }
}

fn read(response: &Response, host: &str) -> Result<IssuedToken, TokenError> {
    let status = response.status;
    let error = |kind, message: String| Err(TokenError::new(kind, message));
    match status {
        200..=299 => {}
        400 | 401 | 403 => {
            return error(
                TokenErrorKind::Refused,
                format!(
                    "{host} refused the log-in (status {status}): are service user and service user secret right, and made in the same environment as the addresses? Staging credentials never work in production and vice versa"
                ),
            );
        }
        429 | 500..=599 => {
            return Err(TokenError::busy(
                format!("{host} is busy or in trouble (status {status}): try again later"),
                response.retry_after.clone(),
            ));
        }
        _ => {
            return error(
                TokenErrorKind::Unreadable,
                format!(
                    "{host} gave no access token (status {status}): is the token address right?"
                ),
            );
        }
    }
    let answer = match &response.body {
        Ok(body) => {
            let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
            serde_json::from_slice::<Answer>(body).ok()
        }
        Err(broken) => {
            return error(
                TokenErrorKind::Unreachable,
                format!("{host} gave no access token: {broken}"),
            );
        }
    };
    // No source: serde's errors quote what they read.
    match answer {
        Some(answer) if is_usable_token(answer.access_token.expose_secret()) => {
            Ok(IssuedToken::new(
                answer.access_token,
                answer.expires_in.map(Duration::from_secs),
            ))
        }
        _ => error(
            TokenErrorKind::Unreadable,
            format!("{host} answered without an access token: is the token address right?"),
        ),
    }
}

/// Whether a header can carry it.
pub(crate) fn is_usable_token(token: &str) -> bool {
    !token.is_empty() && !token.chars().any(char::is_control)
}

/// `scope`, `refresh_token`, `created_at` (the server's clock) and unknown members are ignored.
#[derive(Deserialize)]
struct Answer {
    #[serde(deserialize_with = "secret")]
    access_token: SecretString,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// A number, or a number as text; anything else counts as not said.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok())))
}

impl fmt::Debug for PasswordGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordGrant")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<IssuedToken, TokenError> {
        read(
            &Response::new(status, Ok(body.to_owned().into())),
            "portal.example:443",
        )
    }

    #[test]
    fn reads_the_documented_answer() {
        let token = answer(
            200,
            r#"{"access_token":"P7kmfo8HXItLLOReHq65o4%§ggg45dYhSm5ODc","token_type":"Bearer","expires_in":43200,"created_at":1589887223}"#,
        )
        .unwrap();
        assert_eq!(
            token.secret.expose_secret(),
            "P7kmfo8HXItLLOReHq65o4%§ggg45dYhSm5ODc"
        );
        assert_eq!(token.expires_in, Some(Duration::from_secs(43_200)));
    }

    #[test]
    fn the_validity_may_be_missing_or_a_text() {
        let validity = |json: &str| {
            answer(201, &format!(r#"{{"access_token":"t"{json}}}"#))
                .unwrap()
                .expires_in
        };
        assert_eq!(validity(""), None);
        assert_eq!(validity(r#","expires_in":null"#), None);
        assert_eq!(
            validity(r#","expires_in":"60""#),
            Some(Duration::from_secs(60))
        );
    }

    #[test]
    fn says_what_is_wrong_and_quotes_nothing() {
        for (status, body, kind) in [
            (401, "planted", TokenErrorKind::Refused),
            (400, "{}", TokenErrorKind::Refused),
            (503, "", TokenErrorKind::Busy),
            (404, "", TokenErrorKind::Unreadable),
            (302, "", TokenErrorKind::Unreadable),
            (200, "<html>planted</html>", TokenErrorKind::Unreadable),
            (
                200,
                r#"{"access_token":{"planted":1}}"#,
                TokenErrorKind::Unreadable,
            ),
            (200, r#"{"access_token":""}"#, TokenErrorKind::Unreadable),
            (
                200,
                r#"{"access_token":"planted\n"}"#,
                TokenErrorKind::Unreadable,
            ),
        ] {
            let error = answer(status, body).unwrap_err();
            assert_eq!(error.kind(), kind, "{status} {body}");
            assert!(
                !format!("{error} {error:?}").contains("planted"),
                "{error:?}"
            );
        }
    }
}
