//! Several caches, as of several processes, on one store.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use secrecy::ExposeSecret as _;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use super::*;
use crate::{
    CachedTokens, Clock as _, IssuedToken, ManualClock, TokenError, TokenErrorKind,
    TokenProvider as _, TokenSource,
};

const TWELVE_HOURS: u64 = 43_200;

/// Issues `t1`, `t2`, … to all processes.
struct Portal {
    fetches: AtomicUsize,
    is_broken: AtomicBool,
    validity: Option<u64>,
    gate: Semaphore,
}

#[async_trait]
impl TokenSource for Portal {
    async fn fetch(&self) -> Result<IssuedToken, TokenError> {
        let number = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
        let _passed = self.gate.acquire().await.unwrap();
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(TokenError::new(TokenErrorKind::Busy, "busy"));
        }
        let validity = self.validity.map(Duration::from_secs);
        Ok(IssuedToken::new(format!("t{number}"), validity))
    }
}

/// A store in memory, whose operations can be made to fail.
#[derive(Default)]
struct Memory {
    stored: Arc<Mutex<Option<StoredToken>>>,
    opened: AtomicUsize,
    cannot_open: AtomicBool,
    cannot_read: Arc<AtomicBool>,
    cannot_write: Arc<AtomicBool>,
}

struct OpenMemory {
    stored: OwnedMutexGuard<Option<StoredToken>>,
    cannot_read: Arc<AtomicBool>,
    cannot_write: Arc<AtomicBool>,
}

fn fail_if(failing: &AtomicBool) -> Result<(), TokenStoreError> {
    if failing.load(Ordering::SeqCst) {
        return Err(TokenStoreError::new("broken"));
    }
    Ok(())
}

#[async_trait]
impl TokenStore for Memory {
    async fn open(&self) -> Result<Box<dyn OpenTokenStore>, TokenStoreError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        fail_if(&self.cannot_open)?;
        Ok(Box::new(OpenMemory {
            stored: Arc::clone(&self.stored).lock_owned().await,
            cannot_read: Arc::clone(&self.cannot_read),
            cannot_write: Arc::clone(&self.cannot_write),
        }))
    }
}

#[async_trait]
impl OpenTokenStore for OpenMemory {
    async fn read(&mut self) -> Result<Option<StoredToken>, TokenStoreError> {
        fail_if(&self.cannot_read)?;
        Ok(self.stored.clone())
    }

    async fn write(&mut self, token: &StoredToken) -> Result<(), TokenStoreError> {
        fail_if(&self.cannot_write)?;
        *self.stored = Some(token.clone());
        Ok(())
    }
}

/// A portal, a store and a clock, which all processes share.
struct World {
    portal: Arc<Portal>,
    store: Arc<Memory>,
    clock: Arc<ManualClock>,
}

type Process = CachedTokens<Arc<Portal>, Arc<ManualClock>>;

impl World {
    fn new(validity: impl Into<Option<u64>>) -> Self {
        Self {
            portal: Arc::new(Portal {
                fetches: AtomicUsize::new(0),
                is_broken: AtomicBool::new(false),
                validity: validity.into(),
                gate: Semaphore::new(Semaphore::MAX_PERMITS),
            }),
            store: Arc::default(),
            clock: Arc::new(ManualClock::new()),
        }
    }

    fn process(&self) -> Process {
        CachedTokens::with_clock(Arc::clone(&self.portal), Arc::clone(&self.clock))
            .with_store(Arc::clone(&self.store))
    }

    fn fetches(&self) -> usize {
        self.portal.fetches.load(Ordering::SeqCst)
    }

