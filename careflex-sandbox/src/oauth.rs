//! EP1: access tokens by OAuth's password grant, as documented.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use careflex_core::secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use crate::credentials::Credentials;
use crate::faults::{Effect, Place};
use crate::media::Media;
use crate::portal::Portal;
use crate::rejection::{InJson, Rejection};

/// `POST /oauth/token`
pub(crate) async fn issue(
    State(portal): State<Arc<Portal>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, InJson> {
    portal.ledger().arrived(Place::Token);
    Media::Json.check(&headers)?;
    let grant = Grant::read(&body)?;
    if !grant.is_of(&portal.credentials) {
        return Err(wrong_credentials().into());
    }

    let struck = portal.strike(Place::Token, Media::Json, &[]).await?;
    let uses = match struck.effect() {
        Some(Effect::ExpiresAfter(uses)) => Some(*uses),
        _ => None,
    };
    let issued = portal.tokens().issue(uses);
    portal.ledger().tokens_issued += 1;
    let answer = Answer {
        access_token: issued.secret.expose_secret(),
        token_type: "Bearer",
        expires_in: issued.expires_in,
        created_at: issued.created_at,
    };
    let body = serde_json::to_vec(&answer).map_err(|_| {
        Rejection::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "no answer can be written",
        )
    })?;
    Ok(struck.answer(StatusCode::OK, body))
}

pub(crate) fn wrong_credentials() -> Rejection {
    Rejection::new(
        StatusCode::UNAUTHORIZED,
        "service user or service user secret is wrong",
    )
}

/// The documented body. Holds a secret: no `Debug`.
#[derive(Deserialize)]
struct Grant {
    grant_type: String,
    username: String,
    password: String,
}

impl Grant {
    fn read(body: &[u8]) -> Result<Self, Rejection> {
        // serde's own message might quote the body.
        let grant: Self = serde_json::from_slice(body).map_err(|_| {
            Rejection::unusable(
                "the body must be a JSON object with grant_type, username and password",
            )
        })?;
        if grant.grant_type != "password" {
            return Err(Rejection::unusable("the grant_type must be password"));
        }
        Ok(grant)
    }

    fn is_of(&self, credentials: &Credentials) -> bool {
        self.username == credentials.service_user.expose_secret()
            && self.password == credentials.service_secret.expose_secret()
    }
}

/// The documented answer, in its order.
#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    created_at: u64,
}
