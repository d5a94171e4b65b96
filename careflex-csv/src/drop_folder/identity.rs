//! What a folder is, whatever it is called.

use std::io;
use std::path::Path;

/// What two names of one folder have in common.
#[cfg(unix)]
pub(super) type Identity = (u64, u64);

/// What two names of one folder have in common.
#[cfg(not(unix))]
pub(super) type Identity = std::path::PathBuf;

/// The file system and the number that the folder has there: a folder that is mounted in two places has two real
/// names.
#[cfg(unix)]
pub(super) fn identity(folder: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;

    let metadata = std::fs::metadata(folder)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// The one name that the folder really has.
#[cfg(not(unix))]
pub(super) fn identity(folder: &Path) -> io::Result<Identity> {
    std::fs::canonicalize(folder)
}
