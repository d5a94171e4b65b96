//! Takes access tokens from a source of your own, for example a service that hands one token to all
//! your programs, because each new token makes the older ones invalid.
//!
//! `cargo run --example own_token_provider`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use careflex::rest::RestReporter;
use careflex::secrecy::ExposeSecret as _;
use careflex::{
    AccessToken, Credentials, Endpoint, HttpSession, Incident, IncidentKind, PasswordGrant, Report,
    Reporter, ReqwestTransport, Rules, TokenError, TokenProvider, TokenSource, async_trait,
    parse_date,
};
use careflex_sandbox::Sandbox;
use tokio::sync::Mutex;

/// Stands for your token service. This one asks the portal itself, and only when it has to.
struct TokenService {
    portal: PasswordGrant,
    token: Mutex<Option<AccessToken>>,
    generations: AtomicU64,
}

#[async_trait]
impl TokenProvider for TokenService {
    async fn token(&self) -> Result<AccessToken, TokenError> {
        let mut token = self.token.lock().await;
        if let Some(token) = &*token {
            return Ok(token.clone());
        }
        let issued = self.portal.fetch().await?;
        let generation = self.generations.fetch_add(1, Ordering::Relaxed) + 1;
        let new = AccessToken::new(issued.secret, generation);
        *token = Some(new.clone());
        Ok(new)
    }

    /// The portal answered 401: drop this token, unless another task has replaced it already.
    async fn rejected(&self, used: &AccessToken) {
        self.token
            .lock()
            .await
            .take_if(|token| token.generation() == used.generation());
    }
}

/// Public so that the tests can run it too.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let portal = Sandbox::start().await?;
    let settings = portal.credentials();
    let credentials = Credentials::new(
        settings.service_user.expose_secret(),
        settings.service_secret.expose_secret(),
    );
    let transport = Arc::new(ReqwestTransport::new(&careflex::HttpSettings::default())?);
    let tokens = TokenService {
        portal: PasswordGrant::new(portal.token_url().parse()?, credentials, transport),
        token: Mutex::new(None),
        generations: AtomicU64::new(0),
    };

    let session = HttpSession::builder().token_provider(tokens).build()?;
    let endpoint: Endpoint = portal.rest_url().parse()?;
    let reporter = RestReporter::new(session, &endpoint, settings.api_token.clone());
    let incident = Incident::builder()
        .employee_id("4711".parse()?)
        .kind(IncidentKind::Wik)
        .valid_from(parse_date("2026-12-01")?)
        .created_at(parse_date("2026-11-20")?)
        .build();
    let report = Report::new(
        "09ce3580d84bf087".parse()?,
        vec![incident],
        &Rules::documented(),
    )?;

    println!("{:?}", reporter.report(&report).await?);
    // Somebody else has fetched a token: ours is refused, dropped, and replaced.
    portal.revoke_tokens();
    println!("{:?}", reporter.report(&report).await?);
    assert_eq!(portal.ledger().tokens_issued, 2);
    Ok(())
}
