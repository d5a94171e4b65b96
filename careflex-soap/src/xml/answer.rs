//! The portal's answers.

use careflex_core::{Answer, DecodeError, Fault};

/// What the portal answers: what was asked for, or a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<A> {
    /// The answer.
    Answer(A),
    /// A fault.
    Fault(Fault),
}

/// Reads the answer to a `NewIncidentRequest`.
///
/// # Errors
/// Anything that is no SOAP 1.1 envelope with one `NewIncidentResponse` or `Fault`.
pub fn decode_new_response(body: &[u8]) -> Result<Reply<Answer>, DecodeError> {
    let _ = body;
    Err(DecodeError::of_all("not yet"))
}

/// Reads the answer to a `NoIncidentRequest`.
///
/// # Errors
/// Anything that is no SOAP 1.1 envelope with one `NoIncidentResponse` or `Fault`.
pub fn decode_none_response(body: &[u8]) -> Result<Reply<()>, DecodeError> {
    let _ = body;
    Err(DecodeError::of_all("not yet"))
}
