//! Finds incidents.

use careflex_core::{CareflexId, ImportId, IncidentId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::values::{to_array, to_state, to_time};
use crate::entry::{ContentHash, Key};
use crate::error::StoreError;
use crate::state::{BatchNumber, IncidentNumber, Record};
use crate::store::Query;

const SELECT: &str = "SELECT incident.id, company.careflex_id, incident.external_id, incident.employee_id, incident.kind,
        incident.key, incident.hash, incident.state, incident.batch, incident.attempts, incident.queued_at,
        incident.settled_at, batch.import_id, incident.incident_id, incident.code, incident.message, incident.by_person
 FROM careflex_incident AS incident
 JOIN careflex_company AS company ON company.id = incident.company
 LEFT JOIN careflex_batch AS batch ON batch.id = incident.batch";

pub(super) fn list(connection: &Connection, query: &Query) -> Result<Vec<Record>, StoreError> {
    let mut conditions = vec!["incident.id > ?1".to_owned()];
    if !query.states.is_empty() {
        let numbers: Vec<_> = query
            .states
            .iter()
            .map(|state| (*state as i64).to_string())
            .collect();
        conditions.push(format!("incident.state IN ({})", numbers.join(", ")));
    }
    // A parameter that is not used must still be there.
    conditions.push("(?2 IS NULL OR company.careflex_id = ?2)".to_owned());
    conditions.push(match query.batch {
        Some(_) => "incident.batch = ?3 AND incident.id BETWEEN (SELECT first FROM careflex_batch WHERE id = ?3) AND (SELECT last FROM careflex_batch WHERE id = ?3)".to_owned(),
        None => "?3 IS NULL".to_owned(),
    });
    let conditions = conditions.join(" AND ");
    let sql = format!("{SELECT} WHERE {conditions} ORDER BY incident.id LIMIT ?4");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![
        query.after.map_or(0, |number| number.0),
        query.careflex_id.as_ref().map(CareflexId::as_str),
        query.batch.map(|batch| batch.0),
        i64::try_from(query.limit).unwrap_or(i64::MAX),
    ])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(row)?);
    }
    Ok(records)
}

pub(super) fn find(
    connection: &Connection,
    keys: &[Key],
) -> Result<Vec<Option<Record>>, StoreError> {
    let sql = format!("{SELECT} WHERE incident.key = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut find_one = |key: &Key| -> Result<Option<Record>, StoreError> {
        statement
            .query_row([key.0], |row| Ok(record(row)))
            .optional()?
            .transpose()
    };
    keys.iter().map(&mut find_one).collect()
}

fn record(row: &Row<'_>) -> Result<Record, StoreError> {
    let text = |column: usize| -> Result<Option<String>, StoreError> { Ok(row.get(column)?) };
    let needed = |column: usize| -> Result<String, StoreError> { Ok(row.get(column)?) };
    let key: Option<Vec<u8>> = row.get(5)?;
    let hash: Vec<u8> = row.get(6)?;
    let settled_at: Option<i64> = row.get(11)?;
    let batch: Option<i64> = row.get(8)?;
    Ok(Record {
        number: IncidentNumber(row.get(0)?),
        careflex_id: needed(1)?.parse()?,
        external_id: text(2)?.map(|id| id.parse()).transpose()?,
        employee_id: needed(3)?.parse()?,
        kind: needed(4)?.parse()?,
        key: key.map(|key| to_array(&key).map(Key)).transpose()?,
        hash: ContentHash(to_array(&hash)?),
        state: to_state(row.get(7)?)?,
        batch: batch.map(BatchNumber),
        attempts: row.get(9)?,
        queued_at: to_time(row.get(10)?),
        settled_at: settled_at.map(to_time),
        import_id: text(12)?.map(|id| id.parse::<ImportId>()).transpose()?,
        incident_id: text(13)?.map(|id| id.parse::<IncidentId>()).transpose()?,
        code: text(14)?,
        message: text(15)?,
        by_person: row.get(16)?,
    })
}
