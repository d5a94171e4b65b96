//! Reports two incidents over SOAP, then sees the portal answer with a fault.
//!
//! It runs as it is, against a portal inside this program: `cargo run --example report_soap`. What differs
//! from REST is the reporter and its address; report, receipt and errors are the same.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use careflex::secrecy::ExposeSecret as _;
use careflex::soap::SoapReporter;
use careflex::{
    Credentials, Delivery, Employee, Endpoint, HttpSession, Incident, IncidentKind, Report,
    Reporter, Row, Rules, parse_date,
};
use careflex_sandbox::{Effect, Fault, Sandbox};

/// Public so that the tests can run it too.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let portal = Sandbox::start().await?;
    let settings = portal.credentials();
    let session = HttpSession::builder()
        .credentials(
            portal.token_url().parse()?,
            Credentials::new(
                settings.service_user.expose_secret(),
                settings.service_secret.expose_secret(),
            ),
        )
        .build()?;
    let endpoint: Endpoint = portal.soap_url().parse()?;
    let reporter = SoapReporter::new(session, &endpoint, settings.api_token.clone());

    // With and without master data, in the order in which they are to be imported.
    let report = Report::new(
        "09ce3580d84bf087".parse()?,
        vec![rest_of_contract()?, change_of_name()?],
        &Rules::documented(),
    )?;
    let receipt = reporter.report(&report).await?;
    for (incident, row) in report.incidents().iter().zip(receipt.rows()) {
        let kind = &incident.kind;
        match row {
            Row::Accepted { incident_id } => println!("{kind}: taken for import as {incident_id}"),
            Row::Refused { code, message, .. } => println!("{kind}: refused: {message} ({code})"),
            other => println!("{kind}: {other:?}"),
        }
    }
    assert_eq!(portal.ledger().bookings.len(), 2);

    // A fault of the sender's means that nothing was taken; any other leaves it open.
    for code in ["Client", "Server"] {
        portal.inject(Fault::new(Effect::SoapFault {
            code: code.to_owned(),
            status: 500,
        }));
        let Err(error) = reporter.report(&report).await else {
            return Err("the portal should have answered with a fault".into());
        };
        let code = error.fault().map_or("", |fault| fault.code.as_str());
        match error.delivery() {
            Delivery::Refused => println!("{code}: correct the report, then send it again"),
            Delivery::InDoubt => println!("{code}: look into the portal before you send it again"),
            _ => println!("{code}: send it again later"),
        }
    }
    Ok(())
}

/// A contract rests: RST, without master data.
fn rest_of_contract() -> Result<Incident, Box<dyn std::error::Error>> {
    Ok(Incident::builder()
        .employee_id("4712".parse()?)
        .kind(IncidentKind::Rst)
        .valid_from(parse_date("2026-12-01")?)
        .created_at(parse_date("2026-11-20")?)
        .build())
}

/// Master data changed: SDB, with what is new.
fn change_of_name() -> Result<Incident, Box<dyn std::error::Error>> {
    let employee = Employee::builder()
        .first_name("Erika".parse()?)
        .last_name("Musterfrau".parse()?)
        .build();
    Ok(Incident::builder()
        .employee_id("4711".parse()?)
        .kind(IncidentKind::Sdb)
        .valid_from(parse_date("2026-12-01")?)
        .created_at(parse_date("2026-11-20")?)
        .employee(employee)
        .build())
}
