//! Secrets and personal data are planted everywhere, and looked for in everything that may be logged.

#![cfg(all(feature = "csv", feature = "rest", feature = "soap"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use careflex::csv::{self, CsvFile, CsvReporter, DropFolder, Handover as _, Layout, LayoutError};
use careflex::http::{Post, Response};
use careflex::rest::{RestReporter, json};
use careflex::secrecy::SecretString;
use careflex::soap::{SoapReporter, xml};
use careflex::testing::{RecordingReporter, Reply, RowRef};
use careflex::{
    AccessToken, Answer, AnswerRow, ApiToken, Bulk, BulkEntry, CachedTokens, CareflexId,
    Credentials, Delivery, Draft, EmployeeId, Endpoint, ExternalId, Field, FileTokenStore,
    HttpSession, HttpSettings, Identity, IncidentKind, IssuedToken, Outcome, PasswordGrant, Proxy,
    Receipt, Report, ReportError, Reporter, ReqwestTransport, RowKey, Rules, StoredToken, Text,
    TokenSource as _,
};
use careflex_sandbox::{Effect, Fault, Place, Sandbox};
use common::{Answering, api_token, full, plain, report, reporter, soap_reporter};

/// Stands in every name, key and secret here.
const MARK: &str = "Zwiebelfisch";
/// Further values that are planted.
const OTHERS: [&str; 3] = ["1979-01-15", "Male", "Diverse"];

fn assert_hidden(text: &str) {
    for planted in [MARK].iter().chain(&OTHERS) {
        assert!(!text.contains(planted), "{planted} is in: {text}");
    }
}

fn debug(value: &dyn Debug) {
    assert_hidden(&format!("{value:?}"));
    assert_hidden(&format!("{value:#?}"));
}

/// An error with all its causes, in both forms.
fn error(error: &(dyn Error + 'static)) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        assert_hidden(&error.to_string());
        debug(&error);
        cause = error.source();
    }
}

#[test]
fn nothing_of_the_model_is_in_debug() {
    let incident = full(MARK);
    let employee = incident.employee.clone().unwrap();
    debug(&incident);
    debug(&employee);
    debug(&employee.address);
    debug(&employee.job);
    debug(&employee.contact);
    debug(&Text::new(MARK).unwrap());
    debug(&EmployeeId::new(MARK).unwrap());
    debug(&ExternalId::new(MARK).unwrap());
    debug(&ApiToken::new(MARK).unwrap());
    debug(&MARK.parse::<IncidentKind>().unwrap());
    debug(&report(vec![incident.clone()]));
    debug(&RowKey::from(&incident));
    let mut wrong = incident;
    wrong.kind = MARK.parse().unwrap();
    let invalid = Report::new("c".parse().unwrap(), vec![wrong], &Rules::documented()).unwrap_err();
    error(&invalid);
    debug(&invalid.violations());
}

#[test]
fn nothing_of_tokens_and_settings_is_in_debug() {
    let secret = || SecretString::from(MARK);
    debug(&IssuedToken::new(secret(), None));
    debug(&AccessToken::new(secret(), 1));
    debug(&StoredToken::new(secret(), UNIX_EPOCH, None));
    debug(&Credentials::new(MARK, MARK));
    debug(&Identity::from_pem(MARK.into(), MARK.into()));
    debug(&Proxy::Address(
        format!("http://u:{MARK}@proxy.example").parse().unwrap(),
    ));
    let settings = HttpSettings::builder()
        .proxy(Proxy::Address(
            format!("http://u:{MARK}@proxy.example").parse().unwrap(),
        ))
        .identity(Identity::from_pem(MARK.into(), MARK.into()))
        .build();
    debug(&settings);
    let Err(setup) = ReqwestTransport::new(&settings) else {
        panic!("that is no certificate");
    };
    error(&setup);
    let proxied = HttpSettings::builder()
        .proxy(Proxy::Address(
            format!("http://u:{MARK}@proxy.example").parse().unwrap(),
        ))
        .build();
    let transport = Arc::new(ReqwestTransport::new(&proxied).unwrap());
    debug(&transport);
    let endpoint: Endpoint = "https://portal.example/x".parse().unwrap();
    let grant = PasswordGrant::new(endpoint.clone(), Credentials::new(MARK, MARK), transport);
    debug(&grant);
    let store = FileTokenStore::new("token", &endpoint, &Credentials::new(MARK, MARK));
    debug(&store);
    debug(&CachedTokens::new(grant).with_store(store));
    let session = HttpSession::builder()
        .credentials(endpoint.clone(), Credentials::new(MARK, MARK))
        .build()
        .unwrap();
    debug(&session);
    let headers = [("x", MARK.to_owned())];
    debug(&Post::new(&endpoint, "application/json", MARK).with_headers(&headers));
    debug(&Response::new(200, Ok(MARK.into())));
    let session = Arc::new(session);
    let api_token = || ApiToken::new(MARK).unwrap();
    debug(&RestReporter::new(
        Arc::clone(&session),
        &endpoint,
        api_token(),
    ));
    debug(&SoapReporter::new(session, &endpoint, api_token()));
}

