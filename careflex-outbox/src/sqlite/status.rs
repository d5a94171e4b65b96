//! The outbox at one look.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::claim::is_resting;
use super::values::{to_count, to_state, to_time};
use crate::error::{StoreError, StoreErrorKind};
use crate::state::{BatchNumber, CompanyStatus, DoubtfulBatch, Failure, State, Status};
use crate::worker::PATIENCE;

/// Batches in doubt that are listed.
const LISTED: i64 = 100;

pub(super) fn status(connection: &Connection, is_working: bool) -> Result<Status, StoreError> {
    let mut companies = companies(connection)?;
    count(
        connection,
        "SELECT company, state, incidents FROM careflex_tally",
        &mut companies,
    )?;
    count(
        connection,
        "SELECT company, 0, SUM(incidents) FROM (
           SELECT company, COUNT(*) AS incidents FROM careflex_queue GROUP BY company
           UNION ALL
           SELECT company, incidents FROM careflex_batch WHERE outcome = 0 AND outcome IN (0, 1)
         ) GROUP BY company",
        &mut companies,
    )?;
    count(
        connection,
        "SELECT company, 1, SUM(incidents) FROM careflex_batch WHERE outcome = 1 AND outcome IN (0, 1) GROUP BY company",
        &mut companies,
    )?;
    note_oldest(connection, &mut companies)?;
    let (doubts, doubtful_batches) = doubts(connection)?;
    let (portal, process, failing_since, failure) = connection.query_row(
        "SELECT portal, worker_process, failing_since, failure FROM careflex_outbox",
        [],
        |row| {
            Ok((
                row.get::<_, Option<String>>(0)?,
                row.get::<_, Option<i64>>(1)?,
                row.get::<_, Option<i64>>(2)?,
                row.get::<_, Option<String>>(3)?,
            ))
        },
    )?;
    Ok(Status {
        companies: companies.into_values().collect(),
        doubts,
        doubtful_batches,
        worker: process
            .filter(|_| is_working)
            .map(|process| format!("process {process}")),
        failure: failing_since
            .zip(failure)
            .map(|(since, reason)| Failure::new(to_time(since), reason)),
        is_resting: is_resting(connection, PATIENCE)?,
        last_failed: last_failed(connection)?,
        portal,
    })
}

/// The last batch that failed as a whole, if no person has seen to it.
fn last_failed(connection: &Connection) -> Result<Option<BatchNumber>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, outcome FROM careflex_batch WHERE outcome > 1 ORDER BY id DESC LIMIT 1",
    )?;
    let mut rows = statement.query([])?;
    Ok(match rows.next()? {
        Some(row) if matches!(row.get(1)?, 3 | 4) => Some(BatchNumber(row.get(0)?)),
        _ => None,
    })
}

fn companies(connection: &Connection) -> Result<BTreeMap<i64, CompanyStatus>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, careflex_id FROM careflex_company")?;
    let mut rows = statement.query([])?;
    let mut companies = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let careflex_id = row.get::<_, String>(1)?.parse()?;
        companies.insert(row.get(0)?, CompanyStatus::new(careflex_id));
    }
    Ok(companies)
}

/// Takes counts by company and state.
fn count(
    connection: &Connection,
    sql: &str,
    companies: &mut BTreeMap<i64, CompanyStatus>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(company) = companies.get_mut(&row.get(0)?) {
            company.set(to_state(row.get(1)?)?, to_count(row.get(2)?));
        }
    }
    Ok(())
}

fn note_oldest(
    connection: &Connection,
    companies: &mut BTreeMap<i64, CompanyStatus>,
) -> Result<(), StoreError> {
    let mut oldest = connection.prepare_cached(
        "SELECT queued_at FROM careflex_incident WHERE id =
         (SELECT MIN(id) FROM careflex_queue WHERE company = ?1)",
    )?;
    for (id, company) in companies {
        if company.count(State::Queued) > 0 {
            let millis: Option<i64> = oldest.query_row([id], |row| row.get(0)).optional()?;
            company.oldest_queued = millis.map(to_time);
        }
    }
    Ok(())
}

/// The first batches in doubt, and how many there are.
fn doubts(connection: &Connection) -> Result<(Vec<DoubtfulBatch>, u64), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT batch.id, company.careflex_id, doubt.incidents, batch.incidents, batch.began_at,
                COALESCE(batch.reason,
                         (SELECT message FROM careflex_outcome WHERE id = doubt.first), 'the answer is not clear')
         FROM (SELECT batch, COUNT(*) AS incidents, MIN(id) AS first FROM careflex_doubt
               GROUP BY batch ORDER BY batch LIMIT ?1) AS doubt
         JOIN careflex_batch AS batch ON batch.id = doubt.batch
         JOIN careflex_company AS company ON company.id = batch.company
         ORDER BY batch.id",
    )?;
    let mut rows = statement.query([LISTED])?;
    let mut doubts = Vec::new();
    while let Some(row) = rows.next()? {
        doubts.push(DoubtfulBatch::new(
            BatchNumber(row.get(0)?),
            row.get::<_, String>(1)?.parse()?,
            [to_count(row.get(2)?), to_count(row.get(3)?)],
            to_time(row.get(4)?),
            row.get(5)?,
        ));
    }
    let batches: i64 = connection
        .prepare_cached("SELECT COUNT(DISTINCT batch) FROM careflex_doubt")?
        .query_row([], |row| row.get(0))?;
    Ok((doubts, to_count(batches)))
}

/// Notes why nothing can be sent; since when stays what it was.
pub(super) fn note_failure(
    connection: &Connection,
    reason: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE careflex_outbox SET failure = ?1,
         failing_since = CASE WHEN ?1 IS NULL THEN NULL ELSE COALESCE(failing_since, ?2) END",
        params![reason, now],
    )?;
    Ok(())
}

pub(super) fn bind_to(
    connection: &Connection,
    portal: &str,
    has_moved: bool,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE careflex_outbox SET portal = ?1 WHERE portal IS NULL OR ?2",
        params![portal, has_moved],
    )?;
    let bound: String =
        connection.query_row("SELECT portal FROM careflex_outbox", [], |row| row.get(0))?;
    if bound == portal {
        return Ok(());
    }
    Err(StoreError::new(
        StoreErrorKind::OtherPortal,
        format!(
            "the outbox is for the portal {bound}, not for {portal}: what is accepted there was never sent here. Take another outbox; if it is the same portal at another address, say so with `careflex outbox moved`"
        ),
    ))
}
