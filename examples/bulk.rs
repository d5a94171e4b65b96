//! Reports ten thousand incidents of three companies, several requests at a time. Ctrl-C finishes what is
//! under way.
//!
//! It runs as it is, against a portal inside this program: `cargo run --example bulk`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::pin::pin;

use careflex::rest::RestReporter;
use careflex::secrecy::ExposeSecret as _;
use careflex::{
    Bulk, BulkRow, CareflexId, Credentials, Endpoint, HttpSession, Incident, IncidentKind,
    NaiveDate, Outcome, TextError, parse_date,
};
use careflex_sandbox::{Effect, Fault, Sandbox};

/// Public so that the tests can run it too.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let portal = Sandbox::start().await?;
    // The portal has bad moments too: it leaves one incident unanswered, and refuses one.
    portal.inject(Fault::new(Effect::MissingRows(vec![3])).after(20));
    portal.inject(Fault::new(Effect::RefusedRows(vec![7])).after(40));

    let companies: Vec<CareflexId> = ["09ce3580d84bf087", "1b2c3d4e5f607182", "f00dfacef00dface"]
        .map(str::parse)
        .into_iter()
        .collect::<Result<_, _>>()?;
    let day = parse_date("2026-12-01")?;
    // Any iterator or stream will do, of any length: what it yields is never held as a whole.
    let incidents: Vec<(CareflexId, Incident)> = (0..10_000)
        .zip(companies.iter().cycle())
        .map(|(number, company)| Ok((company.clone(), contract_rests(number, day)?)))
        .collect::<Result<_, TextError>>()?;

    let mut run = Bulk::new(reporter(&portal)?)
        .concurrency(8)
        .report(incidents);
    let mut interrupt = pin!(tokio::signal::ctrl_c());
    let mut interrupted = false;
    loop {
        tokio::select! {
            _ = &mut interrupt, if !interrupted => {
                interrupted = true;
                run.stop();
            }
            row = run.next() => match row {
                Some(row) => show(&row),
                None => break,
            },
        }
        let progress = run.progress();
        if progress.settled().is_multiple_of(2_500) {
            eprintln!(
                "{} done in {} requests",
                progress.settled(),
                progress.requests
            );
        }
    }

    let progress = run.progress();
    if let Some(failure) = run.failure() {
        println!("the run ended early: {failure}");
    }
    println!(
        "{} accepted, {} refused, {} in doubt, {} not sent",
        progress.accepted, progress.refused, progress.in_doubt, progress.not_sent
    );
    assert_eq!(progress.settled(), 10_000);
    Ok(())
}

/// Rows come in the order of the input, each with its incident: put it where it belongs.
fn show(row: &BulkRow) {
    let number = row.index;
    match &row.outcome {
        Outcome::Accepted { .. } | Outcome::HandedOver => {}
        Outcome::Refused(why) => println!("row {number}: correct it: {why}"),
        Outcome::Invalid(why) => println!("row {number}: correct it: {why}"),
        Outcome::NotSent(why) => println!("row {number}: send it again later: {why}"),
        Outcome::InDoubt(why) => println!("row {number}: look into the portal first: {why}"),
        // What is not known here yet is never sent again unseen.
        _ => println!("row {number}: look into the portal first"),
    }
}

fn contract_rests(number: u32, day: NaiveDate) -> Result<Incident, TextError> {
    Ok(Incident::builder()
        .external_id(format!("2026-{number}").parse()?)
        .employee_id(format!("E{number}").parse()?)
        .kind(IncidentKind::Rst)
        .valid_from(day)
        .created_at(day)
        .build())
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
