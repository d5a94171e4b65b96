//! The library over SOAP, against the sandbox and against portals of one answer, over real sockets.

#![cfg(all(feature = "rest", feature = "soap"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use careflex::{
    Delivery, Doubt, EmptyReport, ReportError, ReportErrorKind, Reporter, Row, Rules, parse_date,
};
use careflex_sandbox::{Effect, Fault, Sandbox};
use common::{Answering, COMPANY, api_token, full, plain, report, soap_reporter};

/// What every request ends with.
const END: &[u8] = b"</soapenv:Envelope>";

fn envelope(content: &str) -> String {
    format!(
        r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{content}</e:Body></e:Envelope>"#
    )
}

fn fault(code: &str) -> String {
    envelope(&format!(
        "<e:Fault><faultcode>e:{code}</faultcode><faultstring>no {} please</faultstring><detail><why>Mustermann</why></detail></e:Fault>",
        api_token().expose()
    ))
}

fn rows(rows: &str) -> String {
    envelope(&format!(
        r#"<n:NewIncidentResponse xmlns:n="http://n4.de/careflex/2.0"><importId>i</importId><incidentResponseList>{rows}</incidentResponseList></n:NewIncidentResponse>"#
    ))
}

fn empty_report() -> EmptyReport {
    let day = parse_date("2026-11-30").unwrap();
    EmptyReport::new(COMPANY.parse().unwrap(), day, &Rules::documented()).unwrap()
}

async fn refused(status: u16, body: &str) -> (ReportError, usize) {
    let portal = Answering::start(END, status, body).await;
    let error = portal
        .soap()
        .report(&report(vec![plain("a")]))
        .await
        .unwrap_err();
    (error, portal.requests().len())
}

