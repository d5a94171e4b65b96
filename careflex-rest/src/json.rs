//! JSON as the REST interface has it.
//!
//! Encoding goes into a buffer that can be used again. Decoding of the portal's answers is tolerant:
//! unknown members, other orders and numbers for texts are taken. Decoding of our own input is strict:
//! an unknown member is a violation with a guess at what was meant.
//!
//! ```
//! use careflex_core::{ApiToken, Incident, IncidentKind, Report, Rules, parse_date};
//! use careflex_rest::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let incident = Incident::builder()
//!     .employee_id("4711".parse()?)
//!     .kind(IncidentKind::Wik)
//!     .valid_from(parse_date("2026-12-01")?)
//!     .created_at(parse_date("2026-11-20")?)
//!     .build();
//! let report = Report::new("09ce3580d84bf087".parse()?, vec![incident], &Rules::documented())?;
//! let mut body = Vec::new();
//! json::encode_new_request(&report, &ApiToken::new("secret")?, &mut body);
//! assert_eq!(
//!     String::from_utf8(body)?,
//!     r#"{"careflexId":"09ce3580d84bf087","apiToken":"secret","incidentList":[{"type":"WIK","employeeId":"4711","createdAt":"2026-11-20","validFrom":"2026-12-01"}]}"#
//! );
//! # Ok(())
//! # }
//! ```

mod answer;
mod encode;
mod reader;
mod regular;
mod request;
mod row;
mod scanner;
mod special;
mod unknown;
mod value;
mod window;

use careflex_core::DecodeError;

#[doc(hidden)]
pub use answer::decode_new_response_slowly;
pub use answer::{decode_message, decode_new_response};
pub use encode::{encode_new_request, encode_new_response, encode_none_request};
pub use reader::IncidentReader;
#[doc(hidden)]
pub use request::decode_new_request_slowly;
pub use request::{decode_new_request, decode_none_request};

/// serde's errors about types quote the value, so only those about the syntax keep their text.
fn broken(error: &serde_json::Error) -> DecodeError {
    let message = match error.classify() {
        serde_json::error::Category::Data => {
            "the JSON does not have the documented shape".to_owned()
        }
        serde_json::error::Category::Eof => "the JSON ends too early".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            format!("this is no JSON: {text}")
        }
    };
    DecodeError::new(error.line(), error.column(), message)
}
