//! Reads the part of XSD 1.0 that the CareFlex schemas use into plain structs.

use std::collections::BTreeMap;
use std::fmt;

use roxmltree::{Document, Node};

use crate::pattern::Pattern;

mod nodes;
mod simple_type;

pub(crate) use nodes::NOTES;
use nodes::{
    attribute, documentation, elements, is, line, note, number, only_attributes, only_child,
    type_name, unknown, xs_name,
};
use simple_type::read_simple_type;

/// The incident types that an element can be required for.
const DOCUMENTED_TYPES: [&str; 4] = ["NEW", "RST", "WIK", "SDB"];

/// A schema as the generator sees it: named types only, documentation everywhere.
#[derive(Debug, Clone)]
pub struct Schema {
    pub(crate) target_namespace: String,
    pub(crate) simple: BTreeMap<String, SimpleType>,
    pub(crate) complex: BTreeMap<String, ComplexType>,
}

/// Why a schema cannot be used: the line, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    line: u32,
    message: String,
}

impl SchemaError {
    pub(crate) fn new(line: u32, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }

    fn at(node: Node<'_, '_>, message: impl Into<String>) -> Self {
        Self::new(node.document().text_pos_at(node.range().start).row, message)
    }

    /// The line of the schema, counted from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schema line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for SchemaError {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    String,
    Date,
    Boolean,
    Number,
}

#[derive(Debug, Clone)]
pub(crate) struct SimpleType {
    pub(crate) documentation: String,
    pub(crate) base: Base,
    pub(crate) min_length: usize,
    pub(crate) max_length: Option<usize>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) codes: Vec<Code>,
    /// First and last day allowed, for dates.
    pub(crate) days: Option<(String, String)>,
    pub(crate) hint: String,
}

/// One value of an enumeration.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) value: String,
    pub(crate) variant: String,
    pub(crate) documentation: String,
}

#[derive(Debug, Clone)]
pub(crate) struct ComplexType {
    pub(crate) documentation: String,
    pub(crate) line: u32,
    /// The type whose elements come first.
    pub(crate) extends: Option<String>,
    pub(crate) elements: Vec<Element>,
    /// At most so many of the elements, in any order; `None`: each once, in this order.
    pub(crate) choice: Option<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) documentation: String,
    pub(crate) type_name: String,
    pub(crate) optional: bool,
    /// May be there more than once.
    pub(crate) repeated: bool,
    /// The member's name in JSON.
    pub(crate) json: String,
    pub(crate) json_number: bool,
    pub(crate) required_for: Vec<String>,
    pub(crate) line: u32,
}

impl Schema {
    /// Reads a schema. Types of other namespaces cannot be resolved: the generator works on
    /// [`CAREFLEX_2_0`](crate::CAREFLEX_2_0), which needs none.
    ///
    /// # Errors
    /// Text that is no XML, and every construct that the generator does not know, with its line.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        let document = Document::parse(text)
            .map_err(|error| SchemaError::new(error.pos().row, error.to_string()))?;
        let root = document.root_element();
        if !is(root, "schema") {
            return Err(SchemaError::at(root, "the root must be xs:schema"));
        }
        only_attributes(root, &["targetNamespace", "elementFormDefault"])?;
        if root.attribute("elementFormDefault") != Some("unqualified") {
            return Err(SchemaError::at(
                root,
                "elementFormDefault must be unqualified: only the roots are in a namespace",
            ));
        }
        let mut schema = Self {
            target_namespace: attribute(root, "targetNamespace")?.to_owned(),
            simple: built_in_types(),
            complex: BTreeMap::new(),
        };
        for node in elements(root) {
            match xs_name(node)? {
                "element" => {
                    read_element(node)?;
                }
                "simpleType" => {
                    let name = schema.new_name(node)?;
                    schema.simple.insert(name, read_simple_type(node)?);
                }
                "complexType" => {
                    let name = schema.new_name(node)?;
                    schema.complex.insert(name, read_complex_type(node)?);
                }
                _ => return Err(unknown(node)),
            }
        }
        schema.check_references()?;
        Ok(schema)
    }

    pub(crate) fn complex(&self, name: &str) -> Result<&ComplexType, SchemaError> {
        self.complex
            .get(name)
            .ok_or_else(|| SchemaError::new(1, format!("the complex type {name} is missing")))
    }

    /// The elements of a complex type with those of the types that it extends.
    pub(crate) fn elements_of(&self, name: &str) -> Result<Vec<&Element>, SchemaError> {
        let complex = self.complex(name)?;
        let mut elements = match &complex.extends {
            Some(base) => self.elements_of(base)?,
            None => Vec::new(),
        };
        elements.extend(&complex.elements);
        Ok(elements)
    }

    fn new_name(&self, node: Node<'_, '_>) -> Result<String, SchemaError> {
        let name = attribute(node, "name")?;
        if self.simple.contains_key(name) || self.complex.contains_key(name) {
            return Err(SchemaError::at(node, format!("there are two types {name}")));
        }
        Ok(name.to_owned())
    }

    fn check_references(&self) -> Result<(), SchemaError> {
        for (name, complex) in &self.complex {
            if let Some(base) = &complex.extends {
                let base_type = self.complex.get(base).ok_or_else(|| {
                    SchemaError::new(complex.line, format!("unknown base type {base}"))
                })?;
                if base_type.extends.is_some() || base_type.choice.is_some() {
                    return Err(SchemaError::new(
                        complex.line,
                        format!("{name} may only extend a plain sequence"),
                    ));
                }
            }
            for element in &complex.elements {
                let type_name = &element.type_name;
                if !self.simple.contains_key(type_name) && !self.complex.contains_key(type_name) {
                    return Err(SchemaError::new(
                        element.line,
                        format!("element {} has the unknown type {type_name}", element.name),
                    ));
                }
            }
        }
        Ok(())
    }
}

