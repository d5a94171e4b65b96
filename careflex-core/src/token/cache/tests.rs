//! One cache, as of one process.

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
