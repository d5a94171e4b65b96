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
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;
    use crate::{IssuedToken, ManualClock, TokenErrorKind};

    /// Issues `t1`, `t2`, … as soon as there is a permit.
    struct Portal {
        fetches: AtomicUsize,
        gate: Semaphore,
        broken: AtomicBool,
        validity: u64,
    }

    impl Portal {
        fn open(validity: u64) -> Arc<Self> {
            Arc::new(Self {
                fetches: AtomicUsize::new(0),
                gate: Semaphore::new(Semaphore::MAX_PERMITS),
                broken: AtomicBool::new(false),
                validity,
            })
        }

        fn closed() -> Arc<Self> {
            Arc::new(Self {
                fetches: AtomicUsize::new(0),
                gate: Semaphore::new(0),
                broken: AtomicBool::new(false),
                validity: 43_200,
            })
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::SeqCst)
        }
    }

    #[async_trait]
    impl TokenSource for Portal {
        async fn fetch(&self) -> Result<IssuedToken, TokenError> {
            let number = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
            self.gate.acquire().await.unwrap().forget();
            if self.broken.load(Ordering::SeqCst) {
                return Err(TokenError::new(TokenErrorKind::Busy, "busy"));
            }
            Ok(IssuedToken::new(
                format!("t{number}"),
                Some(Duration::from_secs(self.validity)),
            ))
        }
    }

    fn cache(
        portal: &Arc<Portal>,
    ) -> (
        Arc<ManualClock>,
        CachedTokens<Arc<Portal>, Arc<ManualClock>>,
    ) {
        let clock = Arc::new(ManualClock::new());
        (
            Arc::clone(&clock),
            CachedTokens::with_clock(Arc::clone(portal), clock),
        )
    }

    #[tokio::test]
    async fn two_hundred_callers_make_one_request() {
        let portal = Portal::closed();
        let (_, tokens) = cache(&portal);
        let tokens = Arc::new(tokens);
        let callers: Vec<_> = (0..200)
            .map(|_| {
                let tokens = Arc::clone(&tokens);
                tokio::spawn(async move { tokens.token().await.unwrap().expose().to_owned() })
            })
            .collect();
        tokio::task::yield_now().await;
        portal.gate.add_permits(200);
        for caller in callers {
            assert_eq!(caller.await.unwrap(), "t1");
        }
        assert_eq!(portal.fetches(), 1);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_strands_nobody() {
        let portal = Portal::closed();
        let (_, tokens) = cache(&portal);
        let tokens = Arc::new(tokens);
        let spawn = || {
            let tokens = Arc::clone(&tokens);
            tokio::spawn(async move { tokens.token().await })
        };
        let (first, second) = (spawn(), spawn());
        tokio::task::yield_now().await;
        assert_eq!(portal.fetches(), 1);
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        portal.gate.add_permits(1);
        assert_eq!(second.await.unwrap().unwrap().expose(), "t1");
        assert_eq!(portal.fetches(), 1);
    }

    #[tokio::test]
    async fn when_all_give_up_the_next_one_starts_anew() {
        let portal = Portal::closed();
        let (_, tokens) = cache(&portal);
        assert!(tokens.token().now_or_never().is_none());
        portal.gate.add_permits(1);
        assert_eq!(tokens.token().await.unwrap().expose(), "t2");
        assert_eq!(portal.fetches(), 2);
    }

    #[tokio::test]
    async fn a_token_is_refreshed_shortly_before_its_end() {
        for (validity, margin) in [(43_200, 300), (600, 60)] {
            let portal = Portal::open(validity);
            let (clock, tokens) = cache(&portal);
            assert!(tokens.token().await.unwrap().is_fetched_now());
            clock.advance(Duration::from_secs(validity - margin - 1));
            let cached = tokens.token().await.unwrap();
            assert_eq!((cached.expose(), cached.is_fetched_now()), ("t1", false));
            clock.advance(Duration::from_secs(1));
            assert_eq!(tokens.token().await.unwrap().expose(), "t2");
        }
    }

    #[tokio::test]
    async fn a_failed_refresh_keeps_a_token_that_is_still_valid() {
        let portal = Portal::open(600);
        let (clock, tokens) = cache(&portal);
        tokens.token().await.unwrap();
        portal.broken.store(true, Ordering::SeqCst);
        clock.advance(Duration::from_secs(550));
        assert_eq!(tokens.token().await.unwrap().expose(), "t1");
        assert_eq!(tokens.token().await.unwrap().expose(), "t1");
        assert_eq!(portal.fetches(), 2, "no second try within the pause");
        clock.advance(Duration::from_secs(31));
        assert_eq!(tokens.token().await.unwrap().expose(), "t1");
        assert_eq!(portal.fetches(), 3);
        clock.advance(Duration::from_secs(30));
        assert_eq!(
            tokens.token().await.unwrap_err().kind(),
            TokenErrorKind::Busy
        );
        portal.broken.store(false, Ordering::SeqCst);
        assert_eq!(
            tokens.token().await.unwrap().expose(),
            "t5",
            "errors are not kept"
        );
    }

    #[tokio::test]
    async fn a_401_on_an_older_generation_mints_nothing() {
        let portal = Portal::open(43_200);
        let (_, tokens) = cache(&portal);
        let old = tokens.token().await.unwrap();
        tokens.rejected(&old).await;
        let new = tokens.token().await.unwrap();
        assert_eq!(new.expose(), "t2");
        tokens.rejected(&old).await;
        tokens.rejected(&old).await;
        assert_eq!(tokens.token().await.unwrap().expose(), "t2");
        assert_eq!(portal.fetches(), 2);
    }

    #[tokio::test]
    async fn a_token_of_no_validity_serves_those_who_waited() {
        let portal = Portal::open(0);
        let (_, tokens) = cache(&portal);
        assert_eq!(tokens.token().await.unwrap().expose(), "t1");
        assert_eq!(tokens.token().await.unwrap().expose(), "t2");
    }

    #[test]
    fn debug_shows_no_token() {
        let token = AccessToken::new("planted".into(), 1);
        assert!(!format!("{token:?}").contains("planted"));
    }
}
