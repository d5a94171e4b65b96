//! `careflex outbox`

use std::path::PathBuf;

use careflex::outbox::{ExportFormat, State};
use clap::{Subcommand, ValueEnum};

use super::store::{SendingArgs, StoreArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct OutboxArgs {
    #[command(subcommand)]
    pub(crate) command: OutboxCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// Show what is queued, answered and in doubt, and what to do next
    #[command(after_help = "Example:\n  careflex outbox status --store sqlite:outbox.sqlite")]
    Status(StatusArgs),
    /// Send what is queued, all the time, until Ctrl-C or SIGTERM
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// List incidents, and what became of them
    #[command(
        after_help = "Examples:\n  careflex outbox list --store sqlite:outbox.sqlite --state in-doubt --state refused\n  careflex outbox list --store sqlite:outbox.sqlite --batch 17 --json"
    )]
    List(ListArgs),
    /// Say what became of incidents in doubt, after a look into the portal
    #[command(after_help = RESOLVE_EXAMPLES)]
    Resolve(ResolveArgs),
    /// Queue refused incidents again as they are, when the reason was not in them
    #[command(
        after_help = "Examples:\n  careflex outbox retry --all --store sqlite:outbox.sqlite\n  careflex outbox retry 17 --store sqlite:outbox.sqlite"
    )]
    Retry(RetryArgs),
    /// Say that the portal has moved to another address: an outbox is for one portal
    #[command(
        after_help = "What one portal has accepted must not look accepted by another: only say so if it is the same one.\n\nExample:\n  careflex outbox moved portal.example:443 --store sqlite:outbox.sqlite"
    )]
    Moved(MovedArgs),
    /// Remove the contents of incidents that were answered long ago; keys and outcomes stay
    #[command(
        after_help = "Example:\n  careflex outbox purge --older-than 30 --store sqlite:outbox.sqlite"
    )]
    Purge(PurgeArgs),
    /// Write the audit trail: keys, hashes and outcomes of all incidents
    #[command(
        after_help = "Examples:\n  careflex outbox export --format csv --store sqlite:outbox.sqlite > trail.csv\n  careflex outbox export --format json --store sqlite:outbox.sqlite | jq -s length"
    )]
    Export(ExportArgs),
}

const RUN_EXAMPLES: &str = "\
A portal that cannot be reached is tried again, with longer and longer pauses. After five reports in a row that \
failed as a whole, nothing more is sent until you have resolved or retried one of them: `careflex outbox status` \
says which.

Examples:
  careflex outbox run --via rest --store sqlite:hr.sqlite
  careflex outbox run --once --via rest --store sqlite:hr.sqlite     # from cron";

const RESOLVE_EXAMPLES: &str = "\
Incidents in doubt may have been taken or not: the answer was lost. Look for them in the portal, when it has \
finished its imports. Booked ones count as accepted from then on; those that are not there are queued again. \
`careflex outbox list --batch BATCH` shows whom to look for.

Examples:
  careflex outbox resolve 17 --booked --store sqlite:outbox.sqlite
  careflex outbox resolve 17 --not-booked --store sqlite:outbox.sqlite
  careflex outbox resolve 17 --booked --incident 1203 --incident 1204 --store sqlite:outbox.sqlite";

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// End when nothing is left that can be sent, or nothing can be sent
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) sending: SendingArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Only incidents in this state; may be repeated
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) state: Vec<StateArg>,
    /// Only incidents of this company
    #[arg(long, value_name = "ID")]
    pub(crate) careflex_id: Option<String>,
    /// Only incidents that are or were in this batch
    #[arg(long, value_name = "BATCH")]
    pub(crate) batch: Option<i64>,
    /// Most incidents that are listed; 0 lists all
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) limit: u64,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateArg {
    /// Waits to be sent
    Queued,
    /// In a request without an answer yet
    Sending,
    /// It may have been taken or not
    InDoubt,
    /// Taken for import
    Accepted,
    /// Refused by the portal
    Refused,
    /// Handed over as a file
    HandedOver,
    /// It breaks a rule
    Invalid,
    /// A corrected one has taken its place
    Replaced,
}

impl From<StateArg> for State {
    fn from(state: StateArg) -> Self {
        match state {
            StateArg::Queued => Self::Queued,
            StateArg::Sending => Self::Sending,
            StateArg::InDoubt => Self::InDoubt,
            StateArg::Accepted => Self::Accepted,
            StateArg::Refused => Self::Refused,
            StateArg::HandedOver => Self::HandedOver,
            StateArg::Invalid => Self::Invalid,
            StateArg::Replaced => Self::Replaced,
        }
    }
}

#[derive(Debug, clap::Args)]
#[group(id = "found", required = true, multiple = false, args = ["booked", "not_booked"])]
pub(crate) struct ResolveArgs {
    /// The batch, as `careflex outbox status` names it
    #[arg(value_name = "BATCH")]
    pub(crate) batch: i64,
    /// They are in the portal
    #[arg(long)]
    pub(crate) booked: bool,
    /// They are not in the portal, and will not come any more: send them again
    #[arg(long)]
    pub(crate) not_booked: bool,
    /// Only this incident of the batch, by its number in the list; may be repeated
    #[arg(long, value_name = "NUMBER")]
    pub(crate) incident: Vec<i64>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, clap::Args)]
#[group(id = "which", required = true, multiple = false, args = ["batch", "incident", "all"])]
pub(crate) struct RetryArgs {
    /// The refused incidents of this batch
    #[arg(value_name = "BATCH")]
    pub(crate) batch: Option<i64>,
    /// This incident, by its number in the list; may be repeated
    #[arg(long, value_name = "NUMBER")]
    pub(crate) incident: Vec<i64>,
    /// All refused incidents
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct MovedArgs {
    /// Host and port of its address for access tokens
    #[arg(value_name = "HOST:PORT")]
    pub(crate) portal: String,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PurgeArgs {
    /// Days since the answer [default: --retention, else 30]; 0 removes what is answered by now
    #[arg(long, value_name = "DAYS")]
    pub(crate) older_than: Option<u32>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The form
    #[arg(long, value_enum, default_value = "csv")]
    pub(crate) format: ExportFormatArg,
    /// The file to write, which only you may read [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormatArg {
    /// With commas, for a spreadsheet
    Csv,
    /// One JSON object a line
    Json,
}

impl From<ExportFormatArg> for ExportFormat {
    fn from(format: ExportFormatArg) -> Self {
        match format {
            ExportFormatArg::Csv => Self::Csv,
            ExportFormatArg::Json => Self::Json,
        }
    }
}
