//! Wall time of an outbox in SQLite, side by side with `Bulk` without one, over REST to the sandbox:
//! `cargo bench -p careflex --bench outbox`. See docs/performance.md.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::time::{Duration, Instant};

use careflex::outbox::{Outbox, SqliteStore, State, Stop};
use careflex::rest::RestReporter;
use careflex::secrecy::ExposeSecret as _;
use careflex::{Bulk, CareflexId, Credentials, HttpSession, Incident, Report};
use careflex_sandbox::Sandbox;
use tokio::runtime::Runtime;

mod common;

/// Of `Bulk`, which is its default; the worker has its own.
const CONCURRENCY: usize = 4;
const ROUNDS: usize = 5;
/// Incidents that wait while the status is asked for.
const QUEUED: usize = 1_000_000;

fn main() {
    let reports = common::reports();
    let company = reports[0].careflex_id().clone();
    let incidents: Vec<_> = reports
        .iter()
        .flat_map(Report::incidents)
        .enumerate()
        .map(|(number, incident)| {
            let mut incident = incident.clone();
            incident.external_id = Some(format!("B{number}").parse().unwrap());
            incident
        })
        .collect();
    println!(
        "{} incidents over REST to the sandbox, by turns; best of {ROUNDS}\n",
        incidents.len()
    );
    let runtime = Runtime::new().unwrap();
    let (mut bulk, mut drain, mut enqueue) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let portal = Portal::new();
        let begin = Instant::now();
        runtime.block_on(run_bulk(&portal, company.clone(), incidents.clone()));
        bulk.push(begin.elapsed());

        let portal = Portal::new();
        let folder = tempfile::tempdir_in(".").unwrap();
        let outbox = Outbox::sqlite(folder.path().join("outbox"))
            .unwrap()
            .careflex_id(company.clone());
        let begin = Instant::now();
        enqueue_all(&outbox, &incidents);
        enqueue.push(begin.elapsed());
        let begin = Instant::now();
        runtime.block_on(run_worker(&portal, &outbox, incidents.len()));
        drain.push(begin.elapsed());
    }
    let rate = |times: &[Duration]| {
        let best = times.iter().min().unwrap().as_secs_f64();
        (best * 1e3, incidents.len() as f64 / best)
    };
    let (_, of_bulk) = rate(&bulk);
    println!("|                        |       ms | incidents/s | of Bulk |");
    println!("| ---                    |     ---: |        ---: |    ---: |");
    for (name, times) in [
        ("Bulk, no outbox", &bulk),
        ("outbox: enqueue", &enqueue),
        ("outbox: worker", &drain),
    ] {
        let (ms, rate) = rate(times);
        println!(
            "| {name:<22} | {ms:>8.1} | {rate:>11.0} | {:>7.2} |",
            rate / of_bulk
        );
    }
    if !std::env::args().any(|argument| argument == "--no-status") {
        show_status(&runtime, &incidents, &company);
    }
}

fn show_status(runtime: &Runtime, incidents: &[Incident], company: &CareflexId) {
    let folder = tempfile::tempdir_in(".").unwrap();
    let path = folder.path().join("outbox");
    let outbox = Outbox::sqlite(&path).unwrap().careflex_id(company.clone());
    let many: Vec<_> = incidents
        .iter()
        .cycle()
        .take(QUEUED)
        .enumerate()
        .map(|(number, incident)| {
            let mut incident = incident.clone();
            incident.external_id = Some(format!("S{number}").parse().unwrap());
            incident
        })
        .collect();
    let begin = Instant::now();
    enqueue_all(&outbox, &many);
    let enqueued = begin.elapsed();
    drop(outbox);
    let begin = Instant::now();
    let outbox = Outbox::sqlite(&path).unwrap();
    let first = runtime.block_on(outbox.status()).unwrap();
    let cold = begin.elapsed();
    let begin = Instant::now();
    let status = runtime.block_on(outbox.status()).unwrap();
    let warm = begin.elapsed();
    assert_eq!(first.count(State::Queued), QUEUED as u64);
    assert_eq!(status.count(State::Queued), QUEUED as u64);
    println!(
        "\n{QUEUED} queued in {enqueued:.1?}, {} MiB on disk; status {cold:.1?} with opening, then {warm:.1?}",
        std::fs::metadata(&path).unwrap().len() >> 20
    );
}

fn enqueue_all(outbox: &Outbox<SqliteStore>, incidents: &[Incident]) {
    let mut connection = outbox.store().connect().unwrap();
    let mut transaction = connection.transaction().unwrap();
    for incident in incidents {
        outbox.enqueue(&mut transaction, incident.clone()).unwrap();
    }
    transaction.commit().unwrap();
}

async fn run_worker(portal: &Portal, outbox: &Outbox<SqliteStore>, incidents: usize) {
    let worker = outbox.worker(reporter(portal));
    worker.drain(&Stop::new()).await.unwrap();
    let status = outbox.status().await.unwrap();
    assert_eq!(status.count(State::Accepted), incidents as u64);
}

async fn run_bulk(portal: &Portal, company: CareflexId, incidents: Vec<Incident>) {
    let expected = incidents.len() as u64;
    let mut run = Bulk::new(reporter(portal))
        .careflex_id(company)
        .concurrency(CONCURRENCY)
        .report(incidents);
    while run.next().await.is_some() {}
    assert_eq!(run.progress().accepted, expected);
}

/// A sandbox on threads of its own.
struct Portal {
    sandbox: Sandbox,
    _runtime: Runtime,
}

impl Portal {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        Self {
            sandbox: runtime.block_on(Sandbox::start()).unwrap(),
            _runtime: runtime,
        }
    }
}

fn reporter(portal: &Portal) -> RestReporter {
    let settings = portal.sandbox.credentials();
    let credentials = Credentials::new(
        settings.service_user.expose_secret(),
        settings.service_secret.expose_secret(),
    );
    let session = HttpSession::builder()
        .credentials(portal.sandbox.token_url().parse().unwrap(), credentials)
        .build()
        .unwrap();
    let endpoint = portal.sandbox.rest_url().parse().unwrap();
    RestReporter::new(session, &endpoint, settings.api_token.clone())
}
