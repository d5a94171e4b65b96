//! Puts one file into a folder. All of it blocks.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use careflex_core::CareflexId;
use tempfile::{NamedTempFile, PathPersistError, TempPath};

use super::identity::{Identity, identity};
use super::names::Names;
use super::{Extension, Owners};
use crate::handover::HandoverError;

/// How many names are tried: more are taken only if something is wrong.
const TRIES: usize = 10_000;
/// The rights of a file that only its owner may read and write.
pub(super) const OWNER_ONLY: u32 = 0o600;

/// What is to be done with a file.
pub(super) struct Placing {
    pub(super) careflex_id: CareflexId,
    pub(super) folder: PathBuf,
    pub(super) owners: Arc<Owners>,
    pub(super) stem: String,
    pub(super) extension: Extension,
    pub(super) unix_mode: u32,
    pub(super) names: Arc<Names>,
}

impl Placing {
    /// Puts the file into the folder, and says under which name.
    pub(super) fn place(&self, content: &[u8]) -> Result<String, HandoverError> {
        // Opened first: what cannot be brought to the disk later is not even begun.
        let folder = Folder::open(&self.folder).map_err(|error| self.impossible(error))?;
        self.check_own()?;
        let temporary = self.write(content)?;
        let name = self.rename(temporary)?;
        let path = self.folder.join(&name);
        folder
            .to_disk()
            .map_err(|error| perhaps_lost(&path, error))?;
        Ok(name)
    }

