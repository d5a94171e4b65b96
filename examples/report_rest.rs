//! Reports two incidents over REST, and looks at each outcome.
//!
//! It runs as it is, against a portal inside this program: `cargo run --example report_rest`. Against a
//! real one, take addresses and credentials from your settings instead.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use careflex::rest::RestReporter;
use careflex::secrecy::ExposeSecret as _;
use careflex::{
    Address, ApiToken, Contact, Credentials, Delivery, Employee, Endpoint, HttpSession, Incident,
    IncidentKind, Job, Report, Reporter, Row, Rules, Sex, parse_date,
};
use careflex_sandbox::Sandbox;

/// Public so that the tests can run it too.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let portal = Sandbox::start().await?;
    let settings = portal.credentials();

    // One session for all companies: it shares one access token.
    let session = HttpSession::builder()
        .credentials(
            portal.token_url().parse()?,
            Credentials::new(
                settings.service_user.expose_secret(),
                settings.service_secret.expose_secret(),
            ),
        )
        .build()?;
    let endpoint: Endpoint = portal.rest_url().parse()?;
    let api_token = ApiToken::new(settings.api_token.expose())?;
    let reporter = RestReporter::new(session, &endpoint, api_token);

    let report = Report::new(
        "09ce3580d84bf087".parse()?,
        vec![registration()?, rest_of_contract()?],
        &Rules::documented(),
    )?;
    for warning in report.warnings() {
        println!("worth a look: {warning}");
    }

    match reporter.report(&report).await {
        Ok(receipt) => {
            for (incident, row) in report.incidents().iter().zip(receipt.rows()) {
                let kind = &incident.kind;
                match row {
                    Row::Accepted { incident_id } => {
                        println!("{kind}: taken for import as {incident_id}");
                    }
                    Row::Refused { code, message, .. } => {
                        println!("{kind}: refused, correct it: {message} ({code})");
                    }
                    Row::InDoubt { reason } => println!("{kind}: look into the portal: {reason}"),
                    other => println!("{kind}: {other:?}"),
                }
            }
        }
        Err(error) => match error.delivery() {
            Delivery::NotSent => println!("nothing was taken, try again later: {error}"),
            Delivery::Refused => println!("refused as a whole: {error}"),
            _ => println!("look into the portal before you repeat: {error}"),
        },
    }
    assert_eq!(portal.ledger().bookings.len(), 2);
    Ok(())
}

/// Someone joined: NEW, with master data.
fn registration() -> Result<Incident, Box<dyn std::error::Error>> {
    let address = Address::builder()
        .street("Musterstraße".parse()?)
        .house_number("9a".parse()?)
        .zip_code("01234".parse()?)
        .city("Musterstadt".parse()?)
        .country("DE".parse()?)
        .build();
    let job = Job::builder()
        .employment_site("Werk 1".parse()?)
        .employment_status("T".parse()?)
        .start_of_employment(parse_date("2026-12-01")?)
        .management(false)
        .build();
    let contact = Contact::builder()
        .email_business("erika.mustermann@musterfirma.example".parse()?)
        .build();
    let employee = Employee::builder()
        .first_name("Erika".parse()?)
        .last_name("Mustermann".parse()?)
        .birthday(parse_date("1979-01-15")?)
        .sex(Sex::Female)
        .address(address)
        .job(job)
        .contact(contact)
        .build();
    Ok(Incident::builder()
        .external_id("2026-0815".parse()?)
        .employee_id("4711".parse()?)
        .kind(IncidentKind::New)
        .valid_from(parse_date("2026-12-01")?)
        .created_at(parse_date("2026-11-20")?)
        .employee(employee)
        .build())
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
