//! Reads an input and says what is wrong with it.

use std::io;

use careflex::{InputRow, Severity, ViolationCode, Violations};

use crate::args::OnInvalid;
use crate::input::{Input, Item};
use crate::listing::Listing;
use crate::output::Printer;

/// What a first reading found.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Checked {
    pub(crate) rows: u64,
    pub(crate) invalid: u64,
    pub(crate) warnings: u64,
    /// Rows of another company than they should be of.
    pub(crate) other_company: u64,
    /// Files that cannot be read to their end.
    pub(crate) broken_files: u64,
    /// Errors and warnings that were counted and not listed.
    pub(crate) unlisted: u64,
}

impl Checked {
    fn count(&mut self, item: &Item) {
        let Ok((_, row)) = &item.row else {
            self.broken_files += 1;
            return;
        };
        self.rows += 1;
        self.invalid += u64::from(row.incident.is_err());
        self.other_company += u64::from(is_of_other_company(row));
        let warnings = violations(row)
            .iter()
            .filter(|violation| violation.severity() != Severity::Error);
        self.warnings += warnings.count() as u64;
    }

    pub(crate) fn is_fine(&self) -> bool {
        self.invalid == 0 && self.broken_files == 0
    }

    /// Why nothing may be sent at all.
    pub(crate) fn refusal(&self, on_invalid: OnInvalid) -> Option<String> {
        let is_wrong_file = self.other_company > 0;
        let aborts = self.invalid > 0 && on_invalid == OnInvalid::Abort;
        if !(is_wrong_file || aborts || self.broken_files > 0) {
            return None;
        }
        let advice = if is_wrong_file {
            "; rows of another company are never skipped: is this the right file?"
        } else if self.broken_files == 0 && self.invalid < self.rows {
            " (--on-invalid skip sends the valid ones)"
        } else {
            ""
        };
        Some(format!("nothing was sent: {}{advice}", self.in_words()))
    }

    pub(crate) fn in_words(&self) -> String {
        let Self {
            rows,
            invalid,
            warnings,
            broken_files,
            ..
        } = *self;
        let mut parts = Vec::new();
        match (rows, invalid) {
            (0, _) if broken_files > 0 => {}
            (1, 0) if broken_files > 0 => parts.push("1 incident read, and valid".to_owned()),
            (rows, 0) if broken_files > 0 => {
                parts.push(format!("{rows} incidents read, all valid"));
            }
            (1, 0) => parts.push("the one incident is valid".to_owned()),
            (1, _) => parts.push("the one incident is not valid".to_owned()),
            (rows, 0) => parts.push(format!("all {rows} incidents are valid")),
            (rows, 1) => parts.push(format!("1 of {rows} incidents is not valid")),
            (rows, invalid) => parts.push(format!("{invalid} of {rows} incidents are not valid")),
        }
        match broken_files {
            0 => {}
            1 => parts.push("a file cannot be read, or not to its end".to_owned()),
            files => parts.push(format!(
                "{files} files cannot be read, or not to their ends"
            )),
        }
        match warnings {
            0 => {}
            1 => parts.push("1 warning".to_owned()),
            warnings => parts.push(format!("{warnings} warnings")),
        }
        parts.join("; ")
    }
}

/// Reads everything and prints what is wrong, as far as the listing goes. `look` sees everything too.
pub(crate) fn check(
    input: &mut Input,
    mut listing: Listing,
    printer: &mut Printer,
    mut look: impl FnMut(&Item),
) -> io::Result<Checked> {
    let mut checked = Checked::default();
    for item in input.read() {
        checked.count(&item);
        listing.add(&item, printer)?;
        look(&item);
    }
    checked.unlisted = listing.end(printer)?;
    Ok(checked)
}

/// Reads everything and counts what is wrong. `look` sees everything too.
pub(crate) fn check_silently(input: &mut Input, mut look: impl FnMut(&Item)) -> Checked {
    let mut checked = Checked::default();
    for item in input.read() {
        checked.count(&item);
        look(&item);
    }
    checked
}

/// Whether a row names another company than it should.
pub(crate) fn is_of_other_company(row: &InputRow) -> bool {
    violations(row)
        .iter()
        .any(|violation| violation.code() == ViolationCode::OtherCompany)
}

/// What is wrong with a row, or suspicious.
pub(crate) fn violations(row: &InputRow) -> &Violations {
    match &row.incident {
        Ok(_) => &row.warnings,
        Err(violations) => violations,
    }
}
