//! What a person decides.

use rusqlite::{Connection, params, params_from_iter};

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
    // The second condition is the one of the index.
    change(
        connection,
        which,
        "state = 2 AND state IN (1, 2)",
        |id| match as_what {
            Resolution::Booked => {
                connection
                .prepare_cached(
                    "UPDATE careflex_incident SET state = 3, by_person = 1, settled_at = ?2, message = NULL WHERE id = ?1",
                )?
                .execute(params![id, now])?;
                Ok(State::Accepted)
            }
            Resolution::NotBooked => queue_again(connection, id),
        },
    )
}

/// Queues incidents again that were refused or invalid.
pub(super) fn retry(connection: &Connection, which: &Selection) -> Result<u64, StoreError> {
    // Without its content it cannot be sent any more.
    let condition = "state IN (4, 6) AND EXISTS (SELECT 1 FROM careflex_content AS content WHERE content.id = careflex_incident.id)";
    change(connection, which, condition, |id| {
        queue_again(connection, id)
    })
}

fn queue_again(connection: &Connection, id: i64) -> Result<State, StoreError> {
    connection
        .prepare_cached(
            "UPDATE careflex_incident SET state = 0, batch = NULL, settled_at = NULL, incident_id = NULL, code = NULL, message = NULL
             WHERE id = ?1",
        )?
        .execute([id])?;
    Ok(State::Queued)
}

/// Changes each incident of a selection that meets the condition, and notes that a person has seen their batches.
fn change(
    connection: &Connection,
    which: &Selection,
    condition: &str,
    mut change_one: impl FnMut(i64) -> Result<State, StoreError>,
) -> Result<u64, StoreError> {
    let mut changed = 0;
    for (id, company, before, batch) in selected(connection, which, condition)? {
        let after = change_one(id)?;
        tally::add(connection, company, to_state(before)?, -1)?;
        tally::add(connection, company, after, 1)?;
        if let Some(batch) = batch {
            connection
                .prepare_cached(
                    "UPDATE careflex_batch SET outcome = 4 WHERE id = ?1 AND outcome IN (2, 3)",
                )?
                .execute([batch])?;
        }
        changed += 1;
    }
    Ok(changed)
}

/// Number, company, state and batch of an incident.
type Found = (i64, i64, i64, Option<i64>);

fn selected(
    connection: &Connection,
    which: &Selection,
    condition: &str,
) -> Result<Vec<Found>, StoreError> {
    let select =
        format!("SELECT id, company, state, batch FROM careflex_incident WHERE {condition}");
    let found = |sql: String, parameters: Vec<i64>| -> Result<Vec<Found>, StoreError> {
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(parameters), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    match which {
        Selection::All => found(select, Vec::new()),
        Selection::Batch(batch) => found(
            format!(
                "{select} AND batch = ?1
                 AND id BETWEEN (SELECT first FROM careflex_batch WHERE id = ?1)
                            AND (SELECT last FROM careflex_batch WHERE id = ?1)"
            ),
            vec![batch.0],
        ),
        Selection::Incidents(numbers) => {
            let mut all = Vec::new();
            for number in numbers {
                all.extend(found(format!("{select} AND id = ?1"), vec![number.0])?);
            }
            Ok(all)
        }
    }
}
