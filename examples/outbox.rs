//! An HR application with a database of its own, and an outbox in it: what it does and what it reports are there
//! together or not at all, and nothing is lost or booked twice when an answer is.
//!
//! It runs as it is, against a portal inside this program: `cargo run --example outbox --features outbox`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use careflex::outbox::rusqlite::Connection;
use careflex::outbox::{Ended, Outbox, Resolution, Selection, SqliteStore, State, Stop};
use careflex::rest::RestReporter;
use careflex::secrecy::ExposeSecret as _;
use careflex::{Credentials, HttpSession, Incident, IncidentKind, parse_date};
use careflex_sandbox::{Effect, Fault, Sandbox};

/// Public so that the tests can run it too.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("hr.sqlite");
    let portal = Sandbox::start().await?;
    // The first answer gets lost after the portal has taken the report.
    portal.inject(Fault::new(Effect::CutAfterBooking));

    let outbox = Outbox::sqlite(&path)?.careflex_id("09ce3580d84bf087".parse()?);
    let mut hr = Connection::open(&path)?;
    hr.execute_batch("CREATE TABLE contract (employee TEXT, state TEXT)")?;
    let_rest(&mut hr, &outbox, "4711", true)?;
    // Something goes wrong in the application, and the transaction is rolled back: nobody is reported.
    let_rest(&mut hr, &outbox, "4712", false)?;

    // Elsewhere: a task that runs all the time would call `run` instead of `drain`.
    let worker = outbox.worker(reporter(&portal)?);
    assert!(matches!(worker.drain(&Stop::new()).await?, Ended::Drained));

    // Nobody knows whether the portal has it. It is not sent again by itself, …
    let status = outbox.status().await?;
    let [doubt] = &*status.doubts else {
        return Err("one batch should be in doubt".into());
    };
    println!("{} in doubt: {}", doubt.in_doubt, doubt.reason);
    outbox
        .worker(reporter(&portal)?)
        .drain(&Stop::new())
        .await?;
    assert_eq!(portal.ledger().bookings.len(), 1);

    // … until a person has looked into the portal, and found it.
    outbox
        .resolve(Selection::Batch(doubt.batch), Resolution::Booked)
        .await?;
    assert_eq!(outbox.status().await?.count(State::Accepted), 1);
    println!("booked once, and known to be");
    Ok(())
}

/// The vendor's part: the change and the incident, in one transaction.
fn let_rest(
    hr: &mut Connection,
    outbox: &Outbox<SqliteStore>,
    employee: &str,
    goes_well: bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let incident = Incident::builder()
        .external_id(format!("rest-{employee}").parse()?)
        .employee_id(employee.parse()?)
        .kind(IncidentKind::Rst)
        .valid_from(parse_date("2026-12-01")?)
        .created_at(parse_date("2026-11-20")?)
        .build();
    let mut tx = hr.transaction()?;
    tx.execute("INSERT INTO contract VALUES (?1, 'rests')", [employee])?;
    outbox.enqueue(&mut tx, incident)?;
    if goes_well {
        tx.commit()?;
    }
    Ok(())
}

fn reporter(portal: &Sandbox) -> Result<RestReporter, Box<dyn std::error::Error>> {
    let settings = portal.credentials();
    let credentials = Credentials::new(
        settings.service_user.expose_secret(),
        settings.service_secret.expose_secret(),
    );
    let session = HttpSession::builder()
        .credentials(portal.token_url().parse()?, credentials)
        .build()?;
    let address = portal.rest_url().parse()?;
    Ok(RestReporter::new(
        session,
        &address,
        settings.api_token.clone(),
    ))
}
