//! What the bodies are posted to.

use std::sync::Arc;
use std::time::Duration;

use careflex::http::{HttpSettings, PasswordGrant, ReqwestTransport};
use careflex::secrecy::ExposeSecret as _;
use careflex::{Credentials, Report, TokenSource as _};
use careflex_sandbox::Sandbox;
use tokio::runtime::Runtime;

use super::server::Server;

/// How a portal works.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The sandbox: it reads each incident, checks it and books it.
    Sandbox,
    /// It costs as little as possible: its answers are ready-made.
    ReadyMade { answer_after: Duration },
}

impl Kind {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Sandbox => "the sandbox, which checks and books".to_owned(),
            Self::ReadyMade { answer_after } if answer_after.is_zero() => {
                "ready-made answers, at once".to_owned()
            }
            Self::ReadyMade { answer_after } => {
                format!("ready-made answers, after {answer_after:?}")
            }
        }
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::ReadyMade { .. } => "ready-made",
        }
    }
}

/// A portal on loopback, in this process.
pub(crate) enum Portal {
    Sandbox {
        sandbox: Sandbox,
        /// What it runs on.
        _runtime: Runtime,
    },
    ReadyMade(Server),
}

impl Portal {
    pub(crate) fn start(kind: Kind, reports: &[Report]) -> Self {
        match kind {
            Kind::Sandbox => Self::sandbox(),
            Kind::ReadyMade { answer_after } => {
                Self::ReadyMade(Server::start(reports, answer_after))
            }
        }
    }

    fn sandbox() -> Self {
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start()).unwrap();
        Self::Sandbox {
            sandbox,
            _runtime: runtime,
        }
    }

    /// A portal like this one that has booked nothing yet.
    pub(crate) fn without_bookings(self) -> Self {
        match self {
            Self::Sandbox { .. } => Self::sandbox(),
            Self::ReadyMade(_) => self,
        }
    }

    pub(crate) fn rest_url(&self) -> String {
        match self {
            Self::Sandbox { sandbox, .. } => sandbox.rest_url(),
            Self::ReadyMade(server) => server.url("rest"),
        }
    }

    pub(crate) fn token_url(&self) -> String {
        match self {
            Self::Sandbox { sandbox, .. } => sandbox.token_url(),
            Self::ReadyMade(server) => server.url("token"),
        }
    }

    pub(crate) fn credentials(&self) -> Credentials {
        match self {
            Self::Sandbox { sandbox, .. } => {
                let accepted = sandbox.credentials();
                Credentials::new(
                    accepted.service_user.clone(),
                    accepted.service_secret.clone(),
                )
            }
            Self::ReadyMade(_) => Credentials::new("service user", "its secret"),
        }
    }

    pub(crate) async fn access_token(&self) -> String {
        let transport = ReqwestTransport::new(&HttpSettings::default()).unwrap();
        let endpoint = self.token_url().parse().unwrap();
        let grant = PasswordGrant::new(endpoint, self.credentials(), Arc::new(transport));
        let issued = grant.fetch().await.unwrap();
        issued.secret.expose_secret().to_owned()
    }
}
