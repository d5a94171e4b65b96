//! Takes reports that have been read: books the rows that are valid, and answers each. The same for every
//! interface that reports can come through.

use careflex_core::{
    Answer, AnswerRow, ApiToken, ImportId, Incident, IncidentId, NewRequest, NoneRequest, RowKey,
    Rules, Violations,
};

use crate::faults::{Effect, Place};
use crate::fresh_key;
use crate::ledger::{Booking, EmptyBooking, Refusal};
use crate::media::Media;
use crate::portal::Portal;
use crate::rejection::Rejection;
use crate::struck::Struck;

impl Portal {
    /// Takes a report, the request with this number. What comes back is the right answer, and what a
    /// fault does to it.
    pub(crate) async fn report_new(
        &self,
        media: Media,
        request: u64,
        report: NewRequest,
    ) -> Result<(Struck, Answer), Rejection> {
        check_size(&report, &self.rules)?;
        let struck = self.strike(Place::New, media, &report.rows).await?;
        let answer = self.import(request, report, struck.effect());
        Ok((struck, answer))
    }

    /// Takes an empty report, the request with this number.
    pub(crate) async fn report_none(
        &self,
        media: Media,
        request: u64,
        none: NoneRequest,
    ) -> Result<Struck, Rejection> {
        let struck = self.strike(Place::None, media, &[]).await?;
        let booking = EmptyBooking {
            careflex_id: none.report.careflex_id().clone(),
            created_at: none.report.created_at(),
            api_token_ok: self.is_api_token(&none.api_token),
            request,
        };
        self.ledger().empty_reports.push(booking);
        Ok(struck)
    }

    /// Whether it is the right one. Recorded, not checked (documented).
    fn is_api_token(&self, token: &ApiToken) -> bool {
        token.expose() == self.credentials.api_token.expose()
    }

    /// Books and answers all rows at once: what other requests book does not come in between.
    fn import(&self, request: u64, report: NewRequest, effect: Option<&Effect>) -> Answer {
        let api_token_ok = self.is_api_token(&report.api_token);
        let import_id: ImportId = fresh_key();
        let mut ledger = self.ledger();
        let mut rows = Vec::with_capacity(report.rows.len());
        for (index, row) in report.rows.into_iter().enumerate() {
            let incident_id: IncidentId = fresh_key();
            let careflex_id = report.careflex_id.clone();
            let import_id = import_id.clone();
            let mut answer = answer_row(index, &incident_id, &row.key);
            match verdict(index, row.incident, effect) {
                Ok(incident) => ledger.bookings.push(Booking {
                    careflex_id,
                    import_id,
                    incident_id,
                    incident,
                    api_token_ok,
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

/// At most 100 incidents (documented), at least one (our decision).
fn check_size(report: &NewRequest, rules: &Rules) -> Result<(), Rejection> {
    let most = rules.max_incidents;
    if report.rows.is_empty() {
        return Err(Rejection::unusable("incidentList is empty"));
    }
    if report.rows.len() > most {
        return Err(Rejection::unusable(format!(
            "incidentList holds more than {most} incidents"
        )));
    }
    Ok(())
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
