//! The WSDL with the schemas inside, so that one file is enough for a foreign tool.

use roxmltree::Document;

use crate::schema::{NOTES, SchemaError};
use crate::{CAREFLEX_1_0, CAREFLEX_2_0, CAREFLEX_WSDL};

/// [`CAREFLEX_WSDL`] with both schemas in its `wsdl:types`, in place of their imports. What only this project
/// reads, the attributes of `urn:careflex:notes`, is left out: some tools refuse foreign attributes.
///
/// ```
/// # fn main() -> Result<(), careflex_xsd::SchemaError> {
/// let wsdl = careflex_xsd::inlined_wsdl()?;
/// assert!(wsdl.contains("targetNamespace=\"http://n4.de/careflex/2.0\""));
/// assert!(!wsdl.contains("schemaLocation"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A WSDL or schema that is no XML or lacks the places that are replaced.
pub fn inlined_wsdl() -> Result<String, SchemaError> {
    let document = parse(CAREFLEX_WSDL)?;
    let imports = document
        .descendants()
        .find(|node| node.has_tag_name("schema"))
        .ok_or_else(|| SchemaError::new(1, "the WSDL has no xs:schema with the imports"))?
        .range();
    // The first needs nothing, the second needs the first.
    let schemas = [embedded(CAREFLEX_2_0)?, embedded(CAREFLEX_1_0)?].join("\n");
    let indented = schemas.replace('\n', "\n    ").replace("\n    \n", "\n\n");
    let mut wsdl = CAREFLEX_WSDL.to_owned();
    wsdl.replace_range(imports, &indented);
    Ok(wsdl)
}

/// A schema as a part of another document: its root, without notes and without the places of other files.
fn embedded(schema: &str) -> Result<String, SchemaError> {
    let document = parse(schema)?;
    let root = document.root_element();
    let notes = format!("xmlns:note=\"{NOTES}\"");
    let notes = schema
        .find(&notes)
        .map(|start| start..start + notes.len())
        .ok_or_else(|| SchemaError::new(1, format!("the schema does not declare {notes}")))?;
    // In document order: the declaration stands in the root, and no attribute of the root is cut.
    let attributes = root
        .descendants()
        .flat_map(|node| node.attributes())
        .filter(|attribute| {
            attribute.namespace() == Some(NOTES) || attribute.name() == "schemaLocation"
        })
        .map(|attribute| attribute.range());
    let mut text = String::with_capacity(schema.len());
    let mut kept = root.range().start;
    for cut in std::iter::once(notes).chain(attributes) {
        text.push_str(schema.get(kept..cut.start).unwrap_or_default().trim_end());
        kept = cut.end;
    }
    text.push_str(schema.get(kept..root.range().end).unwrap_or_default());
    Ok(text)
}

fn parse(text: &str) -> Result<Document<'_>, SchemaError> {
    Document::parse(text).map_err(|error| SchemaError::new(error.pos().row, error.to_string()))
}
