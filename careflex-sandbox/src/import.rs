//! Takes the rows of a report: books those that are valid, and answers each. The same for every
//! interface that reports can come through.

use axum::http::StatusCode;
use careflex_core::{
    Answer, AnswerRow, ApiToken, CareflexId, ImportId, Incident, IncidentId, InputRow, RowKey,
    Rules, Violations,
};

use crate::faults::Effect;
use crate::fresh_key;
use crate::ledger::{Booking, Refusal};
use crate::portal::Portal;
use crate::rejection::Rejection;

/// A report that has been read.
pub(crate) struct Import {
    pub(crate) request: u64,
    pub(crate) careflex_id: CareflexId,
    pub(crate) api_token_ok: bool,
    pub(crate) rows: Vec<InputRow>,
}

impl Import {
    /// At most 100 incidents (documented), at least one (our decision).
    pub(crate) fn check_size(&self, rules: &Rules) -> Result<(), Rejection> {
        let refused = |message| Err(Rejection::new(StatusCode::BAD_REQUEST, message));
        let (rows, most) = (self.rows.len(), rules.max_incidents);
        if rows == 0 {
            return refused("incidentList is empty".to_owned());
        }
        if rows > most {
            return refused(format!(
                "incidentList holds {rows} incidents, at most {most} are allowed"
            ));
        }
        Ok(())
    }
}

impl Portal {
    /// Whether it is the right one. Recorded, not checked (documented).
    pub(crate) fn is_api_token(&self, token: &ApiToken) -> bool {
        token.expose() == self.credentials.api_token.expose()
    }

    /// Books and answers all rows at once: what other requests book does not come in between.
    pub(crate) fn import(&self, import: Import, effect: Option<&Effect>) -> Answer {
        let import_id: ImportId = fresh_key();
        let mut ledger = self.ledger();
        let mut rows = Vec::with_capacity(import.rows.len());
        for (index, row) in import.rows.into_iter().enumerate() {
            let incident_id: IncidentId = fresh_key();
            let careflex_id = import.careflex_id.clone();
            let import_id = import_id.clone();
            let request = import.request;
            let mut answer = answer_row(index, &incident_id, &row.key);
            match verdict(index, row.incident, effect) {
                Ok(incident) => ledger.bookings.push(Booking {
                    careflex_id,
                    import_id,
                    incident_id,
                    incident,
                    api_token_ok: import.api_token_ok,
                    request,
                }),
                Err(message) => {
                    answer.error = Some(("422".to_owned(), message.clone()));
                    ledger.refused.push(Refusal {
                        careflex_id,
                        import_id,
                        incident_id,
                        key: row.key,
                        message,
                        request,
                    });
                }
            }
            rows.push(answer);
        }
        if let Some(effect) = effect {
            effect.distort(&mut rows);
        }
        Answer {
            import_id: Some(import_id),
            rows,
        }
    }
}

/// The answer to an incident that is taken.
fn answer_row(index: usize, incident_id: &IncidentId, key: &RowKey) -> AnswerRow {
    AnswerRow {
        row_number: u64::try_from(index).ok(),
        incident_id: Some(incident_id.clone()),
        external_id: key.external_id.clone(),
        employee_id: key.employee_id.clone(),
        kind: key.kind.clone(),
        error: None,
        is_unclear: false,
    }
}

/// The incident to be booked, or why it is refused.
fn verdict(
    index: usize,
    incident: Result<Incident, Violations>,
    effect: Option<&Effect>,
) -> Result<Incident, String> {
    let incident = incident.map_err(|violations| documented_message(&violations))?;
    match effect {
        Some(Effect::RefusedRows(rows)) if rows.contains(&index) => {
            Err("The validation failed: refused by a fault of the sandbox".to_owned())
        }
        _ => Ok(incident),
    }
}

/// The documented sentence. It names one field: the first (our decision).
fn documented_message(violations: &Violations) -> String {
    let (field, reason) = violations
        .errors()
        .next()
        .map_or(("", "invalid value"), |violation| {
            (violation.field(), violation.message())
        });
    // A row that is no object at all has no field.
    let field = if field.is_empty() { "incident" } else { field };
    format!(
        "The validation failed: The content of the field '{field}' is invalid with the reason: {reason}"
    )
}
