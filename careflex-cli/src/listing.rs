//! Lists what is wrong, up to a limit: a file with the wrong dates in a million rows must not bury the rest.

use std::io;
use std::sync::Arc;

use careflex::{Severity, Violation, ViolationCode};

use crate::check::violations;
use crate::input::Item;
use crate::output::{Place, Printer, printable};

/// Prints what is wrong, item by item: at most so many errors and so many warnings of each file. Why a file
/// cannot be read any further is always said.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// `None`: all.
    most: Option<u64>,
    /// The file whose items are listed.
    file: Option<Arc<str>>,
    errors: Count,
    warnings: Count,
    /// Of the files before it.
    unlisted: u64,
}

/// Of one file.
#[derive(Debug, Default)]
struct Count {
    listed: u64,
    unlisted: u64,
}

impl Listing {
    /// Lists everything.
    pub(crate) fn of_all() -> Self {
        Self::default()
    }

    /// Lists so many errors and warnings of each file; all of them if that is 0.
    pub(crate) fn up_to(most: u64) -> Self {
        Self {
            most: (most > 0).then_some(most),
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, item: &Item, printer: &mut Printer) -> io::Result<()> {
        let is_same = |file: &Arc<str>| Arc::ptr_eq(file, &item.file);
        if !self.file.as_ref().is_some_and(is_same) {
            self.end_file(printer)?;
            self.file = Some(Arc::clone(&item.file));
        }
        match &item.row {
            Ok((index, row)) => {
                let place = Place {
                    file: &item.file,
                    index: Some(*index),
                    line: Some(row.line),
                };
                for violation in violations(row) {
                    if self.has_place_for(violation) {
                        printer.violation(&place, violation)?;
                    }
                }
                Ok(())
            }
            Err(error) => {
                let place = Place {
                    file: &item.file,
                    index: None,
                    line: error.line(),
                };
                let message = with_command(error.message());
                let violation = Violation::error("", ViolationCode::Unreadable, message);
                printer.violation(&place, &violation)
            }
        }
    }

    /// Says how many are not listed, and tells how many in all files.
    pub(crate) fn end(mut self, printer: &mut Printer) -> io::Result<u64> {
        self.end_file(printer)?;
        Ok(self.unlisted)
    }

    fn has_place_for(&mut self, violation: &Violation) -> bool {
        let count = match violation.severity() {
            Severity::Error => &mut self.errors,
            _ => &mut self.warnings,
        };
        let has_place = self.most.is_none_or(|most| count.listed < most);
        if has_place {
            count.listed += 1;
        } else {
            count.unlisted += 1;
        }
        has_place
    }

    fn end_file(&mut self, printer: &mut Printer) -> io::Result<()> {
        let errors = std::mem::take(&mut self.errors).unlisted;
        let warnings = std::mem::take(&mut self.warnings).unlisted;
        let file = self.file.take().unwrap_or_default();
        for (count, one, many) in [
            (errors, "error", "errors"),
            (warnings, "warning", "warnings"),
        ] {
            if count > 0 {
                self.unlisted += count;
                let (noun, verb) = if count == 1 {
                    (one, "is")
                } else {
                    (many, "are")
                };
                printer.say(&format!(
                    "… and {} more {noun} in {} {verb} not listed (--max-errors)",
                    grouped(count),
                    printable(&file)
                ))?;
            }
        }
        Ok(())
    }
}

/// What the command can do about it.
fn with_command(message: &str) -> String {
    if message.ends_with("a layout can name, rename or ignore columns") {
        format!("{message}: begin one with `careflex layout init`")
    } else {
        message.to_owned()
    }
}

/// A number as people read it: `23,456`.
fn grouped(number: u64) -> String {
    let mut text = String::new();
    let digits = number.to_string();
    for (digit, left) in digits.chars().zip((0..digits.len()).rev()) {
        text.push(digit);
        if left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (23_456, "23,456"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
