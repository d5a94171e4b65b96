//! Layouts of CSV files, as `--layout` and `--out-layout` name them.

use std::fmt::Display;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use careflex::csv::Layout;

use crate::exit::Failure;

/// Largest file that is taken for a layout, in bytes.
const LARGEST: u64 = 1 << 20;

/// Reads a layout; `flag` says what it is for.
pub(crate) fn read(path: &Path, flag: &str) -> Result<Layout, Failure> {
    let wrong = |what: &dyn Display| unusable(Some(path), flag, what);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(wrong(&"is too large for a layout: is it the CSV file?"));
    }
    let text =
        String::from_utf8(bytes).map_err(|_| wrong(&"is not UTF-8: save the file as UTF-8"))?;
    // Editors begin files with a byte order mark.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    Layout::parse(text).map_err(|error| wrong(&error))
}

/// Why a layout cannot be used: there may be several reasons, one a line.
pub(crate) fn unusable(path: Option<&Path>, flag: &str, why: &dyn Display) -> Failure {
    let path = path.unwrap_or(Path::new("")).display();
    let why = why.to_string().replace('\n', "\n  ");
    Failure::usage(format!("{flag} {path}: {why}"))
}
