//! `careflex layout`

use std::path::PathBuf;

use careflex::csv::Separator;
use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub(crate) struct LayoutArgs {
    #[command(subcommand)]
    pub(crate) command: LayoutCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LayoutCommand {
    /// Begin a layout from the header line of an export
    #[command(
        after_help = "Only the header line is read. What the columns may mean is guessed from their names: check each line.\n\nExamples:\n  careflex layout init export.csv -o layout.toml\n  hr-export | careflex layout init - > layout.toml"
    )]
    Init(LayoutInitArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct LayoutInitArgs {
    /// The export, a CSV file; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The file to write, which must not be there yet [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// The separator of the export (one character, or tab) [default: found out from the header line]
    #[arg(long, value_name = "C")]
    pub(crate) separator: Option<Separator>,
}
