//! Files that only their owner may read, and that are there as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Checks that a file may be put there. It is written beside its place and replaces what was there at the
/// end: only a regular file, and never one that is read. `flag` names the place.
pub(crate) fn check_place<'a>(
    flag: &str,
    path: &Path,
    read: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<(), Failure> {
    let refused = |reason: &str| {
        let path = path.display();
        Err(Failure::usage(format!("{flag} {path}: {reason}")))
    };
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => refused("is a folder: name a file"),
        Ok(there) if there.is_symlink() => refused("is a symbolic link: name the file itself"),
        Ok(there) if !there.is_file() => {
            refused("is no regular file: only such a one can be replaced")
        }
        Ok(_) => {
            let place = path.canonicalize().ok();
            let mut read = read.into_iter();
            if read.any(|file| file.canonicalize().ok() == place) {
                return refused("is one of the files that are read");
            }
            Ok(())
        }
        Err(_) if names_folder(path) => refused("is a folder: name a file"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if folder_of(path).is_dir() {
                Ok(())
            } else {
                refused("its folder is not there")
            }
        }
        Err(error) => refused(&error.to_string()),
    }
}

/// Whether a path ends like a folder's.
pub(crate) fn names_folder(path: &Path) -> bool {
    let text = path.as_os_str().to_string_lossy();
    text.ends_with(std::path::is_separator)
}

/// The folder in which a file is.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file that is being written under another name in the same folder. Dropped before
/// [`keep`](Self::keep), it is gone; what was there before stays.
pub(crate) struct PrivateFile {
    content: BufWriter<File>,
    half: PathBuf,
    path: PathBuf,
}

impl PrivateFile {
    /// Begins a file. On Windows it has the rights of its folder.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let half = half_of(path);
        Ok(Self {
            content: BufWriter::new(create_private(&half)?),
            half,
            path: path.to_owned(),
        })
    }

    /// Puts the file where it belongs, in one step: nobody ever reads half of it.
    pub(crate) fn keep(mut self) -> io::Result<()> {
        self.content.flush()?;
        self.content.get_ref().sync_all()?;
        fs::rename(&self.half, &self.path)
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.content.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush()
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // After `keep` there is none any more.
        let _gone_or_not: io::Result<()> = fs::remove_file(&self.half);
    }
}

/// Creates a file that was not there, for its owner only.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The name of a file as long as it is not complete.
pub(crate) fn half_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

/// Removes what there is of a file that is not complete: for a program that ends early.
pub(crate) fn removes_half_of(path: &Path) -> impl FnOnce() + Send + use<> {
    let half = half_of(path);
    move || {
        // It may not have been begun yet.
        let _gone_or_not: io::Result<()> = fs::remove_file(half);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.xml");
        let names = || -> Vec<_> {
            let entries = fs::read_dir(folder.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        let mut given_up = PrivateFile::create(&path).unwrap();
        given_up.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(given_up);
        assert!(names().is_empty(), "{:?}", names());

        fs::write(&path, "before").unwrap();
        let mut kept = PrivateFile::create(&path).unwrap();
        kept.write_all(b"after").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before");
        kept.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        assert_eq!(names(), ["out.xml"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;

            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