    fn opened(&self) -> usize {
        self.store.opened.load(Ordering::SeqCst)
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn put(&self, token: StoredToken) {
        *self.store.stored.lock().await = Some(token);
    }

    async fn stored(&self) -> Option<String> {
        let stored = self.store.stored.lock().await;
        Some(stored.as_ref()?.secret.expose_secret().to_owned())
    }
}

async fn token_of(process: &Process) -> String {
    process.token().await.unwrap().expose().to_owned()
}

#[tokio::test]
async fn many_processes_make_one_request_together() {
    let world = World::new(TWELVE_HOURS);
    world.portal.gate.forget_permits(Semaphore::MAX_PERMITS);
    let processes: Vec<_> = (0..50)
        .map(|_| {
            let process = world.process();
            tokio::spawn(async move { process.token().await.unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    world.portal.gate.add_permits(1);
    let mut fetched_now = 0;
    for process in processes {
        let token = process.await.unwrap();
        assert_eq!(token.expose(), "t1");
        fetched_now += u32::from(token.is_fetched_now());
    }
    assert_eq!((world.fetches(), fetched_now), (1, 1));
}

#[tokio::test]
async fn a_stored_token_is_not_fetched_now_and_cached_in_the_process() {
    let world = World::new(TWELVE_HOURS);
    assert!(world.process().token().await.unwrap().is_fetched_now());
    let second = world.process();
    assert!(!second.token().await.unwrap().is_fetched_now());
    let opened = world.opened();
    assert_eq!(token_of(&second).await, "t1");
    assert_eq!((world.opened(), world.fetches()), (opened, 1));
}

#[tokio::test]
async fn after_a_401_the_first_process_fetches_and_the_others_take_that() {
    let world = World::new(TWELVE_HOURS);
    let processes = [world.process(), world.process(), world.process()];
    let mut used = Vec::new();
    for process in &processes {
        used.push(process.token().await.unwrap());
    }
    let opened = world.opened();
    for (process, used) in processes.iter().zip(&used) {
        process.rejected(used).await;
    }
    assert_eq!(world.opened(), opened, "a refusal alone opens no store");
    for process in &processes {
        assert_eq!(token_of(process).await, "t2");
    }
    assert_eq!(world.fetches(), 2);
    processes[0].rejected(&used[0]).await;
    assert_eq!(token_of(&processes[0]).await, "t2");
    assert_eq!(
        world.fetches(),
        2,
        "a late refusal of an old token is known"
    );
}

#[tokio::test]
async fn a_new_process_that_takes_a_dead_token_replaces_it() {
    let world = World::new(TWELVE_HOURS);
    token_of(&world.process()).await;
    let second = world.process();
    let dead = second.token().await.unwrap();
    second.rejected(&dead).await;
    let new = second.token().await.unwrap();
    assert_eq!((new.expose(), new.is_fetched_now()), ("t2", true));
    assert_eq!(world.stored().await.as_deref(), Some("t2"));
}

#[tokio::test]
async fn processes_refresh_together_shortly_before_the_end() {
    for (validity, margin) in [(TWELVE_HOURS, 300), (600, 60)] {
        let world = World::new(validity);
        let first = world.process();
        token_of(&first).await;
        world.pass(validity - margin - 1);
        let late = world.process();
        assert_eq!(token_of(&late).await, "t1");
        assert_eq!(token_of(&first).await, "t1");
        world.pass(1);
        assert_eq!(token_of(&late).await, "t2");
        assert_eq!(token_of(&first).await, "t2");
        assert_eq!(world.fetches(), 2);
    }
}

#[tokio::test]
async fn the_token_in_use_is_not_taken_for_its_own_successor() {
    let world = World::new(600);
    let process = world.process();
    token_of(&process).await;
    // Its clock on the wall is set back, so that the store's token looks young.
    let issued_at = world.clock.wall() + Duration::from_secs(3600);
    let young = StoredToken::new("t1", issued_at, Some(Duration::from_secs(600)));
    world.put(young).await;
    world.pass(550);
    assert_eq!(token_of(&process).await, "t2");
}

#[tokio::test]
async fn a_failed_fetch_leaves_store_and_valid_token_alone() {
    let world = World::new(600);
    let process = world.process();
    token_of(&process).await;
    world.portal.is_broken.store(true, Ordering::SeqCst);
    world.pass(550);
    assert_eq!(token_of(&process).await, "t1");
    assert_eq!(world.stored().await.as_deref(), Some("t1"));
    let opened = world.opened();
    assert_eq!(token_of(&process).await, "t1");
    assert_eq!(world.opened(), opened, "no second try within the pause");
    let issued_at = world.clock.wall();
    let other = StoredToken::new("other", issued_at, Some(Duration::from_secs(600)));
    world.put(other).await;
    world.pass(31);
    assert_eq!(token_of(&process).await, "other");
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_deadline_far_away_counts_as_twenty_four_hours() {
    let world = World::new(TWELVE_HOURS);
    let next_year = world.clock.wall() + Duration::from_secs(365 * 86_400);
    let future = StoredToken::new("x", next_year, Some(Duration::from_secs(TWELVE_HOURS)));
    world.put(future).await;
    let process = world.process();
    assert_eq!(token_of(&process).await, "x");
    // Whatever the wall says meanwhile.
    world.pass(86_400 - 301);
    assert_eq!(token_of(&process).await, "x");
    *world.store.stored.lock().await = None;
    world.pass(1);
    assert_eq!(token_of(&process).await, "t1");
}

#[tokio::test]
async fn a_token_of_unknown_validity_is_used_until_it_is_refused() {
    let world = World::new(None);
    token_of(&world.process()).await;
    world.pass(1_000_000);
    let process = world.process();
    let token = process.token().await.unwrap();
    assert_eq!((token.expose(), world.fetches()), ("t1", 1));
    process.rejected(&token).await;
    assert_eq!(token_of(&process).await, "t2");
}

#[tokio::test]
async fn a_store_that_fails_changes_nothing() {
    let world = World::new(TWELVE_HOURS);
    let store = &world.store;
    for (number, failing) in [&store.cannot_open, &store.cannot_read, &*store.cannot_write]
        .into_iter()
        .enumerate()
    {
        failing.store(true, Ordering::SeqCst);
        let expected = format!("t{}", number + 1);
        let token = world.process().token().await.unwrap();
        assert_eq!(token.expose(), expected);
        assert!(token.is_fetched_now());
        assert_eq!(world.stored().await, None, "what cannot be read stays");
        failing.store(false, Ordering::SeqCst);
    }
    assert_eq!(token_of(&world.process()).await, "t4");
    assert_eq!(world.stored().await.as_deref(), Some("t4"));
}

#[tokio::test]
async fn callers_that_give_up_leave_the_store_to_others() {
    let world = World::new(TWELVE_HOURS);
    world.portal.gate.forget_permits(Semaphore::MAX_PERMITS);
    let impatient = world.process();
    assert!(impatient.token().now_or_never().is_none());
    assert_eq!(world.fetches(), 1);
    assert!(world.store.stored.try_lock().is_ok(), "the store is closed");
    world.portal.gate.add_permits(1);
    assert_eq!(token_of(&world.process()).await, "t2");
    assert_eq!(token_of(&impatient).await, "t2");
}

#[test]
fn a_stored_token_is_fresh_until_shortly_before_its_end() {
    let issued_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let after = |seconds| issued_at + Duration::from_secs(seconds);
    let validity = Some(Duration::from_secs(TWELVE_HOURS));
    let token = StoredToken::new("t", issued_at, validity);
    assert_eq!(token.valid_until(), Some(after(TWELVE_HOURS)));
    assert!(token.is_fresh(after(TWELVE_HOURS - 301)));
    assert!(!token.is_fresh(after(TWELVE_HOURS - 300)));
    assert!(!token.is_fresh(after(TWELVE_HOURS + 1)));
    let endless = StoredToken::new("t", issued_at, Some(Duration::MAX));
    assert_eq!(endless.valid_until(), None);
    assert!(endless.is_fresh(issued_at));
}

#[test]
fn debug_shows_no_token() {
    let token = StoredToken::new("planted", SystemTime::UNIX_EPOCH, None);
    assert!(!format!("{token:?}").contains("planted"));
}
