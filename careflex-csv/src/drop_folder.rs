//! Folders that the operator's transfer tool watches.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs, io, thread};

use async_trait::async_trait;
use careflex_core::{CareflexId, Clock, SystemClock};
use futures_channel::oneshot;

use self::identity::{Identity, identity};
use self::names::Names;
use self::placing::Placing;
use crate::handover::{CsvFile, Handover, HandoverError};

mod identity;
mod names;
mod placing;

pub use names::file_stem;

/// Puts files into the folders that the operator's SyncTool watches: one folder for one CareFlex ID (documented).
///
/// - **Whole or not at all.** A file is written under a name that the tool does not watch
///   (`.part`, hidden), in the same folder, and brought to the disk. Then it gets its real name in one step,
///   and the folder is brought to the disk (not on Windows, whose file systems keep a log of names).
/// - **No file is ever overwritten.** The step fails if the name is taken, and the next number is tried. Linux, macOS
///   and Windows have such a step. File systems that have none (NFS, for one) get a second name for the same file
///   instead, which fails in the same way, and then lose the first one. What has neither cannot be used: that is an
///   error before anything is visible.
/// - **Nothing is left behind** by what fails. Only a process or machine that dies meanwhile, or a file system that does
///   not take the first of two names away, may leave a `.part` file. It can be deleted.
/// - **No file goes to another company.** Two companies with one folder are an error, also if it becomes one later
///   because someone points a link elsewhere.
///
/// The name is `careflex-<CareFlex ID>-<UTC time>-<number>.csv` (our decision), for example
/// `careflex-09ce3580d84bf087-20261120T091500000Z-000001.csv`. The number counts the files of a `DropFolder`, so the names
/// of a company sort in the order of handing over, even if the clock is set back meanwhile.
///
/// A file can be read and written by its owner only; on Windows it has the rights of its folder, so choose one that
/// only the service user and the tool may read.
///
/// Each file is written by a thread of its own: no runtime is needed, and none is held up. Whoever drops the future
/// does not stop the thread: it finishes its file, so treat the incidents as in doubt.
///
/// ```
/// use careflex_csv::DropFolder;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (north, south) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// # let (north, south) = (north.path(), south.path());
/// let folders = DropFolder::new([
///     ("09ce3580d84bf087".parse()?, north.into()),
///     ("17af0042c66e01b9".parse()?, south.into()),
/// ])?;
/// assert_eq!(folders.folder_of(&"17af0042c66e01b9".parse()?), Some(south));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DropFolder {
    folders: BTreeMap<CareflexId, PathBuf>,
    owners: Arc<Owners>,
    extension: Extension,
    unix_mode: u32,
    names: Arc<Names>,
}

/// Whose folder each was at the beginning.
type Owners = BTreeMap<Identity, (CareflexId, PathBuf)>;

/// How the names of files end. The operator documents both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Extension {
    /// `.csv`
    #[default]
    Csv,
    /// `.txt`
    Txt,
}

/// Why folders cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DropFolderError {
    /// There is no such folder.
    #[error("{}: the folder of the company {careflex_id} does not exist: create it, or correct its name", .folder.display())]
    Missing {
        /// The company.
        careflex_id: CareflexId,
        /// Its folder.
        folder: PathBuf,
    },
    /// There is something else.
    #[error("{}: must be the folder of the company {careflex_id}, but is none", .folder.display())]
    NotAFolder {
        /// The company.
        careflex_id: CareflexId,
        /// What is no folder.
        folder: PathBuf,
    },
    /// The system does not say what is there.
    #[error("{}: the folder of the company {careflex_id} cannot be looked at", .folder.display())]
    Unreadable {
        /// The company.
        careflex_id: CareflexId,
        /// Its folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// One folder for two companies, be it under two names.
    #[error("{}: is the folder of two companies, {first} and {second}: each needs a folder of its own, because the portal books a file on the company of its folder", .folder.display())]
    Shared {
        /// One company.
        first: CareflexId,
        /// The other one.
        second: CareflexId,
        /// The folder.
        folder: PathBuf,
    },
    /// Two folders for one company.
    #[error("the company {careflex_id} has two folders, {} and {}: one is right", .first.display(), .second.display())]
    TwoFolders {
        /// The company.
        careflex_id: CareflexId,
        /// One folder.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
}

impl Extension {
    /// `csv` or `txt`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Txt => "txt",
        }
    }
}

