//! `careflex watch`

use std::ffi::OsString;

use super::input::ReadingArgs;
use super::report::OnInvalid;
use super::store::SendingArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct WatchArgs {
    /// Folders to watch, each for one company if it is named
    #[arg(required = true, value_name = "[ID=]DIR")]
    pub(crate) folders: Vec<OsString>,
    /// What to do with a file in which a row is invalid
    #[arg(long, value_enum, default_value = "abort", value_name = "WHAT")]
    pub(crate) on_invalid: OnInvalid,
    /// Seconds for which size and time of a file must not change until it counts as complete
    #[arg(long, default_value_t = 2, value_name = "SECONDS")]
    pub(crate) settle: u64,
    /// Seconds after which folders are looked through in any case: network drives do not tell of changes
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600), value_name = "SECONDS")]
    pub(crate) poll: u64,
    /// End when the files that are there now have been reported, as far as that is possible now
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) sending: SendingArgs,
}
