//! What the reader of schemas asks of XML nodes.

use roxmltree::Node;

use super::SchemaError;

pub(super) const XS: &str = "http://www.w3.org/2001/XMLSchema";
pub(crate) const NOTES: &str = "urn:careflex:notes";

/// The name of a type: `xs:…` for built-in ones, the bare name for the schema's own.
pub(super) fn type_name(node: Node<'_, '_>, qualified: &str) -> Result<String, SchemaError> {
    let (prefix, local) = match qualified.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, qualified),
    };
    let namespace = node.lookup_namespace_uri(prefix);
    let target = node.document().root_element().attribute("targetNamespace");
    if namespace == Some(XS) {
        Ok(format!("xs:{local}"))
    } else if namespace == target {
        Ok(local.to_owned())
    } else {
        Err(SchemaError::at(
            node,
            format!("the type {qualified} is in a namespace that the generator does not know"),
        ))
    }
}

pub(super) fn documentation(node: Node<'_, '_>) -> Result<String, SchemaError> {
    let Some(annotation) = elements(node).find(|child| is(*child, "annotation")) else {
        return Ok(String::new());
    };
    let documentation = only_child(annotation, "documentation")?;
    if let Some(markup) = elements(documentation).next() {
        return Err(SchemaError::at(markup, "documentation must be plain text"));
    }
    let text = documentation.text().unwrap_or_default();
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

pub(super) fn elements<'a, 'input>(
    node: Node<'a, 'input>,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

pub(super) fn only_child<'a, 'input>(
    node: Node<'a, 'input>,
    name: &str,
) -> Result<Node<'a, 'input>, SchemaError> {
    let mut children = elements(node);
    match (children.next(), children.next()) {
        (Some(child), None) if is(child, name) => Ok(child),
        (Some(child), None) => Err(unknown(child)),
        _ => Err(SchemaError::at(
            node,
            format!("expected one xs:{name} here"),
        )),
    }
}

/// Refuses all attributes but these; those of our own namespace are called `note:…`.
pub(super) fn only_attributes(node: Node<'_, '_>, known: &[&str]) -> Result<(), SchemaError> {
    for attribute in node.attributes() {
        let name = attribute.name();
        let is_known = match attribute.namespace() {
            None => known.contains(&name),
            Some(NOTES) => known
                .iter()
                .any(|known| known.strip_prefix("note:") == Some(name)),
            Some(_) => false,
        };
        if !is_known {
            return Err(SchemaError::at(
                node,
                format!(
                    "the generator does not know the attribute {} of xs:{}",
                    attribute.name(),
                    node.tag_name().name()
                ),
            ));
        }
    }
    Ok(())
}

pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str, SchemaError> {
    node.attribute(name).ok_or_else(|| {
        SchemaError::at(
            node,
            format!("xs:{} needs the attribute {name}", node.tag_name().name()),
        )
    })
}

pub(super) fn note<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute((NOTES, name))
}

pub(super) fn number(node: Node<'_, '_>, value: &str) -> Result<usize, SchemaError> {
    value
        .parse()
        .map_err(|_| SchemaError::at(node, "expected a number from 0"))
}

pub(super) fn xs_name<'a>(node: Node<'a, '_>) -> Result<&'a str, SchemaError> {
    let name = node.tag_name();
    if name.namespace() == Some(XS) {
        Ok(name.name())
    } else {
        Err(unknown(node))
    }
}

pub(super) fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((XS, name))
}

pub(super) fn line(node: Node<'_, '_>) -> u32 {
    node.document().text_pos_at(node.range().start).row
}

pub(super) fn unknown(node: Node<'_, '_>) -> SchemaError {
    SchemaError::at(
        node,
        format!(
            "the generator does not know <{}> in this place",
            node.tag_name().name()
        ),
    )
}
