//! Reports an HR system's CSV export over REST: columns with names of their own, German dates, `f` for `w`.
//!
//! It runs as it is, against a portal inside this program: `cargo run --example csv_to_rest`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use careflex::csv::{IncidentReader, Layout};
use careflex::rest::RestReporter;
use careflex::secrecy::ExposeSecret as _;
use careflex::{Bulk, Credentials, Endpoint, HttpSession, Outcome, Rules};
use careflex_sandbox::Sandbox;

/// In your program this is a file; it may be of any size.
const EXPORT: &str = include_str!("hr-export.csv");
/// What its columns mean.
const LAYOUT: &str = include_str!("hr-export.toml");

/// Public so that the tests can run it too.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let portal = Sandbox::start().await?;

    // What is wrong with a row is in the row; what breaks the file itself ends it, and is kept.
    let mut broken = None;
    let rows = IncidentReader::new(EXPORT.as_bytes(), Rules::documented())
        .layout(Layout::parse(LAYOUT)?)
        .map_while(|row| row.map_err(|error| broken = Some(error)).ok());

    let mut run = Bulk::new(reporter(&portal)?)
        // For files without a column careflexId.
        .careflex_id("09ce3580d84bf087".parse()?)
        .report(rows);
    while let Some(row) = run.next().await {
        match row.outcome {
            Outcome::Accepted { incident_id } => {
                println!("row {}: taken for import as {incident_id}", row.index);
            }
            Outcome::Invalid(violations) => {
                println!("row {}: correct it: {violations}", row.index);
            }
            Outcome::InDoubt(doubt) => {
                println!("row {}: look into the portal: {doubt}", row.index);
            }
            other => println!("row {}: {}", row.index, other.as_str()),
        }
    }
    drop(run);
    if let Some(error) = broken {
        return Err(error.into());
    }

    let ledger = portal.ledger();
    assert_eq!(ledger.bookings.len(), 3);
    for booking in &ledger.bookings {
        println!("booked: {}", booking.incident.kind);
    }
    Ok(())
}

fn reporter(portal: &Sandbox) -> Result<RestReporter, Box<dyn std::error::Error>> {
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
    let endpoint: Endpoint = portal.rest_url().parse()?;
    Ok(RestReporter::new(
        session,
        &endpoint,
        settings.api_token.clone(),
    ))
}
