//! A folder that is watched, and the files in it.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use careflex::chrono::{DateTime, Utc};
use careflex::{CareflexId, Rules};

use crate::args::WatchArgs;
use crate::company;
use crate::exit::Failure;
use crate::handover::id_and_folder;
use crate::input::Input;
use crate::profile::Profile;

/// How files end that others are still writing.
const UNFINISHED: [&str; 5] = [".tmp", ".part", ".filepart", ".crdownload", "~"];

/// A folder that is watched.
pub(super) struct Folder {
    /// Its place among the folders.
    pub(super) number: usize,
    pub(super) path: PathBuf,
    /// How its files are read.
    pub(super) input: Input,
}

/// A file that lies in a folder.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) modified: SystemTime,
}

/// Opens the folders of a call.
pub(super) fn open_all(args: &WatchArgs, profile: &Profile) -> Result<Vec<Folder>, Failure> {
    let mut places = HashSet::new();
    let mut folders = Vec::new();
    for (number, given) in args.folders.iter().enumerate() {
        let (company, path) = company_and_path(given)?;
        // As changes are told.
        let path = std::path::absolute(path).unwrap_or(path.to_owned());
        let refused = |why: String| Failure::usage(format!("{}: {why}", path.display()));
        let place = path
            .canonicalize()
            .map_err(|error| refused(error.to_string()))?;
        if !place.is_dir() {
            return Err(refused("is no folder".to_owned()));
        }
        if !places.insert(place) {
            return Err(refused("is given twice".to_owned()));
        }
        let input = Input::to_come(&args.reading, company, profile, Rules::documented())?;
        let folder = Folder {
            number,
            path,
            input,
        };
        folder
            .create_ends()
            .map_err(|error| Failure::usage(format!("{}: {error}", folder.path.display())))?;
        folders.push(folder);
    }
    Ok(folders)
}

fn company_and_path(given: &OsStr) -> Result<(Option<CareflexId>, &Path), Failure> {
    match id_and_folder(given) {
        Some((id, folder)) => {
            let company = company::parse(id, "the company of a folder")?;
            Ok((Some(company), Path::new(folder)))
        }
        None => Ok((None, Path::new(given))),
    }
}

fn create_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        created => created,
    }
}

impl Folder {
    /// Creates the folders for files that were dealt with, should they not be there (any more).
    pub(super) fn create_ends(&self) -> io::Result<()> {
        ["done", "failed"]
            .iter()
            .try_for_each(|end| create_folder(&self.path.join(end)))
    }

    /// The files that may be taken once they are complete.
    pub(super) fn files(&self) -> io::Result<Vec<Found>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || UNFINISHED.iter().any(|end| name.ends_with(end)) {
                continue;
            }
            // It may have gone again.
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            if metadata.is_file() {
                files.push(Found {
                    size: metadata.len(),
                    modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    path,
                });
            }
        }
        Ok(files)
    }

    /// Where a file goes: into `done` or `failed`, under its name behind its time, which tells exports of the
    /// same name apart. The same file always goes to the same place.
    pub(super) fn place_for(&self, found: &Found, is_failed: bool) -> PathBuf {
        let folder = self.path.join(if is_failed { "failed" } else { "done" });
        let name = found.name();
        let stamp = DateTime::<Utc>::from(found.modified).format("%Y%m%dT%H%M%SZ");
        let mut place = folder.join(format!("{stamp}-{name}"));
        let mut number = 2;
        while place.exists() {
            place = folder.join(format!("{stamp}-{number}-{name}"));
            number += 1;
        }
        place
    }
}

impl Found {
    /// The name of the file.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Whether this is that file, and it has not changed.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.path == other.path && self.size == other.size && self.modified == other.modified
    }

    /// Exports build on each other.
    pub(super) fn age_order(&self) -> (SystemTime, &Path) {
        (self.modified, &self.path)
    }

    /// Whether it is there, as it was found.
    pub(super) fn is_unchanged_at(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| {
            metadata.len() == self.size
                && metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH) == self.modified
        })
    }
}
