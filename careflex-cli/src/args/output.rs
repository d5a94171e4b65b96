//! How CSV files are written.

use std::path::PathBuf;

use careflex::csv::Separator;

/// How CSV files are written.
#[derive(Debug, clap::Args)]
pub(crate) struct OutArgs {
    /// The separator of the CSV files that are written; for the portal, the one that is set up there
    /// [default: --separator, else ;]
    #[arg(long, value_name = "C")]
    pub(crate) out_separator: Option<Separator>,
    /// The layout of the CSV files that are written (TOML) [default: the standard columns]
    #[arg(long, value_name = "FILE")]
    pub(crate) out_layout: Option<PathBuf>,
}

impl OutArgs {
    /// The first one that is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        if self.out_separator.is_some() {
            Some("--out-separator")
        } else if self.out_layout.is_some() {
            Some("--out-layout")
        } else {
            None
        }
    }
}
