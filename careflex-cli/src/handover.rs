//! From settings to files that are handed over: `--via csv`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use careflex::csv::{
    CsvFile, CsvReporter, DropFolder, DropFolderError, Encoder, Handover, HandoverError, Separator,
};
use careflex::{CareflexId, Reporter, async_trait};

use crate::args::{DropArgs, Mode};
use crate::company;
use crate::encoder;
use crate::exit::{Failure, in_full};
use crate::input::{Input, Takers};
use crate::profile::Profile;

const VARIABLE: &str = "CAREFLEX_DROP_DIR";

/// Where files go, and how they are written.
#[derive(Clone)]
pub(crate) struct FilesOut {
    folders: Folders,
    mode: Option<Mode>,
    encoder: Encoder,
}

/// The folders that the operator's SyncTool watches.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Folders {
    /// For one company, whichever that is.
    One(PathBuf),
    Each(Vec<(CareflexId, PathBuf)>),
}

impl FilesOut {
    /// Reads settings and checks that they can be used. `separator` is that of the files that are read.
    pub(crate) fn read(
        args: &DropArgs,
        separator: Option<Separator>,
        profile: &Profile,
    ) -> Result<Self, Failure> {
        let folders = Folders::read(args, profile)?;
        let encoder = encoder::for_portal(&args.out, separator, profile)?;
        let of_profile = profile.drop_mode.as_deref().map(|text| {
            text.parse::<Mode>()
                .map_err(|error| Failure::usage(format!("drop_mode of the profile {error}")))
        });
        let mode = args.drop_mode.or(of_profile.transpose()?);
        Ok(Self {
            folders,
            mode,
            encoder,
        })
    }

    /// Refuses rows that have no folder, or no place in a file.
    pub(crate) fn guard(&self, input: &mut Input) {
        let takers = match &self.folders {
            Folders::One(_) => Takers::One(input.default_company().cloned()),
            Folders::Each(folders) => {
                let companies: BTreeSet<_> = folders.iter().map(|(id, _)| id.clone()).collect();
                Takers::Listed(Arc::new(companies))
            }
        };
        input.fit_into(takers, self.encoder.clone());
    }

    /// Refuses a folder without a company, where that cannot be the one of the first row.
    pub(crate) fn require_company(&self, company: Option<&CareflexId>) -> Result<(), Failure> {
        match (&self.folders, company) {
            (Folders::One(_), None) => Err(Failure::usage(
                "with an outbox, in which rows of several companies may wait, name the company of the folder: give --drop-dir ID=DIR",
            )),
            _ => Ok(()),
        }
    }

    /// Whether a file would be put where the SyncTool takes it from.
    pub(crate) fn would_take(&self, file: &Path) -> bool {
        let place = crate::private_file::folder_of(file).canonicalize().ok();
        let is_place = |folder: &PathBuf| place.is_some() && folder.canonicalize().ok() == place;
        match &self.folders {
            Folders::One(folder) => is_place(folder),
            Folders::Each(folders) => folders.iter().any(|(_, folder)| is_place(folder)),
        }
    }

    /// The reporter, once the folders are there. `company` is that of rows that name none.
    pub(crate) fn reporter(
        self,
        company: Option<&CareflexId>,
    ) -> Result<Arc<dyn Reporter>, Failure> {
        let wrong =
            |error: DropFolderError| Failure::usage(format!("--drop-dir: {}", in_full(&error)));
        let mode = self.mode;
        let reporter = match (self.folders, company) {
            (Folders::Each(folders), _) => {
                CsvReporter::new(drop_folder(folders, mode).map_err(wrong)?)
            }
            (Folders::One(folder), Some(company)) => {
                let folders = [(company.clone(), folder)];
                CsvReporter::new(drop_folder(folders, mode).map_err(wrong)?)
            }
            (Folders::One(folder), None) => CsvReporter::new(OfFirstRow::new(folder, mode)?),
        };
        Ok(Arc::new(reporter.encoder(self.encoder)))
    }
}

fn drop_folder(
    folders: impl IntoIterator<Item = (CareflexId, PathBuf)>,
    mode: Option<Mode>,
) -> Result<DropFolder, DropFolderError> {
    let folders = DropFolder::new(folders)?;
    Ok(match mode {
        Some(Mode(mode)) => folders.unix_mode(mode),
        None => folders,
    })
}

