//! The figures as a table in Markdown, or as lines of JSON.

use super::race::{Figures, Outcome};
use crate::common::{INCIDENTS, PER_REPORT};

pub(crate) fn print_head() {
    println!(
        "{INCIDENTS} incidents in {} reports, one thread, the best of several rounds. MB/s are bytes on the wire;\n\
         ratio is ours to the peer's; allocations are those of an incident.\n",
        INCIDENTS / PER_REPORT
    );
    print_row([
        "task",
        "peer",
        "MB/s",
        "peer's",
        "ratio",
        "incidents/s",
        "allocations",
        "peer's",
    ]);
    print_row(["---", "---", "---:", "---:", "---:", "---:", "---:", "---:"]);
}

pub(crate) fn print_table(outcome: &Outcome) {
    let task = outcome.task;
    let ours = &outcome.ours;
    for (peer, theirs) in &outcome.peers {
        print_row([
            task,
            peer,
            &format!("{:.0}", ours.mbps),
            &format!("{:.0}", theirs.mbps),
            &format!("{:.2}", ratio(ours, theirs)),
            &format!("{:.0}", ours.incidents_per_s),
            &format!("{:.2}", ours.allocs_per_incident),
            &format!("{:.2}", theirs.allocs_per_incident),
        ]);
    }
    if let Some(hot) = &outcome.hot {
        print_row([
            task,
            "(hot)",
            &format!("{:.0}", hot.mbps),
            "",
            "",
            &format!("{:.0}", hot.incidents_per_s),
            &format!("{:.2}", hot.allocs_per_incident),
            "",
        ]);
    }
}

fn print_row(
    [
        task,
        peer,
        mbps,
        theirs,
        ratio,
        incidents,
        allocations,
        their_allocations,
    ]: [&str; 8],
) {
    println!(
        "| {task:<19} | {peer:<16} | {mbps:>5} | {theirs:>6} | {ratio:>6} | {incidents:>11} | {allocations:>11} | {their_allocations:>6} |"
    );
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
            ratio(ours, theirs),
            ours.incidents_per_s,
            ours.allocs_per_incident,
        );
    }
}

fn ratio(ours: &Figures, theirs: &Figures) -> f64 {
    ours.mbps / theirs.mbps
}
