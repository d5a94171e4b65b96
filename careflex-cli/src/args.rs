//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use careflex_sandbox::{Fault, FaultError};
use clap::{Parser, Subcommand, ValueEnum};

mod convert;
mod input;
mod layout;
mod outbox;
mod output;
mod portal;
mod report;
mod store;
mod watch;

pub(crate) use convert::{ConvertArgs, Target};
pub(crate) use input::{Format, InputArgs, ReadingArgs, ValidateArgs};
pub(crate) use layout::{LayoutArgs, LayoutCommand, LayoutInitArgs};
pub(crate) use outbox::{
    ExportArgs, ListArgs, MovedArgs, OutboxArgs, OutboxCommand, PurgeArgs, ResolveArgs, RetryArgs,
    RunArgs, StatusArgs,
};
pub(crate) use output::OutArgs;
pub(crate) use portal::{AddressArgs, EnvironmentArg};
pub(crate) use report::{DropArgs, Mode, OnInvalid, OverHttp, ReportArgs, Via};
pub(crate) use store::{StoreAddress, StoreArgs};
pub(crate) use watch::WatchArgs;

/// Report HR incidents to CareFlex Chemie, the supplementary long-term care insurance of the German
/// chemical industry.
#[derive(Debug, Parser)]
#[command(name = "careflex", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// One JSON object a line instead of tables
    #[arg(long, global = true, help_heading = GENERAL)]
    pub(crate) json: bool,
    /// Say what is done; twice: everything. Secrets and personal data are never shown
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = GENERAL)]
    pub(crate) verbose: u8,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const GENERAL: &str = "General";

const EXIT_CODES: &str = "\
Exit codes:
  0  everything accepted (taken for import) or handed over, or valid
  1  at least one row refused by the portal, or skipped as invalid
  2  usage, configuration or validation: nothing was sent
  3  at least one row could not be sent; nothing is in doubt
  4  at least one row is in doubt: look into the portal before you repeat

Settings come from flags, then environment variables, then the profile in careflex.toml:

  [default]
  token_url = \"https://…\"
  rest_url = \"https://…\"
  soap_url = \"https://…\"
  careflex_id = \"09ce3580d84bf087\"
  environment = \"production\"
  service_user_file = \"service-user\"      # files beside careflex.toml
  service_secret_file = \"service-secret\"
  api_token_file = \"api-token\"
  token_cache = \"access-token\"            # optional: all calls share one access token
  store = \"sqlite:outbox.sqlite\"           # optional: the outbox
  drop_dir = \"/srv/synctool/acme\"        # for --via csv, if there is one company
  drop_mode = \"640\"                       # for --via csv: lets a SyncTool of the same group read the files
  out_separator = \";\"                     # for --via csv: as set up in the portal
  out_layout = \"upload.toml\"             # for --via csv: other columns than the standard ones

  [default.drop_dirs]                     # for --via csv, if there are several
  \"09ce3580d84bf087\" = \"/srv/synctool/acme\"

Secrets come only from CAREFLEX_SERVICE_USER, CAREFLEX_SERVICE_SECRET and CAREFLEX_API_TOKEN,
from files named in CAREFLEX_SERVICE_USER_FILE and so on, or from such entries of the profile.";

/// Where settings come from that are neither flags nor variables.
#[derive(Debug, clap::Args)]
pub(crate) struct ProfileArgs {
    /// The settings file [default: ./careflex.toml, else the one in your configuration folder]
    #[arg(long, global = true, value_name = "FILE", help_heading = GENERAL)]
    pub(crate) config: Option<PathBuf>,
    /// The profile in the settings file [default: default]
    #[arg(long, global = true, value_name = "NAME", help_heading = GENERAL)]
    pub(crate) profile: Option<String>,
}

const VALIDATE_EXAMPLES: &str = "\
Examples:
  careflex validate staff.json
  careflex validate staff.xml
  careflex validate export.csv
  careflex validate export.csv --layout layout.toml --error-report to-correct.csv
  careflex validate --json - < staff.jsonl";

const REPORT_EXAMPLES: &str = "\
Every format is told from its content, and goes over every interface.

