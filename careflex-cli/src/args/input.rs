//! What is read, and how much of what is wrong is listed.

use std::path::PathBuf;

use careflex::csv::Separator;
use clap::ValueEnum;

#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) corrections: CorrectionArgs,
}

/// What is read.
#[derive(Debug, clap::Args)]
pub(crate) struct InputArgs {
    /// Files with incidents; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// The company, as a guard: a file that names another one is refused. Without it, rows that name
    /// none belong to CAREFLEX_ID or the profile's careflex_id
    #[arg(long, value_name = "ID")]
    pub(crate) careflex_id: Option<String>,
    /// Most errors, and most warnings, of each file that are listed; 0 lists all. All are counted
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) max_errors: u64,
}

/// How files are read.
#[derive(Debug, clap::Args)]
pub(crate) struct ReadingArgs {
    /// The format of the files, instead of telling it from their content: XML begins with <, JSON with { or [,
    /// CSV with anything else
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// The separator of CSV files (one character, or tab): read [default: found out from the header line] and
    /// written [default: ;]
    #[arg(long, value_name = "C")]
    pub(crate) separator: Option<Separator>,
    /// The layout of the CSV files that are read (TOML): what their columns are called, and what their values
    /// mean. `careflex layout init` begins one
    #[arg(long, value_name = "FILE")]
    pub(crate) layout: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A report object, an array of incidents, or one incident (or report) a line
    Json,
    /// NewIncidentRequest, in its SOAP envelope or bare; several may follow one another
    Xml,
    /// A header line, then one incident a line
    Csv,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CorrectionArgs {
    /// Writes the rows that are not valid, or that the portal refuses, with the reasons beside them: a CSV
    /// file for a spreadsheet, which only you may read
    #[arg(long, value_name = "FILE")]
    pub(crate) error_report: Option<PathBuf>,
}

impl InputArgs {
    /// All files that are read.
    pub(crate) fn all_files(&self) -> impl Iterator<Item = &PathBuf> + Clone {
        self.files.iter().chain(&self.reading.layout)
    }
}
