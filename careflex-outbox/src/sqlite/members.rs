//! The incidents of a batch, as its row has them: id and lane of each, 8 bytes each, big-endian.

use rusqlite::Connection;

use crate::error::{StoreError, damaged};

/// An incident of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: i64,
    pub(super) lane: i64,
}

pub(super) fn to_bytes(members: impl IntoIterator<Item = Member>) -> Vec<u8> {
    let each = |member: Member| [member.id.to_be_bytes(), member.lane.to_be_bytes()];
    members.into_iter().flat_map(each).flatten().collect()
}

pub(super) fn of_bytes(bytes: &[u8]) -> Result<Vec<Member>, StoreError> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    let (pairs, odd) = numbers.as_chunks::<2>();
    if !rest.is_empty() || !odd.is_empty() {
        return Err(damaged("a batch"));
    }
    let members = pairs.iter().map(|[id, lane]| Member {
        id: i64::from_be_bytes(*id),
        lane: i64::from_be_bytes(*lane),
    });
    Ok(members.collect())
}

/// A batch that has no end yet.
pub(super) struct Open {
    pub(super) batch: i64,
    pub(super) careflex_id: String,
    /// Else it is only claimed.
    pub(super) is_leaving: bool,
    pub(super) members: Vec<Member>,
}

/// The batches that have no end yet: a few for each request under way, and those of a dead worker.
pub(super) fn open(connection: &Connection) -> Result<Vec<Open>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT batch.id, careflex_id, outcome = 1, members FROM careflex_batch AS batch
         JOIN careflex_company AS company ON company.id = batch.company
         WHERE outcome IN (0, 1) ORDER BY batch.id",
    )?;
    let mut rows = statement.query([])?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        open.push(Open {
            batch: row.get(0)?,
            careflex_id: row.get(1)?,
            is_leaving: row.get(2)?,
            members: of_bytes(bytes)?,
        });
    }
    Ok(open)
}

/// Whether an incident is in a batch that is leaving.
pub(super) fn is_leaving(connection: &Connection, id: i64) -> Result<bool, StoreError> {
    let open = open(connection)?;
    let mut leaving = open.iter().filter(|open| open.is_leaving);
    Ok(leaving.any(|open| open.members.iter().any(|member| member.id == id)))
}

/// The incidents of a batch; none if it is not there.
pub(super) fn of_batch(connection: &Connection, batch: i64) -> Result<Vec<Member>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT members FROM careflex_batch WHERE id = ?1")?;
    let mut rows = statement.query([batch])?;
    match rows.next()? {
        Some(row) => of_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_back() {
        let members = [
            Member { id: 1, lane: -5 },
            Member {
                id: i64::MAX,
                lane: i64::MIN,
            },
        ];
        let bytes = to_bytes(members);
        assert_eq!(of_bytes(&bytes).unwrap(), members);
        assert!(of_bytes(&bytes[..31]).is_err() && of_bytes(&bytes[..24]).is_err());
    }
}
