//! The file with the rows to correct, as `--error-report` asks for it.

use std::io;
use std::path::{Path, PathBuf};

use careflex::csv::ErrorReport;
use careflex::{InputRow, Severity, Violations};

use crate::check::violations;
use crate::exit::Failure;
use crate::input::Item;
use crate::output::Printer;
use crate::private_file::{PrivateFile, check_place};
use crate::row::RowLine;

/// What to do about rows when none was sent: a report of the corrected ones alone would leave the others behind.
pub(crate) const CORRECT_THE_INPUT: &str = "nothing was sent: correct your own file";
/// What to do when the others were sent: a report of the whole input would book them twice.
pub(crate) const REPORT_THIS_FILE: &str =
    "once corrected, report that file, not the whole input again";
/// What to do when some others were sent, but not all, or not surely: none of these is in the file.
pub(crate) const REPORT_THIS_FILE_AND_MORE: &str = "once corrected, report that file, not the whole input again; rows that are in doubt or were not sent are not in it";

/// Rows with the reasons beside them, in a file that is put in its place at the end. That it cannot be written
/// is said then: it keeps nothing else from being done.
pub(crate) struct ErrorFile {
    path: PathBuf,
    /// Why it cannot be written, once that is known.
    report: io::Result<ErrorReport<PrivateFile>>,
    rows: u64,
}

impl ErrorFile {
    /// Begins the file, which must be none of those that are read.
    pub(crate) fn begin<'a>(
        path: &Path,
        read: impl IntoIterator<Item = &'a PathBuf>,
    ) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            return Err(Failure::usage(
                "--error-report -: name a file, standard output holds the account",
            ));
        }
        check_place("--error-report", path, read)?;
        let report = PrivateFile::create(path)
            .and_then(ErrorReport::new)
            .map_err(|error| Failure::usage(cannot_be_written(path, &error)))?;
        Ok(Self {
            path: path.to_owned(),
            report: Ok(report),
            rows: 0,
        })
    }

    /// Adds a row if it is not valid.
    pub(crate) fn add_checked(&mut self, item: &Item) {
        if let Ok((_, row)) = &item.row
            && row.incident.is_err()
        {
            self.add_invalid(&item.file, row, violations(row));
        }
    }

    /// Adds a row that is not valid, with everything that is wrong with it.
    pub(crate) fn add_invalid(&mut self, file: &str, row: &InputRow, violations: &Violations) {
        let code = violations
            .errors()
            .next()
            .map(|first| first.code().as_str());
        self.push(
            file,
            row,
            "invalid",
            code.unwrap_or_default(),
            &in_one_line(violations),
        );
    }

    /// Adds a row as its line has it: refused by the portal, for example.
    pub(crate) fn add_line(&mut self, file: &str, row: &InputRow, line: &RowLine) {
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        self.push(
            file,
            row,
            line.status.as_str(),
            &text(&line.code),
            &text(&line.message),
        );
    }

    /// Puts the file in its place and says what is in it and what to do with it, or why it could not be written.
    pub(crate) fn keep(self, advice: &str, printer: &mut Printer) -> Result<(), String> {
        let (path, rows) = (self.path.clone(), self.rows);
        self.put_in_place()?;
        let place = path.display();
        let said = match rows {
            0 => return Ok(()),
            1 => format!("the row to correct is in {place}, with the reason beside it; {advice}"),
            rows => {
                format!(
                    "the {rows} rows to correct are in {place}, with the reasons beside them; {advice}"
                )
            }
        };
        // Whoever has closed standard output finds the file all the same.
        let _: io::Result<()> = printer.say(&said);
        Ok(())
    }

    /// Puts the file in its place, or says why it could not be written.
    pub(crate) fn put_in_place(self) -> Result<(), String> {
        self.report
            .and_then(ErrorReport::finish)
            .and_then(PrivateFile::keep)
            .map_err(|error| cannot_be_written(&self.path, &error))
    }

    fn push(&mut self, file: &str, row: &InputRow, status: &str, code: &str, reason: &str) {
        self.rows += 1;
        if let Ok(report) = &mut self.report
            && let Err(error) = report.push(file, row, status, code, reason)
        {
            self.report = Err(error);
        }
    }
}

fn cannot_be_written(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    format!("--error-report {path}: cannot be written: {error}")
}

/// Errors first: they are what has to be corrected.
fn in_one_line(violations: &Violations) -> String {
    let warnings = violations
        .iter()
        .filter(|violation| violation.severity() != Severity::Error)
        .map(|violation| format!("warning: {violation}"));
    let errors = violations.errors().map(ToString::to_string);
    errors.chain(warnings).collect::<Vec<_>>().join("; ")
}
