//! One access token for all tasks of a process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    AccessToken, IssuedToken, StoredToken, TokenError, TokenProvider, TokenSource, TokenStore,
};
use crate::clock::{Clock, SystemClock};

/// A token is refreshed when less than this is left of its validity …
const REFRESH_MARGIN: Duration = Duration::from_secs(5 * 60);
/// … or less than this part of it, whichever is smaller (our decision).
const REFRESH_PART: u32 = 10;
/// How long a token that is still valid is used after a refresh failed, before the next try.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Shares one access token between all tasks of a process.
///
/// - One refresh is in flight, however many callers wait; one that gives up strands nobody.
/// - Validity is counted on the monotonic clock from the moment of the answer, as the answer states it.
/// - Nothing is refreshed in the background: a new token would make those of other processes invalid.
/// - A token that the portal refused is dropped, and only that one.
/// - A refresh that fails never takes away a token that is still valid.
/// - Errors are shared by those who waited, and not kept.
///
/// With a [`TokenStore`], several processes do so together ([`CachedTokens::with_store`]).
///
/// ```
/// use careflex_core::{CachedTokens, IssuedToken, TokenError, TokenProvider, TokenSource, async_trait};
///
/// struct Constant;
///
/// #[async_trait]
/// impl TokenSource for Constant {
///     async fn fetch(&self) -> Result<IssuedToken, TokenError> {
///         Ok(IssuedToken::new("token", None))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), TokenError> {
/// let tokens = CachedTokens::new(Constant);
/// let first = tokens.token().await?;
/// assert_eq!(tokens.token().await?.generation(), first.generation());
/// # Ok(())
/// # }
/// ```
pub struct CachedTokens<S, C = SystemClock> {
    inner: Arc<Inner<S, C>>,
    store: Option<Arc<dyn TokenStore>>,
}

struct Inner<S, C> {
    source: S,
    clock: C,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Cached>,
    /// Weak: when all callers have given up, the refresh ends with them.
    refresh: Option<WeakShared<Refresh>>,
    generations: u64,
    /// The token that was refused last. Other processes count other generations, so only the token
    /// itself tells whether a stored one is this one.
    refused: Option<Arc<SecretString>>,
}

struct Cached {
    token: AccessToken,
    expires: Option<Expiry>,
    /// No refresh before this moment, because the last one failed.
    pause_until: Option<Instant>,
}

struct Expiry {
    refresh_from: Instant,
    end: Instant,
}

type Refresh = BoxFuture<'static, Result<AccessToken, TokenError>>;

impl<S: TokenSource + 'static> CachedTokens<S> {
    /// A cache on the clock of the machine.
    pub fn new(source: S) -> Self {
        Self::with_clock(source, SystemClock)
    }
}

impl<S: TokenSource + 'static, C: Clock + 'static> CachedTokens<S, C> {
    /// A cache on a clock of your own.
    pub fn with_clock(source: S, clock: C) -> Self {
        Self {
            inner: Arc::new(Inner {
                source,
                clock,
                state: Mutex::default(),
            }),
            store: None,
        }
    }

    /// Shares the token with other processes through a store. Each refresh opens it and takes the token
    /// that another process has stored, unless that one has been refused or is due for a refresh too.
    /// Only otherwise is a new one fetched, and stored before anybody else can look.
    ///
    /// When the store fails, everything goes on as without it.
    #[must_use]
    pub fn with_store(mut self, store: impl TokenStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The refresh in flight, or a new one.
    fn refresh(&self, state: &mut State) -> Shared<Refresh> {
        if let Some(running) = state.refresh.as_ref().and_then(WeakShared::upgrade) {
            return running;
        }
        let inner = Arc::clone(&self.inner);
        let store = self.store.clone();
        let refresh = async move { inner.refresh(store.as_deref()).await }
            .boxed()
            .shared();
        state.refresh = refresh.downgrade();
        refresh
    }
}

#[async_trait]
impl<S: TokenSource + 'static, C: Clock + 'static> TokenProvider for CachedTokens<S, C> {
    async fn token(&self) -> Result<AccessToken, TokenError> {
        let refresh = {
            let now = self.inner.clock.now();
            let mut state = self.inner.lock();
            if let Some(cached) = state.current.as_ref().filter(|cached| cached.is_fresh(now)) {
                return Ok(cached.token.clone());
            }
            self.refresh(&mut state)
        };
        refresh.await
    }

