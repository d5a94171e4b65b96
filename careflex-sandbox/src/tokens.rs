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
    /// How many requests it is still good for; `None` for any number.
    uses_left: Option<usize>,
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

    /// Issues a token that is good for so many requests, or any number of them.
    pub(crate) fn issue(&mut self, uses: Option<usize>) -> Issued {
        // As in the documented example: a percent sign and a character that is not ASCII.
        let secret = format!("{}%§{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let secret = SecretString::from(secret);
        self.current = Some(Current {
            secret: secret.clone(),
            expires: self.clock.now().checked_add(self.validity),
            uses_left: uses,
        });
        let since_1970 = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        Issued {
            secret,
            expires_in: self.validity.as_secs(),
            created_at: since_1970.unwrap_or_default().as_secs(),
        }
    }

    /// Whether a request with this token is let in, which uses it once.
    pub(crate) fn accept(&mut self, presented: &[u8]) -> bool {
        let now = self.clock.now();
        let Some(current) = &mut self.current else {
            return false;
        };
        let is_valid = current.expires.is_none_or(|expires| now < expires)
            && current.uses_left != Some(0)
            && current.secret.expose_secret().as_bytes() == presented;
        if is_valid && let Some(left) = &mut current.uses_left {
            *left -= 1;
        }
        is_valid
    }

    pub(crate) fn forget(&mut self) {
        self.current = None;
    }
}
