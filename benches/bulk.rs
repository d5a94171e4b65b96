//! Wall time of a bulk run, side by side with posting the same bodies, which are ready-made:
//! `cargo bench -p careflex --bench bulk`. See docs/performance.md.
//!
//! Both talk over loopback to a server in this process that answers at once, so it is the client's own work
//! that shows.

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
use careflex::{Bulk, CareflexId, Credentials, HttpSession, Incident, Report};
use tokio::runtime::Runtime;

use crate::bulk::parts::parts;
use crate::bulk::plain::Plain;
use crate::bulk::server::Server;

mod common;

mod bulk {
    pub(crate) mod parts;
    pub(crate) mod plain;
    pub(crate) mod server;
}

/// As many as [`Bulk`] has under way if nothing else is said.
const CONCURRENCY: usize = 4;
const USAGE: &str = "\
cargo bench -p careflex --bench bulk [-- OPTIONS]

  --json             one line of JSON instead of the text
  --answer-after MS  the server lets so many milliseconds pass before it answers: 0 if it is not given";

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let reports = common::reports();
    let (bulk, plain) = race(&reports, &options);
    let ratio = bulk.best() / plain.best();
    if options.json {
        println!(
            r#"{{"task":"bulk","bulk_ms":{:.1},"plain_ms":{:.1},"ratio":{ratio:.3},"concurrency":{CONCURRENCY}}}"#,
            bulk.best(),
            plain.best()
        );
    } else {
        print_text(&bulk, &plain, &options);
        println!("\nOf which, each part alone on one thread:\n");
        println!("| {:<17} | {:>8} |", "", "ms");
        println!("| {:<17} | {:>8} |", "---", "---:");
        for (part, time) in parts(&reports) {
            println!("| {part:<17} | {:>8.1} |", time.as_secs_f64() * 1e3);
        }
    }
    ExitCode::SUCCESS
}

#[derive(Default)]
struct Options {
    json: bool,
    answer_after: Duration,
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
                    options.answer_after = Duration::from_millis(milliseconds);
                }
                // Cargo says so to all benchmarks.
                "--bench" => {}
                _ => return Err(format!("{argument} is no option")),
            }
        }
        Ok(options)
    }

    /// A slow server takes its time in each of them.
    fn rounds(&self) -> usize {
        if self.answer_after.is_zero() { 15 } else { 5 }
    }
}

fn print_text(bulk: &Times, plain: &Times, options: &Options) {
    println!(
        "{} incidents over REST on loopback, {CONCURRENCY} requests at a time, answered after {:?}, {} rounds by turns\n",
        common::INCIDENTS,
        options.answer_after,
        options.rounds()
    );
    println!("| {:<17} | {:>8} | {:>8} |", "", "best", "median");
    println!("| {:<17} | {:>8} | {:>8} |", "---", "---:", "---:");
    for (name, times) in [("Bulk, ms", bulk), ("ready-made, ms", plain)] {
        let (best, median) = (times.best(), times.median());
        println!("| {name:<17} | {best:>8.1} | {median:>8.1} |");
    }
    let (best, median) = (bulk.best() / plain.best(), bulk.median() / plain.median());
    println!("| {:<17} | {best:>8.2} | {median:>8.2} |", "ratio");
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

/// Both by turns, so that a busy machine disturbs both.
fn race(reports: &[Report], options: &Options) -> (Times, Times) {
    let server = Server::start(reports, options.answer_after);
    let bodies = bodies(reports);
    let company = reports[0].careflex_id().clone();
    let incidents = reports.iter().flat_map(Report::incidents);
    let incidents: Vec<_> = incidents.cloned().collect();
    let runtime = Runtime::new().unwrap();
    let reporter = runtime.block_on(async { reporter(&server) });
    let plain = Plain::new(&server);

    let (mut bulk_times, mut plain_times) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        let incidents = incidents.clone();
        let (reporter, company) = (reporter.clone(), company.clone());
        let begin = Instant::now();
        runtime.block_on(run_bulk(reporter, company, incidents));
        bulk_times.push(begin.elapsed());

        let begin = Instant::now();
        runtime.block_on(plain.post_all(&bodies, CONCURRENCY));
        plain_times.push(begin.elapsed());
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

fn reporter(server: &Server) -> RestReporter {
    let session = HttpSession::builder()
        .credentials(
            server.url("token").parse().unwrap(),
            Credentials::new("service user", "its secret"),
        )
        .build()
        .unwrap();
    let endpoint = server.url("rest").parse().unwrap();
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
