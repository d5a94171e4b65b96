//! `careflex token`: the state of the access token, or a new one.

use std::sync::Arc;

use careflex::secrecy::ExposeSecret as _;
use careflex::{PasswordGrant, ReqwestTransport, TokenSource as _};
use serde::Serialize;

use crate::args::{ProfileArgs, TokenArgs};
use crate::connection::{self, Addresses};
use crate::exit::{Code, Failure, in_full};
use crate::output::Printer;
use crate::profile::Profile;

pub(crate) async fn run(
    args: &TokenArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let profile = Profile::read(profile)?;
    let addresses = Addresses::read(&args.addresses, &profile)?;
    if !args.fetch {
        printer.event(
            "token",
            State {
                cached: false,
                valid_seconds: None,
                token: None,
            },
        )?;
        printer.say("no access token is kept between calls: each call fetches one when it sends something. Fetch one now with --fetch")?;
        return Ok(Code::Fine);
    }
    let transport = ReqwestTransport::new(&connection::http_settings(&args.addresses, &profile)?)
        .map_err(|error| Failure::usage(in_full(&error)))?;
    let grant = PasswordGrant::new(
        addresses.token()?.clone(),
        connection::credentials(&profile)?,
        Arc::new(transport),
    );
    printer.complain("fetching a new access token: those in use elsewhere become invalid");
    let issued = grant
        .fetch()
        .await
        .map_err(|error| Failure::not_sent(error.to_string()))?;
    let valid_seconds = issued.expires_in.map(|validity| validity.as_secs());
    let token = args.show.then(|| issued.secret.expose_secret());
    printer.event(
        "token",
        State {
            cached: false,
            valid_seconds,
            token,
        },
    )?;
    printer.say(&match valid_seconds {
        Some(seconds) => format!("the new access token is valid for {seconds} seconds"),
        None => "the new access token is valid until it is refused".to_owned(),
    })?;
    if let Some(token) = token {
        printer.say(token)?;
    }
    Ok(Code::Fine)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct State<'a> {
    /// Whether a token is kept between calls.
    cached: bool,
    valid_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}
