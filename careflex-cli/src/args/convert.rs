//! `careflex convert`

use std::path::PathBuf;

use clap::ValueEnum;

use super::input::InputArgs;
use super::output::OutArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct ConvertArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The format to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: Target,
    /// The file to write, which only you may read: it holds personal data [default: standard output].
    /// With --to csv, DIR/ is a folder for one file a company
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

impl ConvertArgs {
    /// All files that are read.
    pub(crate) fn all_files(&self) -> impl Iterator<Item = &PathBuf> + Clone {
        self.input.all_files().chain(&self.out.out_layout)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// Report objects, as REST takes them
    Json,
    /// NewIncidentRequest in a SOAP envelope, as SOAP takes it
    Xml,
    /// Tables with the standard columns, one file a company
    Csv,
}