impl DropFolder {
    /// Puts the files of each company into its folder.
    ///
    /// # Errors
    /// A folder that does not exist, and one that belongs to two companies: a file under a wrong CareFlex ID is booked
    /// on the wrong company (documented).
    pub fn new(
        folders: impl IntoIterator<Item = (CareflexId, PathBuf)>,
    ) -> Result<Self, DropFolderError> {
        let mut known: BTreeMap<CareflexId, PathBuf> = BTreeMap::new();
        let mut owners = Owners::new();
        for (careflex_id, folder) in folders {
            let (folder, identity) = existing(&careflex_id, folder)?;
            if let Some(first) = known.remove(&careflex_id) {
                return Err(DropFolderError::TwoFolders {
                    careflex_id,
                    first,
                    second: folder,
                });
            }
            let owner = (careflex_id.clone(), folder.clone());
            if let Some((first, _)) = owners.insert(identity, owner) {
                return Err(DropFolderError::Shared {
                    first,
                    second: careflex_id,
                    folder,
                });
            }
            known.insert(careflex_id, folder);
        }
        Ok(Self {
            folders: known,
            owners: Arc::new(owners),
            extension: Extension::default(),
            unix_mode: placing::OWNER_ONLY,
            names: Arc::new(Names::new(SystemClock)),
        })
    }

    /// How the names of files end; `.csv` by default.
    #[must_use]
    pub fn extension(mut self, extension: Extension) -> Self {
        self.extension = extension;
        self
    }

    /// Who may read and write the files, for example `0o640` for a tool that runs under another user of the same
    /// group. `0o600` by default: they hold personal data. Without effect on Windows, where a folder's rights apply.
    #[must_use]
    pub fn unix_mode(mut self, mode: u32) -> Self {
        self.unix_mode = mode;
        self
    }

    /// Takes the time in the names from another clock, for tests. The numbers begin again.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.names = Arc::new(Names::new(clock));
        self
    }

    /// The folder of a company.
    #[must_use]
    pub fn folder_of(&self, careflex_id: &CareflexId) -> Option<&Path> {
        self.folders.get(careflex_id).map(PathBuf::as_path)
    }
}

#[async_trait]
impl Handover for DropFolder {
    async fn hand_over(&self, file: CsvFile) -> Result<(), HandoverError> {
        let CsvFile {
            careflex_id,
            content,
            ..
        } = file;
        let Some(folder) = self.folder_of(&careflex_id) else {
            return Err(HandoverError::not_handed_over(format!(
                "no folder is known for the company {careflex_id}: name the one that the SyncTool watches for it"
            )));
        };
        let placing = Placing {
            folder: folder.to_owned(),
            stem: file_stem(&careflex_id),
            careflex_id,
            owners: Arc::clone(&self.owners),
            extension: self.extension,
            unix_mode: self.unix_mode,
            names: Arc::clone(&self.names),
        };
        let name = off_thread(move || placing.place(&content)).await?;
        tracing::debug!(file = name, "put into the folder");
        Ok(())
    }
}

impl fmt::Debug for DropFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DropFolder")
            .field("folders", &self.folders)
            .field("extension", &self.extension)
            .field("unix_mode", &format_args!("{:#o}", self.unix_mode))
            .finish_non_exhaustive()
    }
}

/// A folder by a name that stays true when the process goes elsewhere, and by what it really is.
fn existing(
    careflex_id: &CareflexId,
    folder: PathBuf,
) -> Result<(PathBuf, Identity), DropFolderError> {
    let looked_at = fs::metadata(&folder).and_then(|metadata| {
        Ok((
            std::path::absolute(&folder)?,
            metadata.is_dir(),
            identity(&folder)?,
        ))
    });
    let careflex_id = careflex_id.clone();
    match looked_at {
        Ok((absolute, true, identity)) => Ok((absolute, identity)),
        Ok((_, false, _)) => Err(DropFolderError::NotAFolder {
            careflex_id,
            folder,
        }),
        Err(error) => Err(match error.kind() {
            io::ErrorKind::NotFound => DropFolderError::Missing {
                careflex_id,
                folder,
            },
            io::ErrorKind::NotADirectory => DropFolderError::NotAFolder {
                careflex_id,
                folder,
            },
            _ => DropFolderError::Unreadable {
                careflex_id,
                folder,
                source: error,
            },
        }),
    }
}

/// Runs what blocks where it holds nobody up.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HandoverError> + Send + 'static,
) -> Result<T, HandoverError> {
    let (answer, answered) = oneshot::channel();
    let thread = thread::Builder::new().name("careflex-csv".to_owned());
    // Nobody may wait for the answer any more.
    let started = thread.spawn(move || drop(answer.send(work())));
    if let Err(error) = started {
        return Err(
            HandoverError::not_handed_over("no thread can be started to write the file")
                .with_source(error),
        );
    }
    answered.await.unwrap_or_else(|_| {
        Err(HandoverError::in_doubt(
            "the thread that writes the file has died: look whether the file is in the folder, or has been taken",
        ))
    })
}
