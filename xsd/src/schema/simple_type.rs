//! Reads value types: a base and its facets.

use roxmltree::Node;

use super::nodes::{
    attribute, documentation, elements, is, note, number, only_attributes, type_name, unknown,
    xs_name,
};
use super::{Base, Code, SchemaError, SimpleType};
use crate::pattern::Pattern;

/// The one pattern that dates may have: the generated code reads them by hand.
const DATE_PATTERN: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";

pub(super) fn read_simple_type(node: Node<'_, '_>) -> Result<SimpleType, SchemaError> {
    only_attributes(node, &["name", "note:hint"])?;
    let mut restrictions = elements(node).filter(|child| !is(*child, "annotation"));
    let restriction = match (restrictions.next(), restrictions.next()) {
        (Some(restriction), None) if is(restriction, "restriction") => restriction,
        _ => {
            return Err(SchemaError::at(
                node,
                "xs:simpleType needs one xs:restriction",
            ));
        }
    };
    only_attributes(restriction, &["base"])?;
    let base = match type_name(restriction, attribute(restriction, "base")?)?.as_str() {
        "xs:string" => Base::String,
        "xs:date" => Base::Date,
        "xs:nonNegativeInteger" => Base::Number,
        other => {
            return Err(SchemaError::at(
                restriction,
                format!("the generator does not know the base type {other}"),
            ));
        }
    };
    let mut simple = SimpleType {
        documentation: documentation(node)?,
        base,
        min_length: 0,
        max_length: None,
        pattern: None,
        codes: Vec::new(),
        days: None,
        hint: note(node, "hint").unwrap_or_default().to_owned(),
    };
    let (mut first_day, mut last_day) = (None, None);
    let mut seen = Vec::new();
    for facet in elements(restriction) {
        let name = xs_name(facet)?;
        if name == "enumeration" {
            only_attributes(facet, &["value", "note:variant"])?;
        } else {
            only_attributes(facet, &["value"])?;
            if seen.contains(&name) {
                return Err(SchemaError::at(facet, format!("xs:{name} is there twice")));
            }
            seen.push(name);
        }
        let value = attribute(facet, "value")?;
        match (base, name) {
            (Base::String, "whiteSpace") if value == "collapse" => {}
            (Base::String, "minLength") => simple.min_length = number(facet, value)?,
            (Base::String, "maxLength") => simple.max_length = Some(number(facet, value)?),
            (Base::String, "pattern") => {
                let pattern =
                    Pattern::parse(value).map_err(|message| SchemaError::at(facet, message))?;
                simple.pattern = Some(pattern);
            }
            (Base::String, "enumeration") => simple.codes.push(Code {
                value: value.to_owned(),
                variant: note(facet, "variant")
                    .ok_or_else(|| SchemaError::at(facet, "xs:enumeration needs note:variant"))?
                    .to_owned(),
                documentation: documentation(facet)?,
            }),
            (Base::Date, "pattern") if value == DATE_PATTERN => {}
            (Base::Date, "minInclusive") => first_day = Some(day(facet, value)?),
            (Base::Date, "maxInclusive") => last_day = Some(day(facet, value)?),
            _ => return Err(unknown(facet)),
        }
    }
    if base == Base::Date {
        simple.days = first_day.zip(last_day);
        if simple.days.is_none() {
            return Err(SchemaError::at(
                restriction,
                "a date needs minInclusive and maxInclusive",
            ));
        }
    }
    if !simple.codes.is_empty() && seen.iter().any(|name| *name != "whiteSpace") {
        return Err(SchemaError::at(
            restriction,
            "an enumeration has no other facets: they are not checked",
        ));
    }
    if simple.max_length.is_some_and(|max| max < simple.min_length) {
        return Err(SchemaError::at(restriction, "maxLength is below minLength"));
    }
    if simple.hint.is_empty() && simple.pattern.is_some() {
        return Err(SchemaError::at(
            node,
            "a type with a pattern needs note:hint, which says what would be right",
        ));
    }
    Ok(simple)
}

fn day(node: Node<'_, '_>, value: &str) -> Result<String, SchemaError> {
    let number = |range: std::ops::Range<usize>| -> Option<u32> { value.get(range)?.parse().ok() };
    let is_day = value.len() == 10
        && value.get(4..5) == Some("-")
        && value.get(7..8) == Some("-")
        && number(0..4).is_some_and(|year| year > 0)
        && number(5..7).is_some_and(|month| (1..=12).contains(&month))
        && number(8..10).is_some_and(|day| (1..=28).contains(&day) || value.ends_with("-12-31"));
    if is_day {
        Ok(value.to_owned())
    } else {
        Err(SchemaError::at(
            node,
            "a day must be YYYY-MM-DD, and as a limit lie before the 29th or at the end of a year",
        ))
    }
}
