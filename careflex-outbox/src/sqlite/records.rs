//! Finds incidents.

use std::collections::HashMap;

use careflex_core::{CareflexId, ImportId, IncidentId};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use super::members;
use super::values::{to_array, to_state, to_time};
use crate::entry::{ContentHash, Key};
use crate::error::StoreError;
use crate::state::{BatchNumber, IncidentNumber, Record, State};
use crate::store::Query;

const SELECT: &str = "SELECT incident.id, company.careflex_id, incident.external_id, incident.employee_id, incident.kind,
        incident.key, incident.hash, outcome.state, outcome.batch, incident.queued_at, outcome.settled_at,
        batch.import_id, outcome.incident_id, outcome.code, outcome.message, outcome.by_person
 FROM careflex_incident AS incident
 JOIN careflex_company AS company ON company.id = incident.company
 LEFT JOIN careflex_outcome AS outcome ON outcome.id = incident.id
 LEFT JOIN careflex_batch AS batch ON batch.id = outcome.batch";

/// Which incidents have no outcome because they are sending, and in which batch.
struct Sending(HashMap<i64, i64>);

impl Sending {
    fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut batches = HashMap::new();
        let open = members::open(connection)?;
        for open in open.iter().filter(|open| open.is_leaving) {
            batches.extend(open.members.iter().map(|member| (member.id, open.batch)));
        }
        Ok(Self(batches))
    }
}

pub(super) fn list(connection: &Connection, query: &Query) -> Result<Vec<Record>, StoreError> {
    let sending = Sending::read(connection)?;
    let mut conditions = vec!["incident.id > ?".to_owned()];
    let after = query.after.map_or(0, |number| number.0);
    let mut parameters: Vec<Box<dyn ToSql>> = vec![Box::new(after)];
    if !query.states.is_empty() {
        conditions.push(of_states(&query.states, &sending));
    }
    if let Some(company) = &query.careflex_id {
        conditions.push("company.careflex_id = ?".to_owned());
        parameters.push(Box::new(company.to_string()));
    }
    if let Some(batch) = query.batch {
        let members = members::of_batch(connection, batch.0)?;
        conditions.push(format!(
            "incident.id IN ({})",
            in_list(members.iter().map(|member| member.id))
        ));
    }
    let conditions = conditions.join(" AND ");
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    // Not as a parameter: SQLite plans by its value, and so would prepare the statement once more.
    let sql = format!("{SELECT} WHERE {conditions} ORDER BY incident.id LIMIT {limit}");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(row, &sending)?);
    }
    Ok(records)
}

/// The condition for incidents in one of these states.
fn of_states(states: &[State], sending: &Sending) -> String {
    let sent = in_list(sending.0.keys().copied());
    let with_outcome = states
        .iter()
        .filter(|state| !matches!(state, State::Queued | State::Sending))
        .map(|state| *state as i64);
    let with_outcome = in_list(with_outcome);
    let mut alternatives = Vec::new();
    if !with_outcome.is_empty() {
        alternatives.push(format!(
            "incident.id IN (SELECT id FROM careflex_outcome WHERE state IN ({with_outcome}))"
        ));
    }
    if states.contains(&State::Queued) {
        let outcome = "SELECT 1 FROM careflex_outcome WHERE id = incident.id";
        alternatives.push(format!(
            "(NOT EXISTS ({outcome}) AND incident.id NOT IN ({sent}))"
        ));
    }
    if states.contains(&State::Sending) {
        alternatives.push(format!("incident.id IN ({sent})"));
    }
    format!("({})", alternatives.join(" OR "))
}

fn in_list(numbers: impl Iterator<Item = i64>) -> String {
    let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
    numbers.join(", ")
}

pub(super) fn find(
    connection: &Connection,
    keys: &[Key],
) -> Result<Vec<Option<Record>>, StoreError> {
    let sending = Sending::read(connection)?;
    let sql = format!("{SELECT} WHERE company.careflex_id = ?1 AND incident.key = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut find_one = |key: &Key| -> Result<Option<Record>, StoreError> {
        statement
            .query_row(params![key.careflex_id().as_str(), key.as_str()], |row| {
                Ok(record(row, &sending))
            })
            .optional()?
            .transpose()
    };
    keys.iter().map(&mut find_one).collect()
}

fn record(row: &Row<'_>, sending: &Sending) -> Result<Record, StoreError> {
    let text = |column: usize| -> Result<Option<String>, StoreError> { Ok(row.get(column)?) };
    let needed = |column: usize| -> Result<String, StoreError> { Ok(row.get(column)?) };
    let number: i64 = row.get(0)?;
    let careflex_id: CareflexId = needed(1)?.parse()?;
    let hash: Vec<u8> = row.get(6)?;
    let outcome: Option<i64> = row.get(7)?;
    let (state, batch) = match (outcome, sending.0.get(&number)) {
        (Some(state), _) => (to_state(state)?, row.get(8)?),
        (None, Some(batch)) => (State::Sending, Some(*batch)),
        (None, None) => (State::Queued, None),
    };
    let settled_at: Option<i64> = row.get(10)?;
    Ok(Record {
        number: IncidentNumber(number),
        external_id: text(2)?.map(|id| id.parse()).transpose()?,
        employee_id: needed(3)?.parse()?,
        kind: needed(4)?.parse()?,
        key: text(5)?.map(|key| Key::stored(careflex_id.clone(), key)),
        careflex_id,
        hash: ContentHash(to_array(&hash)?),
        state,
        batch: batch.map(BatchNumber),
        queued_at: to_time(row.get(9)?),
        settled_at: settled_at.map(to_time),
        import_id: text(11)?.map(|id| id.parse::<ImportId>()).transpose()?,
        incident_id: text(12)?.map(|id| id.parse::<IncidentId>()).transpose()?,
        code: text(13)?,
        message: text(14)?,
        by_person: row.get::<_, Option<bool>>(15)?.unwrap_or_default(),
    })
}
