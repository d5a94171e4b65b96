//! What a bulk run takes.

use crate::ids::CareflexId;
use crate::incident::Incident;
use crate::input::{InputRow, RowKey};
use crate::violation::Violations;

/// An incident to be reported in bulk, or one that a reader found invalid. Made from an [`Incident`],
/// a `(CareflexId, Incident)`, or an [`InputRow`].
#[derive(Debug, Clone)]
pub struct BulkEntry {
    pub(super) careflex_id: Option<CareflexId>,
    pub(super) incident: Result<Incident, (RowKey, Violations)>,
}

impl From<Incident> for BulkEntry {
    fn from(incident: Incident) -> Self {
        Self {
            careflex_id: None,
            incident: Ok(incident),
        }
    }
}

impl From<(CareflexId, Incident)> for BulkEntry {
    fn from((careflex_id, incident): (CareflexId, Incident)) -> Self {
        Self {
            careflex_id: Some(careflex_id),
            incident: Ok(incident),
        }
    }
}

impl From<InputRow> for BulkEntry {
    fn from(row: InputRow) -> Self {
        Self {
            careflex_id: row.careflex_id,
            incident: row.incident.map_err(|violations| (row.key, violations)),
        }
    }
}
