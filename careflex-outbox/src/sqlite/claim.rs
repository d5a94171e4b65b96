//! Gives incidents to the worker.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::members::{self, Member, Open};
use super::values::to_array;
use crate::entry::ContentHash;
use crate::error::{StoreError, damaged};
use crate::state::{BatchNumber, IncidentNumber};
use crate::store::{Claim, Claimed, ClaimedBatch, Departure};

/// Batches whose contents are still to be read.
pub(super) enum Reserved {
    Batches(Vec<Open>),
    /// A person has to look first.
    Resting,
}

/// Takes batches, from each company in turns, beginning with the one whose incident has waited longest.
pub(super) fn reserve(
    connection: &Connection,
    claim: &Claim,
    now: i64,
) -> Result<Reserved, StoreError> {
    if is_resting(connection, claim.patience)? {
        return Ok(Reserved::Resting);
    }
    let open = members::open(connection)?;
    let mut busy = Busy::read(connection, &open)?;
    let mut batches = open;
    batches.retain(|open| !open.is_leaving && !claim.held.contains(&BatchNumber(open.batch)));
    let mut companies = companies(connection)?;
    while batches.len() < claim.batches && !companies.is_empty() {
        let mut left = Vec::new();
        for company in companies {
            if batches.len() >= claim.batches {
                break;
            }
            let free = busy.first_free(connection, company.id, claim.incidents)?;
            if free.members.is_empty() {
                continue;
            }
            busy.lanes
                .extend(free.members.iter().map(|member| member.lane));
            batches.push(take(connection, claim.worker, &company, free, now)?);
            left.push(company);
        }
        companies = left;
    }
    Ok(Reserved::Batches(batches))
}

/// Reads what is in batches.
pub(super) fn read(connection: &Connection, reserved: Reserved) -> Result<Claimed, StoreError> {
    let Reserved::Batches(batches) = reserved else {
        return Ok(Claimed::resting());
    };
    let mut statement =
        connection.prepare_cached("SELECT hash, content FROM careflex_incident WHERE id = ?1")?;
    let mut read_one = |open: Open| -> Result<ClaimedBatch, StoreError> {
        let mut incidents = Vec::with_capacity(open.members.len());
        let mut contents = Vec::with_capacity(open.members.len() * 512);
        for member in open.members {
            let mut rows = statement.query([member.id])?;
            let row = rows.next()?.ok_or_else(|| damaged("an incident"))?;
            let blob = |column: usize| -> rusqlite::Result<&[u8]> {
                Ok(row.get_ref(column)?.as_blob_or_null()?.unwrap_or_default())
            };
            let hash = to_array(blob(0)?)?;
            let content = blob(1)?;
            incidents.push((IncidentNumber(member.id), ContentHash(hash)));
            contents.extend_from_slice(content);
            contents.push(b'\n');
        }
        let careflex_id = open.careflex_id.parse()?;
        let batch = BatchNumber(open.batch);
        Ok(ClaimedBatch::new(batch, careflex_id, incidents, contents))
    };
    let batches = batches.into_iter().map(&mut read_one);
    Ok(Claimed::of(batches.collect::<Result<_, _>>()?))
}

