//! The token file: what is in it, who may read it, what is left alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::{Debug, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use careflex_core::secrecy::ExposeSecret as _;
use careflex_core::{
    AccessToken, CachedTokens, IssuedToken, OpenTokenStore, StoredToken, TokenError, TokenProvider,
    TokenSource, TokenStore,
};
use careflex_http::{Credentials, FileTokenStore, HttpSession, SetupError, Sleep};
use tempfile::TempDir;

/// Stands in every secret here.
const MARK: &str = "planted";

fn store(path: &Path) -> FileTokenStore {
    store_of(path, "https://portal.example/token", "planted-user")
}

fn store_of(path: &Path, token_url: &str, user: &str) -> FileTokenStore {
    let credentials = Credentials::new(user, "planted-secret");
    FileTokenStore::new(path, &token_url.parse().unwrap(), &credentials)
}

/// A token of twelve hours, issued now.
fn token(name: &str) -> StoredToken {
    let validity = Some(Duration::from_secs(43_200));
    StoredToken::new(format!("planted-{name}-%§"), SystemTime::now(), validity)
}

async fn read(store: &FileTokenStore) -> Option<String> {
    let stored = store.open().await.unwrap().read().await.unwrap()?;
    Some(stored.secret.expose_secret().to_owned())
}

async fn write(store: &FileTokenStore, name: &str) {
    let mut open = store.open().await.unwrap();
    open.write(&token(name)).await.unwrap();
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    (folder, path)
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Writes a file that only its owner may read, as a token file must be.
fn write_private(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    #[cfg(unix)]
    set_mode(path, 0o600);
}

#[tokio::test]
async fn what_one_process_stores_another_one_reads() {
    let (folder, path) = folder();
    assert_eq!(read(&store(&path)).await, None);
    write(&store(&path), "one").await;
    let other = store(&path);
    assert_eq!(read(&other).await.as_deref(), Some("planted-one-%§"));

    // Seconds since 1970: what is less than a second is cut off.
    let issued_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_255_200_900);
    for validity in [None, Some(Duration::from_secs(43_200))] {
        let token = StoredToken::new("t", issued_at, validity);
        let mut open = other.open().await.unwrap();
        open.write(&token).await.unwrap();
        let stored = open.read().await.unwrap().unwrap();
        let whole = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_255_200);
        assert_eq!((stored.issued_at, stored.expires_in), (whole, validity));
    }
    assert_eq!(names(&folder), ["token", "token.lock"]);
}

