//! The one place of careflex that talks HTTP.
//!
//! - [`Endpoint`]: an address that may receive secrets.
//! - [`HttpSession`]: sends a message with an access token, repeats what may be repeated, and says what
//!   the outcome means for the report (our decisions, since nothing in the sources makes a repeated
//!   request harmless):
//!
//! | what came back | the report |
//! | --- | --- |
//! | an answer that says anything of its incidents, whatever the HTTP status | answered, row by row |
//! | it provably never left (DNS, connect, TLS); 401, 429 or 503 after the retries | not sent |
//! | another 4xx, a 3xx, an answer that says itself that the report was refused | refused |
//! | an answer to it that cannot be read, whatever the HTTP status | in doubt |
//! | another 5xx, an answer that says itself that the portal failed, a 2xx that cannot be read, a connection cut or a time-out after it began to leave | in doubt |
//!
//! - [`HttpReporter`]: reports through a session in the messages of a [`Wire`], as REST and SOAP do.
//! - [`PasswordGrant`]: fetches access tokens with the service user's credentials.
//! - [`FileTokenStore`]: shares one access token between processes.
//! - [`Transport`]: what a session sends through; [`ReqwestTransport`] by default.
//!
//! Redirects are never followed: the body holds the API token. Bodies, headers and secrets are never
//! logged; `tracing` events name host, status and time.

mod endpoint;
mod environment;
mod password_grant;
mod reporter;
mod reqwest_transport;
mod retry;
mod session;
mod settings;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;
mod token_file;
mod transport;

pub use careflex_core::{Sleep, TokioSleep};
pub use endpoint::{Endpoint, EndpointError};
pub use environment::{Environment, MixedEnvironments};
pub use password_grant::{Credentials, PasswordGrant};
pub use reporter::{HttpReporter, Wire};
pub use reqwest_transport::ReqwestTransport;
pub use retry::RetryPolicy;
pub use session::{HttpSession, HttpSessionBuilder, Post, Reading};
pub use settings::{HttpSettings, Identity, Proxy, SetupError, TlsBackend};
pub use token_file::FileTokenStore;
pub use transport::{BodyError, Request, Response, Transport, TransportError};

pub use {bytes, url};