impl Folders {
    /// Flags, then variable, then profile.
    fn read(args: &DropArgs, profile: &Profile) -> Result<Self, Failure> {
        if !args.drop_dir.is_empty() {
            return Self::of_flags(&args.drop_dir);
        }
        if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
            return Ok(Self::One(folder.into()));
        }
        match (&profile.drop_dir, &profile.drop_dirs) {
            (Some(_), Some(_)) => Err(Failure::usage(
                "the profile has drop_dir, for one company, and drop_dirs, for several: leave one of them away",
            )),
            (Some(folder), None) => Ok(Self::One(folder.clone())),
            (None, Some(folders)) => {
                let folders = folders.iter().map(|(id, folder)| {
                    let id = company::parse(id, "a company in drop_dirs of the profile")?;
                    Ok((id, folder.clone()))
                });
                folders.collect::<Result<_, _>>().map(Self::Each)
            }
            (None, None) => Err(Failure::usage(
                "--via csv needs the folder that the operator's SyncTool watches: give --drop-dir ID=DIR for each company, or --drop-dir DIR if there is only one (or CAREFLEX_DROP_DIR, or drop_dir in the profile)",
            )),
        }
    }

    fn of_flags(given: &[impl AsRef<OsStr>]) -> Result<Self, Failure> {
        let mut bare = Vec::new();
        let mut named = Vec::new();
        for one in given {
            match id_and_folder(one.as_ref()) {
                Some((id, folder)) => {
                    let id = company::parse(id, "the company of --drop-dir")?;
                    named.push((id, PathBuf::from(folder)));
                }
                None => bare.push(PathBuf::from(one.as_ref())),
            }
        }
        match (bare.pop(), bare.is_empty() && named.is_empty()) {
            (Some(folder), true) => Ok(Self::One(folder)),
            (Some(_), false) => Err(Failure::usage(
                "--drop-dir DIR is for one company: with several folders, give --drop-dir ID=DIR for each",
            )),
            (None, _) => Ok(Self::Each(named)),
        }
    }
}

/// What is before the first `=` is a company, unless it is part of a path.
pub(crate) fn id_and_folder(given: &OsStr) -> Option<(&str, &str)> {
    let (id, folder) = given.to_str()?.split_once('=')?;
    (!id.contains(std::path::is_separator)).then_some((id, folder))
}

/// A folder for the company of the first row, which is known when the first file is handed over. Rows of
/// others are refused before.
struct OfFirstRow {
    folder: PathBuf,
    mode: Option<Mode>,
    opened: OnceLock<DropFolder>,
}

impl OfFirstRow {
    fn new(folder: PathBuf, mode: Option<Mode>) -> Result<Self, Failure> {
        if !folder.is_dir() {
            let folder = folder.display();
            return Err(Failure::usage(format!(
                "--drop-dir {folder}: is no folder: create it, or correct its name"
            )));
        }
        Ok(Self {
            folder,
            mode,
            opened: OnceLock::new(),
        })
    }
}

#[async_trait]
impl Handover for OfFirstRow {
    async fn hand_over(&self, file: CsvFile) -> Result<(), HandoverError> {
        let opened = match self.opened.get() {
            Some(opened) => opened,
            None => {
                let folder = [(file.careflex_id.clone(), self.folder.clone())];
                let folder = drop_folder(folder, self.mode)
                    .map_err(|error| HandoverError::not_handed_over(in_full(&error)))?;
                self.opened.get_or_init(|| folder)
            }
        };
        opened.hand_over(file).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_stands_before_the_first_equals_sign() {
        for (given, expected) in [
            ("a=/srv/acme", Some(("a", "/srv/acme"))),
            ("a=b=c", Some(("a", "b=c"))),
            ("=dir", Some(("", "dir"))),
            ("/srv/acme", None),
            ("./a=b", None),
            ("/srv/a=b", None),
            ("acme", None),
        ] {
            assert_eq!(id_and_folder(OsStr::new(given)), expected, "{given}");
        }
    }

    #[test]
    fn one_folder_or_one_for_each_company() {
        let read = |given: &[&str]| Folders::of_flags(given);
        assert_eq!(read(&["dir"]).unwrap(), Folders::One("dir".into()));
        let two = read(&["a=x", "b=y"]).unwrap();
        let Folders::Each(two) = two else {
            panic!("{two:?}");
        };
        assert_eq!(two.len(), 2);
        for wrong in [&["x", "y"][..], &["x", "b=y"], &["=y"], &["a b=y"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