#[test]
fn nothing_of_an_answer_is_in_debug() {
    let row = AnswerRow {
        row_number: Some(0),
        external_id: MARK.parse().ok(),
        employee_id: format!("{MARK}-employee").parse().ok(),
        kind: MARK.parse().ok(),
        error: Some(("422".to_owned(), MARK.to_owned())),
        ..AnswerRow::default()
    };
    debug(&row);
    let answer = Answer {
        import_id: None,
        rows: vec![row],
    };
    debug(&answer);
    debug(&Receipt::matched(&report(vec![full(MARK)]), answer));
}

#[tokio::test]
async fn nothing_of_the_test_double_is_in_debug() {
    let reporter = RecordingReporter::new();
    reporter.report(&report(vec![full(MARK)])).await.unwrap();
    let replies = [
        Reply::accepted().refuse_row(MARK, MARK).doubt_row(MARK),
        Reply::refused(MARK),
    ];
    for reply in replies {
        debug(&reply);
        reporter.enqueue(reply);
    }
    debug(&reporter);
    debug(&RowRef::from(MARK));
}

#[tokio::test]
async fn nothing_of_a_bulk_run_is_in_debug() {
    let reporter = RecordingReporter::new();
    reporter.enqueue(Reply::accepted().refuse_row(0, MARK));
    reporter.enqueue(Reply::refused(MARK));
    let bulk = Bulk::new(reporter).careflex_id("c".parse().unwrap());
    let entry = BulkEntry::from(full(MARK));
    debug(&entry);
    for _ in 0..2 {
        let mut run = bulk.clone().report([full(MARK)]);
        debug(&run);
        let row = run.next().await.unwrap();
        assert!(matches!(row.outcome, Outcome::Refused(_)));
        debug(&row);
        debug(&row.key());
    }
    debug(&bulk);
}

#[test]
fn nothing_that_is_read_is_in_violations_and_errors() {
    for field in Field::ALL {
        let mut draft = Draft::new();
        draft.set(*field, format!("{MARK}\u{1}"));
        let row = draft.finish(&Rules::documented());
        debug(&row);
        error(&row.incident.unwrap_err());
    }
    let body = format!(
        r#"{{"careflexId":"c","apiToken":"{MARK}","incidentList":[{{"type":"{MARK}","employeeId":["{MARK}"],"employee":"{MARK}"}}]}}"#
    );
    let request = json::decode_new_request(body.as_bytes(), &Rules::documented()).unwrap();
    debug(&request);
    let cases = [
        body.replace("\"c\"", &format!("\"{MARK} {MARK}\"")),
        body.replace("\"c\"", &format!("[\"{MARK}\"]")),
        format!("{body}\"{MARK}"),
        body.replacen('[', &format!("\"{MARK}\",["), 1),
        format!("\"{MARK}\""),
        format!("{{\"incidentList\":\"{MARK}\"}}"),
    ];
    for case in cases {
        error(&json::decode_new_request(case.as_bytes(), &Rules::documented()).unwrap_err());
        error(&json::decode_new_response(case.as_bytes()).unwrap_err());
        for row in json::IncidentReader::new(case.as_bytes(), Rules::documented()) {
            match row {
                Ok(row) => debug(&row),
                Err(read) => error(&read),
            }
        }
    }
    xml_is_not_quoted();
    csv_is_not_quoted();
    for id in [format!("{MARK} x"), format!("{MARK}\u{1}"), String::new()] {
        error(&CareflexId::new(&id).unwrap_err());
        error(&ApiToken::new(&id).unwrap_err());
    }
}

