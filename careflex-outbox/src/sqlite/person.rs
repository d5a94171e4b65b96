//! What a person decides.

use rusqlite::{Connection, params};

use super::enqueue::queue;
use super::members;
use super::tally;
use super::values::to_state;
use crate::error::StoreError;
use crate::state::State;
use crate::store::{Resolution, Selection};

/// Says what became of incidents in doubt.
pub(super) fn resolve(
    connection: &Connection,
    which: &Selection,
    as_what: Resolution,
    now: i64,
) -> Result<u64, StoreError> {
    let all = "SELECT id FROM careflex_doubt ORDER BY id";
    change(connection, which, all, |found| {
        if found.state != State::InDoubt {
            return Ok(None);
        }
        connection
            .prepare_cached("DELETE FROM careflex_doubt WHERE lane = ?1 AND id = ?2")?
            .execute([found.lane, found.id])?;
        match as_what {
            Resolution::Booked => {
                connection
                    .prepare_cached(
                        "UPDATE careflex_outcome SET state = 3, by_person = 1, settled_at = ?2, message = NULL WHERE id = ?1",
                    )?
                    .execute(params![found.id, now])?;
                Ok(Some(State::Accepted))
            }
            Resolution::NotBooked => queue_again(connection, found),
        }
    })
}

/// Queues incidents again that were refused or invalid.
pub(super) fn retry(connection: &Connection, which: &Selection) -> Result<u64, StoreError> {
    let all = "SELECT id FROM careflex_outcome WHERE state IN (4, 6) ORDER BY id";
    change(connection, which, all, |found| {
        if !found.state.is_to_correct() {
            return Ok(None);
        }
        // Without its content it cannot be sent any more. But a person has looked.
        if !found.has_content {
            note_seen(connection, found.batch)?;
            return Ok(None);
        }
        queue_again(connection, found)
    })
}

fn queue_again(connection: &Connection, found: &Found) -> Result<Option<State>, StoreError> {
    connection
        .prepare_cached("DELETE FROM careflex_outcome WHERE id = ?1")?
        .execute([found.id])?;
    queue(connection, found.company, found.id, found.lane)?;
    Ok(Some(State::Queued))
}

/// An incident with an outcome.
struct Found {
    id: i64,
    company: i64,
    lane: i64,
    state: State,
    batch: Option<i64>,
    has_content: bool,
}

/// Changes incidents, and notes that a person has seen their batches. `all` finds the candidates where everything
/// is selected.
fn change(
    connection: &Connection,
    which: &Selection,
    all: &str,
    change_one: impl Fn(&Found) -> Result<Option<State>, StoreError>,
) -> Result<u64, StoreError> {
    let ids: Vec<i64> = match which {
        Selection::Incidents(numbers) => numbers.iter().map(|number| number.0).collect(),
        Selection::Batch(batch) => {
            let members = members::of_batch(connection, batch.0)?;
            members.into_iter().map(|member| member.id).collect()
        }
        Selection::All => {
            let mut statement = connection.prepare_cached(all)?;
            let ids = statement.query_map([], |row| row.get(0))?;
            ids.collect::<Result<_, _>>()?
        }
    };
    let of_batch = match which {
        Selection::Batch(batch) => Some(batch.0),
        _ => None,
    };
    let mut changed = 0;
    for id in ids {
        let Some(found) = find(connection, id)? else {
            continue;
        };
        // What was in a batch before may have been sent again in another one.
        if of_batch.is_some() && found.batch != of_batch {
            continue;
        }
        let Some(after) = change_one(&found)? else {
            continue;
        };
        tally::add(connection, found.company, found.state, -1)?;
        tally::add(connection, found.company, after, 1)?;
        note_seen(connection, found.batch)?;
        changed += 1;
    }
    Ok(changed)
}

/// Notes that a person has seen to a batch that failed as a whole: see [`is_resting`](super::claim::is_resting).
pub(super) fn note_seen(connection: &Connection, batch: Option<i64>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE careflex_batch SET outcome = 5 WHERE id = ?1 AND outcome IN (3, 4)",
        )?
        .execute([batch])?;
    Ok(())
}

fn find(connection: &Connection, id: i64) -> Result<Option<Found>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT company, lane, state, batch, content IS NOT NULL
         FROM careflex_outcome AS outcome JOIN careflex_incident AS incident ON incident.id = outcome.id
         WHERE outcome.id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Found {
        id,
        company: row.get(0)?,
        lane: row.get(1)?,
        state: to_state(row.get(2)?)?,
        batch: row.get(3)?,
        has_content: row.get(4)?,
    }))
}
