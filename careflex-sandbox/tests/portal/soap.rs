//! EP2: what is booked, and how it is answered.

use careflex_core::CareflexId;
use careflex_sandbox::{Credentials, Sandbox};
use roxmltree::Document;

use crate::raw::{COMPANY, NEW, NONE, booked, none_report, post, report, send, token};
use crate::xml::{NONE_NAMESPACE, post_xml, rows, soap_none_report, soap_report};

const NEW_SAMPLE: &str = include_str!("../../../careflex-soap/tests/samples/soap-new-request.xml");
const NONE_SAMPLE: &str =
    include_str!("../../../careflex-soap/tests/samples/soap-none-request.xml");

async fn started() -> (Sandbox, String) {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    (sandbox, token)
}

/// A sandbox in which this is the right API token.
async fn started_with(api_token: &str) -> (Sandbox, String) {
    let credentials = Credentials::new("user", "secret", api_token.parse().unwrap());
    let builder = Sandbox::builder().credentials(credentials);
    let sandbox = builder.start().await.unwrap();
    let token = token(&sandbox).await;
    (sandbox, token)
}

#[tokio::test]
async fn the_documented_request_is_booked_in_its_order_and_answered_row_by_row() {
    let (sandbox, token) = started_with("88ea9396-386f-4130-bd00-1dd34e5636bd").await;
    assert_eq!(NEW_SAMPLE.matches("<plainIncident>").count(), 2);
    assert_eq!(NEW_SAMPLE.matches("<newIncident>").count(), 1);
    let answer = post_xml(&sandbox, &token, NEW_SAMPLE).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/xml;charset=UTF-8")
    );
    let rows = rows(&answer.body);
    let keys: Vec<_> = rows
        .iter()
        .map(|row| {
            let key = |text: &Option<String>| text.clone().unwrap_or_default();
            [&row.external_id, &row.employee_id, &row.kind].map(key)
        })
        .collect();
    assert_eq!(
        keys,
        [
            ["", "4711", "RST"],
            ["", "4811", "NEW"],
            ["CustomerId-4711-2345", "35801170498", "RST"],
        ]
    );
    let numbers: Vec<_> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, [0, 1, 2]);
    assert!(rows.iter().all(|row| row.error.is_none()));

    assert_eq!(booked(&sandbox), ["4711", "4811", "35801170498"]);
    let ledger = sandbox.ledger();
    let company: CareflexId = COMPANY.parse().unwrap();
    assert_eq!(ledger.booked(&company).count(), 3);
    for (row, booking) in rows.iter().zip(&ledger.bookings) {
        assert_eq!(row.incident_id, booking.incident_id.as_str());
        assert!(answer.body.contains(booking.import_id.as_str()));
        assert!(booking.api_token_ok);
        assert_eq!(booking.request, 1);
    }
    let employees: Vec<_> = ledger
        .bookings
        .iter()
        .map(|booking| booking.incident.employee.as_ref())
        .collect();
    assert!(employees[0].is_none() && employees[2].is_none());
    let street = &employees[1].unwrap().address.as_ref().unwrap().street;
    assert_eq!(street.as_str(), "Musterstraße");
}

#[tokio::test]
async fn the_answer_has_the_documented_prefixes_and_white_space() {
    let (sandbox, token) = started().await;
    let answer = post_xml(&sandbox, &token, &soap_report(&sandbox, &["4711"])).await;
    let booking = &sandbox.ledger().bookings[0];
    assert_eq!(
        answer.body,
        format!(
            "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\">\n\
             <SOAP-ENV:Header/>\n<SOAP-ENV:Body>\n\
             <ns3:NewIncidentResponse xmlns:ns3=\"http://n4.de/careflex/2.0\">\n\
             <importId>{}</importId>\n<incidentResponseList>\n<incident>\n\
             <rowNumber>0</rowNumber>\n<incidentId>\n{}\n</incidentId>\n\
             <employeeId>4711</employeeId>\n<type>WIK</type>\n</incident>\n\
             </incidentResponseList>\n</ns3:NewIncidentResponse>\n\
             </SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n",
            booking.import_id, booking.incident_id
        )
    );
}

#[tokio::test]
async fn an_empty_report_is_answered_with_an_empty_element() {
    let (sandbox, token) = started_with("maL0HMDszA2b9PKiqCAZRGh0ZDpVjmvc").await;
    let answer = post_xml(&sandbox, &token, NONE_SAMPLE).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/xml;charset=UTF-8")
    );
    let document = Document::parse(&answer.body).unwrap();
    let name = (NONE_NAMESPACE, "NoIncidentResponse");
    let response = document.descendants().find(|node| node.has_tag_name(name));
    assert!(!response.unwrap().has_children());

    let ledger = sandbox.ledger();
    assert_eq!((ledger.requests, ledger.none_requests), (0, 1));
    assert_eq!(ledger.empty_reports.len(), 1);
    let entry = &ledger.empty_reports[0];
    assert_eq!(entry.careflex_id.as_str(), "09ce3580d84bf090");
    assert_eq!(entry.created_at.to_string(), "2020-08-24");
    assert!(entry.api_token_ok);
}

