//! EP3: the REST interface.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use careflex_rest::json::{decode_new_request, decode_none_request, encode_new_response};

use crate::faults::Place;
use crate::media::Media;
use crate::portal::Portal;
use crate::rejection::InJson;

/// `POST /rest/incident/new`
pub(crate) async fn report_new(
    State(portal): State<Arc<Portal>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, InJson> {
    let number = portal.ledger().arrived(Place::New);
    portal.check_bearer(&headers)?;
    Media::Json.check(&headers)?;
    let report = decode_new_request(&body, &portal.rules)?;

    let (struck, answer) = portal.report_new(Media::Json, number, report).await?;
    let mut body = Vec::new();
    encode_new_response(&answer, &mut body);
    Ok(struck.answer(StatusCode::OK, body))
}

/// `POST /rest/incident/none`
pub(crate) async fn report_none(
    State(portal): State<Arc<Portal>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, InJson> {
    let number = portal.ledger().arrived(Place::None);
    portal.check_bearer(&headers)?;
    Media::Json.check(&headers)?;
    let none = decode_none_request(&body, &portal.rules)?;

    let struck = portal.report_none(Media::Json, number, none).await?;
    Ok(struck.answer(StatusCode::CREATED, Vec::new()))
}