    /// Whether the folder is still the company's own: a link may have been pointed elsewhere.
    fn check_own(&self) -> Result<(), HandoverError> {
        let own = identity(&self.folder).map_err(|error| self.impossible(error))?;
        // The folders of others are not looked at as long as there is no need: one may be on a share that hangs.
        match self.owners.get(&own) {
            Some((owner, other)) if *owner != self.careflex_id && is_still(other, &own) => {
                Err(HandoverError::not_handed_over(format!(
                    "{}: has become the same folder as {}, which is that of another company: each needs a folder of its own, because the portal books a file on the company of its folder",
                    self.folder.display(),
                    other.display()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Writes the file under a name that nobody watches.
    fn write(&self, content: &[u8]) -> Result<TempPath, HandoverError> {
        let mut file = tempfile::Builder::new()
            .prefix(".careflex-")
            .suffix(".part")
            .tempfile_in(&self.folder)
            .map_err(|error| self.impossible(error))?;
        let filled = fill(&mut file, content, self.unix_mode);
        // Closed before it gets its name: on Windows the tool may want to have it for itself.
        let temporary = file.into_temp_path();
        match filled {
            Ok(()) => Ok(temporary),
            Err(error) => Err(self.given_up(temporary, self.impossible(error))),
        }
    }

    /// Gives the file its name in one step, which fails if the name is taken.
    fn rename(&self, mut temporary: TempPath) -> Result<String, HandoverError> {
        for _ in 0..TRIES {
            let name = self.names.next(&self.stem, self.extension);
            let path = self.folder.join(&name);
            let PathPersistError { error, path: kept } = match temporary.persist_noclobber(&path) {
                Ok(()) => return Ok(name),
                Err(failed) => failed,
            };
            if may_be_renamed(&kept) {
                return Err(self.given_up(kept, perhaps_there(&path, error)));
            }
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(self.given_up(kept, self.unnameable(error)));
            }
            temporary = kept;
        }
        let taken = format!(
            "{}: {TRIES} names for a file are taken, one after the other: does the SyncTool take files from this folder?",
            self.folder.display()
        );
        Err(self.given_up(temporary, HandoverError::not_handed_over(taken)))
    }

    /// No file can be written there, and why.
    fn impossible(&self, error: io::Error) -> HandoverError {
        let folder = self.folder.display();
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "it does not exist any more: create it again",
            io::ErrorKind::NotADirectory => "it is no folder any more",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "this user must be allowed to read it and to create files in it"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on its disk",
            _ => "is its disk in order?",
        };
        HandoverError::not_handed_over(format!("{folder}: no file can be put there, {advice}"))
            .with_source(error)
    }

    /// The file is written, but it cannot get its name.
    fn unnameable(&self, error: io::Error) -> HandoverError {
        let folder = self.folder.display();
        HandoverError::not_handed_over(format!(
            "{folder}: a finished file cannot get its name there: try again, and if that does not help choose a folder on another disk"
        ))
        .with_source(error)
    }

    /// Removes what was written under the temporary name. The error says so if that fails: it holds personal data.
    fn given_up(&self, temporary: TempPath, because: HandoverError) -> HandoverError {
        let path = temporary.to_path_buf();
        match temporary.close() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                because.and(&format!("{} is left behind: delete it", path.display()))
            }
            _ => because,
        }
    }
}

/// Whether a folder is what it was: numbers of folders that are gone are given to new ones.
fn is_still(folder: &Path, known: &Identity) -> bool {
    identity(folder).is_ok_and(|now| now == *known)
}

fn fill(file: &mut NamedTempFile, content: &[u8], unix_mode: u32) -> io::Result<()> {
    file.write_all(content)?;
    set_mode(file.as_file(), unix_mode)?;
    file.as_file().sync_all()
}

/// Over a network a step can succeed although its answer says otherwise. Then the temporary name is gone, or the file
/// has a second one.
fn may_be_renamed(temporary: &Path) -> bool {
    match std::fs::symlink_metadata(temporary) {
        Ok(metadata) => has_second_name(&metadata),
        Err(_) => true,
    }
}

fn perhaps_there(path: &Path, error: io::Error) -> HandoverError {
    HandoverError::in_doubt(format!(
        "{}: the file may have got this name or not: look whether it is there, or has been taken",
        path.display()
    ))
    .with_source(error)
}

fn perhaps_lost(path: &Path, error: io::Error) -> HandoverError {
    HandoverError::in_doubt(format!(
        "{}: the file is there, but may be lost if the machine goes down now: look whether it is there, or has been taken",
        path.display()
    ))
    .with_source(error)
}

/// A folder whose names can be brought to the disk.
#[cfg(unix)]
struct Folder(File);

#[cfg(unix)]
impl Folder {
    fn open(path: &Path) -> io::Result<Self> {
        File::open(path).map(Self)
    }

    fn to_disk(&self) -> io::Result<()> {
        match self.0.sync_all() {
            // Some file systems know no such thing.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            synced => synced,
        }
    }
}

#[cfg(not(unix))]
struct Folder;

#[cfg(not(unix))]
impl Folder {
    fn open(_: &Path) -> io::Result<Self> {
        Ok(Self)
    }

    fn to_disk(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    // That is how it was created.
    if mode == OWNER_ONLY {
        return Ok(());
    }
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn has_second_name(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    metadata.nlink() > 1
}

#[cfg(not(unix))]
fn has_second_name(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::fs;

    use careflex_core::ManualClock;

    use super::*;

    const FIRST: &str = "x-20260101T000000000Z-000001.csv";

    fn placing(folder: &Path) -> Placing {
        Placing {
            careflex_id: "x".parse().unwrap(),
            folder: folder.to_owned(),
            owners: Arc::default(),
            stem: "x".to_owned(),
            extension: Extension::Csv,
            unix_mode: OWNER_ONLY,
            names: Arc::new(Names::new(ManualClock::new())),
        }
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_is_not_finished_has_a_name_that_nobody_watches() {
        let folder = tempfile::tempdir().unwrap();
        let placing = placing(folder.path());
        let temporary = placing.write(b"planted").unwrap();
        let [name] = names_in(folder.path()).try_into().unwrap();
        assert!(name.starts_with(".careflex-") && name.ends_with(".part"));
        assert_eq!(placing.rename(temporary).unwrap(), FIRST);
        assert_eq!(names_in(folder.path()), [FIRST]);
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_has_got_a_second_name_may_have_got_the_right_one() {
        let folder = tempfile::tempdir().unwrap();
        let placing = placing(folder.path());
        let temporary = placing.write(b"planted").unwrap();
        // As NFS does it when the first answer is lost, and the second one says that the name is taken.
        fs::hard_link(&temporary, folder.path().join(FIRST)).unwrap();
        let error = placing.rename(temporary).unwrap_err();
        assert!(error.is_in_doubt());
        assert!(error.message().contains(FIRST), "{error}");
        assert_eq!(names_in(folder.path()), [FIRST]);
    }

    #[test]
    fn a_file_that_has_gone_may_have_got_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let placing = placing(folder.path());
        let temporary = placing.write(b"planted").unwrap();
        fs::remove_file(&temporary).unwrap();
        let error = placing.rename(temporary).unwrap_err();
        assert!(error.is_in_doubt());
        assert!(error.message().contains(FIRST), "{error}");
    }

    #[test]
    fn what_cannot_be_removed_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let placing = placing(folder.path());
        let temporary = placing.write(b"planted").unwrap();
        let path = temporary.to_path_buf();
        // A folder that is not empty cannot be removed as a file is.
        fs::remove_file(&path).unwrap();
        fs::create_dir_all(path.join("x")).unwrap();
        let error = placing.given_up(temporary, HandoverError::not_handed_over("no"));
        assert!(!error.is_in_doubt());
        let told = format!("no; {} is left behind: delete it", path.display());
        assert_eq!(error.message(), told);
    }

    #[test]
    fn a_name_that_may_not_last_is_in_doubt() {
        let error = perhaps_lost(Path::new(FIRST), io::Error::other("broken"));
        assert!(error.is_in_doubt());
        assert!(error.to_string().starts_with(FIRST), "{error}");
        assert!(error.to_string().ends_with(": broken"), "{error}");
    }
}
