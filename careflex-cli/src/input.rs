//! Reads incidents from files and standard input, one after the other.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use careflex::csv::Encoder;
use careflex::{CareflexId, InputRow, ReadError, Rules, Severity};

use crate::args::{Format, InputArgs, ReadingArgs};
use crate::company;
use crate::exit::Failure;
use crate::layout_file;
use crate::profile::Profile;

mod guard;
mod rows;
mod watched;

use guard::Guard;
pub(crate) use guard::Takers;
use rows::{Bytes, Reading, Rows};
use watched::{Fingerprint, Watched};

/// Largest standard input that is held in memory, in bytes.
const MOST_IN_MEMORY: u64 = 256 << 20;

const OTHER_THAN_FLAG: &str = "names another company than --careflex-id: is this the right file?";
const OTHER_THAN_FOLDER: &str =
    "names another company than the one of the folder: is this the right folder?";

/// The files of a call.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    sources: Vec<Source>,
    reading: Arc<Reading>,
    guard: Guard,
    /// What rows have to fit into.
    encoder: Option<Arc<Encoder>>,
}

#[derive(Debug, Clone)]
struct Source {
    name: Arc<str>,
    kind: Kind,
    /// What the file held when it was read first.
    fingerprint: Fingerprint,
}

#[derive(Debug, Clone)]
enum Kind {
    File(PathBuf),
    /// Something that can be read only once, like a named pipe.
    Pipe(PathBuf),
    StandardInput,
    Memory(Arc<Vec<u8>>),
}

/// One item of the input.
#[derive(Debug)]
pub(crate) struct Item {
    /// The file's name as it was given.
    pub(crate) file: Arc<str>,
    /// A row with its number over all files, from 0; an error when the file ends before its time.
    pub(crate) row: Result<(u64, InputRow), ReadError>,
}

impl Input {
    pub(crate) fn new(args: &InputArgs, profile: &Profile, rules: Rules) -> Result<Self, Failure> {
        let flag = args
            .careflex_id
            .as_ref()
            .map(|id| company::parse(id, "--careflex-id"))
            .transpose()?;
        let guard = Guard {
            default: match &flag {
                Some(flag) => Some(flag.clone()),
                None => company::default(profile)?,
            },
            only: flag.map(|flag| (flag, OTHER_THAN_FLAG)),
            ..Guard::default()
        };
        refuse_twins(&args.files)?;
        let files = args.files.iter().map(PathBuf::as_path);
        let reading = reading(&args.reading, rules)?;
        Self::of(files, Arc::new(reading), guard)
    }

    /// Files that will come, of this company if it is given: [`of_file`](Self::of_file) reads one.
    pub(crate) fn to_come(
        args: &ReadingArgs,
        company: Option<CareflexId>,
        profile: &Profile,
        rules: Rules,
    ) -> Result<Self, Failure> {
        let default = match &company {
            Some(company) => Some(company.clone()),
            None => company::default(profile)?,
        };
        let guard = Guard {
            only: company.map(|company| (company, OTHER_THAN_FOLDER)),
            default,
            required: true,
            ..Guard::default()
        };
        Self::of([].into_iter(), Arc::new(reading(args, rules)?), guard)
    }

    /// Reads this file as these files are read.
    pub(crate) fn of_file(&self, path: &Path) -> Self {
        Self {
            sources: vec![Source::new(path)],
            ..self.clone()
        }
    }

    /// Reads these files.
    fn of<'f>(
        files: impl Iterator<Item = &'f Path>,
        reading: Arc<Reading>,
        guard: Guard,
    ) -> Result<Self, Failure> {
        let sources: Vec<_> = files.map(Source::new).collect();
        let piped = sources
            .iter()
            .filter(|source| matches!(source.kind, Kind::StandardInput))
            .count();
        if piped > 1 {
            return Err(Failure::usage("standard input (-) can be read only once"));
        }
        Ok(Self {
            sources,
            reading,
            guard,
            encoder: None,
        })
    }

    /// Rows without a company are refused from here on.
    pub(crate) fn require_company(&mut self) {
        self.guard.required = true;
    }

    /// The company of rows that name none.
    pub(crate) fn default_company(&self) -> Option<&CareflexId> {
        self.guard.default.as_ref()
    }

    /// Rows of other companies than these are refused from here on, and so are those that cannot be written
    /// in this way.
    pub(crate) fn fit_into(&mut self, takers: Takers, encoder: Encoder) {
        self.guard.takers = takers;
        self.encoder = Some(Arc::new(encoder));
    }

    /// Whether standard input or another pipe is among the files, which can be read only once.
    pub(crate) fn is_piped(&self) -> bool {
        self.sources
            .iter()
            .any(|source| matches!(source.kind, Kind::StandardInput | Kind::Pipe(_)))
    }

    /// Holds pipes in memory, so that they can be read twice. `advice` is what else can be done about one
    /// that is too large.
    pub(crate) fn hold(&mut self, advice: &str) -> Result<(), Failure> {
        for source in &mut self.sources {
            if matches!(source.kind, Kind::StandardInput | Kind::Pipe(_)) {
                let name = &source.name;
                let mut bytes = Vec::new();
                source
                    .open(false)
                    .and_then(|input| input.take(MOST_IN_MEMORY + 1).read_to_end(&mut bytes))
                    .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
                if bytes.len() as u64 > MOST_IN_MEMORY {
                    return Err(Failure::usage(format!(
                        "{name} is larger than {} MiB: put it into a file, so that all of it can be checked first{advice}",
                        MOST_IN_MEMORY >> 20
                    )));
                }
                source.kind = Kind::Memory(Arc::new(bytes));
            }
        }
        Ok(())
    }

    /// Reads everything for the first time, and notes what the files hold.
    pub(crate) fn read(&mut self) -> Items {
        for source in &mut self.sources {
            source.fingerprint = Fingerprint::default();
        }
        Items::new(self.clone(), false)
    }

    /// Reads everything again. A file that has changed in between ends with an error before any changed
    /// byte of it is used.
    pub(crate) fn read_again(&self) -> Items {
        Items::new(self.clone(), true)
    }

    /// Reads everything for the first and only time.
    pub(crate) fn read_once(&self) -> Items {
        Items::new(self.clone(), false)
    }
}

