//! Files that only their owner may read, and that are there as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

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
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self {
            content: BufWriter::new(options.open(&half)?),
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

/// The name of a file as long as it is not complete.
pub(crate) fn half_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
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
