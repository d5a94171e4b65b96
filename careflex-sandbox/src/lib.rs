//! A CareFlex portal to develop and test against.
//!
//! It listens on a free port of the loopback address and speaks what the real portal documents:
//!
//! | path | what |
//! | --- | --- |
//! | `POST /oauth/token` | access tokens; each new one ends the validity of all older ones (documented) |
//! | `POST /rest/incident/new` | reports of 1 to 100 incidents, answered row by row |
//! | `POST /rest/incident/none` | empty reports |
//! | `POST /soap` | both, as `NewIncidentRequest` and `NoIncidentRequest` |
//! | `GET /soap?wsdl` | the WSDL, with the address that the client has used |
//!
//! Whatever comes over REST or SOAP meets the same rules, is booked in the same ledger and struck by the
//! same faults.
//!
//! - [`Sandbox`] runs it, until it is dropped.
//! - [`Ledger`] tells what was really booked, and how often.
//! - [`Fault`] makes it misbehave at a chosen request: [`Effect`] lists how.
//!
//! ```
//! use careflex_core::secrecy::ExposeSecret;
//! use careflex_sandbox::{Effect, Fault, Place, Sandbox};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::TcpStream;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let sandbox = Sandbox::start().await?;
//!
//! // The first one who asks for a token gets no answer, though a token is issued.
//! sandbox.inject(Fault::new(Effect::CutAfterBooking).at(Place::Token));
//!
//! let credentials = sandbox.credentials();
//! let body = format!(
//!     r#"{{"grant_type":"password","username":"{}","password":"{}"}}"#,
//!     credentials.service_user.expose_secret(),
//!     credentials.service_secret.expose_secret(),
//! );
//! let mut answers = Vec::new();
//! for _ in 0..2 {
//!     let mut connection = TcpStream::connect(sandbox.local_addr()).await?;
//!     let length = body.len();
//!     let request = format!(
//!         "POST /oauth/token HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\
//!          Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
//!     );
//!     connection.write_all(request.as_bytes()).await?;
//!     let mut answer = String::new();
//!     connection.read_to_string(&mut answer).await?;
//!     answers.push(answer);
//! }
//! assert_eq!(answers[0], "");
//! assert!(answers[1].starts_with("HTTP/1.1 200 OK"));
//! assert_eq!(sandbox.ledger().tokens_issued, 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Where the documentation is silent
//! These are our decisions:
//! - The paths `/oauth/token`, `/rest` and `/soap`: a client takes them from [`Sandbox::token_url`],
//!   [`Sandbox::rest_url`] and [`Sandbox::soap_url`], never from here.
//! - The order of the checks: size of the body (413), path (404), method (405), access token (401),
//!   content type (415), body (400). The body is read to its end before anything is answered, so that
//!   no answer is lost in a connection that closes while the client still writes.
//! - What a row says that is refused: code `422` and the documented sentence with its first error.
//!   Warnings refuse nothing.
//! - A request goes on when its client has gone away: a real portal books it too.
//! - What the answers to requests that are refused as a whole hold: `{"message": …}`, and over SOAP a
//!   SOAP 1.1 Fault. Neither ever quotes what was sent.
//! - The status of faults: 500, which SOAP 1.1 demands, where the body makes no sense; where REST has a
//!   status of its own for the mistake (401, 405, 413, 415), that one. The fault is `Client` with all of
//!   them, and `Server` only when an injected [`Fault`] makes the portal the one to blame.
//! - A message over SOAP that cannot be read counts in the ledger as a report: nobody knows what it was
//!   meant to be.
//!
//! The API token is not checked when a message is sent (documented); the [`Ledger`] records whether it
//! was right.

mod bodies;
mod credentials;
mod faults;
mod gate;
mod import;
mod ledger;
mod media;
mod oauth;
mod portal;
mod rejection;
mod rest;
mod sandbox;
mod server;
mod soap;
mod struck;
mod tokens;

pub use credentials::Credentials;
pub use faults::{Booked, Effect, EffectEntry, Fault, FaultError, OwnAnswer, Place, fault_help};
pub use gate::Gate;
pub use ledger::{Booking, EmptyBooking, Ledger, Refusal};
pub use sandbox::{Sandbox, SandboxBuilder};

use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// A new key: a UUID, as in the documented answers.
fn fresh_key<T: FromStr>() -> T {
    loop {
        // Every key of the model takes any UUID, so the first one will do.
        if let Ok(key) = Uuid::new_v4().to_string().parse() {
            return key;
        }
    }
}

/// Locks what no panic can leave half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
