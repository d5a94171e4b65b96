//! `careflex none`: the empty report.

use careflex::{Delivery, EmptyReport, Reporter as _, Rules, parse_date};
use serde::Serialize;

use crate::args::{NoneArgs, ProfileArgs, Via};
use crate::connection;
use crate::exit::{Code, Failure};
use crate::output::{Printer, Status};
use crate::profile::Profile;

pub(crate) async fn run(
    args: &NoneArgs,
    profile: &ProfileArgs,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let profile = Profile::read(profile)?;
    let report = empty_report(args, &profile)?;
    let reporter = match args.via {
        Via::Rest => connection::rest_reporter(&args.addresses, &profile)?,
    };
    let (status, code, message) = match reporter.report_none(&report).await {
        Ok(()) => (Status::Accepted, Code::Fine, None),
        Err(error) => {
            let (status, code) = match error.delivery() {
                Delivery::NotSent => (Status::NotSent, Code::NotSent),
                Delivery::Refused => (Status::Refused, Code::Refused),
                _ => (Status::InDoubt, Code::InDoubt),
            };
            (status, code, Some(connection::in_full(&error)))
        }
    };
    let company = report.careflex_id();
    printer.event(
        "none",
        Outcome {
            careflex_id: company.as_str(),
            created_at: &args.created_at,
            status,
            message: message.as_deref(),
        },
    )?;
    match message {
        None => printer.say(&format!("the empty report of {company} was accepted"))?,
        Some(message) => printer.complain(&message),
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
        Some(id) => connection::company(id, "--careflex-id")?,
        None => connection::default_company(profile)?.ok_or_else(|| {
            Failure::usage("the company is missing: give --careflex-id, CAREFLEX_ID or careflex_id in the profile")
        })?,
    };
    let created_at = parse_date(&args.created_at)
        .map_err(|error| Failure::usage(format!("--created-at {error}")))?;
    EmptyReport::new(company, created_at, &Rules::documented())
        .map_err(|violations| Failure::usage(violations.to_string()))
}