fn xml_is_not_quoted() {
    let body = format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><n:NewIncidentRequest xmlns:n='http://n4.de/careflex/2.0'><careflexId>c</careflexId><apitoken>{MARK}</apitoken><incidentList><plainIncident><employeeId><a>{MARK}</a></employeeId><type>{MARK}</type><validFrom>{MARK}</validFrom>{MARK}</plainIncident></incidentList></n:NewIncidentRequest></e:Body></e:Envelope>"
    );
    debug(&xml::decode_request(body.as_bytes(), &Rules::documented()).unwrap());
    let in_front = |of: &str, what: &str| body.replacen(of, &format!("{what}{of}"), 1);
    for case in [
        body.replace(">c<", &format!(">{MARK} {MARK}<")),
        body.replace(">c<", &format!("><{MARK}>{MARK}</{MARK}><")),
        body.replace("</plainIncident>", &format!("</{MARK}>")),
        body.replace("careflex/2.0", MARK),
        body.replace("NewIncidentRequest", MARK),
        format!("{body}{MARK}"),
        format!("{body}<{MARK}/>"),
        in_front("</n:New", MARK),
        in_front("<careflexId>", &format!("<{MARK}/>")),
        in_front("<careflexId>", &format!("<{MARK}:a/>")),
        in_front("<careflexId>", &format!("&{MARK};")),
        in_front("<careflexId>", &format!("<a {MARK}/>")),
        in_front("<careflexId>", &format!("<a xmlns:xml='{MARK}'/>")),
        in_front("<e:Env", &format!("<?xml version='{MARK}'?>")),
        in_front("<e:Env", &format!("<!DOCTYPE {MARK}>")),
        body.replace("e:Body", &format!("e:{MARK}")),
    ] {
        error(&xml::decode_request(case.as_bytes(), &Rules::documented()).unwrap_err());
        error(&xml::decode_new_response(case.as_bytes()).unwrap_err());
        error(&xml::decode_none_response(case.as_bytes()).unwrap_err());
        for row in xml::IncidentReader::new(case.as_bytes(), Rules::documented()) {
            match row {
                Ok(row) => debug(&row),
                Err(read) => error(&read),
            }
        }
    }
    let fault = format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><e:Fault><faultcode>{MARK}</faultcode><faultstring>{MARK}</faultstring><detail>{MARK}</detail></e:Fault></e:Body></e:Envelope>"
    );
    debug(&xml::decode_new_response(fault.as_bytes()).unwrap());
}

fn csv_is_not_quoted() {
    let header = "employeeId;type;validFrom;createdAt;lastName";
    let records = [
        format!("{MARK};{MARK};{MARK};{MARK};{MARK}"),
        format!("{MARK};RST;2026-12-01"),
        format!("{MARK};RST;2026-12-01;2026-11-20;{MARK};{MARK}"),
        format!("\"{MARK}\"{MARK};RST;2026-12-01;2026-11-20;{MARK}"),
        format!("\"{MARK};RST"),
        format!("={MARK};RST;2026-12-01;2026-11-20;{MARK}\u{1}"),
    ];
    let headers = [
        header.to_owned(),
        // No header at all: what stands in the first line is somebody's.
        format!("{MARK};RST;2026-12-01;2026-11-20;{MARK}"),
        format!("{MARK}\n{header}"),
        format!("{MARK},employeeId;{MARK}"),
        format!("sep={MARK}"),
    ];
    for header in &headers {
        for record in &records {
            let file = format!("{header}\r\n{record}\r\n");
            for row in csv::IncidentReader::new(file.as_bytes(), Rules::documented()) {
                match row {
                    Ok(row) => {
                        debug(&row);
                        for one in row.incident.iter().map(|_| &row.warnings) {
                            error(one);
                        }
                        if let Err(violations) = &row.incident {
                            error(violations);
                        }
                    }
                    Err(read) => error(&read),
                }
            }
        }
    }
    for layout in [
        format!("columns = [ {{ field = \"country\", constant = \"{MARK}\", {MARK} = 1 }} ]"),
        format!("columns = [ {{ field = \"sex\", values = {{ {MARK} = 1 }} }} ]"),
        format!("columns = [ {{ field = \"birthday\", constant = \"{MARK}\" }} ]"),
        format!("columns = \"{MARK}"),
    ] {
        let refused: LayoutError = Layout::parse(&layout).unwrap_err();
        let text = refused.to_string();
        // A key is a name, and may be shown; a value never.
        assert!(!text.contains(&format!("\"{MARK}")), "{text}");
    }
}

