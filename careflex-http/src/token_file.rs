//! One access token for several processes of a service user, through a file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use careflex_core::{OpenTokenStore, Sleep, StoredToken, TokenStore, TokenStoreError, TokioSleep};

use self::content::{Content, Owner};
use self::files::LockFile;
use crate::endpoint::Endpoint;
use crate::password_grant::Credentials;
use crate::settings::HttpSettings;

mod content;
mod files;

/// How much longer a file that another process has locked is waited for than a request for a token may
/// take (our decision): nobody should fetch a second one beside a slow first one.
const MARGIN: Duration = Duration::from_secs(30);
/// The pause between two looks at the lock.
const PAUSE: Duration = Duration::from_millis(25);

/// Keeps the access token in a file, so that all processes of a service user share one.
///
/// - **The file** can be read and written by its owner only; on Windows it has the rights of its folder,
///   so choose one that only the service user may read. It is replaced as a whole: nobody ever reads half
///   a token. It says by a hash whose token it holds, so a token of staging is never used in production.
/// - **`FILE.lock`**, beside it, keeps the others out while one process fetches. It stays empty and is
///   never deleted; the lock itself ends with the process. It is waited for, but not
///   for ever ([`with_time_out`](Self::with_time_out)).
/// - **What is not usable** (damaged, of another service user or address, readable for others, empty) is
///   ignored and replaced by the next token. **What is not ours** is never touched: a file that does not
///   begin like a token file, a folder, a symbolic link, a device.
/// - **Whatever fails**, it is told as a warning, once in a row, and reports go on without the file.
///
/// Whoever fetches holds the lock until its session is polled to the end of the fetch: do not leave a
/// report half-way for long.
///
/// The folder must exist and must allow new files. File systems over the network are only as good as
/// their locks. It needs a Tokio runtime, as the session does.
///
/// ```no_run
/// use careflex_http::{Credentials, HttpSession};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let session = HttpSession::builder()
///     .credentials(
///         "https://portal.example/token".parse()?,
///         Credentials::new("service user", "service user secret"),
///     )
///     .token_file("/var/lib/acme-hr/careflex-token")
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct FileTokenStore {
    file: Arc<TokenFile>,
    sleep: Arc<dyn Sleep>,
    longest_wait: Duration,
}

/// The file, shared by the threads that work on it.
struct TokenFile {
    path: PathBuf,
    owner: Owner,
    /// The warning that was given last.
    warned: Mutex<Option<String>>,
}

impl FileTokenStore {
    /// Keeps the tokens that this address issues to this service user. Nothing is opened yet.
    #[must_use]
    pub fn new(
        path: impl Into<PathBuf>,
        token_endpoint: &Endpoint,
        credentials: &Credentials,
    ) -> Self {
        Self {
            file: Arc::new(TokenFile {
                path: path.into(),
                owner: Owner::new(token_endpoint, credentials),
                warned: Mutex::default(),
            }),
            sleep: Arc::new(TokioSleep),
            longest_wait: HttpSettings::default().timeout + MARGIN,
        }
    }

    /// For how long a request for a token may take ([`HttpSettings::timeout`], which a session sets
    /// here): a lock is waited for 30 seconds longer. 90 seconds by default.
    #[must_use]
    pub fn with_time_out(mut self, request: Duration) -> Self {
        self.longest_wait = request.saturating_add(MARGIN);
        self
    }

