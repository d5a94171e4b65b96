//! What faults do to the requests that they strike.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode, Version};
use axum::response::{Html, IntoResponse as _, Response};
use careflex_core::{Clock as _, EmployeeId, InputRow};

use crate::bodies::{Endless, Padded, latin1, utf16, with_byte_order_mark};
use crate::faults::{Blow, Effect, OwnAnswer, Place};
use crate::media::{Media, soap_fault};
use crate::portal::Portal;
use crate::rejection::Rejection;
use crate::server::Cut;

/// What a fault leaves to be done with a request that the portal takes.
pub(crate) struct Struck {
    media: Media,
    blow: Outcome,
}

enum Outcome {
    Nothing,
    /// Something about what is booked, or the right answer.
    By(Effect),
    /// To book, and then to answer this.
    Instead(Response),
}

impl Portal {
    /// Lets a fault strike that does not wait for the body. The connection is to be closed then.
    pub(crate) fn strike_unread(&self, places: &[Place], is_reused: bool) -> Option<Effect> {
        let Blow { effect, place, .. } = self.faults.take_unread(places, is_reused)?;
        self.ledger().arrived(place);
        Some(effect)
    }

    /// Lets the faults strike whose turn it is: waits where they delay the request, refuses where they
    /// answer in the portal's place.
    pub(crate) async fn strike(
        &self,
        place: Place,
        media: Media,
        rows: &[InputRow],
    ) -> Result<Struck, Rejection> {
        let holds_incident_of = |employee: &EmployeeId| {
            let ids = rows.iter().filter_map(|row| row.key.employee_id.as_deref());
            ids.map(str::trim).any(|id| id == employee.as_str())
        };
        for blow in self.faults.take(place, holds_incident_of) {
            match blow.effect {
                Effect::Hold(gate) => gate.pass().await,
                Effect::Latency(delay) => tokio::time::sleep(delay).await,
                Effect::Unauthorized => return Err(self.unauthorized(place)),
                Effect::ForgetTokens => {
                    self.tokens().forget();
                    return Err(self.unauthorized(place));
                }
                Effect::CutBeforeBooking => return Err(rejected(cut(Cut::Unanswered))),
                effect => {
                    let blow = match answer_instead(&effect, media, self.clock.wall()) {
                        None => Outcome::By(effect),
                        Some(response) if blow.is_booked => Outcome::Instead(response),
                        Some(response) => return Err(rejected(response)),
                    };
                    return Ok(Struck { media, blow });
                }
            }
        }
        let blow = Outcome::Nothing;
        Ok(Struck { media, blow })
    }
}

fn rejected(response: Response) -> Rejection {
    Rejection::Injected(Box::new(response))
}

/// The answer that an effect gives in the portal's place, if it does so.
fn answer_instead(effect: &Effect, media: Media, now: SystemTime) -> Option<Response> {
    let refusal = |code, retry_after| {
        Rejection::new(final_status(code), TEXT)
            .retry_after(retry_after)
            .answer(media)
    };
    let response = match effect {
        Effect::Status(code) => refusal(*code, None),
        Effect::Busy { retry_after } => refusal(503, retry_after.clone()),
        Effect::BusyUntil(ahead) => refusal(503, date(now, *ahead)),
        Effect::TooManyRequests { retry_after } => refusal(429, retry_after.clone()),
        Effect::TooManyRequestsUntil(ahead) => refusal(429, date(now, *ahead)),
        Effect::SoapFault { code, status } => soap_fault(final_status(*status), code, TEXT),
        Effect::Redirect(url) => {
            let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
            if let Some(url) = header(url) {
                response.headers_mut().insert(LOCATION, url);
            }
            response
        }
        Effect::Html => Html("<html><body>Please log in</body></html>").into_response(),
        Effect::Garbage => media.answer(StatusCode::OK, b"{\"\xFF\xFE\xC3(\x00".to_vec()),
        Effect::Answer(answer) => own(answer),
        _ => return None,
    };
    Some(response)
}

/// What refusals say.
const TEXT: &str = "a fault of the sandbox";

fn final_status(code: u16) -> StatusCode {
    StatusCode::from_u16(code)
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An HTTP date, if it lies in the years that one can express.
fn date(now: SystemTime, ahead: Duration) -> Option<String> {
    const YEAR_9999: Duration = Duration::from_secs(253_370_764_800);
    let date = now.checked_add(ahead)?;
    let since_1970 = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since_1970 < YEAR_9999).then(|| httpdate::fmt_http_date(date))
}

fn own(answer: &OwnAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body.clone()));
    *response.status_mut() = final_status(answer.status);
    if let Some(content_type) = header(&answer.content_type) {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}

/// What no header can hold is left out.
fn header(text: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(text)
        .ok()
        .filter(|value| !value.is_empty())
}

impl Struck {
    /// What is to be done about bookings and rows.
    pub(crate) fn effect(&self) -> Option<&Effect> {
        match &self.blow {
            Outcome::By(effect) => Some(effect),
            Outcome::Nothing | Outcome::Instead(_) => None,
        }
    }

    /// The answer to a request that was booked: the right one has this status and, if it has any, this
    /// body.
    pub(crate) fn answer(self, status: StatusCode, body: Vec<u8>) -> Response {
        let media = self.media;
        let effect = match self.blow {
            Outcome::Instead(response) => return response,
            Outcome::Nothing => None,
            Outcome::By(effect) => Some(effect),
        };
        let has_text = !body.is_empty();
        let right = |body| {
            if has_text {
                media.answer(status, body)
            } else {
                status.into_response()
            }
        };
        match effect {
            Some(Effect::CutAfterBooking) => cut(Cut::Unanswered),
            Some(Effect::CutAnswer(bytes)) if has_text => {
                let mut response = right(body);
                response.extensions_mut().insert(Cut::InBody(bytes));
                response
            }
            Some(Effect::WrongContentType) if has_text => {
                (status, [(CONTENT_TYPE, "text/plain;charset=UTF-8")], body).into_response()
            }
            Some(Effect::Latin1) if has_text => {
                media.answer_in("ISO-8859-1", status, latin1(&body))
            }
            Some(Effect::Utf16) if has_text => media.answer_in("UTF-16", status, utf16(&body)),
            Some(Effect::ByteOrderMark) if has_text => right(with_byte_order_mark(&body)),
            Some(Effect::Http10) => {
                let mut response = right(body);
                *response.version_mut() = Version::HTTP_10;
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
                response
            }
            Some(Effect::EndlessBody(pause)) => right(body).map(|_| Body::new(Endless::new(pause))),
            Some(Effect::OversizedBody(bytes)) => {
                let padded = Padded::new(bytes, body.clone());
                right(body).map(|_| Body::new(padded))
            }
            _ => right(body),
        }
    }
}

/// No answer.
fn cut(cut: Cut) -> Response {
    let mut never_sent = Response::default();
    never_sent.extensions_mut().insert(cut);
    never_sent
}
