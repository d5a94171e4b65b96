//! `careflex convert`: writes the incidents of any readable file as requests of an interface.
//!
//! Standard output holds documents and nothing else, as long as there are any: see [`Printer`].

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use careflex::rest::json;
use careflex::soap::xml;
use careflex::{ApiToken, CareflexId, Incident, Report, Rules};
use serde::Serialize;

use crate::args::{ConvertArgs, ProfileArgs, Target};
use crate::check::{Checked, check_silently, print_violations};
use crate::exit::{Code, Failure};
use crate::input::Input;
use crate::interrupt::Interrupt;
use crate::output::{Printer, Summary};
use crate::private_file::{PrivateFile, half_of};
use crate::profile::Profile;

/// What stands where a request has its API token: files hold no secrets.
pub(crate) const PLACEHOLDER: &str = "YOUR-API-TOKEN";

pub(crate) async fn run(
    args: &ConvertArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let out = args.output.as_deref().filter(|path| *path != "-");
    let last_words = match out {
        Some(_) => "interrupted: nothing was written",
        None => "interrupted: the output is not complete",
    };
    let half = out.map(half_of);
    let ends_at_once = Interrupt::listen().ends_at_once(last_words, move || {
        if let Some(half) = half {
            // It may not have been begun yet.
            let _: io::Result<()> = fs::remove_file(half);
        }
    });
    let profile = Profile::read(profile)?;
    let rules = Rules::documented();
    let mut input = Input::new(&args.input, &profile, rules.clone())?;
    input.require_company();
    if let Some(out) = out {
        check_place(out, args)?;
    }
    input.hold("")?;
    let checked = check_silently(&mut input);
    if !printer.is_json() || (out.is_none() && checked.is_fine()) {
        printer.leave_stdout();
    }
    if !checked.is_fine() {
        return refuse(&checked, begin, &input, printer);
    }
    let converted = match out {
        Some(path) => {
            let failed = |error: io::Error| Failure::usage(format!("{}: {error}", path.display()));
            let mut file = PrivateFile::create(path).map_err(failed)?;
            let converted = convert(&input, args.to, rules, &mut file, printer)?;
            // From here on it is too late to interrupt.
            drop(ends_at_once);
            file.keep().map_err(failed)?;
            converted
        }
        None => {
            let mut stdout = BufWriter::new(io::stdout().lock());
            let converted = convert(&input, args.to, rules, &mut stdout, printer)?;
            stdout.flush()?;
            converted
        }
    };
    printer.event("converted", &converted)?;
    printer.say(&converted.in_words())?;
    Ok(Code::Fine)
}

/// The output is written beside its place and put there at the end, where it replaces what was there.
/// Only a regular file may be replaced, and never one that is read.
fn check_place(out: &Path, args: &ConvertArgs) -> Result<(), Failure> {
    let refused = |reason: &str| {
        let out = out.display();
        Err(Failure::usage(format!("-o {out}: {reason}")))
    };
    match fs::symlink_metadata(out) {
        Ok(there) if there.is_dir() => refused("is a folder: name a file"),
        Ok(there) if there.is_symlink() => refused("is a symbolic link: name the file itself"),
        Ok(there) if !there.is_file() => {
            refused("is no regular file: without -o, standard output is written to")
        }
        Ok(_) => {
            let place = out.canonicalize().ok();
            let mut inputs = args.input.files.iter();
            if inputs.any(|input| input.canonicalize().ok() == place) {
                return refused("is one of the files that are read");
            }
            Ok(())
        }
        Err(_)
            if out
                .as_os_str()
                .to_string_lossy()
                .ends_with(std::path::is_separator) =>
        {
            refused("is a folder: name a file")
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = match out.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            if folder.is_dir() {
                Ok(())
            } else {
                refused("its folder is not there")
            }
        }
        Err(error) => refused(&error.to_string()),
    }
}

/// Says what is wrong.
fn refuse(
    checked: &Checked,
    begin: Instant,
    input: &Input,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    for item in input.read_again() {
        print_violations(&item, printer)?;
    }
    printer.event("summary", Summary::of_checked(checked, begin))?;
    printer.complain(&format!("nothing was written: {}", checked.in_words()));
    Ok(Code::Usage)
}

