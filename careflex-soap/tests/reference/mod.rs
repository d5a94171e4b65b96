//! Reads an answer with roxmltree, a namespace-aware parser that has nothing to do with ours.

use careflex_core::{Answer, AnswerRow};
use roxmltree::{Document, Node};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const CAREFLEX: &str = "http://n4.de/careflex/2.0";
const NIL: (&str, &str) = ("http://www.w3.org/2001/XMLSchema-instance", "nil");

/// `None` if it is no answer.
pub(crate) fn answer(body: &[u8]) -> Option<Answer> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let envelope = document.root_element();
    if !is(envelope, (SOAP, "Envelope")) {
        return None;
    }
    let body = first(envelope, (SOAP, "Body"))?;
    let response = body.children().find(Node::is_element)?;
    if !is(response, (CAREFLEX, "NewIncidentResponse")) {
        return None;
    }
    let list = first(response, ("", "incidentResponseList"))?;
    Some(Answer {
        import_id: value(response, "importId").and_then(|id| id.parse().ok()),
        rows: list
            .children()
            .filter(|node| is(*node, ("", "incident")))
            .map(row)
            .collect(),
    })
}

fn row(row: Node<'_, '_>) -> AnswerRow {
    AnswerRow {
        row_number: value(row, "rowNumber").and_then(|number| number.parse().ok()),
        incident_id: value(row, "incidentId").and_then(|id| id.parse().ok()),
        external_id: value(row, "externalId").and_then(|id| id.parse().ok()),
        employee_id: value(row, "employeeId").and_then(|id| id.parse().ok()),
        kind: value(row, "type").and_then(|code| code.parse().ok()),
        error: first(row, ("", "incidentError"))
            .filter(|error| !is_nil(*error) || error.has_children())
            .map(|error| {
                let said = |name| printable(&value(error, name).unwrap_or_default());
                (said("code"), said("message"))
            }),
        is_unclear: false,
    }
}

/// The text of the first child with this name.
fn value(node: Node<'_, '_>, name: &str) -> Option<String> {
    let child = first(node, ("", name))?;
    let text: String = child
        .children()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect();
    // roxmltree leaves a carriage return in front of a reference as it is.
    let text = text.replace('\r', "\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The first child with this name.
fn first<'a, 'i>(node: Node<'a, 'i>, (namespace, name): (&str, &str)) -> Option<Node<'a, 'i>> {
    node.children().find(|child| is(*child, (namespace, name)))
}

fn is(node: Node<'_, '_>, (namespace, name): (&str, &str)) -> bool {
    // An empty xmlns is some namespace to roxmltree.
    let found = node.tag_name();
    node.is_element() && found.name() == name && found.namespace().unwrap_or_default() == namespace
}

fn is_nil(node: Node<'_, '_>) -> bool {
    matches!(node.attribute(NIL), Some("true" | "1"))
}

fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}
