//! Speed of the codecs, side by side with what a user would take instead, in one run:
//! `cargo bench -p careflex --bench codecs`. See docs/performance.md.
//!
//! Figures of one machine drift; the ratios are what counts.

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
use std::time::Instant;

use careflex::Report;

use codecs::options::Options;
use codecs::race::{Effort, Outcome};
use codecs::{csv, json, output, xml};

mod common;

mod codecs {
    pub(crate) mod csv;
    pub(crate) mod json;
    pub(crate) mod options;
    pub(crate) mod output;
    mod plain;
    mod pull;
    pub(crate) mod race;
    pub(crate) mod xml;
    mod yaserde_forms;
}

type Task = fn(&[Report], Effort) -> Outcome;

const TASKS: [(&str, Task); 7] = [
    ("json-encode", json::encode),
    ("json-decode", json::decode),
    ("xml-encode", xml::encode),
    ("xml-decode-request", xml::decode_request),
    ("xml-decode-response", xml::decode_response),
    ("csv-encode", csv::encode),
    ("csv-decode", csv::decode),
];

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1), &TASKS.map(|(name, _)| name)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let begin = Instant::now();
    let reports = common::reports();
    if !options.json {
        output::print_head();
    }
    let wanted: Vec<_> = TASKS
        .iter()
        .filter(|(name, _)| options.wants(name))
        .collect();
    for (done, (_, task)) in wanted.iter().enumerate() {
        let effort = options.effort(wanted.len() - done, begin.elapsed());
        let outcome = task(&reports, effort);
        if options.json {
            output::print_json(&outcome);
        } else {
            output::print_table(&outcome);
        }
    }
    ExitCode::SUCCESS
}
