//! `careflex outbox status`: the outbox at one look.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anstyle::{AnsiColor, Style};
use careflex::outbox::{CompanyStatus, State, Status};
use serde_json::{Value, json};

use super::incidents;
use crate::output::{Printer, printable};
use crate::time;

/// The states that have a column, and those that are shown where there are such.
const COLUMNS: [State; 5] = [
    State::Queued,
    State::Sending,
    State::InDoubt,
    State::Accepted,
    State::Refused,
];
const SELDOM: [State; 3] = [State::HandedOver, State::Invalid, State::Replaced];

pub(super) fn show(
    status: &Status,
    path: &Path,
    now: SystemTime,
    printer: &mut Printer,
) -> io::Result<()> {
    printer.event("status", as_json(status, now))?;
    let portal = status.portal.as_deref().unwrap_or("none yet");
    printer.say(&format!(
        "{}, for the portal {}, at {}",
        path.display(),
        printable(portal),
        in_utc(now)
    ))?;
    if status.companies.is_empty() {
        return printer.say("\nIt is empty: nothing was enqueued yet.");
    }
    let seldom: Vec<_> = SELDOM
        .into_iter()
        .filter(|state| status.count(*state) > 0)
        .collect();
    let columns: Vec<_> = COLUMNS.into_iter().chain(seldom).collect();
    table(status, &columns, printer)?;
    printer.say("")?;
    for (style, text) in remarks(status, path, now) {
        printer.say(&format!("{style}{text}{style:#}"))?;
    }
    Ok(())
}

fn table(status: &Status, columns: &[State], printer: &mut Printer) -> io::Result<()> {
    let mut header = format!("\n{:<20}", "company");
    for state in columns {
        header.push_str(&format!("  {:>11}", state.as_str().replace('-', " ")));
    }
    printer.say(&header)?;
    for company in &status.companies {
        let name = printable(company.careflex_id.as_str());
        printer.say(&line(&name, columns, |state| company.count(state)))?;
    }
    if status.companies.len() > 1 {
        printer.say(&line("all", columns, |state| status.count(state)))?;
    }
    Ok(())
}

fn line(name: &str, columns: &[State], count: impl Fn(State) -> u64) -> String {
    let mut line = format!("{name:<20}");
    for state in columns {
        let count = count(*state);
        let style = match state {
            State::InDoubt if count > 0 => AnsiColor::Magenta.on_default(),
            State::Refused | State::Invalid if count > 0 => AnsiColor::Red.on_default(),
            _ => Style::new(),
        };
        line.push_str(&format!("  {style}{count:>11}{style:#}"));
    }
    line
}

/// What else there is to know, and what to do next.
fn remarks(status: &Status, path: &Path, now: SystemTime) -> Vec<(Style, String)> {
    let store = format!("--store sqlite:{}", path.display());
    let plain = Style::new();
    let warning = AnsiColor::Yellow.on_default();
    let mut remarks = Vec::new();
    match (&status.worker, status.count(State::Queued)) {
        (Some(worker), _) => remarks.push((plain, format!("It is being sent from by {worker}."))),
        (None, 0) => {}
        (None, queued) => remarks.push((
            warning,
            format!(
                "Nobody sends: `careflex outbox run --via … {store}` would send what is queued ({}).",
                incidents(queued)
            ),
        )),
    }
    if status.worker.is_none() && status.count(State::Sending) > 0 {
        let sending = incidents(status.count(State::Sending));
        remarks.push((
            warning,
            format!(
                "A program was killed while it was sending ({sending}): the next one that sends, for example `careflex outbox run --once --via … {store}`, finds out what is in doubt."
            ),
        ));
    }
    if let Some(oldest) = status.oldest_queued() {
        let age = now.duration_since(oldest).unwrap_or_default();
        remarks.push((
            plain,
            format!(
                "The oldest queued one has waited for {}, since {}.",
                in_words(age),
                in_utc(oldest)
            ),
        ));
    }
    if let Some(failure) = &status.failure {
        remarks.push((
            warning,
            format!(
                "Nothing could be sent since {}: {}",
                in_utc(failure.since),
                printable(&failure.reason)
            ),
        ));
    }
    remarks.extend(doubts(status, &store));
    if status.is_resting {
        remarks.push((
            warning,
            match status.last_failed {
                Some(batch) => format!("The last reports all failed, so nothing more is sent until you have resolved or retried batch {batch}."),
                None => "The last reports all failed, so nothing more is sent until you have resolved or retried the last of them.".to_owned(),
            },
        ));
    }
    let to_correct = status.count(State::Refused) + status.count(State::Invalid);
    if to_correct > 0 {
        remarks.push((
            plain,
            format!(
                "{} refused: see `careflex outbox list --state refused --state invalid {store}`; correct them under the same external ID, or send them as they are with `careflex outbox retry --all {store}`.",
                incidents(to_correct)
            ),
        ));
    }
    if remarks.is_empty() {
        remarks.push((plain, "Nothing is waiting.".to_owned()));
    }
    remarks
}

