//! The field reference: every element with its type, requirement, limits and meaning.

use std::fmt::Write as _;

use crate::incident::{Child, Field, Group, IncidentModel};
use crate::schema::{Base, Schema, SchemaError, SimpleType};

/// Renders the field reference as Markdown tables, one for each group.
///
/// # Errors
/// A schema that lacks the types of the interface.
pub fn field_reference(schema: &Schema) -> Result<String, SchemaError> {
    let model = IncidentModel::of(schema)?;
    let mut out = String::new();
    out.push_str("## Report\n\nThe company and up to ");
    let most = schema.complex("IncidentList")?.choice.unwrap_or_default();
    let _ = writeln!(out, "{most} of its incidents (`incidentList`).\n");
    out.push_str(HEAD);
    for field in model.fields.iter().filter(|field| field.group.is_none()) {
        field_row(&mut out, field);
    }
    for group in &model.groups {
        let title = if group.path.is_empty() {
            "Incident".to_owned()
        } else {
            format!("`{}`", group.path)
        };
        let _ = writeln!(out, "\n## {title}\n\n{}\n", group.documentation);
        out.push_str(HEAD);
        for child in &group.children {
            match *child {
                Child::Field(at) => {
                    if let Some(field) = model.fields.get(at) {
                        field_row(&mut out, field);
                    }
                }
                Child::Group(at) => {
                    if let Some(group) = model.groups.get(at) {
                        group_row(&mut out, group);
                    }
                }
            }
        }
    }
    Ok(out)
}

const HEAD: &str =
    "| element | type | required | limits | meaning |\n| --- | --- | --- | --- | --- |\n";

fn field_row(out: &mut String, field: &Field<'_>) {
    let element = field.element;
    let _ = writeln!(
        out,
        "| `{}` | {} | {} | {} | {} |",
        element.name,
        type_of(field.simple),
        required(!element.optional, &element.required_for),
        limits(field.simple),
        cell(&element.documentation),
    );
}

fn group_row(out: &mut String, group: &Group<'_>) {
    let Some(element) = group.element else { return };
    let _ = writeln!(
        out,
        "| `{}` | group, see below | {} |  | {} |",
        element.name,
        required(!group.optional, &element.required_for),
        cell(&element.documentation),
    );
}

fn type_of(simple: &SimpleType) -> &'static str {
    match simple.base {
        _ if !simple.codes.is_empty() => "code",
        Base::String => "text",
        Base::Date => "day",
        Base::Boolean => "true or false",
        Base::Number => "number",
    }
}

fn required(always: bool, types: &[String]) -> String {
    if always {
        "yes".to_owned()
    } else if types.is_empty() {
        "no".to_owned()
    } else {
        format!("for {}", types.join(", "))
    }
}

fn limits(simple: &SimpleType) -> String {
    let mut limits = Vec::new();
    if !simple.codes.is_empty() {
        let codes: Vec<_> = simple
            .codes
            .iter()
            .map(|code| format!("`{}`", code.value))
            .collect();
        limits.push(codes.join(", "));
    }
    match (simple.base, simple.max_length) {
        (Base::String, Some(max)) => {
            limits.push(format!("{} to {max} characters", simple.min_length.max(1)));
        }
        (Base::String, None) if simple.codes.is_empty() && simple.pattern.is_none() => {
            limits.push(format!("at least {} characters", simple.min_length.max(1)));
        }
        _ => {}
    }
    if let Some((first, last)) = &simple.days {
        limits.push(format!("YYYY-MM-DD, {first} to {last}"));
    }
    if !simple.hint.is_empty() {
        limits.push(simple.hint.clone());
    }
    cell(&limits.join("; "))
}

/// Text that cannot end a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