fn built_in_types() -> BTreeMap<String, SimpleType> {
    let plain = |base, documentation: &str| SimpleType {
        documentation: documentation.to_owned(),
        base,
        min_length: 0,
        max_length: None,
        pattern: None,
        codes: Vec::new(),
        days: None,
        hint: String::new(),
    };
    BTreeMap::from([(
        "xs:boolean".to_owned(),
        plain(Base::Boolean, "true or false."),
    )])
}

fn read_complex_type(node: Node<'_, '_>) -> Result<ComplexType, SchemaError> {
    only_attributes(node, &["name"])?;
    let mut complex = ComplexType {
        documentation: documentation(node)?,
        line: line(node),
        extends: None,
        elements: Vec::new(),
        choice: None,
    };
    let content = elements(node).filter(|child| !is(*child, "annotation"));
    if content.count() != 1 {
        return Err(SchemaError::at(
            node,
            "a type needs one xs:sequence, xs:choice or xs:complexContent",
        ));
    }
    for child in elements(node) {
        match xs_name(child)? {
            "annotation" => {}
            "sequence" => complex.elements = read_sequence(child)?,
            "choice" => {
                only_attributes(child, &["minOccurs", "maxOccurs"])?;
                if attribute(child, "minOccurs")? != "1" {
                    return Err(SchemaError::at(
                        child,
                        "xs:choice must have minOccurs=\"1\"",
                    ));
                }
                complex.choice = Some(number(child, attribute(child, "maxOccurs")?)?);
                for element in elements(child) {
                    complex.elements.push(read_element(element)?);
                }
            }
            "complexContent" => {
                let extension = only_child(child, "extension")?;
                only_attributes(extension, &["base"])?;
                complex.extends = Some(type_name(extension, attribute(extension, "base")?)?);
                complex.elements = read_sequence(only_child(extension, "sequence")?)?;
            }
            _ => return Err(unknown(child)),
        }
    }
    Ok(complex)
}

fn read_sequence(node: Node<'_, '_>) -> Result<Vec<Element>, SchemaError> {
    only_attributes(node, &[])?;
    elements(node).map(read_element).collect()
}

fn read_element(node: Node<'_, '_>) -> Result<Element, SchemaError> {
    if !is(node, "element") {
        return Err(unknown(node));
    }
    only_attributes(
        node,
        &[
            "name",
            "type",
            "minOccurs",
            "maxOccurs",
            "note:json",
            "note:jsonNumber",
            "note:requiredFor",
        ],
    )?;
    for child in elements(node) {
        if !is(child, "annotation") {
            return Err(unknown(child));
        }
    }
    let name = attribute(node, "name")?.to_owned();
    if !name
        .chars()
        .all(|character| character.is_ascii_alphanumeric())
        || !name.starts_with(|character: char| character.is_ascii_alphabetic())
    {
        return Err(SchemaError::at(
            node,
            "the name of an element must be of letters and digits: it becomes one in Rust",
        ));
    }
    let optional = match node.attribute("minOccurs") {
        None | Some("1") => false,
        Some("0") => true,
        Some(_) => return Err(SchemaError::at(node, "minOccurs must be 0 or 1")),
    };
    let documentation = documentation(node)?;
    if documentation.is_empty() {
        return Err(SchemaError::at(
            node,
            format!("element {name} needs xs:documentation"),
        ));
    }
    let json_number = match note(node, "jsonNumber") {
        None => false,
        Some("true") => true,
        Some(_) => return Err(SchemaError::at(node, "note:jsonNumber can only be true")),
    };
    Ok(Element {
        documentation,
        type_name: type_name(node, attribute(node, "type")?)?,
        optional,
        repeated: node.attribute("maxOccurs").is_some_and(|most| most != "1"),
        json: note(node, "json").unwrap_or(&name).to_owned(),
        json_number,
        required_for: required_for(node)?,
        line: line(node),
        name,
    })
}