/// How the files are to be read.
fn reading(args: &ReadingArgs, rules: Rules) -> Result<Reading, Failure> {
    let layout = match (&args.layout, args.format) {
        (Some(_), Some(Format::Json | Format::Xml)) => {
            return Err(Failure::usage(
                "--layout is for CSV files: it does not go together with another --format",
            ));
        }
        (Some(path), _) => Some(layout_file::read(path, "--layout")?),
        (None, _) => None,
    };
    Ok(Reading {
        format: layout.as_ref().map(|_| Format::Csv).or(args.format),
        separator: args.separator,
        layout,
        rules,
    })
}

/// A file that is given twice would be booked twice.
fn refuse_twins(files: &[PathBuf]) -> Result<(), Failure> {
    let mut seen = HashSet::new();
    for file in files {
        // Files that are not there are complained about when they are opened.
        let Ok(place) = file.canonicalize() else {
            continue;
        };
        if !seen.insert(place) {
            return Err(Failure::usage(format!("{} is given twice", file.display())));
        }
    }
    Ok(())
}

impl Source {
    fn new(path: &Path) -> Self {
        let (name, kind) = if path.as_os_str() == "-" {
            ("standard input".into(), Kind::StandardInput)
        } else {
            let is_pipe =
                std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
            let kind = if is_pipe { Kind::Pipe } else { Kind::File };
            (path.display().to_string().into(), kind(path.to_owned()))
        };
        Self {
            name,
            kind,
            fingerprint: Fingerprint::default(),
        }
    }

    fn open(&self, again: bool) -> io::Result<Bytes> {
        Ok(match &self.kind {
            Kind::StandardInput => Box::new(BufReader::with_capacity(1 << 16, io::stdin())),
            Kind::Pipe(path) => Box::new(BufReader::with_capacity(1 << 16, File::open(path)?)),
            Kind::Memory(bytes) => Box::new(io::Cursor::new(Held(Arc::clone(bytes)))),
            Kind::File(path) if again => {
                Box::new(Watched::verify(File::open(path)?, &self.fingerprint))
            }
            Kind::File(path) => Box::new(Watched::record(File::open(path)?, &self.fingerprint)),
        })
    }
}

/// What a pipe held.
struct Held(Arc<Vec<u8>>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Refuses a row that cannot be written, and adds what is suspicious in it.
fn fit(row: &mut InputRow, encoder: &Encoder) {
    let (Ok(incident), Some(company)) = (&row.incident, &row.careflex_id) else {
        return;
    };
    for violation in encoder.check(company, incident) {
        match violation.severity() {
            Severity::Error => row.refuse(violation),
            _ => row.warnings.push(violation),
        }
    }
}

/// Iterates over all rows of all files.
pub(crate) struct Items {
    input: Input,
    again: bool,
    /// The file that is being read, and how many have been begun.
    current: Option<(Arc<str>, Rows)>,
    begun: usize,
    index: u64,
}

impl Items {
    fn new(input: Input, again: bool) -> Self {
        Self {
            input,
            again,
            current: None,
            begun: 0,
            index: 0,
        }
    }

    fn open_next(&mut self) -> Option<Result<(), Item>> {
        let source = self.input.sources.get(self.begun)?;
        self.begun += 1;
        let rows = source
            .open(self.again)
            .map_err(|error| ReadError::io(None, error))
            .and_then(|bytes| rows::read(bytes, &self.input.reading));
        Some(match rows {
            Ok(rows) => {
                self.current = Some((Arc::clone(&source.name), rows));
                Ok(())
            }
            Err(error) => Err(Item {
                file: Arc::clone(&source.name),
                row: Err(error),
            }),
        })
    }
}

impl Iterator for Items {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some((file, rows)) = &mut self.current {
                match rows.next() {
                    Some(Ok(mut row)) => {
                        self.input.guard.apply(&mut row);
                        if let Some(encoder) = &self.input.encoder {
                            fit(&mut row, encoder);
                        }
                        let index = self.index;
                        self.index += 1;
                        return Some(Item {
                            file: Arc::clone(file),
                            row: Ok((index, row)),
                        });
                    }
                    Some(Err(error)) => {
                        let file = Arc::clone(file);
                        self.current = None;
                        return Some(Item {
                            file,
                            row: Err(error),
                        });
                    }
                    None => self.current = None,
                }
            }
            if let Err(item) = self.open_next()? {
                return Some(item);
            }
        }
    }
}
