//! `careflex sandbox`: a portal to develop against, until Ctrl-C.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use careflex::secrecy::ExposeSecret as _;
use careflex_sandbox::Sandbox;
use serde::Serialize;

use crate::args::SandboxArgs;
use crate::exit::{Code, Failure};
use crate::interrupt::Interrupt;
use crate::output::Printer;
use crate::private_file::PrivateFile;

pub(crate) async fn run(args: &SandboxArgs, printer: &mut Printer) -> Result<Code, Failure> {
    let mut interrupt = Interrupt::listen();
    let sandbox = Sandbox::builder()
        .bind(args.bind)
        .token_validity(Duration::from_secs(args.token_validity))
        .start()
        .await
        .map_err(|error| Failure::usage(format!("cannot listen on {}: {error}", args.bind)))?;
    for planned in &args.faults {
        sandbox.inject(planned.fault.clone());
    }
    let ready = Ready::of(&sandbox);
    if !args.bind.ip().is_loopback() {
        printer.complain("it listens beyond this machine, in plain HTTP: use made-up data only");
    }
    // Whoever has read what is said can read the file.
    let port_file = args
        .port_file
        .as_deref()
        .map(|path| PortFile::write(path, &ready))
        .transpose()?;
    printer.event("ready", &ready)?;
    printer.say(&ready.in_words())?;
    if !args.faults.is_empty() {
        printer.say("\nFaults planned:")?;
    }
    for planned in &args.faults {
        printer.say(&format!("  {}", planned.text))?;
    }
    interrupt.wait(1).await;
    drop(port_file);
    let ledger = sandbox.ledger();
    printer.event(
        "ledger",
        Counts {
            booked: ledger.bookings.len(),
            refused: ledger.refused.len(),
            empty_reports: ledger.empty_reports.len(),
            requests: ledger.requests + ledger.none_requests,
            tokens_issued: ledger.tokens_issued,
            faults_not_struck: sandbox.unstruck_faults(),
        },
    )?;
    printer.say(&format!(
        "\n{} incidents booked, {} refused, {} empty reports, {} access tokens issued",
        ledger.bookings.len(),
        ledger.refused.len(),
        ledger.empty_reports.len(),
        ledger.tokens_issued
    ))?;
    if !args.faults.is_empty() {
        printer.say(&format!(
            "faults that have struck nothing: {} of {}",
            sandbox.unstruck_faults(),
            args.faults.len()
        ))?;
    }
    sandbox.shutdown().await;
    Ok(Code::Fine)
}

/// What it has done, at its end.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    booked: usize,
    refused: usize,
    empty_reports: usize,
    requests: u64,
    tokens_issued: u64,
    faults_not_struck: usize,
}

/// Addresses and credentials. Members are fixed: scripts rely on them.
#[derive(Serialize)]
struct Ready {
    token_url: String,
    rest_url: String,
    soap_url: String,
    service_user: String,
    service_secret: String,
    api_token: String,
}

impl Ready {
    fn of(sandbox: &Sandbox) -> Self {
        let credentials = sandbox.credentials();
        Self {
            token_url: sandbox.token_url(),
            rest_url: sandbox.rest_url(),
            soap_url: sandbox.soap_url(),
            service_user: credentials.service_user.expose_secret().to_owned(),
            service_secret: credentials.service_secret.expose_secret().to_owned(),
            api_token: credentials.api_token.expose().to_owned(),
        }
    }

    /// Ready to be pasted into another shell. The credentials are made up, and good for this portal only.
    fn in_words(&self) -> String {
        format!(
            "A portal to develop against, until Ctrl-C. In another shell:\n\n\
             export CAREFLEX_TOKEN_URL='{}'\n\
             export CAREFLEX_REST_URL='{}'\n\
             export CAREFLEX_SOAP_URL='{}'\n\
             export CAREFLEX_SERVICE_USER='{}'\n\
             export CAREFLEX_SERVICE_SECRET='{}'\n\
             export CAREFLEX_API_TOKEN='{}'\n\
             export CAREFLEX_ID='09ce3580d84bf087'\n\
             careflex report staff.json --via rest   # or --via soap",
            self.token_url,
            self.rest_url,
            self.soap_url,
            self.service_user,
            self.service_secret,
            self.api_token
        )
    }
}

/// A file with addresses and credentials, for as long as they are good for anything.
struct PortFile<'a> {
    path: &'a Path,
    content: Vec<u8>,
}

impl<'a> PortFile<'a> {
    /// In one step: whoever waits for the file never reads half of it.
    fn write(path: &'a Path, ready: &Ready) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::usage(format!("{}: {error}", path.display()));
        if !may_be_replaced(path).map_err(failed)? {
            let path = path.display();
            return Err(Failure::usage(format!(
                "{path} is something else than a port file, and is left alone"
            )));
        }
        let mut content = serde_json::to_vec(ready).map_err(|error| failed(error.into()))?;
        content.push(b'\n');
        let mut file = PrivateFile::create(path).map_err(failed)?;
        file.write_all(&content)
            .and_then(|()| file.keep())
            .map_err(failed)?;
        Ok(Self { path, content })
    }
}

impl Drop for PortFile<'_> {
    /// Whoever waits for the next one must not read this one. The file of a newer sandbox stays.
    fn drop(&mut self) {
        if std::fs::read(self.path).is_ok_and(|found| found == self.content) {
            let _: io::Result<()> = std::fs::remove_file(self.path);
        }
    }
}

/// Whether nothing is there, nothing is in it, or it is a port file.
fn may_be_replaced(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        // To read a pipe may take for ever.
        Ok(there) if !there.is_file() => Ok(false),
        Ok(_) => {
            let found = std::fs::read(path)?;
            Ok(found.is_empty() || found.starts_with(b"{\"token_url\":"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