Over CSV, each report becomes a file with up to 100 incidents of one company, in the folder that the \
operator's SyncTool watches for that company: a file in the wrong folder is booked on the wrong company. \
Rows of a company without a folder are refused. With a single DIR, the company is the one of \
--careflex-id, CAREFLEX_ID or the profile, else the one of the first row; rows of another one are refused. \
What is before the first = of --drop-dir is the company's ID, unless it holds a slash: a folder with a = \
in its name is written ./a=b. The rows are then handed over, which is not yet accepted.

With --store, all rows are put into an outbox first, and what becomes of each is kept there. A second call with \
the same file sends nothing twice, and goes on where the first one was killed. A row is known by its external ID, \
else by its content: twice the same row is one incident. Only a row that was refused may be corrected under the \
same external ID. `careflex outbox status` shows the outbox.

--error-report holds the rows to correct: not valid, or refused by the portal. Rows that are in doubt or \
not sent need no correction, and are not in it: see the account. It is written at the end, also when \
nothing was sent, and then replaces what was there.

Examples:
  careflex report staff.json --via rest
  careflex report staff.json --via rest --dry-run
  careflex report staff.xml --via soap
  careflex report export.csv --via rest
  careflex report export.csv --via csv --drop-dir 09ce3580d84bf087=/srv/synctool/acme
  careflex report export.csv --layout layout.toml --via rest --error-report to-correct.csv
  careflex report staff.csv --via rest --store sqlite:outbox.sqlite
  hr-export | careflex report - --via rest --on-invalid skip --json";

const CONVERT_EXAMPLES: &str = "\
JSON and XML: writes one report a line, each with up to 100 incidents of one company; those of a company \
keep their order. Where a request has its API token, YOUR-API-TOKEN \
stands; what the input holds there is not copied.

CSV: writes a header line, and one record an incident. A file is for one company; several companies need \
-o DIR/, a folder (created if it is not there) for one file a company, named by its ID.

`careflex report` takes such files as they are.

Nothing is written if one row is invalid. OUT is replaced as a whole, at the end, or left as it was. With \
--json, what is to be said goes to standard output unless documents go there.

Examples:
  careflex convert staff.json --to xml -o staff.xml
  careflex convert staff.xml --to json | jq .incidentList
  careflex convert staff.json --to csv -o staff.csv
  careflex convert export.csv --layout layout.toml --to csv -o companies/
  careflex convert staff.json --to csv --out-separator '|' --out-layout upload.toml -o upload.csv";

const WATCH_EXAMPLES: &str = "\
A file that appears in DIR and is complete is checked, put into the outbox and reported; then it is moved to \
DIR/done, with what became of each row beside it. If something is wrong with it, it is moved to DIR/failed, with \
the reasons and the rows to correct beside it: correct those and put that file into DIR. As long as a row waits or \
is in doubt, the file stays where it is: `careflex outbox status` shows what to do.

Rename finished files into DIR: those are taken at once. Others are taken when size and time have not changed for \
a while. Names that begin with a dot, or end in .tmp, .part, .filepart, .crdownload or ~, are left alone.

What is before the first = is the company's ID, unless it holds a slash: rows that name none are of this company, \
and a file that names another one is refused.

