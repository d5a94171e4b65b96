//! `careflex report`

use std::ffi::OsString;
use std::path::PathBuf;

use careflex::csv::Separator;
use clap::ValueEnum;

use super::input::{CorrectionArgs, InputArgs};
use super::portal::AddressArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The interface to report over. Every format goes over every interface
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) via: Via,
    /// Most requests (or files) at the same time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub(crate) concurrency: u16,
    /// Check only: no token is fetched, nothing is sent
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What to do when a row is invalid
    #[arg(long, value_enum, default_value = "abort", value_name = "WHAT")]
    pub(crate) on_invalid: OnInvalid,
    #[command(flatten)]
    pub(crate) corrections: CorrectionArgs,
    #[command(flatten)]
    pub(crate) drop: DropArgs,
    #[command(flatten)]
    pub(crate) addresses: AddressArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    /// REST (JSON)
    Rest,
    /// SOAP (XML)
    Soap,
    /// Files (CSV) for the operator's SyncTool: needs --drop-dir, and neither secrets nor addresses
    Csv,
}

/// The interfaces that talk HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OverHttp {
    Rest,
    Soap,
}

impl Via {
    /// `None` for the interface that does not.
    pub(crate) fn over_http(self) -> Option<OverHttp> {
        match self {
            Self::Rest => Some(OverHttp::Rest),
            Self::Soap => Some(OverHttp::Soap),
            Self::Csv => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnInvalid {
    /// Send nothing if one row is invalid
    Abort,
    /// Send the valid rows
    Skip,
}

/// Where files go, and how they are written.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Files (--via csv)")]
pub(crate) struct DropArgs {
    /// The folder that the SyncTool watches: ID=DIR for each company, or DIR if there is only one [also:
    /// CAREFLEX_DROP_DIR=DIR]
    #[arg(long, value_name = "[ID=]DIR")]
    pub(crate) drop_dir: Vec<OsString>,
    /// The separator of the files: the one that is set up in the portal [default: --separator, else ;]
    #[arg(long, value_name = "C")]
    pub(crate) out_separator: Option<Separator>,
    /// The layout of the files (TOML) [default: the standard columns]
    #[arg(long, value_name = "FILE")]
    pub(crate) out_layout: Option<PathBuf>,
}

impl DropArgs {
    /// The first one that is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        if !self.drop_dir.is_empty() {
            Some("--drop-dir")
        } else if self.out_separator.is_some() {
            Some("--out-separator")
        } else if self.out_layout.is_some() {
            Some("--out-layout")
        } else {
            None
        }
    }
}
