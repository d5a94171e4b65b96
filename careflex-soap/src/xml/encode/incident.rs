//! Writes an incident. The code is generated from the schema.

use careflex_core::Incident;

use super::value::{put, put_boolean, put_code, put_date, put_kind, put_text};

include!(concat!(env!("OUT_DIR"), "/xml_writer.rs"));
