//! `careflex validate`: checks, and sends nothing.

use std::io;
use std::time::Instant;

use careflex::{InputRow, Rules, Severity, Violation, ViolationCode, Violations};

use crate::args::{ProfileArgs, ValidateArgs};
use crate::exit::{Code, Failure};
use crate::input::{Input, Item};
use crate::output::{Place, Printer, Summary};
use crate::profile::Profile;

pub(crate) fn run(
    args: &ValidateArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let profile = Profile::read(profile)?;
    let mut input = Input::new(&args.input, &profile, Rules::documented())?;
    let checked = check(&mut input, printer)?;
    printer.event(
        "summary",
        Summary {
            invalid: checked.invalid,
            seconds: begin.elapsed().as_secs_f64(),
            valid: Some(checked.rows - checked.invalid),
            warnings: Some(checked.warnings),
            ..Summary::default()
        },
    )?;
    printer.say(&checked.in_words())?;
    Ok(if checked.is_fine() {
        Code::Fine
    } else {
        Code::Usage
    })
}

/// What a first reading found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) rows: u64,
    pub(crate) invalid: u64,
    pub(crate) warnings: u64,
    /// Files that cannot be read to their end.
    pub(crate) broken_files: u64,
}

impl Checked {
    pub(crate) fn is_fine(&self) -> bool {
        self.invalid == 0 && self.broken_files == 0
    }

    pub(crate) fn in_words(&self) -> String {
        let Self {
            rows,
            invalid,
            warnings,
            broken_files,
        } = self;
        let mut text = match (invalid, rows) {
            (0, 1) => "the one incident is valid".to_owned(),
            (0, rows) => format!("all {rows} incidents are valid"),
            (invalid, rows) => format!("{invalid} of {rows} incidents are not valid"),
        };
        if *broken_files > 0 {
            text = format!("{text}; {broken_files} file(s) cannot be read to the end");
        }
        if *warnings > 0 {
            text = format!("{text}; {warnings} warnings");
        }
        text
    }
}

/// Reads everything and prints what is wrong.
pub(crate) fn check(input: &mut Input, printer: &mut Printer) -> io::Result<Checked> {
    let mut checked = Checked::default();
    for item in input.read() {
        match &item.row {
            Ok((_, row)) => {
                checked.rows += 1;
                checked.invalid += u64::from(row.incident.is_err());
            }
            Err(_) => checked.broken_files += 1,
        }
        checked.warnings += print_violations(&item, printer)?;
    }
    Ok(checked)
}

/// Prints what is wrong with one item, and counts its warnings.
pub(crate) fn print_violations(item: &Item, printer: &mut Printer) -> io::Result<u64> {
    match &item.row {
        Ok((index, row)) => {
            let place = Place {
                file: &item.file,
                index: Some(*index),
                line: Some(row.line),
            };
            let mut warnings = 0;
            for violation in violations(row) {
                printer.violation(&place, violation)?;
                warnings += u64::from(violation.severity() != Severity::Error);
            }
            Ok(warnings)
        }
        Err(error) => {
            let place = Place {
                file: &item.file,
                index: None,
                line: error.line(),
            };
            let violation =
                Violation::error("", ViolationCode::Unreadable, error.message().to_owned());
            printer.violation(&place, &violation)?;
            Ok(0)
        }
    }
}

fn violations(row: &InputRow) -> &Violations {
    match &row.incident {
        Ok(_) => &row.warnings,
        Err(violations) => violations,
    }
}
