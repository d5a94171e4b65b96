//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use careflex_sandbox::{Fault, FaultError};
use clap::{Parser, Subcommand, ValueEnum};

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
  0  everything accepted (taken for import), or valid
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

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See it work: validates, sends and books example data in a portal inside this program
    #[command(after_help = "Example:\n  careflex demo")]
    Demo,
    /// Check files; sends nothing
    #[command(
        after_help = "Examples:\n  careflex validate staff.json\n  careflex validate staff.xml\n  careflex validate --json - < staff.jsonl"
    )]
    Validate(ValidateArgs),
    /// Check files, then report their incidents in batches of up to 100
    #[command(
        after_help = "Examples:\n  careflex report staff.json --via rest\n  careflex report staff.json --via rest --dry-run\n  careflex report staff.xml --via soap\n  hr-export | careflex report - --via rest --on-invalid skip --json"
    )]
    Report(ReportArgs),
    /// Write incidents in the format of another interface
    #[command(
        after_help = "Writes one report a line, each with up to 100 incidents of one company, in the order of the input: a new report begins where the company changes. Where a request has its API token, YOUR-API-TOKEN stands; what the input holds there is not copied. `careflex report` takes such files as they are.\n\nNothing is written if one row is invalid. OUT is replaced as a whole, at the end, or left as it was. With --json, what is to be said goes to standard output unless documents go there.\n\nExamples:\n  careflex convert staff.json --to xml -o staff.xml\n  careflex convert staff.xml --to json | jq .incidentList"
    )]
    Convert(ConvertArgs),
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

/// What is read.
#[derive(Debug, clap::Args)]
pub(crate) struct InputArgs {
    /// Files with incidents; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The format of the files, instead of telling it from their content: XML begins with <, JSON with { or [
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// The company, as a guard: a file that names another one is refused. Without it, rows that name
    /// none belong to CAREFLEX_ID or the profile's careflex_id
    #[arg(long, value_name = "ID")]
    pub(crate) careflex_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A report object, an array of incidents, or one incident (or report) a line
    Json,
    /// NewIncidentRequest, in its SOAP envelope or bare; several may follow one another
    Xml,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// Addresses of the portal. They have no defaults: a wrong guess would receive secrets.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Portal")]
pub(crate) struct AddressArgs {
    /// Address for access tokens (EP1)
    #[arg(
        long,
        env = "CAREFLEX_TOKEN_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) token_url: Option<String>,
    /// Address of the REST interface (EP3), the part before /incident/new
    #[arg(
        long,
        env = "CAREFLEX_REST_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) rest_url: Option<String>,
    /// Address of the SOAP interface (EP2)
    #[arg(
        long,
        env = "CAREFLEX_SOAP_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) soap_url: Option<String>,
    /// A guard: refuses addresses that are documented for the other environment
    #[arg(
        long,
        env = "CAREFLEX_ENVIRONMENT",
        hide_env_values = true,
        value_name = "NAME",
        value_enum
    )]
    pub(crate) environment: Option<EnvironmentArg>,
    /// Further root certificates (PEM), for companies whose proxy reads along
    #[arg(
        long,
        env = "CAREFLEX_CA_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) ca_file: Option<PathBuf>,
    /// Seconds after which a request without an answer is given up; a report that had begun to leave is in
    /// doubt then [default: 60]
    #[arg(
        long,
        env = "CAREFLEX_TIMEOUT",
        hide_env_values = true,
        value_name = "SECONDS"
    )]
    pub(crate) timeout: Option<u64>,
    /// Share one access token between all calls through this file, which only you may read
    #[arg(
        long,
        env = "CAREFLEX_TOKEN_CACHE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) token_cache: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EnvironmentArg {
    /// For tests
    Staging,
    /// The real one
    Production,
    /// Neither
    Custom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    /// REST (JSON)
    Rest,
    /// SOAP (XML)
    Soap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnInvalid {
    /// Send nothing if one row is invalid
    Abort,
    /// Send the valid rows
    Skip,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The interface to report over
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) via: Via,
    /// Most requests at the same time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub(crate) concurrency: u16,
    /// Check only: no token is fetched, nothing is sent
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What to do when a row is invalid
    #[arg(long, value_enum, default_value = "abort", value_name = "WHAT")]
    pub(crate) on_invalid: OnInvalid,
    #[command(flatten)]
    pub(crate) addresses: AddressArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ConvertArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The format to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: Target,
    /// The file to write, which only you may read: it holds personal data [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// Report objects, as REST takes them
    Json,
    /// NewIncidentRequest in a SOAP envelope, as SOAP takes it
    Xml,
}

#[derive(Debug, clap::Args)]
pub(crate) struct NoneArgs {
    /// The interface to report over
    #[arg(long, value_enum, value_name = "WAY")]
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