/// The incident types for which an element is required. A misspelt one would never be.
fn required_for(node: Node<'_, '_>) -> Result<Vec<String>, SchemaError> {
    let codes: Vec<_> = note(node, "requiredFor")
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    match codes
        .iter()
        .find(|code| !DOCUMENTED_TYPES.contains(&code.as_str()))
    {
        Some(code) => Err(SchemaError::at(
            node,
            format!("{code} is not one of the documented types {DOCUMENTED_TYPES:?}"),
        )),
        None => Ok(codes),
    }
}

#[cfg(test)]
mod tests {
    use super::nodes::{NOTES, XS};
    use super::*;

    fn with(inner: &str) -> Result<Schema, SchemaError> {
        Schema::parse(&format!(
            "<xs:schema xmlns:xs=\"{XS}\" xmlns:cf=\"urn:x\" xmlns:note=\"{NOTES}\" targetNamespace=\"urn:x\" elementFormDefault=\"unqualified\">\n{inner}\n</xs:schema>"
        ))
    }

    #[test]
    fn reads_the_careflex_schema() {
        let schema = Schema::parse(crate::CAREFLEX_2_0).unwrap();
        let names: Vec<_> = schema
            .elements_of("NewIncident")
            .unwrap()
            .iter()
            .map(|element| element.name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "externalId",
                "employeeId",
                "validFrom",
                "createdAt",
                "type",
                "employee"
            ]
        );
        assert_eq!(schema.simple["Text"].max_length, Some(255));
        assert_eq!(schema.complex["IncidentList"].choice, Some(100));
    }

    #[test]
    fn an_unknown_construct_is_an_error_with_its_line() {
        let cases = [
            ("<xs:group name=\"g\"/>", "<group>"),
            (
                "<xs:complexType name=\"T\"><xs:all/></xs:complexType>",
                "<all>",
            ),
            (
                "<xs:complexType name=\"T\" mixed=\"true\"><xs:sequence/></xs:complexType>",
                "mixed",
            ),
            (
                "<xs:simpleType name=\"T\"><xs:restriction base=\"xs:string\"><xs:totalDigits value=\"1\"/></xs:restriction></xs:simpleType>",
                "<totalDigits>",
            ),
            (
                "<xs:simpleType name=\"T\"><xs:restriction base=\"xs:decimal\"/></xs:simpleType>",
                "xs:decimal",
            ),
            (
                "<xs:simpleType name=\"T\"><xs:restriction base=\"xs:string\"><xs:pattern value=\"a|b\"/></xs:restriction></xs:simpleType>",
                "'|'",
            ),
            (
                "<xs:complexType name=\"T\"><xs:sequence><xs:element name=\"e\" type=\"cf:Missing\"><xs:annotation><xs:documentation>d</xs:documentation></xs:annotation></xs:element></xs:sequence></xs:complexType>",
                "unknown type Missing",
            ),
            (
                "<xs:simpleType name=\"T\"><xs:restriction base=\"xs:string\"><xs:maxLength value=\"3\"/><xs:enumeration value=\"a\" note:variant=\"A\"/></xs:restriction></xs:simpleType>",
                "no other facets",
            ),
            (
                "<xs:simpleType name=\"T\"><xs:restriction base=\"xs:string\"><xs:maxLength value=\"3\"/><xs:maxLength value=\"4\"/></xs:restriction></xs:simpleType>",
                "twice",
            ),
            (
                "<xs:simpleType name=\"T\"><xs:restriction base=\"xs:string\"><xs:minLength value=\"4\"/><xs:maxLength value=\"3\"/></xs:restriction></xs:simpleType>",
                "below minLength",
            ),
            (
                "<xs:complexType name=\"T\"><xs:sequence/><xs:sequence/></xs:complexType>",
                "needs one xs:sequence",
            ),
            (
                "<xs:complexType name=\"T\" note:hint=\"x\"><xs:sequence/></xs:complexType>",
                "attribute hint",
            ),
            (
                "<xs:element name=\"city-name\" type=\"xs:boolean\"/>",
                "letters and digits",
            ),
            (
                "<xs:element name=\"e\" type=\"xs:boolean\" note:requiredFor=\"NWE\"><xs:annotation><xs:documentation>d</xs:documentation></xs:annotation></xs:element>",
                "NWE is not one of the documented types",
            ),
            (
                "<xs:element name=\"e\" type=\"xs:boolean\"><xs:annotation><xs:documentation>a <b>c</b></xs:documentation></xs:annotation></xs:element>",
                "plain text",
            ),
            (
                "<xs:complexType name=\"T\"><xs:sequence><xs:element name=\"e\" type=\"xs:boolean\"/></xs:sequence></xs:complexType>",
                "needs xs:documentation",
            ),
        ];
        for (xml, expected) in cases {
            let error = with(xml).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(error.line(), 2, "{error}");
        }
        assert!(Schema::parse("<a").is_err());
    }
}