    async fn rejected(&self, used: &AccessToken) {
        let mut state = self.inner.lock();
        if let Some(refused) = state
            .current
            .take_if(|cached| cached.token.generation() == used.generation())
        {
            state.refused = Some(refused.token.secret);
        }
    }
}

impl<S: TokenSource, C: Clock> Inner<S, C> {
    async fn refresh(&self, store: Option<&dyn TokenStore>) -> Result<AccessToken, TokenError> {
        // Errors of the store are its own to tell: a report does not fail because of them.
        let mut open = match store {
            Some(store) => store.open().await.ok(),
            None => None,
        };
        if let Some(shared) = &mut open {
            match shared.read().await {
                Ok(Some(stored)) if self.is_usable(&stored) => return Ok(self.take(stored)),
                Ok(_) => {}
                // What cannot be read is not written over either.
                Err(_) => open = None,
            }
        }
        let issued = self.source.fetch().await;
        let (now, wall) = (self.clock.now(), self.clock.wall());
        if let (Some(shared), Ok(issued)) = (&mut open, &issued) {
            let stored = StoredToken::new(issued.secret.clone(), wall, issued.expires_in);
            let _told_by_the_store = shared.write(&stored).await;
        }
        self.settle(issued, now)
    }

    /// Whether a stored token is of any use: not the one that is to be replaced.
    fn is_usable(&self, stored: &StoredToken) -> bool {
        let is_stored =
            |known: &Arc<SecretString>| known.expose_secret() == stored.secret.expose_secret();
        let state = self.lock();
        let current = state.current.as_ref().map(|cached| &cached.token.secret);
        stored.is_fresh(self.clock.wall())
            && !state.refused.as_ref().is_some_and(is_stored)
            && !current.is_some_and(is_stored)
    }

    /// Ends the refresh with a token of another process. It is not fetched now: a 401 on it may mean that
    /// it has been replaced.
    fn take(&self, stored: StoredToken) -> AccessToken {
        let now = self.clock.now();
        let expires = stored
            .left(self.clock.wall())
            .and_then(|left| Expiry::new(now, left.to_refresh, left.to_end));
        let mut state = self.lock();
        state.refresh = None;
        state.replace(stored.secret, expires)
    }

    /// Ends the refresh with what the source said at this moment.
    fn settle(
        &self,
        issued: Result<IssuedToken, TokenError>,
        now: Instant,
    ) -> Result<AccessToken, TokenError> {
        let mut state = self.lock();
        state.refresh = None;
        match issued {
            Ok(issued) => {
                let expires = issued.expires_in.and_then(|validity| {
                    Expiry::new(
                        now,
                        validity.saturating_sub(refresh_margin(validity)),
                        validity,
                    )
                });
                Ok(state.replace(issued.secret, expires).fetched_now())
            }
            Err(error) => match state.current.as_mut().filter(|cached| cached.is_valid(now)) {
                Some(cached) => {
                    cached.pause_until = now.checked_add(PAUSE_AFTER_FAILURE);
                    Ok(cached.token.clone())
                }
                None => Err(error),
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes this token the current one.
    fn replace(&mut self, secret: SecretString, expires: Option<Expiry>) -> AccessToken {
        self.generations += 1;
        let token = AccessToken::new(secret, self.generations);
        self.current = Some(Cached {
            token: token.clone(),
            expires,
            pause_until: None,
        });
        token
    }
}

impl Cached {
    /// Valid, and not to be refreshed yet.
    fn is_fresh(&self, now: Instant) -> bool {
        let Some(expires) = &self.expires else {
            return true;
        };
        now < expires.refresh_from
            || (now < expires.end && self.pause_until.is_some_and(|until| now < until))
    }

    fn is_valid(&self, now: Instant) -> bool {
        self.expires
            .as_ref()
            .is_none_or(|expires| now < expires.end)
    }
}

impl Expiry {
    /// `None` for a validity beyond all clocks.
    fn new(now: Instant, to_refresh: Duration, to_end: Duration) -> Option<Self> {
        Some(Self {
            refresh_from: now.checked_add(to_refresh)?,
            end: now.checked_add(to_end)?,
        })
    }
}

/// How long before its end a token of this validity is refreshed.
pub(super) fn refresh_margin(validity: Duration) -> Duration {
    REFRESH_MARGIN.min(validity / REFRESH_PART)
}

impl<S, C> std::fmt::Debug for CachedTokens<S, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CachedTokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
