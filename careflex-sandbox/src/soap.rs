//! EP2: the SOAP interface. One address takes both operations: the body tells which one it is.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use careflex_soap::xml::{Request, decode_request, encode_new_response, encode_none_response};

use crate::faults::Place;
use crate::media::Media;
use crate::portal::{self, Portal};
use crate::rejection::{InXml, Rejection};

/// `POST /soap`
pub(crate) async fn report(
    State(portal): State<Arc<Portal>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, InXml> {
    // Read before anything is checked, because the ledger counts by operation.
    let read = decode_request(&body, &portal.rules);
    let number = portal.ledger().arrived(place(&read));
    portal.check_bearer(&headers)?;
    Media::Xml.check(&headers)?;

    let mut body = Vec::new();
    let struck = match read? {
        Request::New(report) => {
            let (struck, answer) = portal.report_new(Media::Xml, number, report).await?;
            encode_new_response(&answer, &mut body);
            struck
        }
        Request::None(none) => {
            let struck = portal.report_none(Media::Xml, number, none).await?;
            encode_none_response(&mut body);
            struck
        }
        _ => return Err(Rejection::unusable("the sandbox does not know this operation").into()),
    };
    Ok(struck.answer(StatusCode::OK, body))
}

/// What cannot be read may have been anything: it counts as a report (our decision).
fn place<E>(read: &Result<Request, E>) -> Place {
    match read {
        Ok(Request::None(_)) => Place::None,
        _ => Place::New,
    }
}

/// `GET /soap?wsdl`. The address in it is the one that the client has used: what the sandbox listens on may
/// be no address of its own (`0.0.0.0`).
pub(crate) async fn wsdl(RawQuery(query): RawQuery, headers: HeaderMap) -> Result<Response, InXml> {
    if !query.is_some_and(|query| query.eq_ignore_ascii_case("wsdl")) {
        return Err(other_method().await);
    }
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
        return Err(Rejection::new(StatusCode::BAD_REQUEST, "the header Host is missing").into());
    };
    let text = careflex_soap::wsdl(&portal::url(host, portal::SOAP_PATH));
    Ok(Media::Xml.answer(StatusCode::OK, text.into_bytes()))
}

/// Any other method.
pub(crate) async fn other_method() -> InXml {
    Rejection::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "messages come by POST; GET fetches ?wsdl",
    )
    .into()
}
