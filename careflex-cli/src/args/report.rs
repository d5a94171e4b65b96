//! `careflex report`

use std::ffi::OsString;
use std::str::FromStr;

use clap::ValueEnum;

use super::input::{CorrectionArgs, InputArgs};
use super::output::OutArgs;
use super::portal::AddressArgs;
use super::store::StoreArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The interface to report over. Every format goes over every interface
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) via: Via,
    /// Most requests (or files) at the same time [default: 4; with --store 8]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub(crate) concurrency: Option<u16>,
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
    pub(crate) store: StoreArgs,
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
    /// Who may read and write the files, as chmod has it: 640 for a SyncTool that runs as another user of the
    /// same group. Without effect on Windows [default: 600, only you]
    #[arg(long, value_name = "MODE")]
    pub(crate) drop_mode: Option<Mode>,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}

/// Rights of a file, in octal digits. Its owner can always read and write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mode(pub(crate) u32);

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        u32::from_str_radix(text, 8)
            .ok()
            .filter(|mode| *mode <= 0o777 && mode & 0o600 == 0o600)
            .map(Self)
            .ok_or("must be three octal digits that let the owner read and write, for example 640")
    }
}

impl DropArgs {
    /// The first one that is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        if !self.drop_dir.is_empty() {
            Some("--drop-dir")
        } else if self.drop_mode.is_some() {
            Some("--drop-mode")
        } else {
            self.out.given()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_lets_the_owner_at_least_read_and_write() {
        assert_eq!("640".parse(), Ok(Mode(0o640)));
        assert_eq!("0660".parse(), Ok(Mode(0o660)));
        for wrong in ["", "9", "440", "1777", "rw-r-----", "-640"] {
            assert!(wrong.parse::<Mode>().is_err(), "{wrong}");
        }
    }
}
