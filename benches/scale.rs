//! What a file costs that does not fit into memory: CSV read, checked, and written as JSON or XML in reports of
//! 100, for 100,000 incidents up to 10 million. `cargo bench -p careflex --bench scale`. See docs/performance.md.
//!
//! Each figure comes from a process of its own, so that its peak of memory is its own too (Linux only: it is read
//! from /proc).

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use careflex::csv::{Encoder, IncidentReader};
use careflex::rest::json;
use careflex::soap::xml;
use careflex::{ApiToken, CareflexId, Incident, Report, Rules};

#[allow(dead_code, unused_imports, reason = "shared with the other benchmarks")]
mod common;

/// How many incidents the file has that is read again and again.
const IN_FILE: u64 = 10_000;
const COUNTS: [u64; 3] = [100_000, 1_000_000, 10_000_000];
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| *argument != "--bench")
        .collect();
    match arguments.as_slice() {
        [] => all(false),
        ["--json"] => all(true),
        ["--one", file, format, count] => one(Path::new(file), format, count.parse().unwrap()),
        _ => {
            eprintln!("unknown options: there is --json");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn all(as_json: bool) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("incidents.csv");
    write_file(&file);
    if !as_json {
        println!("CSV to | incidents | seconds | ns an incident | peak memory in MB");
    }
    for format in ["json", "xml"] {
        for count in COUNTS {
            let best = (0..ROUNDS)
                .map(|_| in_own_process(&file, format, count))
                .min_by(|one, other| one.seconds.total_cmp(&other.seconds))
                .unwrap();
            let Figures {
                seconds,
                peak_megabytes,
            } = best;
            let each = seconds * 1e9 / count as f64;
            if as_json {
                println!(
                    r#"{{"task":"csv-to-{format}","incidents":{count},"seconds":{seconds:.3},"ns_per_incident":{each:.0},"peak_mb":{peak_megabytes:.1}}}"#
                );
            } else {
                println!(
                    "{format:<6} | {count:>9} | {seconds:>7.2} | {each:>14.0} | {peak_megabytes:>8.1}"
                );
            }
        }
    }
}

fn write_file(path: &Path) {
    let encoder = Encoder::default();
    let mut text = Vec::new();
    encoder.header(&mut text);
    let reports = IN_FILE as usize / common::PER_REPORT;
    for report in common::reports().iter().take(reports) {
        encoder.records(report, &mut text).unwrap();
    }
    fs::write(path, text).unwrap();
}

struct Figures {
    seconds: f64,
    peak_megabytes: f64,
}

fn in_own_process(file: &Path, format: &str, count: u64) -> Figures {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("--one")
        .arg(file)
        .args([format, &count.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut figures = text
        .split_whitespace()
        .map(|figure| figure.parse().unwrap());
    Figures {
        seconds: figures.next().unwrap(),
        peak_megabytes: figures.next().unwrap(),
    }
}

/// Converts, and prints seconds and the peak of memory.
fn one(file: &Path, format: &str, count: u64) {
    let encode = match format {
        "json" => json::encode_new_request,
        "xml" => xml::encode_new_request,
        _ => panic!("no such format"),
    };
    let begin = Instant::now();
    assert_eq!(convert(file, count, encode), count);
    println!("{} {}", begin.elapsed().as_secs_f64(), peak_megabytes());
}

fn convert(file: &Path, count: u64, encode: impl Fn(&Report, &ApiToken, &mut Vec<u8>)) -> u64 {
    let rules = Rules::documented();
    let token = common::token();
    let input = Repeated::open(file, count / IN_FILE);
    let rows = IncidentReader::new(BufReader::with_capacity(1 << 16, input), rules.clone());
    let mut batch: Vec<Incident> = Vec::with_capacity(common::PER_REPORT);
    let mut company: Option<CareflexId> = None;
    let mut body = Vec::new();
    let mut written = 0;
    for row in rows {
        let row = row.unwrap();
        company = company.or(row.careflex_id);
        batch.push(row.incident.unwrap());
        if batch.len() == common::PER_REPORT {
            let incidents = std::mem::take(&mut batch);
            written += incidents.len() as u64;
            let report = Report::new(company.clone().unwrap(), incidents, &rules).unwrap();
            body.clear();
            encode(&report, &token, &mut body);
            black_box(&body);
        }
    }
    assert!(batch.is_empty());
    written
}

/// A file whose lines below the header come several times.
struct Repeated {
    file: File,
    below_header: u64,
    times_left: u64,
}

impl Repeated {
    fn open(path: &Path, times: u64) -> Self {
        let mut header = String::new();
        BufReader::new(File::open(path).unwrap())
            .read_line(&mut header)
            .unwrap();
        Self {
            file: File::open(path).unwrap(),
            below_header: header.len() as u64,
            times_left: times - 1,
        }
    }
}

impl Read for Repeated {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.file.read(out)? {
            0 if self.times_left > 0 => {
                self.times_left -= 1;
                self.file.seek(SeekFrom::Start(self.below_header))?;
                self.file.read(out)
            }
            read => Ok(read),
        }
    }
}

/// The most memory that this process has had.
fn peak_megabytes() -> f64 {
    let status =
        fs::read_to_string("/proc/self/status").expect("the peak of memory is read on Linux only");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
    kibibytes.unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}
