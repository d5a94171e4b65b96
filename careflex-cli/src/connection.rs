//! From settings to a session and a reporter.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use careflex::rest::RestReporter;
use careflex::secrecy::ExposeSecret as _;
use careflex::soap::SoapReporter;
use careflex::{ApiToken, Credentials, Endpoint, Environment, HttpSession, HttpSettings, Reporter};

use crate::args::{AddressArgs, EnvironmentArg, OverHttp};
use crate::commands::convert;
use crate::exit::{Failure, in_full};
use crate::profile::Profile;
use crate::secrets;

/// The addresses that a call needs, checked.
pub(crate) struct Addresses {
    token: Option<Endpoint>,
    rest: Option<Endpoint>,
    soap: Option<Endpoint>,
}

impl Addresses {
    /// Flag, then variable, then profile. All that are given are checked, needed or not.
    pub(crate) fn read(args: &AddressArgs, profile: &Profile) -> Result<Self, Failure> {
        let token = endpoint(
            "token-url",
            args.token_url.as_ref(),
            profile.token_url.as_ref(),
        )?;
        let rest = endpoint(
            "rest-url",
            args.rest_url.as_ref(),
            profile.rest_url.as_ref(),
        )?;
        let soap = soap_address(args.soap_url.as_ref(), profile)?;
        check_environment(
            args.environment.or(profile.environment),
            [&token, &rest, &soap].into_iter().flatten(),
        )?;
        Ok(Self { token, rest, soap })
    }

    pub(crate) fn token(&self) -> Result<&Endpoint, Failure> {
        self.token
            .as_ref()
            .ok_or_else(|| missing("token-url", "CAREFLEX_TOKEN_URL"))
    }

    /// Where reports go.
    fn of(&self, via: OverHttp) -> Result<&Endpoint, Failure> {
        let (address, flag, variable) = match via {
            OverHttp::Rest => (&self.rest, "rest-url", "CAREFLEX_REST_URL"),
            OverHttp::Soap => (&self.soap, "soap-url", "CAREFLEX_SOAP_URL"),
        };
        address.as_ref().ok_or_else(|| missing(flag, variable))
    }
}

/// A reporter over an interface.
pub(crate) fn reporter(
    via: OverHttp,
    addresses: &Addresses,
    args: &AddressArgs,
    profile: &Profile,
) -> Result<Arc<dyn Reporter>, Failure> {
    let address = addresses.of(via)?;
    let api_token = secrets::read(
        "CAREFLEX_API_TOKEN",
        profile.api_token_file.as_deref(),
        "the API token",
    )?;
    let api_token = ApiToken::new(api_token.expose_secret())
        .map_err(|error| Failure::usage(format!("the API token {error}")))?;
    if api_token.expose() == convert::PLACEHOLDER {
        return Err(Failure::usage(
            "the API token is the placeholder that `careflex convert` writes: take the one from the portal",
        ));
    }
    let session = session(addresses, args, profile)?;
    Ok(match via {
        OverHttp::Rest => Arc::new(RestReporter::new(session, address, api_token)),
        OverHttp::Soap => Arc::new(SoapReporter::new(session, address, api_token)),
    })
}

/// A session with the service user's credentials.
fn session(
    addresses: &Addresses,
    args: &AddressArgs,
    profile: &Profile,
) -> Result<HttpSession, Failure> {
    let mut session = HttpSession::builder()
        .credentials(addresses.token()?.clone(), credentials(profile)?)
        .settings(http_settings(args, profile)?);
    if let Some(path) = token_cache(args, profile) {
        session = session.token_file(path);
    }
    session
        .build()
        .map_err(|error| Failure::usage(in_full(&error)))
}

/// The file through which calls share an access token.
pub(crate) fn token_cache<'a>(args: &'a AddressArgs, profile: &'a Profile) -> Option<&'a Path> {
    args.token_cache
        .as_deref()
        .filter(|path| !path.as_os_str().is_empty())
        .or(profile.token_cache.as_deref())
}

/// The service user's credentials.
pub(crate) fn credentials(profile: &Profile) -> Result<Credentials, Failure> {
    let user = secrets::read(
        "CAREFLEX_SERVICE_USER",
        profile.service_user_file.as_deref(),
        "the service user",
    )?;
    let secret = secrets::read(
        "CAREFLEX_SERVICE_SECRET",
        profile.service_secret_file.as_deref(),
        "the service user's secret",
    )?;
    Ok(Credentials::new(user, secret))
}

/// Time-outs that make sense, in seconds.
const TIMEOUTS: RangeInclusive<u64> = 1..=3600;

/// How to talk HTTP.
pub(crate) fn http_settings(
    args: &AddressArgs,
    profile: &Profile,
) -> Result<HttpSettings, Failure> {
    let mut settings = HttpSettings::default();
    if let Some(seconds) = args.timeout.or(profile.timeout) {
        if !TIMEOUTS.contains(&seconds) {
            return Err(Failure::usage("timeout must be 1 to 3600 seconds"));
        }
        settings.timeout = Duration::from_secs(seconds);
    }
    if let Some(path) = args.ca_file.as_ref().or(profile.ca_file.as_ref()) {
        let pem = std::fs::read(path).map_err(|error| {
            Failure::usage(format!("{}: cannot be read: {error}", path.display()))
        })?;
        settings.root_certificates.push(pem);
    }
    Ok(settings)
}

/// EP2: flag or variable, then profile.
pub(crate) fn soap_address(
    given: Option<&String>,
    profile: &Profile,
) -> Result<Option<Endpoint>, Failure> {
    endpoint("soap-url", given, profile.soap_url.as_ref())
}

fn endpoint(
    flag: &str,
    given: Option<&String>,
    profile: Option<&String>,
) -> Result<Option<Endpoint>, Failure> {
    given
        .filter(|address| !address.is_empty())
        .or(profile)
        .map(|address| {
            Endpoint::parse(address).map_err(|error| {
                let is_description = address.to_ascii_lowercase().ends_with("wsdl");
                let advice = if flag == "soap-url" && is_description {
                    " (?wsdl is where the description is: leave it away)"
                } else {
                    ""
                };
                Failure::usage(format!("--{flag} {error}{advice}"))
            })
        })
        .transpose()
}

fn missing(flag: &str, variable: &str) -> Failure {
    Failure::usage(format!(
        "the address --{flag} is missing (or {variable}, or the profile): ask the operator for it, there is no default"
    ))
}

fn check_environment<'a>(
    wanted: Option<EnvironmentArg>,
    addresses: impl Iterator<Item = &'a Endpoint>,
) -> Result<(), Failure> {
    let known =
        Environment::of_all(addresses).map_err(|error| Failure::usage(error.to_string()))?;
    let wanted = match wanted {
        Some(EnvironmentArg::Staging) => Environment::Staging,
        Some(EnvironmentArg::Production) => Environment::Production,
        Some(EnvironmentArg::Custom) | None => return Ok(()),
    };
    match known {
        Some(known) if known != wanted => Err(Failure::usage(format!(
            "--environment is {wanted}, but an address belongs to {known}"
        ))),
        _ => Ok(()),
    }
}