#[tokio::test]
async fn looking_creates_nothing_and_waits_for_nobody() {
    let (folder, path) = folder();
    let store = store(&path);
    assert!(store.peek().await.unwrap().is_none());
    assert_eq!(names(&folder), [""; 0]);
    write(&store, "one").await;
    let _open = store.open().await.unwrap();
    let seen = store.peek().await.unwrap().unwrap();
    assert_eq!(seen.secret.expose_secret(), "planted-one-%§");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_it() {
    let (_folder, path) = folder();
    write(&store(&path), "one").await;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&path.with_file_name("token.lock")), 0o600);
    write(&store(&path), "two").await;
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn neither_service_user_nor_address_stands_in_it() {
    let (_folder, path) = folder();
    write(&store(&path), "one").await;
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("planted-one"));
    for hidden in ["user", "secret", "portal", "example"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn it_is_replaced_as_a_whole() {
    use std::io::Read as _;

    let (_folder, path) = folder();
    write(&store(&path), "one").await;
    let mut reader = fs::File::open(&path).unwrap();
    write(&store(&path), "two").await;
    let mut old = String::new();
    reader.read_to_string(&mut old).unwrap();
    assert!(old.contains("planted-one"), "who reads the old one ends it");
    let two = read(&store(&path)).await;
    assert_eq!(two.as_deref(), Some("planted-two-%§"));
}

#[tokio::test]
async fn what_a_killed_process_left_behind_does_no_harm() {
    let (folder, path) = folder();
    let leftover = folder.path().join("token.careflex-new");
    fs::write(&leftover, "{\"careflex_access_token\":1,\"owner\":").unwrap();
    fs::write(folder.path().join("token.lock"), "").unwrap();
    let store = store(&path);
    assert_eq!(read(&store).await, None);
    write(&store, "one").await;
    assert_eq!(names(&folder), ["token", "token.lock"]);
    #[cfg(unix)]
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn what_is_ours_but_not_usable_is_told_and_replaced() {
    let logs = Logs::collect();
    let good = {
        let (_folder, path) = folder();
        write(&store(&path), "one").await;
        fs::read_to_string(&path).unwrap()
    };
    let version_2 = good.replacen(":1,", ":2,", 1);
    let no_token = good.replace("planted-one-%§", "");
    let two_lines = good.replace("-%§", "\\n");
    let endless = good.replace("\"valid_until\":", "\"valid_until\":9999999");
    let too_large = format!("{good}{}", " ".repeat(70_000));
    let long_impossible = endless.replace("\"valid_until\":9999999", "\"valid_until\":999999999");
    for (content, reason) in [
        ("", "is empty"),
        ("{\"careflex_acc", "is damaged"),
        (&good[..60], "is damaged"),
        (&version_2, "another version"),
        (&no_token, "holds no token"),
        (&two_lines, "holds no token"),
        (&long_impossible, "impossible time"),
        (&too_large, "is too large"),
    ] {
        let (_folder, path) = folder();
        write_private(&path, content.as_bytes());
        let store = store(&path);
        assert_eq!(read(&store).await, None, "{reason}");
        assert_eq!(read(&store).await, None, "{reason}");
        let said = logs.of(&path);
        assert_eq!(said.len(), 1, "once: {said:?}");
        assert!(said[0].contains(reason), "{said:?}");
        write(&store, "new").await;
        let new = read(&store).await;
        assert_eq!(new.as_deref(), Some("planted-new-%§"), "{reason}");
    }
    logs.assert_hidden();
}

#[tokio::test]
async fn a_token_of_another_user_or_address_is_not_used() {
    let logs = Logs::collect();
    let (_folder, path) = folder();
    write(&store(&path), "one").await;
    for (token_url, user) in [
        ("https://portal.example/token", "another"),
        ("https://staging.example/token", "planted-user"),
    ] {
        assert_eq!(read(&store_of(&path, token_url, user)).await, None);
    }
    let said = logs.of(&path);
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("another service user or address"));
    let same = store_of(&path, "https://PORTAL.example:443/token", "planted-user");
    assert!(read(&same).await.is_some(), "the same address");
}

#[cfg(unix)]
#[tokio::test]
async fn a_token_that_others_can_read_is_not_used() {
    let logs = Logs::collect();
    for open in [0o604, 0o640, 0o620, 0o666] {
        let (_folder, path) = folder();
        write(&store(&path), "one").await;
        set_mode(&path, open);
        assert_eq!(read(&store(&path)).await, None, "{open:o}");
        assert!(logs.of(&path)[0].contains("by others than its owner"));
        write(&store(&path), "two").await;
        assert_eq!(mode(&path), 0o600);
    }
}

/// Nothing can be done with the file, and it stays as it is.
async fn assert_left_alone(folder: &TempDir, path: &Path, reason: &str) {
    let before = names(folder);
    let store = store(path);
    for _ in 0..2 {
        let error = store.open().await.err().unwrap();
        assert!(error.to_string().contains(reason), "{error}");
        assert_hidden(&error);
    }
    assert_eq!(names(folder), before, "no lock file beside it");
    let said = Logs::collect().of(path);
    assert_eq!(said.len(), 1, "once: {said:?}");
    assert!(said[0].contains(reason), "{said:?}");
    // Whoever uses tokens notices nothing.
    let source = Arc::new(Source::default());
    let tokens = CachedTokens::new(Arc::clone(&source)).with_store(store);
    assert!(tokens.token().await.unwrap().is_fetched_now());
    assert_eq!(names(folder), before);
}

#[tokio::test]
async fn a_file_of_something_else_is_left_alone() {
    Logs::collect();
    let large = format!("[default]\n{MARK}{}", " ".repeat(70_000));
    for content in [
        "[default]\nservice_user_file = \"planted\"\n",
        "[{\"type\":\"RST\",\"employeeId\":\"planted\"}]",
        "{\"careflex_access_tokens\":1}",
        " ",
        "planted",
        "\0\0\0\0",
        &large,
    ] {
        let (folder, path) = folder();
        write_private(&path, content.as_bytes());
        assert_left_alone(&folder, &path, "something else than an access token").await;
        assert!(store(&path).peek().await.is_err());
        assert_eq!(fs::read(&path).unwrap(), content.as_bytes());
    }
}

#[tokio::test]
async fn a_folder_is_left_alone() {
    Logs::collect();
    let (folder, path) = folder();
    fs::create_dir(&path).unwrap();
    assert_left_alone(&folder, &path, "it is a folder").await;
}

#[cfg(unix)]
#[tokio::test]
async fn links_pipes_and_sockets_are_left_alone() {
    Logs::collect();
    let (folder, path) = folder();
    let target = folder.path().join("target");
    write(&store(&target), "one").await;
    std::os::unix::fs::symlink(&target, &path).unwrap();
    assert_left_alone(&folder, &path, "it is a symbolic link").await;

    let (folder, path) = self::folder();
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert_left_alone(&folder, &path, "not a regular file").await;

    let (folder, path) = self::folder();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    assert_left_alone(&folder, &path, "not a regular file").await;
    // Nor does one in the place of the lock hold anybody up.
    let (_folder, other) = self::folder();
    let lock = other.with_file_name("token.lock");
    let made = std::process::Command::new("mkfifo").arg(&lock).status();
    assert!(made.unwrap().success());
    assert!(store(&other).open().await.is_err());
}

#[tokio::test]
async fn a_folder_that_takes_no_files_is_told() {
    let logs = Logs::collect();
    let (folder, _) = folder();
    let path = folder.path().join("missing").join("token");
    assert_left_alone(&folder, &path, "token.lock cannot be locked").await;
    assert!(logs.of(&path)[0].contains("token.lock cannot be locked"));
    assert!(store(Path::new("..")).open().await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_read_only_is_told() {
    let (folder, path) = folder();
    set_mode(folder.path(), 0o500);
    // Root may write everywhere.
    let can_write = fs::write(folder.path().join("probe"), "").is_ok();
    assert_eq!(store(&path).open().await.is_ok(), can_write);
    set_mode(folder.path(), 0o700);
}

#[tokio::test]
async fn a_token_that_cannot_be_stored_leaves_the_old_one() {
    let (folder, path) = folder();
    let store = store(&path);
    write(&store, "one").await;
    fs::create_dir(folder.path().join("token.careflex-new")).unwrap();
    let mut open = store.open().await.unwrap();
    let error = open.write(&token("two")).await.unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert_hidden(&error);
    let stored = open.read().await.unwrap().unwrap();
    assert_eq!(stored.secret.expose_secret(), "planted-one-%§");
}

/// Counts the pauses and makes none; the last one closes a store.
#[derive(Clone, Default)]
struct Pauses {
    passed: Arc<Mutex<Vec<Duration>>>,
    open: Arc<Mutex<Option<Box<dyn OpenTokenStore>>>>,
    last: usize,
}

#[async_trait]
impl Sleep for Pauses {
    async fn sleep(&self, duration: Duration) {
        let mut passed = self.passed.lock().unwrap();
        passed.push(duration);
        if passed.len() == self.last {
            self.open.lock().unwrap().take();
        }
    }
}

#[tokio::test]
async fn whoever_comes_second_waits_for_the_first() {
    let (_folder, path) = folder();
    let first = store(&path).open().await.unwrap();
    let pauses = Pauses {
        open: Arc::new(Mutex::new(Some(first))),
        last: 3,
        ..Pauses::default()
    };
    let second = store(&path).with_sleep(pauses.clone());
    second.open().await.unwrap();
    assert_eq!(pauses.passed.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_lock_that_is_never_released_is_given_up_in_the_end() {
    let logs = Logs::collect();
    let (_folder, path) = folder();
    let first = store(&path).open().await.unwrap();
    let pauses = Pauses::default();
    let second = store(&path).with_sleep(pauses.clone());
    assert!(second.open().await.is_err());
    let waited: Duration = pauses.passed.lock().unwrap().iter().sum();
    assert_eq!(waited, Duration::from_secs(90));
    assert!(logs.of(&path)[0].contains("another process has locked it for 90 seconds"));
    drop(first);
    assert!(second.open().await.is_ok());
}

/// Issues `planted-1`, `planted-2`, …
#[derive(Default)]
struct Source(AtomicUsize);

#[async_trait]
impl TokenSource for Source {
    async fn fetch(&self) -> Result<IssuedToken, TokenError> {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        let validity = Some(Duration::from_secs(43_200));
        Ok(IssuedToken::new(format!("{MARK}-{number}"), validity))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_stores_on_one_file_make_one_request_together() {
    let (_folder, path) = folder();
    let source = Arc::new(Source::default());
    let caches: Vec<_> = (0..20)
        .map(|_| Arc::new(CachedTokens::new(Arc::clone(&source)).with_store(store(&path))))
        .collect();
    for expected in ["planted-1", "planted-2"] {
        let tasks: Vec<_> = caches
            .iter()
            .map(|cache| {
                let cache = Arc::clone(cache);
                tokio::spawn(async move { cache.token().await.unwrap() })
            })
            .collect();
        for (task, cache) in tasks.into_iter().zip(&caches) {
            let token = task.await.unwrap();
            assert_eq!(token.expose(), expected);
            cache.rejected(&token).await;
        }
    }
    assert_eq!(source.0.load(Ordering::SeqCst), 2);
}

#[test]
fn a_store_needs_credentials() {
    struct Nobody;

    #[async_trait]
    impl TokenProvider for Nobody {
        async fn token(&self) -> Result<AccessToken, TokenError> {
            Ok(AccessToken::new("t".into(), 1))
        }

        async fn rejected(&self, _: &AccessToken) {}
    }
    let (_folder, path) = folder();
    let with_provider = HttpSession::builder().token_provider(Nobody);
    assert!(matches!(
        with_provider.token_file(&path).build(),
        Err(SetupError::StoreWithoutCredentials)
    ));
    assert!(matches!(
        HttpSession::builder().token_store(store(&path)).build(),
        Err(SetupError::NoTokens)
    ));
}

#[test]
fn debug_shows_no_secret() {
    assert_hidden(&store(Path::new("token")));
    assert_hidden(&token("one"));
}

fn assert_hidden(value: &dyn Debug) {
    let shown = format!("{value:?} {value:#?}");
    assert!(!shown.contains(MARK), "{shown}");
}

/// Everything that is logged in this program.
#[derive(Clone, Copy)]
struct Logs;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Logs {
    fn collect() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing::subscriber::set_global_default(Self).unwrap());
        Self
    }

    /// What was said of one file.
    fn of(self, path: &Path) -> Vec<String> {
        let path = format!("{} ", path.display());
        let lines = LINES.lock().unwrap();
        let said = lines.iter().filter(|line| line.contains(&path));
        said.cloned().collect()
    }

    fn assert_hidden(self) {
        for line in LINES.lock().unwrap().iter() {
            assert!(!line.contains(MARK), "{line}");
        }
    }
}

impl tracing::Subscriber for Logs {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);

        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
                write!(self.0, "{field}={value:?} ").unwrap();
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        LINES.lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