#[tokio::test]
async fn nothing_of_a_file_that_is_handed_over_is_in_its_errors() {
    let file = CsvFile::new("c".parse().unwrap(), 1, MARK);
    debug(&file);
    let folder = tempfile::tempdir().unwrap();
    let folders = || DropFolder::new([("c".parse().unwrap(), folder.path().to_owned())]).unwrap();
    let (folders, reporter) = (folders(), CsvReporter::new(folders()));
    debug(&folders);
    debug(&reporter);
    drop(folder);
    error(&folders.hand_over(file).await.unwrap_err());
    let report = Report::new("c".parse().unwrap(), vec![full(MARK)], &Rules::documented());
    let failed = reporter.report(&report.unwrap()).await.unwrap_err();
    error(&failed);
    assert_eq!(failed.delivery(), Delivery::NotSent);
}

#[test]
fn nothing_of_an_address_is_in_its_errors() {
    for address in [
        format!("https://{MARK}:{MARK}@portal.example"),
        format!("ftp://{MARK}"),
        format!("https://portal.example/?{MARK}"),
        MARK.to_owned(),
    ] {
        error(&Endpoint::parse(&address).unwrap_err());
    }
}

#[tokio::test]
async fn nothing_of_a_failed_report_is_in_its_error() {
    let credentials = careflex_sandbox::Credentials::new(MARK, MARK, MARK.parse().unwrap());
    for effect in [
        Effect::CutAfterBooking,
        Effect::Html,
        Effect::Status(400),
        Effect::Status(500),
        Effect::Unauthorized,
        Effect::Busy {
            retry_after: Some("3600".to_owned()),
        },
    ] {
        for place in [Place::Token, Place::New] {
            let sandbox = Sandbox::builder()
                .credentials(credentials.clone())
                .start()
                .await
                .unwrap();
            debug(&sandbox);
            sandbox.inject(Fault::new(effect.clone()).at(place).always());
            let reporters: [Box<dyn Reporter>; 2] = [
                Box::new(reporter(&sandbox)),
                Box::new(soap_reporter(&sandbox)),
            ];
            for reporter in reporters {
                let failed: ReportError = reporter
                    .report(&report(vec![full(MARK)]))
                    .await
                    .unwrap_err();
                error(&failed);
                if place == Place::Token {
                    assert_eq!(failed.delivery(), Delivery::NotSent);
                }
            }
            debug(&sandbox.ledger());
        }
    }
}

#[tokio::test]
async fn a_portal_that_echoes_the_request_brings_no_token_into_a_receipt() {
    let token = api_token();
    let token = token.expose();
    let json = format!(
        r#"{{"incidentResponseList":[{{"rowNumber":0,"employeeId":"a","incidentError":{{"code":"{token}","message":"token {token} is wrong"}}}}]}}"#
    );
    let xml = format!(
        r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><n:NewIncidentResponse xmlns:n="http://n4.de/careflex/2.0"><incidentResponseList><incident><rowNumber>0</rowNumber><employeeId>a</employeeId><incidentError><code>{token}</code><message>token {token} is wrong</message></incidentError></incident></incidentResponseList></n:NewIncidentResponse></e:Body></e:Envelope>"#
    );
    let rest = Answering::start(b"]}", 422, json).await.rest();
    let soap = Answering::start(b"Envelope>", 500, xml).await.soap();
    let reporters: [Box<dyn Reporter>; 2] = [Box::new(rest), Box::new(soap)];
    for reporter in reporters {
        let receipt = reporter.report(&report(vec![plain("a")])).await.unwrap();
        let careflex::Row::Refused { code, message, .. } = &receipt.rows()[0] else {
            panic!("{receipt:?}");
        };
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("<hidden>", "token <hidden> is wrong")
        );
    }
}

#[tokio::test]
async fn a_token_source_fails_without_its_secrets() {
    let endpoint: Endpoint = "http://127.0.0.1:1/x".parse().unwrap();
    let transport = Arc::new(ReqwestTransport::new(&HttpSettings::default()).unwrap());
    let grant = PasswordGrant::new(endpoint, Credentials::new(MARK, MARK), transport);
    error(&grant.fetch().await.unwrap_err());
}
