//! What a log shows of good and bad reports: spans and events, and no secret, name or key of a person.

#![cfg(all(feature = "csv", feature = "rest", feature = "soap"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io;
use std::sync::{Arc, Mutex};

use careflex::csv::{CsvReporter, DropFolder};
use careflex::http::{Request, Response, TransportError};
use careflex::{
    Bulk, Credentials, Delivery, EmptyReport, Endpoint, HttpSession, HttpSettings, PasswordGrant,
    Reporter, ReqwestTransport, Rules, TokenSource as _, Transport, async_trait, parse_date,
};
use careflex_sandbox::{Effect, Fault, Place, Sandbox};
use common::{COMPANY, Pauses, full, over, plain, report, reporter};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Stands in every name, key and secret here.
const MARK: &str = "Zwiebelfisch";

#[tokio::test]
async fn a_report_is_a_span_and_the_token_it_needs_lies_inside() {
    let log = Log::start();
    let sandbox = planted().await;
    let reporter = reporter(&sandbox);
    let host = sandbox.local_addr();
    let report = report(vec![full(MARK), plain(MARK)]);
    let in_report = r#"INFO report{via="rest" incidents=2}: careflex_http::reporter: new"#;
    let in_token = format!(
        r#"INFO report{{via="rest" incidents=2}}:token{{host="{host}"}}: careflex_http::password_grant: new"#
    );

    reporter.report(&report).await.unwrap();
    assert_eq!((log.count(in_report), log.count(&in_token)), (1, 1));
    assert_eq!(
        log.count(
            &in_token
                .replace("INFO", "DEBUG")
                .replace("new", "access token")
        ),
        1
    );
    assert_eq!(
        log.count(r#"report{via="rest" incidents=2}: careflex_http::session: request"#),
        1
    );

    // The token is still there.
    reporter.report(&report).await.unwrap();
    assert_eq!((log.count(in_report), log.count(&in_token)), (2, 1));

    // It is refused, so another one is fetched.
    sandbox.inject(Fault::new(Effect::ForgetTokens));
    reporter.report(&report).await.unwrap();
    assert_eq!((log.count(in_report), log.count(&in_token)), (3, 2));
    log.assert_hides(MARK);
}

#[tokio::test]
async fn each_batch_of_a_bulk_run_is_a_span() {
    let log = Log::start();
    let sandbox = planted().await;
    let mut run = Bulk::new(reporter(&sandbox))
        .careflex_id(COMPANY.parse().unwrap())
        .report((0..150).map(|number| full(&format!("{MARK}{number}"))));
    while run.next().await.is_some() {}
    for (number, incidents) in [(0, 100), (1, 50)] {
        let batch = format!(
            r#"batch{{number={number} careflex_id={COMPANY} incidents={incidents}}}:report{{via="rest" incidents={incidents}}}: careflex_http::reporter: new"#
        );
        assert_eq!(log.count(&batch), 1, "{batch}");
    }
    log.assert_hides(MARK);
}

#[tokio::test]
async fn a_file_that_is_handed_over_is_a_report_too() {
    let log = Log::start();
    let folder = tempfile::tempdir().unwrap();
    let folders = [(COMPANY.parse().unwrap(), folder.path().to_owned())];
    let reporter = CsvReporter::new(DropFolder::new(folders).unwrap());
    let report = report(vec![full(MARK)]);
    reporter.report(&report).await.unwrap();
    assert_eq!(
        log.count(r#"DEBUG report{via="csv" incidents=1}: careflex_csv::reporter: handed over"#),
        1
    );
    drop(folder);
    assert!(reporter.report(&report).await.is_err());
    log.assert_hides(MARK);
    log.assert_hides("1979-01-15");
}

#[tokio::test]
async fn an_empty_report_is_a_report_of_no_incidents() {
    let log = Log::start();
    let sandbox = planted().await;
    let day = parse_date("2026-11-30").unwrap();
    let empty = EmptyReport::new(COMPANY.parse().unwrap(), day, &Rules::documented()).unwrap();
    reporter(&sandbox).report_none(&empty).await.unwrap();
    assert_eq!(
        log.count(r#"report{via="rest" incidents=0}: careflex_http::session: request"#),
        1
    );
    log.assert_hides(MARK);
}

#[tokio::test]
async fn bad_runs_show_their_spans_and_nothing_else() {
    for effect in [
        Effect::Status(400),
        Effect::Status(500),
        Effect::Unauthorized,
        Effect::Busy { retry_after: None },
        Effect::CutBeforeBooking,
        Effect::CutAfterBooking,
        Effect::Html,
        Effect::MissingRows(vec![0]),
        Effect::RefusedRows(vec![0]),
    ] {
        for place in [Place::Token, Place::New] {
            let log = Log::start();
            let sandbox = planted().await;
            sandbox.inject(Fault::new(effect.clone()).at(place).always());
            // Whether it fails is the business of other tests.
            drop(reporter(&sandbox).report(&report(vec![full(MARK)])).await);
            assert_eq!(
                log.count(r#"INFO report{via="rest" incidents=1}: careflex_http::reporter: new"#),
                1,
                "{effect:?}"
            );
            let host = sandbox.local_addr();
            let inside = format!(
                r#"report{{via="rest" incidents=1}}:token{{host="{host}"}}: careflex_http::password_grant: new"#
            );
            assert!(log.count(&inside) > 0, "{effect:?}");
            assert_eq!(
                log.count(&inside),
                log.count("careflex_http::password_grant: new"),
                "{effect:?}"
            );
            log.assert_hides(MARK);
            log.assert_hides("1979-01-15");
        }
    }
}

#[tokio::test]
async fn a_row_in_doubt_is_told_inside_its_report() {
    let log = Log::start();
    let sandbox = planted().await;
    sandbox.inject(Fault::new(Effect::MissingRows(vec![0])));
    let receipt = reporter(&sandbox)
        .report(&report(vec![full(MARK)]))
        .await
        .unwrap();
    assert!(!receipt.is_complete());
    assert_eq!(
        log.count(r#"WARN report{via="rest" incidents=1}: careflex_http::reporter: the portal's answer does not match"#),
        1
    );
    log.assert_hides(MARK);
}

#[tokio::test]
async fn wrong_credentials_are_not_in_the_log() {
    let log = Log::start();
    let sandbox = Sandbox::start().await.unwrap();
    let session = HttpSession::builder()
        .credentials(
            sandbox.token_url().parse().unwrap(),
            Credentials::new(MARK, MARK),
        )
        .build()
        .unwrap();
    let failed = over(&sandbox, session)
        .report(&report(vec![plain("4711")]))
        .await
        .unwrap_err();
    assert_eq!(failed.delivery(), Delivery::NotSent);
    let host = sandbox.local_addr();
    assert_eq!(
        log.count(&format!(
            r#"report{{via="rest" incidents=1}}:token{{host="{host}"}}: careflex_http::password_grant: access token host="{host}" status=401"#
        )),
        1
    );
    assert_eq!(log.count("careflex_http::session: request"), 0);
    log.assert_hides(MARK);
}

#[tokio::test]
async fn a_token_that_no_report_asked_for_stands_alone() {
    let log = Log::start();
    let sandbox = planted().await;
    let transport = Arc::new(ReqwestTransport::new(&HttpSettings::default()).unwrap());
    let endpoint = sandbox.token_url().parse().unwrap();
    let grant = PasswordGrant::new(endpoint, Credentials::new(MARK, MARK), transport);
    grant.fetch().await.unwrap();
    assert_eq!(log.count(" INFO token{host="), 1);
    assert_eq!(log.count("report{"), 0);
    log.assert_hides(MARK);
}

#[tokio::test]
async fn an_access_token_and_a_portal_that_quotes_are_not_in_the_log() {
    let log = Log::start();
    let endpoint: Endpoint = format!("https://portal.example/{MARK}").parse().unwrap();
    let session = HttpSession::builder()
        .credentials(endpoint.clone(), Credentials::new(MARK, MARK))
        .transport(Quoting)
        .sleep(Pauses::default())
        .build()
        .unwrap();
    let reporter = careflex::rest::RestReporter::new(session, &endpoint, MARK.parse().unwrap());
    let refused = reporter
        .report(&report(vec![full(MARK)]))
        .await
        .unwrap_err();
    assert_eq!(refused.portal_text(), Some("<hidden> is wrong"));
    assert_eq!(log.count(r#"token{host="portal.example:443"}"#), 2);
    log.assert_hides(MARK);
}

/// Issues a planted token, and refuses reports with the words of the request.
struct Quoting;

#[async_trait]
impl Transport for Quoting {
    async fn send(&self, request: Request<'_>) -> Result<Response, TransportError> {
        Ok(if request.bearer.is_none() {
            let token = format!(r#"{{"access_token":"{MARK}"}}"#);
            Response::new(200, Ok(token.into()))
        } else {
            let refusal = format!(r#"{{"message":"{MARK} is wrong"}}"#);
            Response::new(400, Ok(refusal.into()))
        })
    }
}

/// A sandbox whose every secret is planted.
async fn planted() -> Sandbox {
    let credentials = careflex_sandbox::Credentials::new(MARK, MARK, MARK.parse().unwrap());
    let sandbox = Sandbox::builder().credentials(credentials);
    sandbox.start().await.unwrap()
}

/// Everything that this thread logs, as lines like `DEBUG report{incidents=1}: careflex_x: event`. A span
/// begins with the event `new`. Each test here starts one before anything else, and runs on one thread.
struct Log {
    lines: Lines,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Log {
    fn start() -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let guard = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_span_events(FmtSpan::NEW)
            .with_ansi(false)
            .without_time()
            .with_writer(move || writer.clone())
            .finish()
            .set_default();
        Self {
            lines,
            _guard: guard,
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }

    /// How many lines hold this.
    fn count(&self, part: &str) -> usize {
        let text = self.text();
        text.lines().filter(|line| line.contains(part)).count()
    }

    fn assert_hides(&self, planted: &str) {
        let text = self.text();
        assert!(!text.is_empty());
        assert!(!text.contains(planted), "{planted} is in: {text}");
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
