//! A document without what does not matter: prefixes, white space around values, ways of escaping.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

/// One line for each element: its namespace, name and text.
pub(crate) fn canonical(xml: &str) -> String {
    let document = Document::parse(xml).unwrap();
    let mut out = String::new();
    write(&mut out, document.root_element(), 0);
    out
}

fn write(out: &mut String, element: Node<'_, '_>, depth: usize) {
    let name = element.tag_name();
    let namespace = name.namespace().unwrap_or_default();
    let text: String = element
        .children()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect();
    writeln!(
        out,
        "{:depth$}{{{namespace}}}{} {}",
        "",
        name.name(),
        text.trim()
    )
    .unwrap();
    for child in element.children().filter(Node::is_element) {
        write(out, child, depth + 1);
    }
}
