//! Adds incidents.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::members;
use super::person::note_seen;
use super::tally;
use super::values::to_state;
use crate::entry::Prepared;
use crate::error::{Conflict, StoreError, damaged};
use crate::state::{IncidentNumber, State};
use crate::store::Enqueued;

/// Adds an incident, if its key is not there yet or can be taken over. Must run in a transaction or savepoint
/// that does not outlive an error.
pub(super) fn add(
    connection: &Connection,
    incident: &Prepared,
    now: i64,
) -> Result<Result<Enqueued, Conflict>, StoreError> {
    let company = company(connection, incident.key.careflex_id().as_str())?;
    if let Some(number) = insert(connection, incident, company, now)? {
        return Ok(Ok(Enqueued::Added(number)));
    }
    let (earlier, hash, state): (i64, Vec<u8>, Option<i64>) = connection
        .prepare_cached(
            "SELECT incident.id, hash, outcome.state
             FROM careflex_incident AS incident LEFT JOIN careflex_outcome AS outcome ON outcome.id = incident.id
             WHERE company = ?1 AND key = ?2",
        )?
        .query_row(params![company, incident.key.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let earlier = IncidentNumber(earlier);
    let state = match state {
        Some(state) => to_state(state)?,
        None if members::is_leaving(connection, earlier.0)? => State::Sending,
        None => State::Queued,
    };
    if hash == incident.hash.0 {
        return Ok(Ok(Enqueued::Already(earlier, state)));
    }
    if !state.is_to_correct() {
        return Ok(Err(Conflict::new(earlier, state)));
    }
    replace(connection, company, earlier, state)?;
    let number = insert(connection, incident, company, now)?
        .ok_or_else(|| damaged("a key that was given up"))?;
    Ok(Ok(Enqueued::Corrected { number, earlier }))
}

/// `None` if its key is there.
fn insert(
    connection: &Connection,
    incident: &Prepared,
    company: i64,
    now: i64,
) -> Result<Option<IncidentNumber>, StoreError> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO careflex_incident (company, key, lane, queued_at, hash, employee_id, external_id, kind, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (company, key) DO NOTHING",
        )?
        .execute(params![
            company,
            incident.key.as_str(),
            incident.lane,
            now,
            incident.hash.0,
            incident.employee_id.as_str(),
            incident.external_id.as_ref().map(|id| id.as_str()),
            incident.kind.as_str(),
            incident.content,
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    let number = connection.last_insert_rowid();
    queue(connection, company, number, incident.lane)?;
    Ok(Some(IncidentNumber(number)))
}

/// Puts an incident where the worker finds it.
pub(super) fn queue(
    connection: &Connection,
    company: i64,
    id: i64,
    lane: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO careflex_queue (company, id, lane) VALUES (?1, ?2, ?3)")?
        .execute([company, id, lane])?;
    Ok(())
}

/// Takes the key away from an incident that was refused.
fn replace(
    connection: &Connection,
    company: i64,
    number: IncidentNumber,
    state: State,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE careflex_incident SET key = NULL WHERE id = ?1")?
        .execute([number.0])?;
    let batch = connection
        .prepare_cached("UPDATE careflex_outcome SET state = 7 WHERE id = ?1 RETURNING batch")?
        .query_row([number.0], |row| row.get(0))?;
    // A worker that rests would never go on: what is replaced can neither be resolved nor retried.
    note_seen(connection, batch)?;
    tally::add(connection, company, state, -1)?;
    tally::add(connection, company, State::Replaced, 1)
}

/// The number of a company, which may be new.
fn company(connection: &Connection, careflex_id: &str) -> Result<i64, StoreError> {
    let known = connection
        .prepare_cached("SELECT id FROM careflex_company WHERE careflex_id = ?1")?
        .query_row([careflex_id], |row| row.get(0))
        .optional()?;
    if let Some(company) = known {
        return Ok(company);
    }
    connection
        .prepare_cached("INSERT INTO careflex_company (careflex_id) VALUES (?1)")?
        .execute([careflex_id])?;
    Ok(connection.last_insert_rowid())
}
