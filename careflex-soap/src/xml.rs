//! XML as the SOAP interface has it: SOAP 1.1, document/literal.
//!
//! Names are read by their namespace and never by their prefix. Decoding of the portal's answers is tolerant:
//! white space around values, unknown elements and other orders are taken. Decoding of requests and of our
//! own input is strict: an element that is unknown, misplaced or doubled, or an attribute, is a violation, with a
//! guess at what was meant. An optional text that is empty is absent, as in every format.
//!
//! Whatever could do harm is refused before it fills the memory: a document type definition (and with it all
//! entities but the five of XML), other encodings than UTF-8, nesting deeper than 64 levels, pieces of more
//! than 1 MiB, more than 64 attributes of an element.
//!
//! ```
//! use careflex_core::{ApiToken, Incident, IncidentKind, Report, Rules, parse_date};
//! use careflex_soap::xml;
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
//! xml::encode_new_request(&report, &ApiToken::new("secret")?, &mut body);
//! assert!(String::from_utf8(body)?.contains(
//!     "<incidentList><plainIncident><employeeId>4711</employeeId><validFrom>2026-12-01</validFrom><createdAt>2026-11-20</createdAt><type>WIK</type></plainIncident></incidentList>"
//! ));
//! # Ok(())
//! # }
//! ```

mod answer;
mod cursor;
mod encode;
mod envelope;
pub(crate) mod names;
mod reader;
mod regular;
mod request;
mod row;
mod scan;
mod source;
mod tag;
mod well_formed;

#[doc(hidden)]
pub use answer::decode_new_response_slowly;
pub use answer::{Reply, decode_new_response, decode_none_response};
pub use encode::{
    encode_fault, encode_new_request, encode_new_response, encode_none_request,
    encode_none_response,
};
pub use reader::IncidentReader;
#[doc(hidden)]
pub use request::decode_request_slowly;
pub use request::{Request, decode_request};
