//! The figures as a table, or as lines of JSON.

use super::race::Outcome;
use crate::common::{INCIDENTS, PER_REPORT};

pub(crate) fn print_head() {
    let reports = INCIDENTS / PER_REPORT;
    println!(
        "{INCIDENTS} incidents in {reports} reports; one thread; MB/s are bytes on the wire; best of several rounds\n"
    );
    println!(
        "{:<20} {:<16} {:>8} {:>8} {:>8}   {:>11}   {:>7} {:>7}",
        "task", "peer", "MB/s", "peer's", "ratio", "incidents/s", "allocs", "peer's"
    );
}

pub(crate) fn print_table(outcome: &Outcome) {
    let ours = &outcome.ours;
    for (peer, theirs) in &outcome.peers {
        println!(
            "{:<20} {peer:<16} {:>8.0} {:>8.0} {:>8.2}   {:>11.0}   {:>7.2} {:>7.2}",
            outcome.task,
            ours.mbps,
            theirs.mbps,
            ours.mbps / theirs.mbps,
            ours.incidents_per_s,
            ours.allocs_per_incident,
            theirs.allocs_per_incident,
        );
    }
    if let Some(hot) = &outcome.hot {
        println!(
            "{:<20} {:<16} {:>8.0} {:>8} {:>8}   {:>11.0}",
            outcome.task, "(hot)", hot.mbps, "", "", hot.incidents_per_s,
        );
    }
}

/// One line a pair, for programs.
pub(crate) fn print_json(outcome: &Outcome) {
    let ours = &outcome.ours;
    for (peer, theirs) in &outcome.peers {
        println!(
            r#"{{"task":"{}","peer":"{peer}","mbps":{:.1},"peer_mbps":{:.1},"ratio":{:.3},"incidents_per_s":{:.0},"allocs_per_incident":{:.4}}}"#,
            outcome.task,
            ours.mbps,
            theirs.mbps,
            ours.mbps / theirs.mbps,
            ours.incidents_per_s,
            ours.allocs_per_incident,
        );
    }
}
