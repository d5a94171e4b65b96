//! `careflex convert`: writes the incidents of any readable file in the format of an interface.
//!
//! Standard output holds documents and nothing else, as long as there are any: see [`Printer`].

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use careflex::csv::Encoder;
use careflex::{CareflexId, Incident, Rules};
use serde::Serialize;

use crate::args::{ConvertArgs, ProfileArgs, Target};
use crate::check::{Checked, check_silently};
use crate::encoder;
use crate::exit::{Code, Failure};
use crate::input::{Input, Item, Takers};
use crate::interrupt::Interrupt;
use crate::listing::Listing;
use crate::output::{Printer, Summary};
use crate::private_file::{PrivateFile, check_place, names_folder, removes_half_of};
use crate::profile::Profile;

mod documents;
mod folder;
mod table;
mod waiting;

use documents::Documents;
pub(crate) use documents::PLACEHOLDER;
use folder::Folder;
use table::Table;

pub(crate) async fn run(
    args: &ConvertArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let place = Place::of(args);
    let last_words = match place {
        Place::Stdout => "interrupted: the output is not complete",
        _ => "interrupted: nothing was written",
    };
    let ends_at_once = Interrupt::listen().ends_at_once(last_words, place.tidy_up());
    let profile = Profile::read(profile)?;
    let rules = Rules::documented();
    let mut input = Input::new(&args.input, &profile, rules.clone())?;
    input.require_company();
    let output = Output::of(args)?;
    if let Output::Csv(encoder) = &output {
        input.fit_into(Takers::All, encoder.clone());
    }
    if let Place::File(path) = &place {
        check_place("-o", path, args.all_files())?;
    }
    input.hold("")?;
    let mut companies = BTreeSet::new();
    let checked = check_silently(&mut input, |item| companies.extend(company(item).cloned()));
    if !printer.is_json() || (place == Place::Stdout && checked.is_fine()) {
        printer.leave_stdout();
    }
    let source = Source {
        input: &input,
        listing: Listing::up_to(args.input.max_errors),
        printer: &mut *printer,
    };
    if !checked.is_fine() {
        return source.refuse(checked, begin);
    }
    let converted = match (&place, output) {
        (Place::Folder(path), Output::Csv(encoder)) => {
            let read = &args.all_files();
            let mut folder = Folder::begin(path, &companies, read, encoder, rules)?;
            let converted = source.convert(&mut folder)?;
            // From here on it is too late to interrupt.
            drop(ends_at_once);
            folder.keep()?;
            converted
        }
        (_, Output::Csv(_)) if companies.len() > 1 => {
            return Err(Failure::usage(format!(
                "nothing was written: there are incidents of {} companies, and a CSV file is for one. Name a folder with -o DIR/ for one file a company",
                companies.len()
            )));
        }
        // Only CSV has a folder for its place.
        (Place::File(path) | Place::Folder(path), output) => {
            let failed = |error: io::Error| Failure::usage(format!("{}: {error}", path.display()));
            let mut file = PrivateFile::create(path).map_err(failed)?;
            let converted = source.convert(&mut *output.writer(rules, &mut file)?)?;
            // From here on it is too late to interrupt.
            drop(ends_at_once);
            file.keep().map_err(failed)?;
            converted
        }
        (Place::Stdout, output) => {
            let mut stdout = BufWriter::new(io::stdout().lock());
            let converted = source.convert(&mut *output.writer(rules, &mut stdout)?)?;
            stdout.flush()?;
            converted
        }
    };
    printer.event("converted", &converted)?;
    printer.say(&converted.in_words())?;
    Ok(Code::Fine)
}

/// Where the output goes.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Stdout,
    File(PathBuf),
    /// One file a company, for CSV only.
    Folder(PathBuf),
}

impl Place {
    fn of(args: &ConvertArgs) -> Self {
        match args.output.as_deref().filter(|path| *path != "-") {
            None => Self::Stdout,
            Some(path) if args.to == Target::Csv && (path.is_dir() || names_folder(path)) => {
                Self::Folder(path.to_owned())
            }
            Some(path) => Self::File(path.to_owned()),
        }
    }

    /// Removes what there is of the output when the program ends early.
    fn tidy_up(&self) -> Box<dyn FnOnce() + Send> {
        match self {
            Self::Stdout => Box::new(|| {}),
            Self::File(path) => Box::new(removes_half_of(path)),
            Self::Folder(path) => Box::new(folder::removes_half_of(path)),
        }
    }
}

