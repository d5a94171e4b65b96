//! Misbehaviour on demand over SOAP: what the client sees, and what was booked in truth.

use std::time::Duration;

use careflex_sandbox::{Booked, Effect, EffectEntry, Fault, OwnAnswer, Place, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::raw::{
    Answer, NEW, NONE, booked, exchange, none_report, post, read_answer, read_to_close, report,
    request, token, try_post,
};
use crate::xml::{
    SOAP, XML, assert_fault, post_xml, rows, soap_none_report, soap_report, xml_request,
};

const FOUR: [&str; 4] = ["4711", "b", "c", "d"];

async fn started() -> (Sandbox, String) {
    let sandbox = Sandbox::start().await.unwrap();
    let token = token(&sandbox).await;
    (sandbox, token)
}

/// The answer to a report that the effect strikes, and the sandbox.
async fn struck(effect: Effect) -> (Sandbox, Answer) {
    let (sandbox, token) = started().await;
    sandbox.inject(Fault::new(effect));
    let answer = post_xml(&sandbox, &token, &soap_report(&sandbox, &FOUR)).await;
    assert_eq!(sandbox.pending_faults(), 0);
    (sandbox, answer)
}

/// The answer to a message as bytes: head, and body.
async fn answer_bytes(sandbox: &Sandbox, token: &str, body: &str) -> (String, Vec<u8>) {
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    let bytes = xml_request(token, body);
    connection.write_all(bytes.as_bytes()).await.unwrap();
    let answer = read_to_close(&mut connection).await;
    let mut places = answer.windows(4);
    let end = places.position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let (head, body) = answer.split_at(end);
    (String::from_utf8(head.to_vec()).unwrap(), body.to_vec())
}

/// Every effect that has a name, wherever reports meet it.
#[tokio::test(start_paused = true)]
async fn each_effect_strikes_over_soap_and_books_what_it_says() {
    for entry in EffectEntry::all() {
        // Faults of an employee never strike an empty report.
        let example = entry.example.replace(",employee=4711", "");
        let fault: Fault = example.parse().unwrap();
        for place in [Place::New, Place::None] {
            if !entry.places.contains(&place) {
                continue;
            }
            let fault = fault.clone().at(place);
            let is_booked = match entry.booked {
                Booked::Always | Booked::Later => true,
                Booked::OnDemand => example.contains(",booked"),
                _ => false,
            };
            strikes(entry.name, place, fault.clone(), is_booked).await;
            if entry.booked == Booked::OnDemand {
                strikes(entry.name, place, fault.booked(), true).await;
            }
        }
    }
}

/// Sends messages until the fault strikes one, and looks at what that one has booked.
async fn strikes(effect: &str, place: Place, fault: Fault, is_booked: bool) {
    let (sandbox, token) = started().await;
    let (body, all) = match place {
        Place::New => (soap_report(&sandbox, &FOUR), FOUR.len()),
        _ => (soap_none_report(&sandbox), 1),
    };
    let expected = match effect {
        _ if !is_booked => 0,
        "refused-rows" => all - 1,
        _ => all,
    };
    let what = format!("{effect} at {}", place.name());
    sandbox.inject(fault);
    let mut before = 0;
    let mut head = String::new();
    while sandbox.unstruck_faults() > 0 {
        assert_eq!(bookings(&sandbox), before, "{what}");
        head = head_of_answer(&sandbox, &token, &body).await;
        if sandbox.unstruck_faults() > 0 {
            assert!(head.starts_with("HTTP/1.1 200 "), "{what}");
            before += all;
        }
    }
    assert_eq!(bookings(&sandbox) - before, expected, "{what}");
    let is_own = effect == "answer";
    assert!(
        is_own || !head.contains("application/json"),
        "{what}: {head}"
    );
}

/// How many incidents and empty reports are booked.
fn bookings(sandbox: &Sandbox) -> usize {
    let ledger = sandbox.ledger();
    ledger.bookings.len() + ledger.empty_reports.len()
}

/// The head of the answer to a message, which is the second one of its connection; nothing if there is
/// no answer.
async fn head_of_answer(sandbox: &Sandbox, token: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    let first = request("GET", SOAP, &[], "").replace("Connection: close\r\n", "");
    connection.write_all(first.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut connection).await.status, 405);
    let message = xml_request(token, body);
    connection.write_all(message.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn refusals_on_demand_are_faults_with_their_status() {
    let after = |text: &str| Some(text.to_owned());
    for (effect, status, code) in [
        (Effect::Status(400), 400, "SOAP-ENV:Client"),
        (Effect::Status(404), 404, "SOAP-ENV:Client"),
        (Effect::Status(422), 422, "SOAP-ENV:Client"),
        (Effect::Status(500), 500, "SOAP-ENV:Server"),
        (Effect::Status(502), 502, "SOAP-ENV:Server"),
        (Effect::Status(7), 500, "SOAP-ENV:Server"),
        (Effect::Unauthorized, 401, "SOAP-ENV:Client"),
        (Effect::ForgetTokens, 401, "SOAP-ENV:Client"),
        (Effect::Busy { retry_after: None }, 503, "SOAP-ENV:Server"),
        (Effect::BusyUntil(Duration::ZERO), 503, "SOAP-ENV:Server"),
        (
            Effect::TooManyRequests {
                retry_after: after("7"),
            },
            429,
            "SOAP-ENV:Server",
        ),
    ] {
        let (sandbox, answer) = struck(effect.clone()).await;
        assert_fault(&answer, status, code);
        assert!(booked(&sandbox).is_empty());
        let waits = match effect {
            Effect::TooManyRequests { .. } => Some("7"),
            Effect::BusyUntil(_) => answer.header("retry-after"),
            _ => None,
        };
        assert_eq!(answer.header("retry-after"), waits);
        let asks_for_token = (status == 401).then_some("Bearer");
        assert_eq!(answer.header("www-authenticate"), asks_for_token);
    }
}

#[tokio::test]
async fn a_status_of_success_or_of_another_place_has_no_body() {
    for status in [200, 201, 204, 302, 304] {
        let (sandbox, answer) = struck(Effect::Status(status)).await;
        assert_eq!((answer.status, &*answer.body), (status, ""));
        assert!(booked(&sandbox).is_empty());
    }
    let url = "https://other.example/".to_owned();
    let (_, answer) = struck(Effect::Redirect(url)).await;
    assert_eq!((answer.status, &*answer.body), (307, ""));
    assert_eq!(answer.header("location"), Some("https://other.example/"));
}

#[tokio::test]
async fn a_soap_fault_says_what_the_test_says() {
    let (sandbox, token) = started().await;
    let (new, none) = (soap_report(&sandbox, &FOUR), soap_none_report(&sandbox));
    for (code, shown) in [
        ("Client", "SOAP-ENV:Client"),
        ("Client.Authentication", "SOAP-ENV:Client.Authentication"),
        ("Server", "SOAP-ENV:Server"),
        ("Server.Busy.Now", "SOAP-ENV:Server.Busy.Now"),
        ("VersionMismatch", "SOAP-ENV:VersionMismatch"),
        ("MustUnderstand", "SOAP-ENV:MustUnderstand"),
        ("env:Client", "env:Client"),
        ("Clients", "Clients"),
        ("<&>", "<&>"),
    ] {
        for (fault, status) in [
            (format!("soap-fault={code}"), 500),
            (format!("soap-fault={code}:200@none"), 200),
        ] {
            let body = if status == 500 { &new } else { &none };
            sandbox.inject(fault.parse().unwrap());
            assert_fault(&post_xml(&sandbox, &token, body).await, status, shown);
        }
    }
    assert_eq!((bookings(&sandbox), sandbox.pending_faults()), (0, 0));
    sandbox.inject("soap-fault=Server,booked".parse().unwrap());
    let answer = post_xml(&sandbox, &token, &new).await;
    assert_fault(&answer, 500, "SOAP-ENV:Server");
    assert_eq!(booked(&sandbox), FOUR);
}

#[tokio::test]
async fn over_rest_a_soap_fault_is_xml_too() {
    let (sandbox, token) = started().await;
    let effect = Effect::SoapFault {
        code: "Server".to_owned(),
        status: 200,
    };
    for (path, place, body) in [
        (NEW, Place::New, report(&sandbox, &["4711"])),
        (NONE, Place::None, none_report(&sandbox)),
    ] {
        sandbox.inject(Fault::new(effect.clone()).at(place));
        let answer = post(&sandbox, path, &token, &body).await;
        assert_fault(&answer, 200, "SOAP-ENV:Server");
    }
    assert_eq!(bookings(&sandbox), 0);
}

#[tokio::test]
async fn the_right_answer_comes_mangled() {
    let (sandbox, token) = started().await;
    let new = soap_report(&sandbox, &["Jürgen€"]);
    let none = soap_none_report(&sandbox);
    for (place, body) in [(Place::New, &new), (Place::None, &none)] {
        let answer = async |effect| {
            sandbox.inject(Fault::new(effect).at(place));
            answer_bytes(&sandbox, &token, body).await
        };
        let is_right = |text: &str| {
            let expected = match place {
                Place::New => "<employeeId>Jürgen€</employeeId>",
                _ => "NoIncidentResponse",
            };
            text.starts_with("<SOAP-ENV:Envelope") && text.contains(expected)
        };

        let (head, body) = answer(Effect::WrongContentType).await;
        assert!(head.contains("content-type: text/plain;charset=UTF-8\r\n"));
        assert!(is_right(&String::from_utf8(body).unwrap()));

        let (head, body) = answer(Effect::Latin1).await;
        assert!(head.contains("content-type: text/xml;charset=ISO-8859-1\r\n"));
        let text: String = body.iter().copied().map(char::from).collect();
        assert!(is_right(&text.replace("Jürgen?", "Jürgen€")));

        let (head, body) = answer(Effect::Utf16).await;
        assert!(head.contains("content-type: text/xml;charset=UTF-16\r\n"));
        let units = body.chunks(2).map(|pair| [pair[0], pair[1]]);
        let units: Vec<_> = units.map(u16::from_be_bytes).collect();
        let text = String::from_utf16(&units).unwrap();
        assert!(is_right(text.strip_prefix('\u{FEFF}').unwrap()));

        let (head, body) = answer(Effect::ByteOrderMark).await;
        assert!(head.contains(&format!("content-type: {}\r\n", XML.1)));
        let text = String::from_utf8(body).unwrap();
        assert!(is_right(text.strip_prefix('\u{FEFF}').unwrap()));

        let (head, body) = answer(Effect::CutAnswer(20)).await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
        assert_eq!(body, b"<SOAP-ENV:Envelope x");

        let (head, body) = answer(Effect::Http10).await;
        assert!(head.starts_with("HTTP/1.0 200 OK\r\n"));
        assert!(is_right(&String::from_utf8(body).unwrap()));
    }
    assert_eq!((booked(&sandbox).len(), bookings(&sandbox)), (6, 12));
    assert_eq!(sandbox.pending_faults(), 0);
}

#[tokio::test]
async fn nonsense_comes_instead_of_the_answer() {
    let (sandbox, token) = started().await;
    let body = soap_report(&sandbox, &["4711"]);
    sandbox.inject(Fault::new(Effect::Garbage));
    let (head, garbage) = answer_bytes(&sandbox, &token, &body).await;
    assert!(head.contains(&format!("content-type: {}\r\n", XML.1)));
    assert!(std::str::from_utf8(&garbage).is_err());
    let lossy = String::from_utf8_lossy(&garbage);
    assert!(roxmltree::Document::parse(&lossy).is_err());

    sandbox.inject(Fault::new(Effect::Html));
    let answer = post_xml(&sandbox, &token, &body).await;
    assert!(answer.body.starts_with("<html>"));

    let own = OwnAnswer::new(418, "text/x", "nonsense");
    sandbox.inject(Fault::new(Effect::Answer(own)));
    let answer = post_xml(&sandbox, &token, &body).await;
    assert_eq!((answer.status, &*answer.body), (418, "nonsense"));
    assert_eq!(answer.header("content-type"), Some("text/x"));
    assert!(booked(&sandbox).is_empty());
}

#[tokio::test]
async fn the_rows_of_an_answer_are_distorted() {
    for (effect, numbers, employees) in [
        (
            Effect::MissingRows(vec![1, 7]),
            vec![0, 2, 3],
            vec!["4711", "c", "d"],
        ),
        (
            Effect::DoubledRows(vec![0]),
            vec![0, 0, 1, 2, 3],
            vec!["4711", "4711", "b", "c", "d"],
        ),
        (
            Effect::ShuffledRows,
            vec![3, 2, 1, 0],
            vec!["d", "c", "b", "4711"],
        ),
        (
            Effect::UnknownRows(1),
            vec![0, 1, 2, 3, 4],
            vec!["4711", "b", "c", "d", "unknown-4"],
        ),
        (
            Effect::MixedUpRows(vec![0]),
            vec![0, 1, 2, 3],
            vec!["b", "b", "c", "d"],
        ),
    ] {
        let (sandbox, answer) = struck(effect).await;
        let rows = rows(&answer.body);
        let found: Vec<_> = rows.iter().map(|row| row.number).collect();
        assert_eq!(found, numbers);
        let employee = |row: &crate::xml::Row| row.employee_id.clone().unwrap();
        let found: Vec<_> = rows.iter().map(employee).collect();
        assert_eq!(found, employees);
        assert_eq!(booked(&sandbox), FOUR);
    }
    let (sandbox, answer) = struck(Effect::RefusedRows(vec![1])).await;
    let (code, _) = rows(&answer.body)[1].error.clone().unwrap();
    assert_eq!(code, "422");
    assert_eq!(booked(&sandbox), ["4711", "c", "d"]);
}

#[tokio::test]
async fn the_operation_decides_which_fault_strikes() {
    let (sandbox, token) = started().await;
    let (new, none) = (soap_report(&sandbox, &FOUR), soap_none_report(&sandbox));
    sandbox.inject(Fault::new(Effect::Status(501)));
    sandbox.inject(Fault::new(Effect::Status(502)).at(Place::None));
    assert_eq!(post_xml(&sandbox, &token, &none).await.status, 502);
    assert_eq!(post_xml(&sandbox, &token, &none).await.status, 200);
    assert_eq!(post_xml(&sandbox, &token, &new).await.status, 501);
    // One plan for both interfaces, which count together.
    sandbox.inject(Fault::new(Effect::Status(503)).after(1));
    post(&sandbox, NEW, &token, &report(&sandbox, &["4711"])).await;
    assert_eq!(post_xml(&sandbox, &token, &new).await.status, 503);

    let employee = "c".parse().unwrap();
    sandbox.inject(Fault::new(Effect::Status(504)).of_employee(employee));
    let other = soap_report(&sandbox, &["a", "b"]);
    assert_eq!(post_xml(&sandbox, &token, &other).await.status, 200);
    assert_eq!(post_xml(&sandbox, &token, &new).await.status, 504);
}

#[tokio::test]
async fn a_message_that_would_be_refused_anyway_uses_up_no_fault() {
    let (sandbox, token) = started().await;
    sandbox.inject(Fault::new(Effect::Status(502)));
    let body = soap_report(&sandbox, &FOUR);
    let empty = soap_report(&sandbox, &[]);
    assert_eq!(post_xml(&sandbox, "wrong", &body).await.status, 401);
    assert_eq!(post_xml(&sandbox, &token, &empty).await.status, 500);
    assert_eq!(post_xml(&sandbox, &token, "").await.status, 500);
    assert_eq!(sandbox.pending_faults(), 1);
    assert_eq!(post_xml(&sandbox, &token, &body).await.status, 502);
}

#[tokio::test]
async fn before_the_body_is_read_faults_of_both_operations_strike() {
    let (sandbox, token) = started().await;
    let effects = [Effect::CutBeforeReading, Effect::CutWhileReading];
    for (effect, place) in effects.into_iter().zip([Place::None, Place::New]) {
        sandbox.inject(Fault::new(effect).at(place));
    }
    let bytes = xml_request(&token, &soap_report(&sandbox, &FOUR));
    for left in [1, 0] {
        let mut connection = TcpStream::connect(sandbox.local_addr()).await.unwrap();
        connection.write_all(bytes.as_bytes()).await.unwrap();
        assert!(read_to_close(&mut connection).await.is_empty());
        assert_eq!(sandbox.pending_faults(), left);
    }
    // Nobody knows what they were: they count where their faults were planned.
    let ledger = sandbox.ledger();
    assert_eq!((ledger.requests, ledger.none_requests), (1, 1));
    assert!(ledger.bookings.is_empty());
    assert!(
        exchange(&sandbox, bytes.as_bytes())
            .await
            .contains("200 OK")
    );
}

#[tokio::test]
async fn a_fault_for_the_one_operation_is_none_for_the_other_over_rest() {
    let (sandbox, token) = started().await;
    sandbox.inject(Fault::new(Effect::CutBeforeReading).after(1));
    // Over REST the address tells the operation: this is no turn of the fault.
    for _ in 0..3 {
        let answer = post(&sandbox, NONE, &token, &none_report(&sandbox)).await;
        assert_eq!(answer.status, 201);
    }
    // Over SOAP it might be one.
    post_xml(&sandbox, &token, &soap_none_report(&sandbox)).await;
    let body = report(&sandbox, &["4711"]);
    assert!(try_post(&sandbox, NEW, &token, &body).await.is_none());
    assert_eq!(sandbox.pending_faults(), 0);
}

#[tokio::test]
async fn a_token_wears_out_over_both_interfaces() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::new(Effect::ExpiresAfter(2)));
    let short = token(&sandbox).await;
    post(&sandbox, NEW, &short, &report(&sandbox, &["4711"])).await;
    let body = soap_report(&sandbox, &["4711"]);
    assert_eq!(post_xml(&sandbox, &short, &body).await.status, 200);
    let answer = post_xml(&sandbox, &short, &body).await;
    assert_fault(&answer, 401, "SOAP-ENV:Client");
}