#[tokio::test]
async fn plain_and_new_incidents_keep_their_order_and_their_answers() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::new(Effect::RefusedRows(vec![1, 3])));
    let sent = vec![full("a"), plain("b"), plain("c"), full("d"), plain("e")];
    let receipt = soap_reporter(&sandbox)
        .report(&report(sent.clone()))
        .await
        .unwrap();
    assert!(receipt.is_complete());
    let ledger = sandbox.ledger();
    let booked: Vec<_> = ledger.bookings.iter().map(|one| &one.incident).collect();
    assert_eq!(booked, [&sent[0], &sent[2], &sent[4]]);
    assert!(ledger.bookings.iter().all(|one| one.api_token_ok));
    let answered: Vec<_> = receipt
        .rows()
        .iter()
        .map(|row| match row {
            Row::Accepted { incident_id } => (true, incident_id.clone()),
            Row::Refused { incident_id, .. } => (false, incident_id.clone().unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    let accepted = |row: usize| (true, ledger.bookings[row].incident_id.clone());
    let refused = |row: usize| (false, ledger.refused[row].incident_id.clone());
    assert_eq!(
        answered,
        [
            accepted(0),
            refused(0),
            accepted(1),
            refused(1),
            accepted(2)
        ]
    );
    assert_eq!(receipt.import_id(), Some(&ledger.bookings[0].import_id));
}

#[tokio::test]
async fn the_empty_report_arrives() {
    let sandbox = Sandbox::start().await.unwrap();
    soap_reporter(&sandbox)
        .report_none(&empty_report())
        .await
        .unwrap();
    let booked = sandbox.ledger().empty_reports;
    assert_eq!(booked.len(), 1);
    assert_eq!(booked[0].created_at, parse_date("2026-11-30").unwrap());
}

#[tokio::test]
async fn a_fault_counts_whatever_its_status() {
    use {Delivery as D, ReportErrorKind as K};
    for status in [200, 302, 400, 404, 500, 502] {
        for (code, kind, delivery) in [
            ("Client", K::Rejected, D::Refused),
            ("Client.Authentication", K::Rejected, D::Refused),
            ("MustUnderstand", K::Rejected, D::Refused),
            ("Server", K::ServerFailure, D::InDoubt),
            ("Else", K::ServerFailure, D::InDoubt),
        ] {
            let (error, requests) = refused(status, &fault(code)).await;
            assert_eq!(
                (error.kind(), error.delivery(), requests),
                (kind, delivery, 1),
                "{code} under {status}"
            );
            assert_eq!(error.status(), Some(status));
            let found = error.fault().unwrap();
            assert_eq!(found.code, format!("e:{code}"));
            assert_eq!(found.text, "no <hidden> please");
            assert_eq!(found.detail.as_deref(), Some("<why>Mustermann</why>"));
            assert_eq!(error.portal_text(), Some("no <hidden> please: Mustermann"));
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("Mustermann") && !shown.contains(api_token().expose()));
        }
    }
}

#[tokio::test]
async fn a_fault_that_quotes_the_api_token_is_shown_without_it() {
    let token = api_token();
    let token = token.expose();
    let (begin, end) = token.split_at(5);
    for quoted in [
        token.to_owned(),
        format!("{begin}<![CDATA[{end}]]>"),
        format!("&#{};{}", u32::from(token.as_bytes()[0]), &token[1..]),
    ] {
        let body = envelope(&format!(
            "<e:Fault><faultcode>e:Client.{quoted}</faultcode><faultstring>{quoted}</faultstring><detail><a>T&amp;C: {quoted}</a><b>!</b></detail></e:Fault>"
        ));
        let (error, _) = refused(500, &body).await;
        let fault = error.fault().unwrap();
        assert_eq!(fault.code, "e:Client.<hidden>");
        assert_eq!(fault.text, "<hidden>");
        assert_eq!(fault.detail_text.as_deref(), Some("T&C: <hidden> !"));
        assert_eq!(fault.detail, None);
        assert_eq!(error.portal_text(), Some("<hidden>: T&C: <hidden> !"));
    }
}

#[tokio::test]
async fn a_status_that_says_that_nothing_was_taken_counts_more_than_a_fault() {
    for code in ["Client", "Server"] {
        let (error, requests) = refused(401, &fault(code)).await;
        assert_eq!(error.kind(), ReportErrorKind::Authentication);
        assert!(error.fault().is_some());
        assert_eq!(requests, 2, "the token is asked for once more");
        let (error, requests) = refused(503, &fault(code)).await;
        assert_eq!((error.kind(), requests), (ReportErrorKind::Busy, 4));
    }
}

#[tokio::test]
async fn a_receipt_counts_whatever_its_status_even_if_it_is_unclear() {
    let doubled = rows(
        "<incident><rowNumber>0</rowNumber><incidentId>i</incidentId><employeeId>a</employeeId></incident><incident><rowNumber>0</rowNumber><incidentId>j</incidentId><employeeId>a</employeeId></incident>",
    );
    let shifted = rows("<incident><rowNumber>1</rowNumber><incidentId>i</incidentId></incident>");
    let nameless = rows(
        "<incident><rowNumber>0</rowNumber><n:incidentId>i</n:incidentId><employeeId>a</employeeId></incident>",
    );
    let beside = rows(
        "<incident><rowNumber>0</rowNumber><incidentId>i</incidentId><employeeId>a</employeeId></incident>",
    )
    .replace("<importId>", "<error>the import failed</error><importId>");
    let twice = rows(
        "<incident><rowNumber>0</rowNumber><incidentId>i</incidentId><incidentId>j</incidentId><employeeId>a</employeeId></incident>",
    );
    for status in [200, 302, 400, 401, 422, 429, 500, 503] {
        for (body, reason) in [
            (&doubled, Doubt::Doubled),
            (&shifted, Doubt::Missing),
            (&twice, Doubt::Incomplete),
            (&nameless, Doubt::Incomplete),
            (&beside, Doubt::Incomplete),
        ] {
            let portal = Answering::start(END, status, body).await;
            let reporter = portal.soap();
            let receipt = reporter.report(&report(vec![plain("a")])).await.unwrap();
            assert_eq!(receipt.rows(), [Row::InDoubt { reason }], "{status}");
            assert_eq!(portal.requests().len(), 1, "never repeated: {status}");
        }
    }
    // An answer to the report that cannot be read is one all the same.
    for broken in [
        rows("").replace("importId>i<", "importId>i</importId><importId>i<"),
        rows("<incident xmlns='urn:x'/>"),
        rows("text"),
        format!(
            "--part\r\nContent-Type: application/xop+xml\r\n\r\n{}\r\n--part--",
            rows("")
        ),
    ] {
        for status in [200, 400, 401, 429, 503] {
            let (error, requests) = refused(status, &broken).await;
            assert_eq!(
                (error.delivery(), requests),
                (Delivery::InDoubt, 1),
                "{status}"
            );
        }
    }
    // A list without rows says nothing of an incident: then the status counts.
    let (error, _) = refused(400, &rows("")).await;
    assert_eq!(error.delivery(), Delivery::Refused);
}

#[tokio::test]
async fn what_is_no_answer_is_in_doubt() {
    for (body, reason) in [
        ("", "it is empty"),
        (
            "<html><body>Please log in</body></html>",
            "this is a web page",
        ),
        ("{}", "it does not begin with < (is the address right?)"),
        (&rows("")[..100], "the XML ends too early"),
        (&envelope(""), "Body is empty"),
        (&format!("{0}{0}", rows("")), "a second element follows"),
    ] {
        let (error, requests) = refused(200, body).await;
        assert_eq!((error.delivery(), requests), (Delivery::InDoubt, 1));
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn an_empty_report_is_taken_with_its_answer_only() {
    let right = envelope(r#"<n:NoIncidentResponse xmlns:n="http://n4.de/careflex"/>"#);
    for (status, body, delivery) in [
        (200, right.as_str(), None),
        (500, &right, None),
        (202, "", Some(Delivery::InDoubt)),
        (204, "", Some(Delivery::InDoubt)),
        (200, "<html/>", Some(Delivery::InDoubt)),
        (200, &fault("Client"), Some(Delivery::Refused)),
        (200, &fault("Server"), Some(Delivery::InDoubt)),
        (500, "", Some(Delivery::InDoubt)),
        (400, "", Some(Delivery::Refused)),
        (200, &rows(""), Some(Delivery::InDoubt)),
        (
            200,
            &envelope(
                r#"<n:NoIncidentResponse xmlns:n="http://n4.de/careflex"><error>1</error></n:NoIncidentResponse>"#,
            ),
            Some(Delivery::InDoubt),
        ),
    ] {
        let portal = Answering::start(END, status, body).await;
        let result = portal.soap().report_none(&empty_report()).await;
        assert_eq!(
            result.err().map(|error| error.delivery()),
            delivery,
            "{status} {body}"
        );
        assert_eq!(portal.requests().len(), 1);
    }
}

#[tokio::test]
async fn the_request_is_text_xml_with_token_and_action() {
    let portal = Answering::start(END, 500, "").await;
    let send = async |reporter: careflex::soap::SoapReporter| {
        let _ = reporter.report(&report(vec![full("ä")])).await;
        portal.requests().pop().unwrap()
    };
    let request = send(portal.soap()).await;
    let head = request.split("\r\n\r\n").next().unwrap().to_lowercase();
    for line in [
        "post / http/1.1",
        "content-type: text/xml;charset=utf-8",
        "authorization: bearer token",
        "soapaction: \"\"",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert!(request.contains("<apitoken>planted-api-token</apitoken>"));
    assert!(request.contains("<firstName>ä-first</firstName>"));
    for wrong in ["a b", "a\"b", "a\nb", "ä"] {
        assert!(portal.soap().soap_action(wrong).is_err(), "{wrong}");
    }
    let request = send(portal.soap().soap_action("urn:NewIncident").unwrap()).await;
    assert!(
        request
            .to_lowercase()
            .contains("soapaction: \"urn:newincident\"")
    );
}