/// Writes all incidents, which are known to be valid. Warnings are printed on the way.
fn convert(
    input: &Input,
    to: Target,
    rules: Rules,
    out: &mut dyn Write,
    printer: &mut Printer,
) -> Result<Converted, Failure> {
    let mut documents = Documents::new(to, rules, out)?;
    for item in input.read_again() {
        print_violations(&item, printer)?;
        let not_as_checked = |why: &dyn std::fmt::Display| {
            let file = &item.file;
            Failure::usage(format!("{file}: {why}; the output is not complete"))
        };
        let (_, row) = item.row.as_ref().map_err(|error| not_as_checked(error))?;
        let incident = row
            .incident
            .as_ref()
            .map_err(|violations| not_as_checked(violations))?;
        let company = row
            .careflex_id
            .as_ref()
            .ok_or_else(|| not_as_checked(&"a row has no company"))?;
        documents.push(company, incident)?;
    }
    documents.end()
}

/// Writes requests, one a line: each has up to 100 incidents that follow one another in the input and are
/// of one company.
struct Documents<'a> {
    to: Target,
    rules: Rules,
    api_token: ApiToken,
    out: &'a mut dyn Write,
    /// What the next document will hold.
    company: Option<CareflexId>,
    incidents: Vec<Incident>,
    companies: HashSet<CareflexId>,
    converted: Converted,
    /// The document, used again for the next one.
    document: Vec<u8>,
}

impl<'a> Documents<'a> {
    fn new(to: Target, rules: Rules, out: &'a mut dyn Write) -> Result<Self, Failure> {
        Ok(Self {
            to,
            rules,
            api_token: ApiToken::new(PLACEHOLDER)
                .map_err(|error| Failure::usage(format!("the placeholder {error}")))?,
            out,
            company: None,
            incidents: Vec::new(),
            companies: HashSet::new(),
            converted: Converted::default(),
            document: Vec::new(),
        })
    }

    fn push(&mut self, company: &CareflexId, incident: &Incident) -> Result<(), Failure> {
        if self.company.as_ref() != Some(company)
            || self.incidents.len() >= self.rules.max_incidents
        {
            self.write()?;
            self.company = Some(company.clone());
        }
        self.incidents.push(incident.clone());
        Ok(())
    }

    fn end(mut self) -> Result<Converted, Failure> {
        self.write()?;
        Ok(Converted {
            companies: self.companies.len(),
            ..self.converted
        })
    }

    /// Writes the document, if it would hold anything.
    fn write(&mut self) -> Result<(), Failure> {
        let Some(company) = self.company.take() else {
            return Ok(());
        };
        let incidents = std::mem::take(&mut self.incidents);
        let report = Report::new(company.clone(), incidents, &self.rules)
            .map_err(|invalid| Failure::usage(invalid.violations().to_string()))?;
        self.document.clear();
        match self.to {
            Target::Json => {
                json::encode_new_request(&report, &self.api_token, &mut self.document);
            }
            Target::Xml => {
                xml::encode_new_request(&report, &self.api_token, &mut self.document);
                self.document = on_one_line(&self.document);
            }
        }
        if self.document.is_empty() {
            // Nothing must get lost in silence.
            return Err(Failure::usage("a report could not be written"));
        }
        self.document.push(b'\n');
        self.out.write_all(&self.document)?;
        self.converted.incidents += report.incidents().len();
        self.converted.reports += 1;
        self.companies.insert(company);
        Ok(())
    }
}

/// Only values hold line feeds, and there they can be written in another way.
fn on_one_line(xml: &[u8]) -> Vec<u8> {
    let lines: Vec<_> = xml.split(|byte| *byte == b'\n').collect();
    lines.join(&b"&#10;"[..])
}

/// What was written.
#[derive(Debug, Default, Serialize)]
struct Converted {
    incidents: usize,
    companies: usize,
    reports: usize,
}

impl Converted {
    fn in_words(&self) -> String {
        let count = |count: usize, one: &str, many: &str| {
            format!("{count} {}", if count == 1 { one } else { many })
        };
        format!(
            "{} of {} in {}",
            count(self.incidents, "incident", "incidents"),
            count(self.companies, "company", "companies"),
            count(self.reports, "report", "reports"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_one_line_whatever_its_values_hold() {
        assert_eq!(on_one_line(b"<a>b\n\nc</a>"), b"<a>b&#10;&#10;c</a>");
        assert_eq!(on_one_line(b"<a/>"), b"<a/>");
    }

    #[test]
    fn the_summary_counts() {
        let converted = |incidents, companies, reports| Converted {
            incidents,
            companies,
            reports,
        };
        assert_eq!(
            converted(3, 1, 1).in_words(),
            "3 incidents of 1 company in 1 report"
        );
        assert_eq!(
            converted(1, 2, 2).in_words(),
            "1 incident of 2 companies in 2 reports"
        );
    }
}
