//! `careflex outbox list`

use careflex::outbox::{Outbox, Query, Record, SqliteStore};

use crate::exit::{Code, Failure};
use crate::output::{Printer, printable};
use crate::store;

/// How many characters of a key are shown.
const KEY_SHOWN: usize = 24;

/// Lists incidents, page by page.
pub(super) async fn show(
    outbox: &Outbox<SqliteStore>,
    mut query: Query,
    limit: u64,
    printer: &mut Printer,
) -> Result<Code, Failure> {
    let most = if limit == 0 { u64::MAX } else { limit };
    let mut shown = 0;
    loop {
        let page = outbox.list(query.clone()).await;
        let page = page.map_err(|error| store::failure(&error))?;
        let Some(last) = page.last() else {
            break;
        };
        query.after = Some(last.number);
        for record in &page {
            if shown == most {
                printer.say(&format!("… and more: --limit {limit} are shown"))?;
                return Ok(Code::Fine);
            }
            if shown == 0 {
                printer.say(&line(HEADER))?;
            }
            shown += 1;
            printer.event("incident", record)?;
            printer.say(&of_record(record))?;
        }
    }
    if shown == 0 {
        printer.say("no such incident")?;
    }
    Ok(Code::Fine)
}

const HEADER: [&str; 7] = [
    "number",
    "company",
    "employee",
    "external ID",
    "type",
    "state",
    "batch",
];

fn line([number, company, employee, external, kind, state, batch]: [&str; 7]) -> String {
    format!(
        "{number:>8}  {company:<18}  {employee:<14}  {external:<16}  {kind:<4}  {state:<11}  {batch:>6}"
    )
    .trim_end()
    .to_owned()
}

fn of_record(record: &Record) -> String {
    let short = |text: &str| printable(&text.chars().take(KEY_SHOWN).collect::<String>());
    let external = record.external_id.as_ref().map_or("-", |id| id.as_str());
    let batch = record.batch.map(|batch| batch.to_string());
    let line = line([
        &record.number.to_string(),
        record.careflex_id.as_str(),
        &short(record.employee_id.as_str()),
        &short(external),
        &short(&record.kind),
        record.state.as_str(),
        batch.as_deref().unwrap_or("-"),
    ]);
    let by_person = if record.by_person { "by a person" } else { "" };
    let more = match (&record.code, &record.message, &record.incident_id) {
        (Some(code), Some(message), _) => format!("{message} [{code}]"),
        (Some(text), None, _) | (None, Some(text), _) => text.clone(),
        (None, None, Some(id)) => id.to_string(),
        (None, None, None) => by_person.to_owned(),
    };
    format!("{line}  {}", printable(&more))
        .trim_end()
        .to_owned()
}
