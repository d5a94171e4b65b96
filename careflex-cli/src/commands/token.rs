//! `careflex token`: the state of the access token, or a new one.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use careflex::secrecy::ExposeSecret as _;
use careflex::{
    FileTokenStore, PasswordGrant, ReqwestTransport, StoredToken, TokenError, TokenSource as _,
    TokenStore as _,
};
use serde::Serialize;

use crate::args::{ProfileArgs, TokenArgs};
use crate::connection::{self, Addresses};
use crate::exit::{Code, Failure, in_full};
use crate::interrupt::Interrupt;
use crate::output::Printer;
use crate::profile::Profile;
use crate::time::in_utc;

pub(crate) async fn run(
    args: &TokenArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let profile = Profile::read(profile)?;
    let addresses = Addresses::read(&args.addresses, &profile)?;
    let cache = match connection::token_cache(&args.addresses, &profile) {
        Some(path) => {
            let credentials = connection::credentials(&profile)?;
            let store = FileTokenStore::new(path, addresses.token()?, &credentials);
            let settings = connection::http_settings(&args.addresses, &profile)?;
            Some(store.with_time_out(settings.timeout))
        }
        None => None,
    };
    match (cache, args.fetch) {
        (cache, true) => fetch(args, &profile, &addresses, cache.as_ref(), printer).await,
        (Some(cache), false) => show(&cache, args.show, printer).await,
        (None, false) if args.show => Err(Failure::usage(
            "no access token is kept that --show could print: give --fetch or --token-cache",
        )),
        (None, false) => {
            printer.event("token", State::default())?;
            printer.say("no access token is kept between calls: each call fetches one when it sends something. Share one with --token-cache, or fetch one now with --fetch")?;
            Ok(Code::Fine)
        }
    }
}

/// Shows the token that is cached, without a request.
async fn show(
    cache: &FileTokenStore,
    with_secret: bool,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let now = SystemTime::now();
    // Why not was said as a warning.
    let cached = cache.peek().await.map_err(|_| {
        let path = cache.path().display();
        Failure::usage(format!("{path}: no access token can be kept there"))
    })?;
    let Some(token) = cached.filter(|token| token.valid_until().is_none_or(|end| now < end)) else {
        printer.event("token", State::default())?;
        let nothing = format!(
            "there is no valid access token in {}: the next call that sends something fetches one",
            cache.path().display()
        );
        // Whoever wants the token itself must not take a sentence for it.
        if with_secret {
            return Err(Failure::not_sent(nothing));
        }
        printer.say(&nothing)?;
        return Ok(Code::Fine);
    };
    printer.event("token", State::of(&token, now, true, with_secret))?;
    let next = if token.is_fresh(now) {
        ""
    } else {
        "; the next call that sends something replaces it"
    };
    let said = match token.valid_until().and_then(in_utc) {
        Some(end) => format!("the cached access token is valid until {end}{next}"),
        None => "the cached access token is valid until it is refused".to_owned(),
    };
    say(&said, &token, with_secret, printer)?;
    Ok(Code::Fine)
}

/// Says something about a token, or prints the token itself: then nothing else stands on standard output.
fn say(
    said: &str,
    token: &StoredToken,
    with_secret: bool,
    printer: &mut Printer,
) -> io::Result<()> {
    if with_secret {
        printer.complain(said);
        printer.say(token.secret.expose_secret())
    } else {
        printer.say(said)
    }
}

/// Fetches a token, and caches it for the others.
async fn fetch(
    args: &TokenArgs,
    profile: &Profile,
    addresses: &Addresses,
    cache: Option<&FileTokenStore>,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let transport = ReqwestTransport::new(&connection::http_settings(&args.addresses, profile)?)
        .map_err(|error| Failure::usage(in_full(&error)))?;
    let grant = PasswordGrant::new(
        addresses.token()?.clone(),
        connection::credentials(profile)?,
        Arc::new(transport),
    );
    let mut open = match cache {
        // The others would lose their token, and find no new one.
        Some(cache) => Some(cache.open().await.map_err(|_| {
            Failure::usage("nothing was fetched, because it could not be kept in --token-cache")
        })?),
        None => None,
    };
    printer.complain("fetching a new access token: those in use elsewhere become invalid");
    // A token that was issued and not kept would leave the others without any.
    let mut interrupt = Interrupt::listen();
    let fetched = interrupt.finish(async {
        let issued = grant.fetch().await?;
        let token = StoredToken::new(issued.secret, SystemTime::now(), issued.expires_in);
        let is_cached = match &mut open {
            Some(open) => open.write(&token).await.is_ok(),
            None => false,
        };
        Ok::<_, TokenError>((token, is_cached))
    });
    let (token, is_cached) = match fetched.await {
        Some(fetched) => fetched.map_err(|error| Failure::not_sent(error.to_string()))?,
        None => {
            return Err(Failure::not_sent(
                "given up before the answer came: those in use elsewhere may be invalid all the same",
            ));
        }
    };
    let mut said = match token.expires_in {
        Some(validity) => format!(
            "the new access token is valid for {} seconds",
            validity.as_secs()
        ),
        None => "the new access token is valid until it is refused".to_owned(),
    };
    if let Some(cache) = cache.filter(|_| is_cached) {
        let path = cache.path().display();
        said = format!("{said}; all calls that share {path} use it");
    }
    let state = State::of(&token, token.issued_at, is_cached, args.show);
    let shown = printer
        .event("token", state)
        .and_then(|()| say(&said, &token, args.show, printer));
    shown.map_err(|error| {
        Failure::not_sent(format!(
            "a new access token was issued, but cannot be shown: {error}"
        ))
    })?;
    Ok(Code::Fine)
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct State<'a> {
    /// Whether it is kept for other calls.
    cached: bool,
    valid_seconds: Option<u64>,
    valid_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

impl<'a> State<'a> {
    fn of(token: &'a StoredToken, now: SystemTime, cached: bool, with_secret: bool) -> Self {
        let end = token.valid_until();
        let left = end.map(|end| end.duration_since(now).unwrap_or_default());
        Self {
            cached,
            valid_seconds: left.map(|left| left.as_secs()),
            valid_until: end.and_then(in_utc),
            token: with_secret.then(|| token.secret.expose_secret()),
        }
    }
}