/// Whether so many reports in a row have failed as a whole, and no person has seen to any of them.
pub(super) fn is_resting(connection: &Connection, patience: usize) -> Result<bool, StoreError> {
    let patience = patience.max(1);
    let mut statement = connection
        .prepare_cached("SELECT outcome FROM careflex_batch WHERE outcome > 1 ORDER BY id DESC")?;
    let mut rows = statement.query([])?;
    for _ in 0..patience {
        match rows.next()? {
            Some(row) if matches!(row.get(0)?, 3 | 4) => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Notes that a claimed batch is about to leave, unless a person has to look first.
pub(super) fn depart(
    connection: &Connection,
    worker: i64,
    batch: BatchNumber,
    hash: ContentHash,
    patience: usize,
) -> Result<Departure, StoreError> {
    if is_resting(connection, patience)? {
        return Ok(Departure::Rest);
    }
    let noted = connection
        .prepare_cached(
            "UPDATE careflex_batch SET outcome = 1, hash = ?2 WHERE id = ?1 AND outcome = 0 AND worker = ?3",
        )?
        .execute(params![batch.0, hash.0, worker])?;
    Ok(match noted {
        1 => Departure::Go,
        _ => Departure::Lost,
    })
}

struct Company {
    id: i64,
    careflex_id: String,
}

/// Those with queued incidents, the one with the oldest first.
fn companies(connection: &Connection) -> Result<Vec<Company>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, careflex_id,
                (SELECT MIN(id) FROM careflex_queue WHERE company = careflex_company.id) AS oldest
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

/// Employees of whom nothing may be sent now.
struct Busy {
    /// Those with an incident in a batch without end.
    lanes: HashSet<i64>,
    /// Whether any incident is in doubt.
    has_doubts: bool,
}

/// What may be sent, and whether it is all there is between its first and its last.
struct Free {
    members: Vec<Member>,
    has_gaps: bool,
}

impl Busy {
    fn read(connection: &Connection, open: &[Open]) -> Result<Self, StoreError> {
        let members = open.iter().flat_map(|batch| &batch.members);
        Ok(Self {
            lanes: members.map(|member| member.lane).collect(),
            has_doubts: connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM careflex_doubt)")?
                .query_row([], |row| row.get(0))?,
        })
    }

    /// The first incidents of a company whose employees have no other one under way or in doubt.
    fn first_free(
        &self,
        connection: &Connection,
        company: i64,
        most: usize,
    ) -> Result<Free, StoreError> {
        let mut queue = connection
            .prepare_cached("SELECT id, lane FROM careflex_queue WHERE company = ?1 ORDER BY id")?;
        let mut doubt = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM careflex_doubt WHERE lane = ?1)")?;
        let mut rows = queue.query([company])?;
        let mut free = Free {
            members: Vec::with_capacity(most),
            has_gaps: false,
        };
        while free.members.len() < most {
            let Some(row) = rows.next()? else {
                break;
            };
            let member = Member {
                id: row.get(0)?,
                lane: row.get(1)?,
            };
            let is_busy = self.lanes.contains(&member.lane)
                || (self.has_doubts && doubt.query_row([member.lane], |row| row.get(0))?);
            if is_busy {
                free.has_gaps = true;
            } else {
                free.members.push(member);
            }
        }
        Ok(free)
    }
}

/// Makes a batch of these.
fn take(
    connection: &Connection,
    worker: i64,
    company: &Company,
    free: Free,
    now: i64,
) -> Result<Open, StoreError> {
    unqueue(connection, company.id, &free)?;
    let members = free.members;
    connection
        .prepare_cached(
            "INSERT INTO careflex_batch (company, worker, incidents, members, began_at, outcome)
             VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        )?
        .execute(params![
            company.id,
            worker,
            i64::try_from(members.len()).unwrap_or(i64::MAX),
            members::to_bytes(members.iter().copied()),
            now
        ])?;
    Ok(Open {
        batch: connection.last_insert_rowid(),
        careflex_id: company.careflex_id.clone(),
        is_leaving: false,
        members,
    })
}

fn unqueue(connection: &Connection, company: i64, free: &Free) -> Result<(), StoreError> {
    let mut between = connection
        .prepare_cached("DELETE FROM careflex_queue WHERE company = ?1 AND id BETWEEN ?2 AND ?3")?;
    match (free.members.first(), free.members.last()) {
        (Some(first), Some(last)) if !free.has_gaps => {
            between.execute([company, first.id, last.id])?;
        }
        _ => {
            for member in &free.members {
                between.execute([company, member.id, member.id])?;
            }
        }
    }
    Ok(())
}