fn doubts(status: &Status, store: &str) -> Vec<(Style, String)> {
    let style = AnsiColor::Magenta.on_default();
    let mut remarks: Vec<_> = status
        .doubts
        .iter()
        .map(|doubt| {
            let text = format!(
                "Batch {} is in doubt ({} of {}, company {}, sent {}): {}",
                doubt.batch,
                doubt.in_doubt,
                incidents(doubt.incidents),
                printable(doubt.careflex_id.as_str()),
                in_utc(doubt.began_at),
                printable(&doubt.reason)
            );
            (style, text)
        })
        .collect();
    let listed = remarks.len() as u64;
    if status.doubtful_batches > listed {
        let more = status.doubtful_batches - listed;
        remarks.push((style, format!("… and {more} more batches are in doubt")));
    }
    if let Some(first) = status.doubts.first() {
        let batch = first.batch;
        remarks.push((
            Style::new(),
            format!(
                "  Look for them in the portal (`careflex outbox list --batch {batch} {store}` says for whom), then\n  `careflex outbox resolve {batch} --booked {store}`, or with `--not-booked` to send them again."
            ),
        ));
    }
    remarks
}

fn as_json(status: &Status, now: SystemTime) -> Value {
    let counts = |company: &CompanyStatus| {
        let mut object = json!({ "careflexId": company.careflex_id });
        for state in State::ALL {
            insert(&mut object, state, company.count(state));
        }
        object
    };
    let companies: Vec<_> = status.companies.iter().map(counts).collect();
    let doubts = status.doubts.iter().map(|doubt| {
        json!({
            "batch": doubt.batch.0,
            "careflexId": doubt.careflex_id,
            "inDoubt": doubt.in_doubt,
            "incidents": doubt.incidents,
            "beganAt": in_utc(doubt.began_at),
            "reason": doubt.reason,
        })
    });
    let oldest = status.oldest_queued();
    let mut object = json!({
        "companies": companies,
        "doubts": doubts.collect::<Vec<_>>(),
        "doubtfulBatches": status.doubtful_batches,
        "oldestQueuedSeconds": oldest.map(|oldest| now.duration_since(oldest).unwrap_or_default().as_secs()),
        "worker": status.worker,
        "failure": status.failure.as_ref().map(|failure| json!({
            "since": in_utc(failure.since),
            "reason": failure.reason,
        })),
        "isResting": status.is_resting,
        "portal": status.portal,
    });
    for state in State::ALL {
        insert(&mut object, state, status.count(state));
    }
    object
}

fn insert(object: &mut Value, state: State, count: u64) {
    let name = match state {
        State::InDoubt => "inDoubt",
        State::HandedOver => "handedOver",
        state => state.as_str(),
    };
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), count.into());
    }
}

/// A time, or what stands for one that no calendar has.
fn in_utc(time: SystemTime) -> String {
    time::in_utc(time).unwrap_or_else(|| "an unknown time".to_owned())
}

/// The two largest units of a time.
fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min {rest} s"),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_two_units() {
        for (seconds, words) in [
            (0, "0 s"),
            (61, "1 min 1 s"),
            (3_661, "1 h 1 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }
}