    /// Waits for the lock in a way of your own, for tests.
    #[must_use]
    pub fn with_sleep(mut self, sleep: impl Sleep + 'static) -> Self {
        self.sleep = Arc::new(sleep);
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// The token that is stored now, to look at: without waiting for the lock, and without creating
    /// anything. `None` when there is none, or none that can be used.
    ///
    /// # Errors
    /// [`TokenStoreError`] when the file cannot be read or is not ours.
    pub async fn peek(&self) -> Result<Option<StoredToken>, TokenStoreError> {
        let file = Arc::clone(&self.file);
        off_thread(move || file.read()).await
    }
}

#[async_trait]
impl TokenStore for FileTokenStore {
    async fn open(&self) -> Result<Box<dyn OpenTokenStore>, TokenStoreError> {
        let mut waited = Duration::ZERO;
        loop {
            let file = Arc::clone(&self.file);
            if let Some(lock) = off_thread(move || file.try_lock()).await? {
                return Ok(Box::new(OpenFile {
                    file: Arc::clone(&self.file),
                    lock: Arc::new(lock),
                }));
            }
            if waited >= self.longest_wait {
                return Err(self.file.warn(format!(
                    "another process has locked it for {} seconds",
                    self.longest_wait.as_secs()
                )));
            }
            if waited.is_zero() {
                tracing::debug!("another process has locked the token file, waiting for it");
            }
            self.sleep.sleep(PAUSE).await;
            waited += PAUSE;
        }
    }
}

struct OpenFile {
    file: Arc<TokenFile>,
    /// Shared with the thread that writes: its work is finished before others may begin, even if nobody
    /// waits for it any more.
    lock: Arc<LockFile>,
}

#[async_trait]
impl OpenTokenStore for OpenFile {
    async fn read(&mut self) -> Result<Option<StoredToken>, TokenStoreError> {
        let (file, lock) = (Arc::clone(&self.file), Arc::clone(&self.lock));
        off_thread(move || {
            let read = file.read();
            drop(lock);
            read
        })
        .await
    }

    async fn write(&mut self, token: &StoredToken) -> Result<(), TokenStoreError> {
        let (file, lock, token) = (
            Arc::clone(&self.file),
            Arc::clone(&self.lock),
            token.clone(),
        );
        off_thread(move || {
            let written = file.write(&token);
            drop(lock);
            written
        })
        .await
    }
}

/// All of these block.
impl TokenFile {
    fn try_lock(&self) -> Result<Option<LockFile>, TokenStoreError> {
        // A file that is not ours gets no lock file at its side either.
        self.content()
            .and_then(|_| files::try_lock(&self.path))
            .map_err(|reason| self.warn(reason))
    }

    fn read(&self) -> Result<Option<StoredToken>, TokenStoreError> {
        match self.content() {
            Ok(Content::Nothing) => Ok(None),
            Ok(Content::Token(token)) => Ok(Some(token)),
            Ok(Content::Unusable(reason)) => {
                self.warn(format!("it {reason}; the next token replaces it"));
                Ok(None)
            }
            Err(reason) => Err(self.warn(reason)),
        }
    }

    fn write(&self, token: &StoredToken) -> Result<(), TokenStoreError> {
        let text = self.owner.write(token);
        self.content()
            .and_then(|_| files::replace(&self.path, &text?))
            .map_err(|reason| self.warn(reason))
    }

    /// What is in the file.
    ///
    /// # Errors
    /// Why it must be left alone.
    fn content(&self) -> Result<Content, String> {
        match files::read(&self.path)? {
            None => Ok(Content::Nothing),
            Some(found) => self.owner.read(&found),
        }
    }

    /// Says, once, why the file is of no use. The reason holds nothing of what is in the file.
    fn warn(&self, reason: String) -> TokenStoreError {
        let path = self.path.display();
        let error = TokenStoreError::new(format!("{path}: {reason}"));
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.as_ref() != Some(&reason) {
            tracing::warn!("the token file {path} is not used: {reason}");
            *warned = Some(reason);
        }
        error
    }
}

/// Runs what blocks where it holds nobody up.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TokenStoreError> + Send + 'static,
) -> Result<T, TokenStoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(TokenStoreError::new("the runtime ends")),
    }
}

/// The path is no secret; what belongs to the service user is left out.
impl fmt::Debug for FileTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileTokenStore")
            .field("path", &self.file.path)
            .finish_non_exhaustive()
    }
}
