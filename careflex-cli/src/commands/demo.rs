//! `careflex demo`: everything once, against a portal inside this program.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use careflex::csv::{CsvReporter, DropFolder};
use careflex::rest::RestReporter;
use careflex::rest::json::IncidentReader;
use careflex::secrecy::ExposeSecret as _;
use careflex::soap::SoapReporter;
use careflex::{
    Bulk, CareflexId, Credentials, Endpoint, HttpSession, InputRow, Reporter, Rules,
    entitlement_start,
};
use careflex_sandbox::{Booking, Ledger, Sandbox};
use serde::Serialize;
use tempfile::TempDir;

use crate::company;
use crate::exit::{Code, Failure, in_full};
use crate::input::Item;
use crate::listing::Listing;
use crate::output::{Printer, Summary};
use crate::row::RowLine;

const EXAMPLE: &str = include_str!("demo/example.json");
/// Each interface reports for a company of its own: nobody is booked twice.
const COMPANY_OVER_REST: &str = "09ce3580d84bf087";
const COMPANY_OVER_SOAP: &str = "09ce3580d84bf090";
const COMPANY_OVER_CSV: &str = "09ce3580d84bf091";

pub(crate) async fn run(printer: &mut Printer) -> Result<Code, Failure> {
    let begin = Instant::now();
    printer.say("1. Check the example data: five incidents, one of them with two mistakes.\n")?;
    let rows = check(printer)?;
    let valid: Vec<_> = rows
        .iter()
        .filter(|row| row.incident.is_ok())
        .cloned()
        .collect();

    let portal = Sandbox::start()
        .await
        .map_err(|error| Failure::not_sent(format!("the portal cannot start: {error}")))?;
    let drop_folder = tempfile::tempdir()
        .map_err(|error| Failure::not_sent(format!("no drop folder can be created: {error}")))?;
    let [over_rest, over_soap] = over_http(&portal)?;
    let over_csv = over_csv(&drop_folder)?;
    let mut summary = Summary::default();

    printer.say(&format!(
        "\n2. Report the {} valid ones over REST (JSON), to a portal inside this program: {}\n",
        valid.len(),
        portal.rest_url()
    ))?;
    let first_of_next = rows.len() as u64;
    report(&over_rest, rows, 0, &mut summary, printer).await?;

    printer.say(&format!(
        "\n3. Report the same over SOAP (XML), for a second company so that nobody is booked twice: {}\n",
        portal.soap_url()
    ))?;
    let again = valid.clone();
    report(&over_soap, again, first_of_next, &mut summary, printer).await?;

    printer.say(&format!(
        "\n4. Hand the same over as CSV, for a third company, in a folder for the operator's SyncTool: {}\n",
        drop_folder.path().display()
    ))?;
    let first_of_next = first_of_next + valid.len() as u64;
    let requests = summary.requests;
    report(&over_csv, valid, first_of_next, &mut summary, printer).await?;
    summary.files = Some(summary.requests - requests);
    print_files(drop_folder.path(), printer)?;

    let ledger = portal.ledger();
    printer.say(&format!(
        "\n5. What the portal did with the first two: {} access token issued, {} reports taken, and booked:\n",
        ledger.tokens_issued, ledger.requests
    ))?;
    print_bookings(&ledger, &over_rest, &over_soap, printer)?;

    printer.say("")?;
    summary.seconds = begin.elapsed().as_secs_f64();
    printer.summary(&summary)?;
    printer.say("\nNext: `careflex sandbox` is this portal for your own tests, `careflex help report` tells how to send a file.")?;
    portal.shutdown().await;
    Ok(Code::Fine)
}

/// Reads the example data, and prints what is wrong with it.
fn check(printer: &mut Printer) -> Result<Vec<InputRow>, Failure> {
    let mut listing = Listing::of_all();
    let mut example = Vec::new();
    let rows = IncidentReader::new(EXAMPLE.as_bytes(), Rules::documented());
    for (index, row) in (0..).zip(rows) {
        let item = Item {
            file: "example.json".into(),
            row: row.map(|row| (index, row)),
        };
        listing.add(&item, printer)?;
        let (_, row) = item
            .row
            .map_err(|error| Failure::usage(error.to_string()))?;
        example.push(row);
    }
    Ok(example)
}

/// An interface, and the company that is reported for over it.
struct Way {
    name: &'static str,
    reporter: Arc<dyn Reporter>,
    company: CareflexId,
}

