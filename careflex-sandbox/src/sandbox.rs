//! The sandbox as its user sees it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use careflex_core::{Clock, Rules, SystemClock};

use crate::credentials::Credentials;
use crate::faults::Fault;
use crate::ledger::Ledger;
use crate::portal::{self, Portal};
use crate::server::Server;

/// A portal that runs, on the tokio runtime that started it, until it is dropped or shut down. Several
/// can run side by side.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use careflex_core::ManualClock;
/// use careflex_sandbox::Sandbox;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let clock = Arc::new(ManualClock::new());
/// let sandbox = Sandbox::builder()
///     .clock(clock.clone())
///     .token_validity(Duration::from_secs(600))
///     .start()
///     .await?;
/// println!("EP1 is {}", sandbox.token_url());
/// println!("EP2 is {}", sandbox.soap_url());
/// println!("EP3 is {}", sandbox.rest_url());
/// clock.advance(Duration::from_secs(600)); // Now a token is no longer valid.
/// sandbox.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct Sandbox {
    portal: Arc<Portal>,
    server: Server,
}

impl Sandbox {
    /// Starts a sandbox with random credentials on a free port of the loopback address.
    ///
    /// # Errors
    /// What keeps the address from being bound.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Settings for a sandbox.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder {
            bind: (Ipv4Addr::LOCALHOST, 0).into(),
            credentials: None,
            clock: Arc::new(SystemClock),
            token_validity: Duration::from_secs(12 * 60 * 60),
            rules: Rules::documented(),
            body_limit: 16 << 20,
        }
    }

    /// EP1, where access tokens are fetched.
    #[must_use]
    pub fn token_url(&self) -> String {
        self.url(portal::TOKEN_PATH)
    }

    /// EP2, the one address of both operations. With `?wsdl` behind it, it tells its WSDL.
    #[must_use]
    pub fn soap_url(&self) -> String {
        self.url(portal::SOAP_PATH)
    }

    /// EP3, the part before `/incident/new`.
    #[must_use]
    pub fn rest_url(&self) -> String {
        self.url(portal::REST_PATH)
    }

    fn url(&self, path: &str) -> String {
        portal::url(self.local_addr(), path)
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// What it accepts.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.portal.credentials
    }

    /// What has happened until now. A copy: it does not change any more.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.portal.ledger().clone()
    }

    /// Adds a fault behind those that are already planned.
    pub fn inject(&self, fault: Fault) {
        self.portal.faults.add(fault);
    }

    /// How many of the injected faults may still strike. A test that expects each of them to have
    /// struck asks for 0.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.portal.faults.pending()
    }

    /// How many of the injected faults have struck no request yet.
    #[must_use]
    pub fn unstruck_faults(&self) -> usize {
        self.portal.faults.unstruck()
    }

    /// Drops all planned faults. Requests that a [`Gate`](crate::Gate) holds stay held.
    pub fn clear_faults(&self) {
        self.portal.faults.clear();
    }

    /// Makes all access tokens invalid, as a foreign client of the same service user does when it asks
    /// for a new one (documented).
    pub fn revoke_tokens(&self) {
        self.portal.tokens().forget();
    }

    /// Stops listening, cuts all connections, and returns when that is done.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("local_addr", &self.local_addr())
            .finish_non_exhaustive()
    }
}

/// Settings for a [`Sandbox`], made by [`Sandbox::builder`].
#[must_use]
pub struct SandboxBuilder {
    bind: SocketAddr,
    credentials: Option<Credentials>,
    clock: Arc<dyn Clock>,
    token_validity: Duration,
    rules: Rules,
    body_limit: usize,
}

impl SandboxBuilder {
    /// Where to listen: a free port of `127.0.0.1` by default. Mind that it speaks plain HTTP.
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = address;
        self
    }

    /// What to accept: [`Credentials::random`] by default.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The clock by which tokens expire, and which dates in answers follow: that of the machine by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long an access token is valid: 12 hours by default (documented). To the second.
    pub fn token_validity(mut self, validity: Duration) -> Self {
        self.token_validity = validity;
        self
    }

    /// What an incident has to meet: [`Rules::documented`] by default.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// The largest body in bytes: 16 MiB by default (our decision).
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Starts the sandbox. It is ready when this returns.
    ///
    /// # Errors
    /// What keeps the address from being bound.
    pub async fn start(self) -> io::Result<Sandbox> {
        let portal = Arc::new(Portal::new(
            self.credentials.unwrap_or_else(Credentials::random),
            self.rules,
            self.clock,
            self.token_validity,
        ));
        let server = Server::start(self.bind, Arc::clone(&portal), self.body_limit).await?;
        Ok(Sandbox { portal, server })
    }
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxBuilder")
            .field("bind", &self.bind)
            .field("token_validity", &self.token_validity)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}
