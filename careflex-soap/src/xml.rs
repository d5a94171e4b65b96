//! XML as the SOAP interface has it.

mod answer;
mod cursor;
mod encode;
mod envelope;
mod names;
mod reader;
mod request;
mod row;
mod source;
mod well_formed;

pub use answer::{Reply, decode_new_response, decode_none_response};
pub use encode::{
    encode_fault, encode_new_request, encode_new_response, encode_none_request,
    encode_none_response,
};
pub use reader::IncidentReader;
pub use request::{Request, decode_request};
