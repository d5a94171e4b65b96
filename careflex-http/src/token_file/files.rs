//! The files of a token: read, locked, replaced. All of it blocks, and errors say why in words.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// What was found in a file.
pub(super) struct Found {
    /// The content, or its beginning when it is too large.
    pub(super) bytes: Vec<u8>,
    pub(super) is_too_large: bool,
    /// Others than the owner may read or write it.
    pub(super) is_open_to_others: bool,
}

/// An exclusive lock between all processes. It ends when it is dropped, or when the process dies.
pub(super) struct LockFile(#[expect(dead_code, reason = "it is held, not used")] File);

/// Reads the file, up to a limit; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Found>, String> {
    // Before it is opened: to open a pipe may take for ever.
    if regular_file(path)?.is_none() {
        return Ok(None);
    }
    match read_open(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}

fn read_open(path: &Path) -> io::Result<Found> {
    let file = File::open(path)?;
    let is_open_to_others = is_open_to_others(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(Found {
        is_too_large: bytes.len() as u64 > LARGEST,
        is_open_to_others,
        bytes,
    })
}

/// Locks the file that stands beside the token for that. The token's own file will not do: it is
/// replaced, and a lock on Windows would keep readers out. `None` when somebody else holds the lock.
pub(super) fn try_lock(path: &Path) -> Result<Option<LockFile>, String> {
    let path = beside(path, ".lock")?;
    let failed = |error: io::Error| format!("{} cannot be locked: {error}", path.display());
    // To open a pipe may take for ever.
    regular_file(&path)
        .map_err(|reason| format!("{} cannot be locked: {reason}", path.display()))?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    owner_only(&mut options);
    let file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(LockFile(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Replaces the file as a whole. Only for who holds the lock: the new file always has the same name, so
/// what a killed process has left behind is removed here.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), String> {
    let new = beside(path, ".careflex-new")?;
    let written = write_new(&new, content).and_then(|()| fs::rename(&new, path));
    written.map_err(|error| {
        // It holds a token that nobody will use.
        let _gone_or_not: io::Result<()> = fs::remove_file(&new);
        format!("it cannot be written: {error}")
    })
}

fn write_new(new: &Path, content: &[u8]) -> io::Result<()> {
    match fs::remove_file(new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    let mut file = options.open(new)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Something that is no regular file is an error; `None` when there is nothing.
fn regular_file(path: &Path) -> Result<Option<()>, String> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(())),
        Ok(metadata) if metadata.is_dir() => Err("it is a folder".to_owned()),
        Ok(metadata) if metadata.is_symlink() => {
            Err("it is a symbolic link: name the file itself".to_owned())
        }
        Ok(_) => Err("it is not a regular file".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}

/// A file in the same folder: what is renamed must not cross file systems.
fn beside(path: &Path, suffix: &str) -> Result<PathBuf, String> {
    let mut name: OsString = path
        .file_name()
        .ok_or_else(|| "it names no file".to_owned())?
        .to_owned();
    name.push(suffix);
    Ok(path.with_file_name(name))
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;

    options.mode(0o600);
}

/// It has the rights of its folder.
#[cfg(not(unix))]
fn owner_only(_: &mut OpenOptions) {}

#[cfg(unix)]
fn is_open_to_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata) -> bool {
    false
}
