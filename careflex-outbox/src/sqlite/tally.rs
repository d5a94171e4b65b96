//! Counts of answered incidents: a million of them are not counted one by one for a look.

use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::state::State;

/// Notes that there are more or fewer incidents in a state. The states before an answer are counted when
/// somebody looks: their indices are small or dense.
pub(super) fn add(
    connection: &Connection,
    company: i64,
    state: State,
    incidents: i64,
) -> Result<(), StoreError> {
    if incidents == 0 || !state.is_answered() {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO careflex_tally (company, state, incidents) VALUES (?1, ?2, ?3)
             ON CONFLICT (company, state) DO UPDATE SET incidents = incidents + excluded.incidents",
        )?
        .execute(params![company, state as i64, incidents])?;
    Ok(())
}
