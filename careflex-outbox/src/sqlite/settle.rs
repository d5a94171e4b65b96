//! Notes what became of batches.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::tally;
use crate::error::StoreError;
use crate::state::State;
use crate::store::{BatchOutcome, Settled, Settlement};

/// Why a batch is in doubt whose worker is dead.
const DIED: &str = "the program ended before the answer came";

/// Brings what an earlier worker was sending into doubt, and gives the new one its number.
pub(super) fn start_worker(connection: &Connection, now: i64) -> Result<i64, StoreError> {
    connection.execute(
        "UPDATE careflex_incident SET state = 2, settled_at = ?1, message = ?2
         WHERE state = 1 AND state IN (1, 2) AND batch IN (SELECT id FROM careflex_batch WHERE outcome = 0)",
        params![now, DIED],
    )?;
    connection.execute(
        "UPDATE careflex_batch SET outcome = 3, ended_at = ?1, reason = ?2 WHERE outcome = 0",
        params![now, DIED],
    )?;
    connection.execute(
        "UPDATE careflex_outbox SET workers = workers + 1, worker_process = ?1, worker_since = ?2",
        params![std::process::id(), now],
    )?;
    Ok(connection.query_row("SELECT workers FROM careflex_outbox", [], |row| row.get(0))?)
}

/// Notes the outcome of a batch, and of each of its incidents that a person has not decided on meanwhile.
pub(super) fn settle(
    connection: &Connection,
    settlement: &Settlement,
    now: i64,
) -> Result<(), StoreError> {
    let batch = settlement.batch.0;
    let company: Option<i64> = connection
        .prepare_cached("SELECT company FROM careflex_batch WHERE id = ?1")?
        .query_row([batch], |row| row.get(0))
        .optional()?;
    let Some(company) = company else {
        tracing::error!(batch, "an answer to a batch that is not in the outbox");
        return Ok(());
    };
    let has_left = settlement.outcome != BatchOutcome::NotSent;
    let kept_batch = has_left.then_some(batch);
    let mut counts = [0; State::ALL.len()];
    let mut update = connection.prepare_cached(
        "UPDATE careflex_incident SET state = ?3, batch = ?4, settled_at = ?5, incident_id = ?6, code = ?7, message = ?8
         WHERE id = ?1 AND batch = ?2 AND state IN (1, 2)",
    )?;
    for (number, settled) in &settlement.rows {
        let state = settled.state();
        let Said {
            incident_id,
            code,
            message,
        } = Said::of(settled);
        let settled_at = (state != State::Queued).then_some(now);
        let updated = update.execute(params![
            number.0,
            batch,
            state as i64,
            kept_batch,
            settled_at,
            incident_id,
            code,
            message
        ])?;
        if updated == 0 {
            tracing::warn!(
                batch,
                incident = number.0,
                "an answer came after a person had decided: look into the portal"
            );
        } else if let Some(count) = counts.get_mut(state as usize) {
            *count += 1;
        }
    }
    for (state, count) in State::ALL.into_iter().zip(counts) {
        tally::add(connection, company, state, count)?;
    }
    match settlement.outcome {
        BatchOutcome::NotSent => connection
            .prepare_cached("DELETE FROM careflex_batch WHERE id = ?1")?
            .execute([batch])?,
        outcome => connection
            .prepare_cached(
                "UPDATE careflex_batch SET outcome = ?2, ended_at = ?3, import_id = ?4, reason = ?5 WHERE id = ?1",
            )?
            .execute(params![
                batch,
                number_of(outcome),
                now,
                settlement.import_id.as_ref().map(|id| id.as_str()),
                settlement.reason,
            ])?,
    };
    Ok(())
}

fn number_of(outcome: BatchOutcome) -> i64 {
    match outcome {
        BatchOutcome::NotSent => 0,
        BatchOutcome::Answered => 1,
        BatchOutcome::Refused => 2,
        BatchOutcome::InDoubt => 3,
    }
}

/// What was said of an incident.
#[derive(Default)]
struct Said<'s> {
    incident_id: Option<&'s str>,
    code: Option<&'s str>,
    message: Option<&'s str>,
}

impl<'s> Said<'s> {
    fn of(settled: &'s Settled) -> Self {
        match settled {
            Settled::Accepted(incident_id) => Self {
                incident_id: Some(incident_id.as_str()),
                ..Self::default()
            },
            Settled::Refused {
                incident_id,
                code,
                message,
            } => Self {
                incident_id: incident_id.as_ref().map(|id| id.as_str()),
                code: code.as_deref(),
                message: Some(message),
            },
            Settled::Invalid { code, message } => Self {
                incident_id: None,
                code: Some(code),
                message: Some(message),
            },
            Settled::InDoubt(reason) => Self {
                message: Some(reason),
                ..Self::default()
            },
            Settled::HandedOver | Settled::NotSent => Self::default(),
        }
    }
}
