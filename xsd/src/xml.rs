//! Generates the part of the XML codec that knows the schema: what writes an incident, and what reads one that is
//! written as the schema says.
//!
//! The output names its helpers bare (`put`, `text`, `Scan`, …): the module that includes it has them.

mod read;
mod write;

use crate::incident::{Group, IncidentModel};
use crate::schema::{Element, Schema, SchemaError};

/// Renders the writer of incidents as Rust source.
///
/// # Errors
/// A schema that lacks the types of the interface, or whose incidents have other forms.
pub fn xml_writer(schema: &Schema) -> Result<String, SchemaError> {
    let model = IncidentModel::of(schema)?;
    Ok(write::writer(&model, &Forms::of(schema, &model)?))
}

/// Renders the reader of incidents as Rust source.
///
/// # Errors
/// As [`xml_writer`].
pub fn xml_reader(schema: &Schema) -> Result<String, SchemaError> {
    let model = IncidentModel::of(schema)?;
    Ok(read::reader(&model, &Forms::of(schema, &model)?))
}

/// The two elements that an incident can be.
struct Forms<'s> {
    /// Without master data.
    plain: &'s Element,
    /// With master data,
    full: &'s Element,
    /// of which this is the element.
    master_data: &'s Element,
}

impl<'s> Forms<'s> {
    fn of(schema: &'s Schema, model: &IncidentModel<'s>) -> Result<Self, SchemaError> {
        let list = schema.complex("IncidentList")?;
        let other = |line| {
            SchemaError::new(
                line,
                "an incident must have two forms, of which the second has one group more",
            )
        };
        let [plain, full] = list.elements.as_slice() else {
            return Err(other(list.line));
        };
        let names = |form: &Element| {
            let elements = schema.elements_of(&form.type_name)?;
            Ok(elements.iter().map(|element| &element.name).collect())
        };
        let (plain_names, full_names): (Vec<_>, Vec<_>) = (names(plain)?, names(full)?);
        let groups: Vec<_> = model
            .groups
            .iter()
            .filter(|it| it.parent == Some(0))
            .collect();
        match (groups.as_slice(), full_names.split_last()) {
            (
                [
                    Group {
                        element: Some(master_data),
                        ..
                    },
                ],
                Some((last, rest)),
            ) if *last == &master_data.name && rest == plain_names => Ok(Self {
                plain,
                full,
                master_data,
            }),
            _ => Err(other(full.line)),
        }
    }
}
