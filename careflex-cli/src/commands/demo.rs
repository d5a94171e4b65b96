//! `careflex demo`: everything once, against a portal inside this program.

use std::time::Instant;

use careflex::rest::RestReporter;
use careflex::rest::json::IncidentReader;
use careflex::{Bulk, InputRow, Rules};
use careflex_sandbox::{Booking, Sandbox};
use serde::Serialize;

use crate::check::print_violations;
use crate::company;
use crate::exit::{Code, Failure, in_full, report_error_in_words};
use crate::input::Item;
use crate::output::{Printer, Summary};
use crate::row::RowLine;

const EXAMPLE: &str = include_str!("demo/example.json");
const COMPANY: &str = "09ce3580d84bf087";

pub(crate) async fn run(printer: &mut Printer) -> Result<Code, Failure> {
    let begin = Instant::now();
    let company = company::parse(COMPANY, "the example's company")?;

    printer.say("1. Check the example data: five incidents, one of them with two mistakes.\n")?;
    let rows = check(printer)?;
    let valid = rows.iter().filter(|row| row.incident.is_ok()).count();

    let portal = Sandbox::start()
        .await
        .map_err(|error| Failure::not_sent(format!("the portal cannot start: {error}")))?;
    let address = portal.rest_url();
    printer.say(&format!(
        "\n2. Report the {valid} valid ones to the portal at {address}, which lives inside this program.\n"
    ))?;
    let mut summary = Summary::default();
    let mut run = Bulk::new(reporter(&portal)?)
        .careflex_id(company.clone())
        .report(rows);
    while let Some(row) = run.next().await {
        let line = RowLine::new(&row, "not sent");
        summary.count(line.status);
        printer.row(&line)?;
    }
    summary.requests = run.progress().requests;
    if let Some(failure) = run.failure() {
        return Err(Failure::not_sent(report_error_in_words(failure)));
    }

    let ledger = portal.ledger();
    printer.say(&format!(
        "\n3. What the portal did: {} access token issued, {} report taken, and booked:\n",
        ledger.tokens_issued, ledger.requests
    ))?;
    for booking in ledger.booked(&company) {
        print_booking(booking, printer)?;
    }

    printer.say("")?;
    summary.seconds = begin.elapsed().as_secs_f64();
    printer.summary(&summary)?;
    printer.say("\nNext: `careflex sandbox` is this portal for your own tests, `careflex help report` tells how to send a file.")?;
    portal.shutdown().await;
    Ok(Code::Fine)
}

/// Reads the example data, and prints what is wrong with it.
fn check(printer: &mut Printer) -> Result<Vec<InputRow>, Failure> {
    let mut example = Vec::new();
    let rows = IncidentReader::new(EXAMPLE.as_bytes(), Rules::documented());
    for (index, row) in (0..).zip(rows) {
        let item = Item {
            file: "example.json".into(),
            row: row.map(|row| (index, row)),
        };
        print_violations(&item, printer)?;
        let (_, row) = item
            .row
            .map_err(|error| Failure::usage(error.to_string()))?;
        example.push(row);
    }
    Ok(example)
}

fn reporter(portal: &Sandbox) -> Result<RestReporter, Failure> {
    use careflex::secrecy::ExposeSecret as _;
    use careflex::{Credentials, Endpoint, HttpSession};

    let unusable = |error: &dyn std::error::Error| Failure::usage(in_full(error));
    let endpoint = |address: String| Endpoint::parse(&address).map_err(|error| unusable(&error));
    let settings = portal.credentials();
    let credentials = Credentials::new(
        settings.service_user.expose_secret(),
        settings.service_secret.expose_secret(),
    );
    let session = HttpSession::builder()
        .credentials(endpoint(portal.token_url())?, credentials)
        .build()
        .map_err(|error| unusable(&error))?;
    Ok(RestReporter::new(
        session,
        &endpoint(portal.rest_url())?,
        settings.api_token.clone(),
    ))
}

fn print_booking(booking: &Booking, printer: &mut Printer) -> std::io::Result<()> {
    let employee = &booking.incident.employee_id;
    let kind = &booking.incident.kind;
    let id = &booking.incident_id;
    printer.event(
        "booked",
        Booked {
            careflex_id: booking.careflex_id.as_str(),
            employee_id: employee.as_str(),
            kind: kind.code(),
            import_id: booking.import_id.as_str(),
            incident_id: id.as_str(),
        },
    )?;
    let entitled = careflex::entitlement_start(booking.incident.valid_from)
        .map(|day| format!(", entitlement from {day}"))
        .unwrap_or_default();
    printer.say(&format!(
        "        {kind} of employee {employee} as {id}{entitled}"
    ))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Booked<'a> {
    careflex_id: &'a str,
    employee_id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    import_id: &'a str,
    incident_id: &'a str,
}
