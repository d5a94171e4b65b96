//! Notes what became of batches.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};

use super::enqueue::queue;
use super::members::{self, Member};
use super::tally;
use crate::error::StoreError;
use crate::state::{BatchNumber, IncidentNumber, State};
use crate::store::{BatchOutcome, Settled, Settlement};

/// Why a batch is in doubt whose worker is dead.
const DIED: &str = "the program ended before the answer came";

/// Brings what an earlier worker was sending into doubt, and queues again what it had only claimed. Gives the number of
/// the new one, and that of the batches that are in doubt now.
pub(super) fn start_worker(connection: &Connection, now: i64) -> Result<(i64, u64), StoreError> {
    let mut left_in_doubt = 0;
    for open in members::open(connection)? {
        let (outcome, settled) = if open.is_leaving {
            left_in_doubt += 1;
            (BatchOutcome::InDoubt, Settled::InDoubt(DIED.to_owned()))
        } else {
            (BatchOutcome::NotSent, Settled::NotSent)
        };
        let rows = open.members.iter();
        let rows = rows.map(|member| (IncidentNumber(member.id), settled.clone()));
        let settlement = Settlement {
            reason: Some(DIED.to_owned()),
            ..Settlement::new(BatchNumber(open.batch), outcome, rows.collect())
        };
        settle(connection, &settlement, now)?;
    }
    connection.execute(
        "UPDATE careflex_outbox SET workers = workers + 1, worker_process = ?1",
        params![std::process::id()],
    )?;
    let number =
        connection.query_row("SELECT workers FROM careflex_outbox", [], |row| row.get(0))?;
    Ok((number, left_in_doubt))
}

/// Notes the outcome of a batch, and of each of its incidents. The worker that has it holds the lock, so nobody
/// else can have decided on them meanwhile.
pub(super) fn settle(
    connection: &Connection,
    settlement: &Settlement,
    now: i64,
) -> Result<(), StoreError> {
    let batch = settlement.batch.0;
    let found: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT company, members FROM careflex_batch WHERE id = ?1 AND outcome IN (0, 1)",
        )?
        .query_row([batch], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((company, members)) = found else {
        // The answer was noted, but that could not be told: the worker tries again.
        return Ok(());
    };
    let members = Matching::new(members::of_bytes(&members)?);
    let mut counts = [0; State::ALL.len()];
    let mut outcomes = Outcomes::new(connection, batch, now)?;
    for (place, (number, settled)) in settlement.rows.iter().enumerate() {
        let Some(member) = members.find(place, number.0) else {
            tracing::error!(batch, "an outcome for an incident that is not in the batch");
            continue;
        };
        if *settled == Settled::NotSent {
            queue(connection, company, member.id, member.lane)?;
        } else {
            outcomes.note(member, settled)?;
        }
        if let Some(count) = counts.get_mut(settled.state() as usize) {
            *count += 1;
        }
    }
    for (state, count) in State::ALL.into_iter().zip(counts) {
        tally::add(connection, company, state, count)?;
    }
    end(connection, settlement, now)
}

fn end(connection: &Connection, settlement: &Settlement, now: i64) -> Result<(), StoreError> {
    let number = match settlement.outcome {
        BatchOutcome::NotSent => {
            connection
                .prepare_cached("DELETE FROM careflex_batch WHERE id = ?1")?
                .execute([settlement.batch.0])?;
            return Ok(());
        }
        BatchOutcome::Answered => 2,
        BatchOutcome::Refused => 3,
        BatchOutcome::InDoubt => 4,
    };
    connection
        .prepare_cached(
            "UPDATE careflex_batch SET outcome = ?2, ended_at = ?3, import_id = ?4, reason = ?5 WHERE id = ?1",
        )?
        .execute(params![
            settlement.batch.0,
            number,
            now,
            settlement.import_id.as_ref().map(|id| id.as_str()),
            settlement.reason,
        ])?;
    Ok(())
}

/// The members of a batch, found by their numbers; nearly always in their order.
struct Matching {
    members: Vec<Member>,
    places: std::cell::OnceCell<HashMap<i64, Member>>,
}

impl Matching {
    fn new(members: Vec<Member>) -> Self {
        Self {
            members,
            places: std::cell::OnceCell::new(),
        }
    }

    fn find(&self, place: usize, id: i64) -> Option<Member> {
        let member = self.members.get(place).filter(|member| member.id == id);
        member.copied().or_else(|| {
            let places = || self.members.iter().map(|one| (one.id, *one)).collect();
            self.places.get_or_init(places).get(&id).copied()
        })
    }
}

/// Notes the outcomes of a batch.
struct Outcomes<'c> {
    connection: &'c Connection,
    insert: CachedStatement<'c>,
    batch: i64,
    now: i64,
}

impl<'c> Outcomes<'c> {
    fn new(connection: &'c Connection, batch: i64, now: i64) -> Result<Self, StoreError> {
        let insert = connection.prepare_cached(
            "INSERT INTO careflex_outcome (id, state, batch, settled_at, incident_id, code, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        Ok(Self {
            connection,
            insert,
            batch,
            now,
        })
    }

    fn note(&mut self, member: Member, settled: &Settled) -> Result<(), StoreError> {
        let Said {
            incident_id,
            code,
            message,
        } = Said::of(settled);
        self.insert.execute(params![
            member.id,
            settled.state() as i64,
            self.batch,
            self.now,
            incident_id,
            code,
            message
        ])?;
        if let Settled::InDoubt(_) = settled {
            self.connection
                .prepare_cached("INSERT INTO careflex_doubt (lane, id, batch) VALUES (?1, ?2, ?3)")?
                .execute([member.lane, member.id, self.batch])?;
        }
        Ok(())
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
