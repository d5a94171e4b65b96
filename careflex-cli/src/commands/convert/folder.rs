//! CSV of several companies: a folder with one file a company.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use careflex::csv::{Encoder, file_stem};
use careflex::{CareflexId, Incident, Rules};

use super::table::encode;
use super::waiting::Waiting;
use super::{Converted, Writes};
use crate::exit::Failure;
use crate::private_file::{check_place, create_private, half_of};

/// Writes one file a company. Not all of them can be open at a time: each is opened when there is something to be
/// added. All of them are written in a folder of their own first, and put in their places
/// at the end.
pub(super) struct Folder {
    path: PathBuf,
    half: HalfFolder,
    /// By company.
    names: BTreeMap<CareflexId, String>,
    encoder: Encoder,
    rules: Rules,
    waiting: Waiting,
    written: usize,
    /// Used again for the next records.
    records: Vec<u8>,
}

impl Folder {
    /// Begins the files of these companies, none of which must be one that is read.
    pub(super) fn begin<'a>(
        path: &Path,
        companies: &BTreeSet<CareflexId>,
        read: &(impl Iterator<Item = &'a PathBuf> + Clone),
        encoder: Encoder,
        rules: Rules,
    ) -> Result<Self, Failure> {
        let names = names(companies);
        let half = HalfFolder::create(path).map_err(|error| failed(path, &error))?;
        for name in names.values() {
            check_place("-o", &path.join(name), read.clone())?;
        }
        let mut header = Vec::new();
        encoder.header(&mut header);
        for name in names.values() {
            let file = half.path.join(name);
            create_private(&file)
                .and_then(|mut file| file.write_all(&header))
                .map_err(|error| failed(&file, &error))?;
        }
        Ok(Self {
            path: path.to_owned(),
            half,
            names,
            encoder,
            rules,
            waiting: Waiting::default(),
            written: 0,
            records: Vec::new(),
        })
    }

    /// Puts all files in their places. Each replaces what was there.
    pub(super) fn keep(self) -> Result<(), Failure> {
        for name in self.names.values() {
            let file = self.half.path.join(name);
            OpenOptions::new()
                .append(true)
                .open(&file)
                .and_then(|file| file.sync_all())
                .map_err(|error| failed(&file, &error))?;
        }
        for (done, name) in self.names.values().enumerate() {
            let place = self.path.join(name);
            fs::rename(self.half.path.join(name), &place).map_err(|error| {
                let place = place.display();
                let all = self.names.len();
                Failure::usage(format!(
                    "{place}: {error}; {done} of {all} files are in their places"
                ))
            })?;
        }
        Ok(())
    }

    /// Appends what waits to the files.
    fn write(&mut self) -> Result<(), Failure> {
        for (company, incidents) in self.waiting.take() {
            let name = self.names.get(&company).ok_or_else(|| {
                Failure::usage("there is a company that was not there when the files were checked")
            })?;
            self.written += incidents.len();
            self.records.clear();
            encode(
                &self.encoder,
                &self.rules,
                &company,
                incidents,
                &mut self.records,
            )?;
            let file = self.half.path.join(name);
            OpenOptions::new()
                .append(true)
                .open(&file)
                .and_then(|mut file| file.write_all(&self.records))
                .map_err(|error| failed(&file, &error))?;
        }
        Ok(())
    }
}

impl Writes for Folder {
    fn push(&mut self, company: &CareflexId, incident: &Incident) -> Result<(), Failure> {
        self.waiting.push(company, incident);
        if self.waiting.is_full() {
            self.write()?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<Converted, Failure> {
        self.write()?;
        Ok(Converted {
            incidents: self.written,
            companies: self.names.len(),
            files: Some(self.names.len()),
            ..Converted::default()
        })
    }
}

/// The names of the companies' files. Where two IDs would have the same name for a system that takes `a` for
/// `A`, the later one in the alphabet gets a number.
fn names(companies: &BTreeSet<CareflexId>) -> BTreeMap<CareflexId, String> {
    let mut taken = HashSet::new();
    let mut names = BTreeMap::new();
    for company in companies {
        let stem = file_stem(company);
        let mut name = format!("{stem}.csv");
        let mut number = 2_usize;
        while !taken.insert(name.to_lowercase()) {
            name = format!("{stem}-{number}.csv");
            number += 1;
        }
        names.insert(company.clone(), name);
    }
    names
}

/// The folder in which files are that are not complete. It is gone when it is dropped, and so is the folder around
/// it if that was created for it and nothing is in it.
struct HalfFolder {
    path: PathBuf,
    created: Option<PathBuf>,
}

impl HalfFolder {
    fn create(folder: &Path) -> io::Result<Self> {
        let created = if folder.is_dir() {
            None
        } else {
            fs::create_dir(folder)?;
            Some(folder.to_owned())
        };
        // From here on it is tidied up, whatever happens.
        let half = Self {
            path: half_in(folder),
            created,
        };
        let mut builder = DirBuilder::new();
        builder.recursive(false);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&half.path)?;
        Ok(half)
    }
}

impl Drop for HalfFolder {
    fn drop(&mut self) {
        remove(&self.path, self.created.as_deref());
    }
}

/// Removes what there is of a folder that is not complete: for a program that ends early.
pub(super) fn removes_half_of(folder: &Path) -> impl FnOnce() + Send + use<> {
    let half = half_in(folder);
    let created = (!folder.exists()).then(|| folder.to_owned());
    move || remove(&half, created.as_deref())
}

fn remove(half: &Path, created: Option<&Path>) {
    // It may not have been begun yet.
    let _gone_or_not: io::Result<()> = fs::remove_dir_all(half);
    if let Some(folder) = created {
        let _gone_or_full: io::Result<()> = fs::remove_dir(folder);
    }
}

fn half_in(folder: &Path) -> PathBuf {
    half_of(&folder.join("careflex"))
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_companies_share_a_file() {
        let companies: BTreeSet<CareflexId> = ["aB", "Ab", "ab", "ab-2", "c"]
            .into_iter()
            .map(|id| id.parse().unwrap())
            .collect();
        let names = names(&companies);
        let different: HashSet<_> = names.values().map(|name| name.to_lowercase()).collect();
        assert_eq!((names.len(), different.len()), (5, 5), "{names:?}");
    }
}
