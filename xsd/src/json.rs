//! Generates the part of the JSON codec that knows the schema: what writes the master data of an incident, and
//! what reads it where it is written in the same way.
//!
//! The output names its helpers bare (`put`, `put_text`, `Input`, …): the module that includes it has them.

mod read;
mod write;

use crate::incident::{IncidentModel, Member};
use crate::schema::{Schema, SchemaError};

/// Renders the writer of the master data as Rust source.
///
/// # Errors
/// A schema that lacks the types of the interface, whose names clash, or with names and codes that JSON would
/// have to escape.
pub fn json_writer(schema: &Schema) -> Result<String, SchemaError> {
    Ok(write::writer(&model(schema)?))
}

/// Renders the reader of the master data as Rust source.
///
/// # Errors
/// As [`json_writer`].
pub fn json_reader(schema: &Schema) -> Result<String, SchemaError> {
    Ok(read::reader(&model(schema)?))
}

/// Names and codes become parts of literals as they are, so they must not need escapes.
fn model(schema: &Schema) -> Result<IncidentModel<'_>, SchemaError> {
    let model = IncidentModel::of(schema)?;
    for member in model.groups.iter().flat_map(|group| model.members(group)) {
        let element = member.element();
        let codes = match member {
            Member::Field(field) => field.simple.codes.as_slice(),
            Member::Group(..) => &[],
        };
        let codes = codes.iter().map(|code| &code.value);
        if !codes.chain([&element.json]).all(|text| is_plain(text)) {
            let name = &element.name;
            let message = format!("{name} has a name or code that JSON would have to escape");
            return Err(SchemaError::new(element.line, message));
        }
    }
    Ok(model)
}

fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}
