//! The WSDL, as it is and with the schemas inside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use careflex_xsd::{CAREFLEX_1_0, CAREFLEX_2_0, CAREFLEX_WSDL, inlined_wsdl};
use roxmltree::{Document, Node};

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const XS: &str = "http://www.w3.org/2001/XMLSchema";
const NAMESPACES: [&str; 2] = ["http://n4.de/careflex/2.0", "http://n4.de/careflex"];

#[test]
fn every_message_is_an_element_of_its_schema() {
    let documents = [CAREFLEX_2_0, CAREFLEX_1_0].map(|text| Document::parse(text).unwrap());
    let schemas = documents.each_ref().map(Document::root_element);
    assert_messages_exist(&Document::parse(CAREFLEX_WSDL).unwrap(), &schemas);
}

#[test]
fn every_message_is_an_element_of_an_inlined_schema() {
    let text = inlined_wsdl().unwrap();
    let wsdl = Document::parse(&text).unwrap();
    let schemas: Vec<_> = all(&wsdl, XS, "schema").collect();
    let namespaces: Vec<_> = schemas
        .iter()
        .filter_map(|schema| schema.attribute("targetNamespace"))
        .collect();
    assert_eq!(namespaces, NAMESPACES);
    assert_messages_exist(&wsdl, &schemas);
}

#[test]
fn the_inlined_wsdl_needs_no_other_file_and_holds_no_notes() {
    let text = inlined_wsdl().unwrap();
    let body = text.strip_prefix("<?xml version=").unwrap();
    for absent in ["schemaLocation", "urn:careflex:notes", "note:", "<?xml"] {
        assert!(!body.contains(absent), "{absent}");
    }
    let wsdl = Document::parse(&text).unwrap();
    let imported: Vec<_> = all(&wsdl, XS, "import")
        .map(|import| import.attribute("namespace").unwrap())
        .collect();
    assert_eq!(imported, [NAMESPACES[0]]);
}

#[test]
fn inlining_loses_no_declaration() {
    let text = inlined_wsdl().unwrap();
    let inlined = Document::parse(&text).unwrap();
    let names = |document: &Document<'_>| -> Vec<String> {
        document
            .descendants()
            .filter(|node| node.tag_name().namespace() == Some(XS))
            .filter_map(|node| {
                Some(format!(
                    "{} {}",
                    node.tag_name().name(),
                    node.attribute("name")?
                ))
            })
            .collect()
    };
    let apart: Vec<_> = [CAREFLEX_2_0, CAREFLEX_1_0]
        .into_iter()
        .flat_map(|schema| names(&Document::parse(schema).unwrap()))
        .collect();
    assert_eq!(names(&inlined), apart);
}

#[test]
fn both_operations_are_bound_as_documented() {
    let text = inlined_wsdl().unwrap();
    let wsdl = Document::parse(&text).unwrap();
    let port_type = all(&wsdl, WSDL, "portType").next().unwrap();
    let binding = all(&wsdl, WSDL, "binding").next().unwrap();
    for parent in [port_type, binding] {
        let operations: Vec<_> = parent
            .children()
            .filter(|node| node.has_tag_name((WSDL, "operation")))
            .map(|node| node.attribute("name").unwrap())
            .collect();
        assert_eq!(operations, ["NewIncident", "NoIncident"]);
    }
    let style = all(&wsdl, SOAP, "binding").next().unwrap();
    assert_eq!(style.attribute("style"), Some("document"));
    assert!(all(&wsdl, SOAP, "operation").all(|node| node.attribute("soapAction") == Some("")));
    assert!(all(&wsdl, SOAP, "body").all(|node| node.attribute("use") == Some("literal")));
    assert_eq!(all(&wsdl, SOAP, "body").count(), 4);
}

#[test]
fn the_address_is_one_that_no_host_can_have() {
    let wsdl = Document::parse(CAREFLEX_WSDL).unwrap();
    let addresses: Vec<_> = all(&wsdl, SOAP, "address")
        .map(|node| node.attribute("location").unwrap())
        .collect();
    // The top-level domain `invalid` is reserved (RFC 2606).
    assert_eq!(addresses, ["https://portal.invalid/soap"]);
}

fn assert_messages_exist(wsdl: &Document<'_>, schemas: &[Node<'_, '_>]) {
    let parts: Vec<_> = all(wsdl, WSDL, "part").collect();
    assert_eq!(parts.len(), 4);
    for part in parts {
        let (prefix, name) = part.attribute("element").unwrap().split_once(':').unwrap();
        let namespace = part.lookup_namespace_uri(Some(prefix));
        let schema = schemas
            .iter()
            .find(|schema| schema.attribute("targetNamespace") == namespace)
            .unwrap();
        let found = schema
            .children()
            .any(|node| node.has_tag_name((XS, "element")) && node.attribute("name") == Some(name));
        assert!(found, "{name}");
    }
}

fn all<'a, 'input: 'a>(
    document: &'a Document<'input>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    document
        .descendants()
        .filter(move |node| node.has_tag_name((namespace, name)))
}