Examples:
  careflex watch /srv/hr/export --via rest --store sqlite:/var/lib/careflex/outbox.sqlite
  careflex watch 09ce3580d84bf087=/srv/acme 1b2c3d4e5f607182=/srv/umbrella --via soap --store sqlite:outbox.sqlite
  careflex watch /srv/hr/export --layout layout.toml --on-invalid skip --via rest --store sqlite:outbox.sqlite
  careflex watch /srv/hr/export --once --via rest --store sqlite:outbox.sqlite   # from cron";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See it work: reports example data in all three ways, to a portal inside this program
    #[command(after_help = "Example:\n  careflex demo")]
    Demo,
    /// Check files; sends nothing
    #[command(after_help = VALIDATE_EXAMPLES)]
    Validate(ValidateArgs),
    /// Check files, then report their incidents in batches of up to 100
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Watch folders, and report the files that appear in them
    #[command(after_help = WATCH_EXAMPLES)]
    Watch(WatchArgs),
    /// Look into an outbox, send what waits in it, and decide on what is in doubt
    Outbox(OutboxArgs),
    /// Write incidents in the format of another interface
    #[command(after_help = CONVERT_EXAMPLES)]
    Convert(ConvertArgs),
    /// Describe CSV files whose columns have names of their own
    Layout(LayoutArgs),
    /// Report that a company had no incident in a month
    #[command(
        after_help = "The operator's newer FAQ says that this is no longer needed; nothing is sent unless you ask.\n\nExamples:\n  careflex none --via rest --created-at 2026-11-30 --careflex-id 09ce3580d84bf087\n  careflex none --via soap --created-at 2026-11-30"
    )]
    None(NoneArgs),
    /// Show the state of the access token, or fetch a new one
    #[command(
        after_help = "Examples:\n  careflex token --token-cache access-token\n  careflex token --fetch"
    )]
    Token(TokenArgs),
    /// A portal to develop against, until Ctrl-C
    #[command(
        after_help = "Examples:\n  careflex sandbox\n  careflex sandbox --bind 127.0.0.1:8080 --port-file portal.json"
    )]
    Sandbox(SandboxArgs),
    /// Print the schema of the interfaces
    #[command(
        after_help = "Examples:\n  careflex schema --format xsd > careflex-2.0.xsd\n  careflex schema --format wsdl --soap-url https://portal.example/soap\n  careflex schema --format markdown"
    )]
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  careflex completions bash > /etc/bash_completion.d/careflex"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = "Example:\n  careflex man | man -l -")]
    Man,
}

#[derive(Debug, clap::Args)]
pub(crate) struct NoneArgs {
    /// The interface to report over: rest or soap, CSV knows no empty report
    #[arg(long, value_enum, value_name = "WAY", hide_possible_values = true)]
    pub(crate) via: Via,
    /// The day of the report, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(crate) created_at: String,
    /// The company [default: CAREFLEX_ID, else the profile's careflex_id]
    #[arg(long, value_name = "ID")]
    pub(crate) careflex_id: Option<String>,
    #[command(flatten)]
    pub(crate) addresses: AddressArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TokenArgs {
    /// Fetch a new access token, which makes those in use elsewhere invalid
    #[arg(long)]
    pub(crate) fetch: bool,
    /// Print the token itself: the new one with --fetch, else the one in --token-cache
    #[arg(long)]
    pub(crate) show: bool,
    #[command(flatten)]
    pub(crate) addresses: AddressArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_long_help = sandbox_help())]
pub(crate) struct SandboxArgs {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub(crate) bind: SocketAddr,
    /// Writes addresses and credentials as JSON when ready
    #[arg(long, value_name = "FILE")]
    pub(crate) port_file: Option<PathBuf>,
    /// How long an access token is valid
    #[arg(long, default_value_t = 43_200, value_name = "SECONDS")]
    pub(crate) token_validity: u64,
    /// Makes it misbehave, for example status=500,times=3; may be repeated. `--help` lists all faults
    #[arg(long = "fault", value_name = "FAULT", value_parser = PlannedFault::parse)]
    pub(crate) faults: Vec<PlannedFault>,
}

/// A fault, and how it was written.
#[derive(Debug, Clone)]
pub(crate) struct PlannedFault {
    pub(crate) text: String,
    pub(crate) fault: Fault,
}

impl PlannedFault {
    fn parse(text: &str) -> Result<Self, FaultError> {
        Ok(Self {
            text: text.to_owned(),
            fault: text.parse()?,
        })
    }
}

fn sandbox_help() -> String {
    let faults = careflex_sandbox::fault_help();
    format!(
        "{faults}\n  careflex sandbox\n  careflex sandbox --bind 127.0.0.1:8080 --port-file portal.json"
    )
}

#[derive(Debug, clap::Args)]
pub(crate) struct SchemaArgs {
    /// The form
    #[arg(long, value_enum)]
    pub(crate) format: SchemaFormat,
    /// For --format wsdl: the portal's address (EP2) in it, instead of a placeholder
    #[arg(
        long,
        env = "CAREFLEX_SOAP_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) soap_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// XML schema of NewIncident (namespace http://n4.de/careflex/2.0)
    Xsd,
    /// XML schema of NoIncident (namespace http://n4.de/careflex); imports the other one
    #[value(name = "xsd-1.0")]
    Xsd1,
    /// JSON schema of incident/new
    JsonSchema,
    /// The SOAP interface as one WSDL file, with both XML schemas in it
    Wsdl,
    /// Field reference as Markdown
    Markdown,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
