//! SOAP messages as the tests write and read them: without the codec that the sandbox uses.

use careflex_sandbox::Sandbox;
use roxmltree::{Document, Node};

use crate::raw::{Answer, COMPANY, request, send};

pub(crate) const SOAP: &str = "/soap";
pub(crate) const XML: (&str, &str) = ("Content-Type", "text/xml;charset=UTF-8");
pub(crate) const NONE_NAMESPACE: &str = "http://n4.de/careflex";

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const NEW_NAMESPACE: &str = "http://n4.de/careflex/2.0";

/// A message with this in its body.
pub(crate) fn envelope(content: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"{ENVELOPE}\"><soapenv:Header/><soapenv:Body>{content}\
         </soapenv:Body></soapenv:Envelope>"
    )
}

/// A report with one incident, without master data, for each employee.
pub(crate) fn soap_report(sandbox: &Sandbox, employees: &[&str]) -> String {
    let api_token = sandbox.credentials().api_token.expose();
    let incident = |employee: &&str| {
        format!(
            "<plainIncident><employeeId>{employee}</employeeId><validFrom>2026-12-01</validFrom>\
             <createdAt>2026-11-20</createdAt><type>WIK</type></plainIncident>"
        )
    };
    let incidents: String = employees.iter().map(incident).collect();
    envelope(&format!(
        "<ns:NewIncidentRequest xmlns:ns=\"{NEW_NAMESPACE}\"><careflexId>{COMPANY}</careflexId>\
         <apitoken>{api_token}</apitoken><incidentList>{incidents}</incidentList>\
         </ns:NewIncidentRequest>"
    ))
}

/// An empty report.
pub(crate) fn soap_none_report(sandbox: &Sandbox) -> String {
    let api_token = sandbox.credentials().api_token.expose();
    envelope(&format!(
        "<car:NoIncidentRequest xmlns:car=\"{NONE_NAMESPACE}\"><careflexId>{COMPANY}</careflexId>\
         <apitoken>{api_token}</apitoken><createdAt>2026-11-20</createdAt></car:NoIncidentRequest>"
    ))
}

/// A message with an access token as bytes, which asks to close the connection.
pub(crate) fn xml_request(token: &str, body: &str) -> String {
    let bearer = format!("Bearer {token}");
    request("POST", SOAP, &[XML, ("Authorization", &bearer)], body)
}

/// Posts a message with an access token.
pub(crate) async fn post_xml(sandbox: &Sandbox, token: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [XML, ("Authorization", &*bearer)];
    send(sandbox, "POST", SOAP, &headers, body).await
}

/// A row of an answer.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) number: usize,
    pub(crate) incident_id: String,
    pub(crate) external_id: Option<String>,
    pub(crate) employee_id: Option<String>,
    pub(crate) kind: Option<String>,
    /// Code and message.
    pub(crate) error: Option<(String, String)>,
}

/// The rows of an answer to a report.
pub(crate) fn rows(answer: &str) -> Vec<Row> {
    let document = Document::parse(answer).unwrap();
    let response = body(&document);
    assert!(response.has_tag_name((NEW_NAMESPACE, "NewIncidentResponse")));
    let list = child(response, "incidentResponseList").unwrap();
    list.children()
        .filter(Node::is_element)
        .map(|row| {
            assert!(row.has_tag_name("incident"));
            Row {
                number: text(row, "rowNumber").unwrap().parse().unwrap(),
                incident_id: text(row, "incidentId").unwrap(),
                external_id: text(row, "externalId"),
                employee_id: text(row, "employeeId"),
                kind: text(row, "type"),
                error: child(row, "incidentError").map(|error| {
                    let part = |name| text(error, name).unwrap();
                    (part("code"), part("message"))
                }),
            }
        })
        .collect()
}

/// That the answer is a fault with this status and code, and says why.
pub(crate) fn assert_fault(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some(XML.1));
    let document = Document::parse(&answer.body).unwrap();
    let fault = body(&document);
    assert!(fault.has_tag_name((ENVELOPE, "Fault")), "{}", answer.body);
    assert_eq!(text(fault, "faultcode").unwrap(), code);
    assert_ne!(text(fault, "faultstring").unwrap(), "");
}

/// The one element in the body of a message.
fn body<'a, 'i>(document: &'a Document<'i>) -> Node<'a, 'i> {
    let root = document.root_element();
    assert!(root.has_tag_name((ENVELOPE, "Envelope")));
    let is_body = |node: &Node<'_, '_>| node.has_tag_name((ENVELOPE, "Body"));
    let body = root.children().find(is_body).unwrap();
    let elements: Vec<_> = body.children().filter(Node::is_element).collect();
    assert_eq!(elements.len(), 1);
    elements[0]
}

/// The element with this name, which has no namespace.
fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children()
        .find(|child| child.tag_name().namespace().is_none() && child.tag_name().name() == name)
}

/// Its text, without the white space around it.
fn text(node: Node<'_, '_>, name: &str) -> Option<String> {
    let text = child(node, name)?.text().unwrap_or_default();
    Some(text.trim().to_owned())
}