/// REST and SOAP, which share a session and with it the access token.
fn over_http(portal: &Sandbox) -> Result<[Way; 2], Failure> {
    let unusable = |error: &dyn std::error::Error| Failure::usage(in_full(error));
    let endpoint = |address: String| Endpoint::parse(&address).map_err(|error| unusable(&error));
    let company = |id| company::parse(id, "the example's company");
    let settings = portal.credentials();
    let credentials = Credentials::new(
        settings.service_user.expose_secret(),
        settings.service_secret.expose_secret(),
    );
    let session = HttpSession::builder()
        .credentials(endpoint(portal.token_url())?, credentials)
        .build()
        .map_err(|error| unusable(&error))?;
    let session = Arc::new(session);
    let api_token = || settings.api_token.clone();
    let (rest, soap) = (endpoint(portal.rest_url())?, endpoint(portal.soap_url())?);
    Ok([
        Way {
            name: "rest",
            reporter: Arc::new(RestReporter::new(Arc::clone(&session), &rest, api_token())),
            company: company(COMPANY_OVER_REST)?,
        },
        Way {
            name: "soap",
            reporter: Arc::new(SoapReporter::new(session, &soap, api_token())),
            company: company(COMPANY_OVER_SOAP)?,
        },
    ])
}

/// CSV, which needs neither session nor secrets.
fn over_csv(drop_folder: &TempDir) -> Result<Way, Failure> {
    let company = company::parse(COMPANY_OVER_CSV, "the example's company")?;
    let folders = DropFolder::new([(company.clone(), drop_folder.path().to_owned())])
        .map_err(|error| Failure::not_sent(in_full(&error)))?;
    Ok(Way {
        name: "csv",
        reporter: Arc::new(CsvReporter::new(folders)),
        company,
    })
}

/// Reports rows, and prints what becomes of them. They are numbered from `first` on.
async fn report(
    way: &Way,
    rows: Vec<InputRow>,
    first: u64,
    summary: &mut Summary,
    printer: &mut Printer,
) -> Result<(), Failure> {
    printer.begin_table();
    let mut run = Bulk::new(Arc::clone(&way.reporter))
        .careflex_id(way.company.clone())
        .report(rows);
    while let Some(row) = run.next().await {
        let line = RowLine::new(&row, "not sent");
        summary.count(line.status);
        printer.row(&RowLine {
            index: first + line.index,
            ..line
        })?;
    }
    summary.requests += run.progress().requests;
    match run.failure() {
        Some(failure) => Err(Failure::not_sent(failure.in_full())),
        None => Ok(()),
    }
}

/// Prints the files that were handed over: they hold example data, and nothing else.
fn print_files(folder: &Path, printer: &mut Printer) -> Result<(), Failure> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let content = std::fs::read_to_string(entry.path())?;
        printer.event(
            "file",
            HandedOver {
                name: &name,
                content: &content,
            },
        )?;
        printer.say(&format!("\n   The file {name}:\n"))?;
        for line in content.lines() {
            printer.say(&format!("        {line}"))?;
        }
        printer.say(
            "\n   The SyncTool would take it from there; what the portal books is not known here.",
        )?;
    }
    Ok(())
}

/// Prints what was booked, side by side: it is the same over REST and SOAP.
fn print_bookings(
    ledger: &Ledger,
    over_rest: &Way,
    over_soap: &Way,
    printer: &mut Printer,
) -> std::io::Result<()> {
    for way in [over_rest, over_soap] {
        for booking in ledger.booked(&way.company) {
            printer.event("booked", Booked::new(way, booking))?;
        }
    }
    let mut line = |incident: &str, rest: &str, soap: &str, entitlement: &str| {
        printer.say(&format!(
            "        {incident:<12}  {rest:<36}  {soap:<36}  {entitlement}"
        ))
    };
    line("incident", "over REST as", "over SOAP as", "entitlement")?;
    let over_soap = ledger.booked(&over_soap.company);
    for (rest, soap) in ledger.booked(&over_rest.company).zip(over_soap) {
        let incident = &rest.incident;
        let entitled = entitlement_start(incident.valid_from)
            .map(|day| format!("from {day}"))
            .unwrap_or_default();
        line(
            &format!("{} of {}", incident.kind, incident.employee_id),
            rest.incident_id.as_str(),
            soap.incident_id.as_str(),
            &entitled,
        )?;
    }
    Ok(())
}

#[derive(Serialize)]
struct HandedOver<'a> {
    name: &'a str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Booked<'a> {
    via: &'a str,
    careflex_id: &'a str,
    employee_id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    import_id: &'a str,
    incident_id: &'a str,
}

impl<'a> Booked<'a> {
    fn new(way: &Way, booking: &'a Booking) -> Self {
        Self {
            via: way.name,
            careflex_id: booking.careflex_id.as_str(),
            employee_id: booking.incident.employee_id.as_str(),
            kind: booking.incident.kind.code(),
            import_id: booking.import_id.as_str(),
            incident_id: booking.incident_id.as_str(),
        }
    }
}
