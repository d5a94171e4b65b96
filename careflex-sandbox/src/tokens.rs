//! Access tokens: one is valid at most.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use careflex_core::Clock;
use careflex_core::secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

/// The token that is valid now, if there is one. Issuing a new one ends the validity of all older ones
/// (documented), so there is no more to remember.
pub(crate) struct Tokens {
    clock: Arc<dyn Clock>,
    validity: Duration,
    current: Option<Current>,
}

struct Current {
    secret: SecretString,
    /// `None` if it lies beyond what the clock can tell.
    expires: Option<Instant>,
}

/// What the answer says of a new token.
pub(crate) struct Issued {
    pub(crate) secret: SecretString,
    /// In seconds.
    pub(crate) expires_in: u64,
    /// In seconds since 1970.
    pub(crate) created_at: u64,
}

impl Tokens {
    pub(crate) fn new(clock: Arc<dyn Clock>, validity: Duration) -> Self {
        Self {
            clock,
            // What the answer cannot say, no client can know.
            validity: Duration::from_secs(validity.as_secs()),
            current: None,
        }
    }

    pub(crate) fn issue(&mut self) -> Issued {
        // As in the documented example: a percent sign and a character that is not ASCII.
        let secret = format!("{}%§{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let secret = SecretString::from(secret);
        self.current = Some(Current {
            secret: secret.clone(),
            expires: self.clock.now().checked_add(self.validity),
        });
        let since_1970 = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        Issued {
            secret,
            expires_in: self.validity.as_secs(),
            created_at: since_1970.unwrap_or_default().as_secs(),
        }
    }

    pub(crate) fn accept(&self, presented: &[u8]) -> bool {
        self.current.as_ref().is_some_and(|current| {
            let in_time = current
                .expires
                .is_none_or(|expires| self.clock.now() < expires);
            in_time && current.secret.expose_secret().as_bytes() == presented
        })
    }

    pub(crate) fn forget(&mut self) {
        self.current = None;
    }
}
