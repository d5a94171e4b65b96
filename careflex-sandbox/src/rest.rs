//! EP3: the REST interface.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use careflex_core::DecodeError;
use careflex_rest::json::{decode_new_request, decode_none_request, encode_new_response};

use crate::faults::Place;
use crate::import::Import;
use crate::ledger::EmptyBooking;
use crate::portal::{Portal, check_json};
use crate::rejection::Rejection;

/// `POST /rest/incident/new`
pub(crate) async fn report_new(
    State(portal): State<Arc<Portal>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Rejection> {
    let request = portal.ledger().arrived(Place::New);
    portal.check_bearer(&headers)?;
    check_json(&headers)?;
    let report = decode_new_request(&body, &portal.rules)?;
    let import = Import {
        request,
        api_token_ok: portal.is_api_token(&report.api_token),
        careflex_id: report.careflex_id,
        rows: report.rows,
    };
    import.check_size(&portal.rules)?;

    let struck = portal.strike(Place::New, &import.rows).await?;
    let answer = portal.import(import, struck.effect());
    let mut body = Vec::new();
    encode_new_response(&answer, &mut body);
    Ok(struck.answer(StatusCode::OK, body))
}

/// `POST /rest/incident/none`
pub(crate) async fn report_none(
    State(portal): State<Arc<Portal>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Rejection> {
    let request = portal.ledger().arrived(Place::None);
    portal.check_bearer(&headers)?;
    check_json(&headers)?;
    let none = decode_none_request(&body, &portal.rules)?;

    let struck = portal.strike(Place::None, &[]).await?;
    portal.ledger().empty_reports.push(EmptyBooking {
        careflex_id: none.report.careflex_id().clone(),
        created_at: none.report.created_at(),
        api_token_ok: portal.is_api_token(&none.api_token),
        request,
    });
    Ok(struck.answer(StatusCode::CREATED, Vec::new()))
}

impl From<DecodeError> for Rejection {
    fn from(error: DecodeError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}
