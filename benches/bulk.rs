//! Wall time of a bulk run, side by side with posting the same bodies, which are ready-made:
//! `cargo bench -p careflex --bench bulk`. See docs/performance.md.
//!
//! Both talk over loopback to the sandbox, which works through each incident as a portal does; and then to a server
//! that does nothing at all, so that it is the client's own work that shows.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use careflex::rest::{RestReporter, json};
use careflex::{Bulk, CareflexId, HttpSession, Incident, Report};
use tokio::runtime::Runtime;

use crate::bulk::parts::parts;
use crate::bulk::plain::Plain;
use crate::bulk::portal::{Kind, Portal};

mod common;

mod bulk {
    pub(crate) mod parts;
    pub(crate) mod plain;
    pub(crate) mod portal;
    pub(crate) mod server;
}

/// As many as [`Bulk`] has under way if nothing else is said.
const CONCURRENCY: usize = 4;
const USAGE: &str = "\
cargo bench -p careflex --bench bulk [-- OPTIONS]

  --json             one line of JSON for each server instead of the text
  --answer-after MS  only a server with ready-made answers, which lets so many milliseconds pass before each";

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let reports = common::reports();
    if !options.json {
        println!(
            "{} incidents over REST on loopback, {CONCURRENCY} requests at a time, both by turns",
            common::INCIDENTS
        );
    }
    for kind in options.kinds() {
        let (bulk, plain) = race(&reports, kind);
        if options.json {
            print_json(kind, &bulk, &plain);
        } else {
            print_text(kind, &bulk, &plain);
        }
    }
    if !options.json {
        print_parts(&reports);
    }
    ExitCode::SUCCESS
}

#[derive(Default)]
struct Options {
    json: bool,
    answer_after: Option<Duration>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => options.json = true,
                "--answer-after" => {
                    let milliseconds = arguments.next().and_then(|number| number.parse().ok());
                    let milliseconds = milliseconds.ok_or("--answer-after needs a number")?;
                    options.answer_after = Some(Duration::from_millis(milliseconds));
                }
                // Cargo says so to all benchmarks.
                "--bench" => {}
                _ => return Err(format!("{argument} is no option")),
            }
        }
        Ok(options)
    }

    fn kinds(&self) -> Vec<Kind> {
        match self.answer_after {
            Some(answer_after) => vec![Kind::ReadyMade { answer_after }],
            None => {
                let answer_after = Duration::ZERO;
                vec![Kind::Sandbox, Kind::ReadyMade { answer_after }]
            }
        }
    }
}

fn print_json(kind: Kind, bulk: &Times, plain: &Times) {
    let (bulk, plain) = (bulk.best(), plain.best());
    println!(
        r#"{{"task":"bulk","server":"{}","bulk_ms":{bulk:.1},"plain_ms":{plain:.1},"ratio":{:.3},"concurrency":{CONCURRENCY}}}"#,
        kind.code(),
        bulk / plain
    );
}

fn print_text(kind: Kind, bulk: &Times, plain: &Times) {
    println!("\nTo {}, {} rounds:\n", kind.name(), rounds(kind));
    println!("| {:<17} | {:>8} | {:>8} |", "", "best", "median");
    println!("| {:<17} | {:>8} | {:>8} |", "---", "---:", "---:");
    for (name, times) in [("Bulk, ms", bulk), ("ready-made, ms", plain)] {
        let (best, median) = (times.best(), times.median());
        println!("| {name:<17} | {best:>8.1} | {median:>8.1} |");
    }
    let (best, median) = (bulk.best() / plain.best(), bulk.median() / plain.median());
    println!("| {:<17} | {best:>8.2} | {median:>8.2} |", "ratio");
}

fn print_parts(reports: &[Report]) {
    println!("\nWhat Bulk does beside HTTP, each part alone on one thread:\n");
    println!("| {:<17} | {:>8} |", "", "ms");
    println!("| {:<17} | {:>8} |", "---", "---:");
    for (part, time) in parts(reports) {
        println!("| {part:<17} | {:>8.1} |", time.as_secs_f64() * 1e3);
    }
}

/// A server that takes its time takes it in each of them.
fn rounds(kind: Kind) -> usize {
    let at_once = Kind::ReadyMade {
        answer_after: Duration::ZERO,
    };
    if kind == at_once { 15 } else { 5 }
}

/// The times of all rounds in milliseconds, in ascending order.
struct Times(Vec<f64>);

impl Times {
    fn of(times: &[Duration]) -> Self {
        let mut times: Vec<_> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    fn best(&self) -> f64 {
        self.0[0]
    }

    fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }
}

/// Both by turns, so that a busy machine disturbs both; each with a client of its own, and where incidents are booked
/// with a server of its own too. `Bulk` fetches its access token in its time.
fn race(reports: &[Report], kind: Kind) -> (Times, Times) {
    let bodies = bodies(reports);
    let company = reports[0].careflex_id();
    let incidents = reports.iter().flat_map(Report::incidents);
    let incidents: Vec<_> = incidents.cloned().collect();
    let runtime = Runtime::new().unwrap();

    let (mut bulk_times, mut plain_times) = (Vec::new(), Vec::new());
    let mut portal = Portal::start(kind, reports);
    for _ in 0..rounds(kind) {
        let reporter = runtime.block_on(async { reporter(&portal) });
        let incidents = incidents.clone();
        let begin = Instant::now();
        runtime.block_on(run_bulk(reporter, company.clone(), incidents));
        bulk_times.push(begin.elapsed());

        portal = portal.without_bookings();
        let plain = runtime.block_on(Plain::new(&portal));
        let begin = Instant::now();
        runtime.block_on(plain.post_all(&bodies, CONCURRENCY));
        plain_times.push(begin.elapsed());
        portal = portal.without_bookings();
    }
    (Times::of(&bulk_times), Times::of(&plain_times))
}

async fn run_bulk(reporter: RestReporter, company: CareflexId, incidents: Vec<Incident>) {
    let mut run = Bulk::new(reporter)
        .careflex_id(company)
        .concurrency(CONCURRENCY)
        .report(incidents);
    while run.next().await.is_some() {}
    assert_eq!(run.progress().accepted, common::INCIDENTS as u64);
}

fn reporter(portal: &Portal) -> RestReporter {
    let session = HttpSession::builder()
        .credentials(portal.token_url().parse().unwrap(), portal.credentials())
        .build()
        .unwrap();
    let endpoint = portal.rest_url().parse().unwrap();
    RestReporter::new(session, &endpoint, common::token())
}

fn bodies(reports: &[Report]) -> Vec<Bytes> {
    let token = common::token();
    let body = |report| {
        let mut body = Vec::new();
        json::encode_new_request(report, &token, &mut body);
        body.into()
    };
    reports.iter().map(body).collect()
}