#[tokio::test]
async fn both_interfaces_write_to_the_same_ledger() {
    let (sandbox, token) = started().await;
    post_xml(&sandbox, &token, &soap_report(&sandbox, &["soap"])).await;
    post(&sandbox, NEW, &token, &report(&sandbox, &["rest"])).await;
    post_xml(&sandbox, &token, &soap_none_report(&sandbox)).await;
    post(&sandbox, NONE, &token, &none_report(&sandbox)).await;
    assert_eq!(booked(&sandbox), ["soap", "rest"]);
    let ledger = sandbox.ledger();
    assert_eq!((ledger.requests, ledger.none_requests), (2, 2));
    let bookings = ledger.bookings.iter().map(|booking| booking.request);
    let empty = ledger.empty_reports.iter().map(|entry| entry.request);
    assert_eq!(bookings.chain(empty).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_row_that_breaks_a_rule_is_refused_and_the_others_are_booked() {
    let (sandbox, token) = started().await;
    let wrong = NEW_SAMPLE.replace("<sex>m</sex>", "<sex>f</sex>");
    let answer = post_xml(&sandbox, &token, &wrong).await;
    assert_eq!(answer.status, 200);
    assert_eq!(booked(&sandbox), ["4711", "35801170498"]);
    let rows = rows(&answer.body);
    assert_eq!(rows.len(), 3);
    let (code, message) = rows[1].error.clone().unwrap();
    assert_eq!(code, "422");
    assert!(
        message.starts_with(
            "The validation failed: The content of the field 'employee.sex' is invalid with the reason: "
        ),
        "{message}"
    );
    assert!(rows[0].error.is_none() && rows[2].error.is_none());
    let refused = &sandbox.ledger().refused;
    assert_eq!(refused.len(), 1);
    assert_eq!(rows[1].incident_id, refused[0].incident_id.as_str());
    assert_eq!(refused[0].key.employee_id.as_deref(), Some("4811"));
}

#[tokio::test]
async fn the_api_token_is_not_checked_but_recorded() {
    let (sandbox, token) = started().await;
    let right = sandbox.credentials().api_token.expose().to_owned();
    for body in [soap_report(&sandbox, &["4711"]), soap_none_report(&sandbox)] {
        let wrong = body.replace(&right, "planted");
        for body in [body, wrong] {
            let answer = post_xml(&sandbox, &token, &body).await;
            assert_eq!(answer.status, 200);
            assert!(!answer.body.contains("planted"));
        }
    }
    let ledger = sandbox.ledger();
    let new = ledger.bookings.iter().map(|booking| booking.api_token_ok);
    let none = ledger.empty_reports.iter().map(|entry| entry.api_token_ok);
    let all: Vec<_> = new.chain(none).collect();
    assert_eq!(all, [true, false, true, false]);
}

#[tokio::test]
async fn special_characters_come_back_as_they_were_sent() {
    let (sandbox, token) = started().await;
    let body = soap_report(&sandbox, &["A&amp;B &lt;Jürgen€&gt;"]);
    let answer = post_xml(&sandbox, &token, &body).await;
    assert_eq!(booked(&sandbox), ["A&B <Jürgen€>"]);
    let row = &rows(&answer.body)[0];
    assert_eq!(row.employee_id.as_deref(), Some("A&B <Jürgen€>"));
}

#[tokio::test]
async fn the_wsdl_names_the_address_that_the_client_has_used() {
    let sandbox = Sandbox::start().await.unwrap();
    for path in ["/soap?wsdl", "/soap?WSDL"] {
        // Nobody needs a token to read it.
        let answer = send(&sandbox, "GET", path, &[], "").await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("text/xml;charset=UTF-8")
        );
        let document = Document::parse(&answer.body).unwrap();
        let root = document.root_element();
        assert!(root.has_tag_name(("http://schemas.xmlsoap.org/wsdl/", "definitions")));
        let name = ("http://schemas.xmlsoap.org/wsdl/soap/", "address");
        let addresses: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name(name))
            .map(|node| node.attribute("location").unwrap())
            .collect();
        assert!(!addresses.is_empty());
        for address in addresses {
            // The raw client calls its host so.
            assert_eq!(address, "http://sandbox/soap");
        }
    }
    assert_eq!(sandbox.ledger().requests, 0);
}

#[tokio::test]
async fn prefixes_and_white_space_of_the_request_do_not_matter() {
    let (sandbox, token) = started().await;
    let body = soap_report(&sandbox, &["4711"])
        .replace("soapenv", "a")
        .replace("<ns:", "<b:")
        .replace("</ns:", "</b:")
        .replace("xmlns:ns=", "xmlns:b=")
        .replace("><", ">\n  <");
    assert!(body.contains("</b:NewIncidentRequest>"), "{body}");
    let answer = post_xml(&sandbox, &token, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(booked(&sandbox), ["4711"]);
}
