//! A JSON schema (draft 2020-12) of the body of `incident/new`.

use std::fmt::Write as _;

use crate::schema::{Base, Element, Schema, SchemaError, SimpleType};

/// Renders the JSON schema of a report. It checks form, order aside, as the XSD does, but knows days by
/// their form only. Which incident type needs which master data is left to the rules.
///
/// # Errors
/// A schema that lacks the types of the interface.
pub fn json_schema(schema: &Schema) -> Result<String, SchemaError> {
    let most = schema.complex("IncidentList")?.choice.unwrap_or_default();
    let mut out = String::from("{\n");
    out.push_str("  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
    out.push_str("  \"$id\": \"urn:careflex:incident-new\",\n");
    out.push_str("  \"title\": \"CareFlex incident/new\",\n");
    let request = schema.elements_of("NewIncidentRequest")?;
    let request: Vec<_> = request
        .into_iter()
        .map(|element| {
            if element.type_name == "IncidentList" {
                let incidents = format!(
                    "\"type\": \"array\", \"minItems\": 1, \"maxItems\": {most}, \"items\": {{ \"$ref\": \"#/$defs/Incident\" }}"
                );
                (element, false, Some(incidents))
            } else {
                (element, false, None)
            }
        })
        .collect();
    object(schema, &mut out, 2, &request)?;
    out.push_str(",\n  \"$defs\": {\n    \"Incident\": {\n");
    let plain = schema.elements_of("PlainIncident")?;
    let incident: Vec<_> = schema
        .elements_of("NewIncident")?
        .into_iter()
        .map(|element| {
            let optional = !plain.iter().any(|other| other.name == element.name);
            (element, optional, None)
        })
        .collect();
    object(schema, &mut out, 6, &incident)?;
    out.push_str("\n    }");
    let groups = |elements: &[&Element]| -> Vec<String> {
        elements
            .iter()
            .filter(|element| schema.complex.contains_key(&element.type_name))
            .map(|element| element.type_name.clone())
            .collect()
    };
    let mut pending = groups(&schema.elements_of("NewIncident")?);
    let mut done = Vec::new();
    while let Some(name) = pending.pop() {
        if done.contains(&name) {
            continue;
        }
        let elements = schema.elements_of(&name)?;
        let _ = write!(out, ",\n    {}: {{\n", quote(&name));
        let members: Vec<_> = elements
            .iter()
            .map(|element| (*element, false, None))
            .collect();
        object(schema, &mut out, 6, &members)?;
        out.push_str("\n    }");
        pending.extend(groups(&elements));
        done.push(name);
    }
    out.push_str("\n  }\n}\n");
    Ok(out)
}

/// An element, whether it is optional beyond what the schema says, and a type of its own.
type Member<'s> = (&'s Element, bool, Option<String>);

fn object(
    schema: &Schema,
    out: &mut String,
    indent: usize,
    members: &[Member<'_>],
) -> Result<(), SchemaError> {
    let pad = " ".repeat(indent);
    let required: Vec<_> = members
        .iter()
        .filter(|(element, optional, _)| !element.optional && !optional)
        .map(|(element, ..)| quote(&element.json))
        .collect();
    let _ = write!(
        out,
        "{pad}\"type\": \"object\",\n{pad}\"additionalProperties\": false,\n{pad}\"required\": [{}],\n{pad}\"properties\": {{",
        required.join(", ")
    );
    for (at, (element, _, own)) in members.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let value = match (own, schema.simple.get(&element.type_name)) {
            (Some(own), _) => own.clone(),
            (None, Some(simple)) => value_type(element, simple),
            (None, None) => {
                schema.complex(&element.type_name)?;
                format!("\"$ref\": \"#/$defs/{}\"", element.type_name)
            }
        };
        let _ = write!(
            out,
            "{comma}\n{pad}  {}: {{ {value}, \"description\": {} }}",
            quote(&element.json),
            quote(&element.documentation)
        );
    }
    let _ = write!(out, "\n{pad}}}");
    Ok(())
}

fn value_type(element: &Element, simple: &SimpleType) -> String {
    if !simple.codes.is_empty() {
        let codes: Vec<_> = simple.codes.iter().map(|code| quote(&code.value)).collect();
        return format!("\"enum\": [{}]", codes.join(", "));
    }
    match simple.base {
        Base::Boolean => "\"type\": \"boolean\"".to_owned(),
        Base::Number => "\"type\": \"integer\", \"minimum\": 0".to_owned(),
        Base::Date => {
            "\"type\": \"string\", \"format\": \"date\", \"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}$\""
                .to_owned()
        }
        Base::String => {
            let kind = if element.json_number {
                "[\"string\", \"integer\"]"
            } else {
                "\"string\""
            };
            let mut text = format!("\"type\": {kind}, \"minLength\": {}", simple.min_length.max(1));
            if let Some(max) = simple.max_length {
                let _ = write!(text, ", \"maxLength\": {max}");
            }
            if let Some(pattern) = &simple.pattern {
                let _ = write!(text, ", \"pattern\": {}", quote(&format!("^(?:{})$", pattern.source)));
            }
            text
        }
    }
}

fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
