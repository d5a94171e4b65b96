//! The schema of the CareFlex interfaces, and the generator that turns it into what the other
//! crates need: Rust types with their checks, the field reference, a JSON schema, a WSDL.
//!
//! ```
//! # fn main() -> Result<(), careflex_xsd::SchemaError> {
//! let schema = careflex_xsd::Schema::parse(careflex_xsd::CAREFLEX_2_0)?;
//! let reference = careflex_xsd::field_reference(&schema)?;
//! assert!(reference.contains("zipCode"));
//! # Ok(())
//! # }
//! ```
//!
//! The generator is plain on purpose: roxmltree in, formatted strings out. A construct that it does
//! not know is an error that names line and element; nothing is skipped in silence. This crate is
//! pinned to one exact version by its users and promises no stability between releases.

mod csv;
mod incident;
mod json;
mod json_schema;
mod markdown;
mod names;
mod pattern;
mod rust;
mod schema;
mod wsdl;
mod xml;
mod yaserde;

pub use csv::csv_records;
pub use json::{json_reader, json_writer};
pub use json_schema::json_schema;
pub use markdown::field_reference;
pub use rust::rust_model;
pub use schema::{Schema, SchemaError};
pub use wsdl::inlined_wsdl;
pub use xml::{xml_reader, xml_writer};
pub use yaserde::yaserde_mirror;

/// `NewIncident`, namespace `http://n4.de/careflex/2.0`.
pub const CAREFLEX_2_0: &str = include_str!("../schema/careflex-2.0.xsd");

/// `NoIncident`, namespace `http://n4.de/careflex`. Imports the value types of [`CAREFLEX_2_0`].
pub const CAREFLEX_1_0: &str = include_str!("../schema/careflex-1.0.xsd");

/// Both as a SOAP 1.1 service. Imports the schemas by their file names; [`inlined_wsdl`] holds them.
pub const CAREFLEX_WSDL: &str = include_str!("../schema/careflex.wsdl");