/// Something that writes incidents in one format.
trait Writes {
    fn push(&mut self, company: &CareflexId, incident: &Incident) -> Result<(), Failure>;

    /// Writes what is held back, and tells what was written.
    fn end(&mut self) -> Result<Converted, Failure>;
}

/// What is written.
enum Output {
    Json,
    Xml,
    Csv(Encoder),
}

impl Output {
    fn of(args: &ConvertArgs) -> Result<Self, Failure> {
        match (args.to, args.out.given()) {
            (Target::Csv, _) => {
                encoder::for_anybody(&args.out, args.input.reading.separator).map(Self::Csv)
            }
            (_, Some(flag)) => Err(Failure::usage(format!("{flag} is for --to csv"))),
            (Target::Json, None) => Ok(Self::Json),
            (Target::Xml, None) => Ok(Self::Xml),
        }
    }

    fn writer<'a>(
        self,
        rules: Rules,
        out: &'a mut dyn Write,
    ) -> Result<Box<dyn Writes + 'a>, Failure> {
        Ok(match self {
            Self::Json => Box::new(Documents::of_json(rules, out)?),
            Self::Xml => Box::new(Documents::of_xml(rules, out)?),
            Self::Csv(encoder) => Box::new(Table::new(encoder, rules, out)),
        })
    }
}

/// The company of a row.
fn company(item: &Item) -> Option<&CareflexId> {
    let (_, row) = item.row.as_ref().ok()?;
    row.careflex_id.as_ref()
}

/// What is converted, and where it is said what is wrong with it.
struct Source<'a> {
    input: &'a Input,
    listing: Listing,
    printer: &'a mut Printer,
}

impl Source<'_> {
    /// Says what is wrong.
    fn refuse(mut self, checked: Checked, begin: Instant) -> Result<Code, Failure> {
        for item in self.input.read_again() {
            self.listing.add(&item, self.printer)?;
        }
        let checked = Checked {
            unlisted: self.listing.end(self.printer)?,
            ..checked
        };
        let summary = Summary::of_checked(&checked, begin);
        self.printer.event("summary", summary)?;
        let message = format!("nothing was written: {}", checked.in_words());
        self.printer.complain(&message);
        Ok(Code::Usage)
    }

    /// Writes all incidents, which are known to be valid. Warnings are printed on the way.
    fn convert(mut self, out: &mut dyn Writes) -> Result<Converted, Failure> {
        for item in self.input.read_again() {
            self.listing.add(&item, self.printer)?;
            let not_as_checked = |why: &dyn std::fmt::Display| {
                let file = &item.file;
                Failure::usage(format!("{file}: {why}; the output is not complete"))
            };
            let (_, row) = item.row.as_ref().map_err(|error| not_as_checked(error))?;
            let incident = row
                .incident
                .as_ref()
                .map_err(|violations| not_as_checked(violations))?;
            let company = company(&item).ok_or_else(|| not_as_checked(&"a row has no company"))?;
            out.push(company, incident)?;
        }
        Ok(Converted {
            unlisted: self.listing.end(self.printer)?,
            ..out.end()?
        })
    }
}

/// What was written.
#[derive(Debug, Default, Clone, Serialize)]
struct Converted {
    incidents: usize,
    companies: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    reports: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    /// Warnings that are not listed.
    #[serde(skip_serializing_if = "crate::output::is_zero")]
    unlisted: u64,
}

impl Converted {
    fn in_words(&self) -> String {
        let count = |count: usize, one: &str, many: &str| {
            format!("{count} {}", if count == 1 { one } else { many })
        };
        let into = match (self.reports, self.files) {
            (Some(reports), _) => count(reports, "report", "reports"),
            (None, files) => count(files.unwrap_or_default(), "file", "files"),
        };
        format!(
            "{} of {} in {into}",
            count(self.incidents, "incident", "incidents"),
            count(self.companies, "company", "companies"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts() {
        let converted = |incidents, companies, reports, files| Converted {
            incidents,
            companies,
            reports,
            files,
            unlisted: 0,
        };
        assert_eq!(
            converted(3, 1, Some(1), None).in_words(),
            "3 incidents of 1 company in 1 report"
        );
        assert_eq!(
            converted(1, 2, Some(2), None).in_words(),
            "1 incident of 2 companies in 2 reports"
        );
        assert_eq!(
            converted(2, 2, None, Some(2)).in_words(),
            "2 incidents of 2 companies in 2 files"
        );
    }
}
