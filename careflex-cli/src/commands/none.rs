//! `careflex none`: the empty report.

use careflex::{Delivery, EmptyReport, Rules, parse_date};
use serde::Serialize;

use crate::args::{NoneArgs, ProfileArgs};
use crate::company;
use crate::connection::{self, Addresses};
use crate::exit::{Code, Failure};
use crate::interrupt::Interrupt;
use crate::output::Printer;
use crate::profile::Profile;
use crate::row::Status;

pub(crate) async fn run(
    args: &NoneArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let via = args
        .via
        .over_http()
        .ok_or_else(|| Failure::usage("CSV knows no empty report: send it over REST or SOAP"))?;
    let profile = Profile::read(profile)?;
    let report = empty_report(args, &profile)?;
    let addresses = Addresses::read(&args.addresses, &profile)?;
    let reporter = connection::reporter(via, &addresses, &args.addresses, &profile)?;
    let sent = Interrupt::listen()
        .finish(reporter.report_none(&report))
        .await;
    let (status, code, message) = match sent {
        None => {
            let message = "given up before the answer came".to_owned();
            (Status::InDoubt, Code::InDoubt, Some(message))
        }
        Some(Ok(())) => (Status::Accepted, Code::Fine, None),
        Some(Err(error)) => {
            let (status, code) = match error.delivery() {
                Delivery::NotSent => (Status::NotSent, Code::NotSent),
                Delivery::Refused => (Status::Refused, Code::Refused),
                _ => (Status::InDoubt, Code::InDoubt),
            };
            (status, code, Some(error.in_full()))
        }
    };
    let company = report.careflex_id();
    let shown = printer.event(
        "none",
        Outcome {
            careflex_id: company.as_str(),
            created_at: &args.created_at,
            status,
            message: message.as_deref(),
        },
    );
    let shown = shown.and_then(|()| match message {
        None => printer.say(&format!("the empty report of {company} was accepted")),
        Some(message) => {
            printer.complain(&message);
            if status == Status::InDoubt {
                printer.complain("look into the portal before you send it again");
            }
            Ok(())
        }
    });
    // It was sent, or not: the exit code says so even if nobody reads the output.
    if let Err(error) = shown {
        printer.complain(&format!("cannot write the result: {error}"));
    }
    Ok(code)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    careflex_id: &'a str,
    created_at: &'a str,
    status: Status,
    message: Option<&'a str>,
}

fn empty_report(args: &NoneArgs, profile: &Profile) -> Result<EmptyReport, Failure> {
    let company = match &args.careflex_id {
        Some(id) => company::parse(id, "--careflex-id")?,
        None => company::default(profile)?.ok_or_else(|| {
            Failure::usage("the company is missing: give --careflex-id, CAREFLEX_ID or careflex_id in the profile")
        })?,
    };
    let created_at = parse_date(&args.created_at)
        .map_err(|error| Failure::usage(format!("--created-at {error}")))?;
    EmptyReport::new(company, created_at, &Rules::documented())
        .map_err(|violations| Failure::usage(violations.to_string()))
}
