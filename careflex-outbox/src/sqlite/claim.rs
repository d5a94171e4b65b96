//! Gives incidents to the worker.

use rusqlite::{Connection, params};

use super::values::to_array;
use crate::entry::ContentHash;
use crate::error::StoreError;
use crate::state::{BatchNumber, IncidentNumber};
use crate::store::{Claim, Claimed, ClaimedBatch, ClaimedIncident};

/// Takes batches, from each company in turns, beginning with the one whose incident has waited longest.
pub(super) fn claim(
    connection: &Connection,
    claim: Claim,
    now: i64,
) -> Result<Claimed, StoreError> {
    if is_resting(connection, claim.patience)? {
        return Ok(Claimed::resting());
    }
    let mut companies = companies(connection)?;
    let mut batches = Vec::new();
    while batches.len() < claim.batches && !companies.is_empty() {
        let mut left = Vec::new();
        for company in companies {
            if batches.len() >= claim.batches {
                break;
            }
            let incidents = sendable(connection, company.id, claim.incidents)?;
            if incidents.is_empty() {
                continue;
            }
            batches.push(take(connection, claim.worker, &company, incidents, now)?);
            left.push(company);
        }
        companies = left;
    }
    Ok(Claimed::of(batches))
}

/// Whether so many reports in a row have failed as a whole, and no person has seen to any of them.
pub(super) fn is_resting(connection: &Connection, patience: usize) -> Result<bool, StoreError> {
    let patience = i64::try_from(patience.max(1)).unwrap_or(i64::MAX);
    let failed: i64 = connection
        .prepare_cached(
            "SELECT COUNT(*) FROM (SELECT outcome FROM careflex_batch WHERE outcome <> 0 ORDER BY id DESC LIMIT ?1)
             WHERE outcome IN (2, 3)",
        )?
        .query_row([patience], |row| row.get(0))?;
    Ok(failed >= patience)
}

struct Company {
    id: i64,
    careflex_id: String,
}

/// Those with queued incidents, the one with the oldest first.
fn companies(connection: &Connection) -> Result<Vec<Company>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, careflex_id,
                (SELECT MIN(id) FROM careflex_incident WHERE state = 0 AND company = careflex_company.id) AS oldest
         FROM careflex_company WHERE oldest IS NOT NULL ORDER BY oldest",
    )?;
    let companies = statement.query_map([], |row| {
        Ok(Company {
            id: row.get(0)?,
            careflex_id: row.get(1)?,
        })
    })?;
    Ok(companies.collect::<Result<_, _>>()?)
}

/// The first incidents of a company whose employees have no other one that is sending or in doubt.
fn sendable(
    connection: &Connection,
    company: i64,
    most: usize,
) -> Result<Vec<ClaimedIncident>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT incident.id, incident.hash, content.content
         FROM careflex_incident AS incident INDEXED BY careflex_incident_queued
         JOIN careflex_content AS content ON content.id = incident.id
         WHERE incident.state = 0 AND incident.company = ?1
           AND NOT EXISTS (SELECT 1 FROM careflex_incident AS other
                           WHERE other.lane = incident.lane AND other.state IN (1, 2))
         ORDER BY incident.id LIMIT ?2",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = statement.query([company, most])?;
    let mut incidents = Vec::new();
    while let Some(row) = rows.next()? {
        let hash = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        incidents.push(ClaimedIncident::new(
            IncidentNumber(row.get(0)?),
            ContentHash(to_array(hash)?),
            row.get(2)?,
        ));
    }
    Ok(incidents)
}

/// Notes that these are about to leave.
fn take(
    connection: &Connection,
    worker: i64,
    company: &Company,
    incidents: Vec<ClaimedIncident>,
    now: i64,
) -> Result<ClaimedBatch, StoreError> {
    let number = |incident: Option<&ClaimedIncident>| incident.map(|incident| incident.number.0);
    let first = number(incidents.first()).unwrap_or_default();
    let last = number(incidents.last()).unwrap_or_default();
    let count = i64::try_from(incidents.len()).unwrap_or(i64::MAX);
    let hash = ContentHash::of_batch(incidents.iter().map(|incident| &incident.hash));
    connection
        .prepare_cached(
            "INSERT INTO careflex_batch (company, worker, incidents, first, last, hash, began_at, outcome)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
        )?
        .execute(params![company.id, worker, count, first, last, hash.0, now])?;
    let batch = connection.last_insert_rowid();
    let mut update = connection.prepare_cached(
        "UPDATE careflex_incident SET state = 1, batch = ?2, attempts = attempts + 1 WHERE id = ?1",
    )?;
    for incident in &incidents {
        update.execute([incident.number.0, batch])?;
    }
    let careflex_id = company.careflex_id.parse()?;
    Ok(ClaimedBatch::new(
        BatchNumber(batch),
        careflex_id,
        incidents,
    ))
}
