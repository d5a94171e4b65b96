//! The portal, and how to reach it.

use std::path::PathBuf;

use clap::ValueEnum;

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
