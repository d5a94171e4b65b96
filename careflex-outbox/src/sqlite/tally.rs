//! Counts of outcomes: a million of them are not counted one by one for a look.

use rusqlite::Connection;

use crate::error::StoreError;
use crate::state::State;

/// Notes that there are more or fewer incidents in a state. Those without an outcome are counted when somebody
/// looks.
pub(super) fn add(
    connection: &Connection,
    company: i64,
    state: State,
    incidents: i64,
) -> Result<(), StoreError> {
    if incidents == 0 || matches!(state, State::Queued | State::Sending) {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO careflex_tally (company, state, incidents) VALUES (?1, ?2, ?3)
             ON CONFLICT (company, state) DO UPDATE SET incidents = incidents + excluded.incidents",
        )?
        .execute([company, state as i64, incidents])?;
    Ok(())
}
