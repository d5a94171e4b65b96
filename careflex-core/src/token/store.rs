//! One access token for several processes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use secrecy::SecretString;

use super::cache::refresh_margin;

/// Keeps the access token where other processes of the same service user find it, so that they ask for
/// one together: each that asked for itself would make the tokens of the others invalid (documented).
///
/// A store keeps the token of one service user at one address: a token of staging must never be handed
/// out for production. That is its own business, as [`CachedTokens`](super::CachedTokens) knows neither.
///
/// It is opened for each refresh. Whatever fails here, a report goes on
/// as without a store: errors are not passed on, so a store that wants somebody to know says so itself.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Waits until nobody else has the store open, in this process or another, but not for ever. It is
    /// closed when what comes back is dropped, and when the process dies.
    ///
    /// # Errors
    /// [`TokenStoreError`] when it cannot be had.
    async fn open(&self) -> Result<Box<dyn OpenTokenStore>, TokenStoreError>;
}

#[async_trait]
impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    async fn open(&self) -> Result<Box<dyn OpenTokenStore>, TokenStoreError> {
        (**self).open().await
    }
}

/// A store that nobody else can read or change until this is dropped.
#[async_trait]
pub trait OpenTokenStore: Send + Sync {
    /// The token that was stored last; `None` when there is none, or none that can be used.
    ///
    /// # Errors
    /// [`TokenStoreError`] when that cannot be told. Nothing is written then.
    async fn read(&mut self) -> Result<Option<StoredToken>, TokenStoreError>;

    /// Replaces the token.
    ///
    /// # Errors
    /// [`TokenStoreError`] when it could not be stored.
    async fn write(&mut self, token: &StoredToken) -> Result<(), TokenStoreError>;
}

/// A token as processes share it. Times are the wall clock's: no process knows the monotonic clock of
/// another.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoredToken {
    /// The token.
    pub secret: SecretString,
    /// When it was issued.
    pub issued_at: SystemTime,
    /// For how long it is valid from then on; `None` when the portal did not say, then it is used until
    /// it is refused.
    pub expires_in: Option<Duration>,
}

impl StoredToken {
    /// The longest time for which a stored token of known validity is used without asking anew: 24 hours,
    /// twice the documented validity (our decision). A clock that was set back makes no token last for ever.
    pub const LONGEST_USE: Duration = Duration::from_secs(24 * 60 * 60);

    /// A token, when it was issued, and for how long it is valid from then on.
    #[must_use]
    pub fn new(
        secret: impl Into<SecretString>,
        issued_at: SystemTime,
        expires_in: Option<Duration>,
    ) -> Self {
        Self {
            secret: secret.into(),
            issued_at,
            expires_in,
        }
    }

    /// When its validity ends; `None` when that is not known.
    #[must_use]
    pub fn valid_until(&self) -> Option<SystemTime> {
        self.issued_at.checked_add(self.expires_in?)
    }

    /// Whether it may be used: valid, and not so near its end that a new one is due.
    #[must_use]
    pub fn is_fresh(&self, now: SystemTime) -> bool {
        self.left(now).is_none_or(|left| !left.to_refresh.is_zero())
    }

    /// What is left of its validity; `None` when that is not known.
    pub(super) fn left(&self, now: SystemTime) -> Option<Left> {
        let end = self.valid_until()?;
        let margin = refresh_margin(self.expires_in?);
        let to_end = end
            .duration_since(now)
            .unwrap_or_default()
            .min(Self::LONGEST_USE);
        Some(Left {
            to_end,
            to_refresh: to_end.saturating_sub(margin),
        })
    }
}

/// What is left of a token's validity.
pub(super) struct Left {
    pub(super) to_refresh: Duration,
    pub(super) to_end: Duration,
}

/// Why a store could not be used. The text must hold no secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TokenStoreError {
    message: String,
}

impl TokenStoreError {
    /// An error for stores to make. The message must hold no secret.
    #[must_use]
    pub fn new(message: impl fmt::Display) -> Self {
        Self {
            message: message.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
