//! Two sessions, as of two processes, that share an access token through a file.

#![cfg(all(feature = "rest", feature = "soap"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::Path;
use std::sync::Arc;

use careflex::rest::RestReporter;
use careflex::{ReportErrorKind, Reporter as _};
use careflex_sandbox::{Effect, Fault, Place, Sandbox};
use common::{Pauses, over, plain, report, session};

/// A process of its own: its own session and its own cache.
fn process(sandbox: &Sandbox, token_file: &Path) -> Arc<RestReporter> {
    let session = session(sandbox)
        .sleep(Pauses::default())
        .token_file(token_file)
        .build()
        .unwrap();
    Arc::new(over(sandbox, session))
}

/// Sends a number of small reports, 64 at the same time.
async fn send(reporter: &Arc<RestReporter>, from: usize, count: usize) {
    let places = Arc::new(tokio::sync::Semaphore::new(64));
    let mut tasks = Vec::new();
    for number in from..from + count {
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let reporter = Arc::clone(reporter);
        tasks.push(tokio::spawn(async move {
            let _place = place;
            let report = report(vec![plain(&format!("E{number}"))]);
            assert!(reporter.report(&report).await.unwrap().is_complete());
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_with_a_thousand_requests_each_ask_for_one_token_together() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let (one, two) = (process(&sandbox, &file), process(&sandbox, &file));
    tokio::join!(send(&one, 0, 1000), send(&two, 1000, 1000));
    let ledger = sandbox.ledger();
    assert_eq!((ledger.token_requests, ledger.bookings.len()), (1, 2000));
    assert_eq!(ledger.refused_unauthenticated, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_client_costs_both_one_more_token_together() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let (one, two) = (process(&sandbox, &file), process(&sandbox, &file));
    tokio::join!(send(&one, 0, 100), send(&two, 1000, 100));
    sandbox.revoke_tokens();
    tokio::join!(send(&one, 100, 100), send(&two, 1100, 100));
    let ledger = sandbox.ledger();
    assert_eq!((ledger.token_requests, ledger.bookings.len()), (2, 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_go_while_both_send_are_replaced_together() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let (one, two) = (process(&sandbox, &file), process(&sandbox, &file));
    sandbox.inject(Fault::new(Effect::ForgetTokens).at(Place::New).after(200));
    tokio::join!(send(&one, 0, 500), send(&two, 1000, 500));
    let ledger = sandbox.ledger();
    assert_eq!((ledger.tokens_issued, ledger.bookings.len()), (2, 1000));
}

#[tokio::test]
async fn a_portal_that_refuses_every_token_is_not_asked_for_ever() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    sandbox.inject(Fault::new(Effect::Unauthorized).always());
    // The first one fetches a token for this very try; the others may have taken one that was replaced.
    for tokens_issued in [1, 2, 3] {
        let (process, report) = (process(&sandbox, &file), report(vec![plain("a")]));
        let error = process.report(&report).await.unwrap_err();
        assert_eq!(error.kind(), ReportErrorKind::Authentication);
        assert_eq!(sandbox.ledger().tokens_issued, tokens_issued);
    }
}

#[tokio::test]
async fn a_token_address_that_fails_leaves_the_stored_token_to_others() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    send(&process(&sandbox, &file), 0, 1).await;
    let before = std::fs::read(&file).unwrap();
    sandbox.revoke_tokens();
    sandbox.inject(Fault::new(Effect::Status(500)).at(Place::Token).always());
    let refused = process(&sandbox, &file);
    let failed = refused.report(&report(vec![plain("a")])).await;
    assert!(failed.is_err());
    assert_eq!(std::fs::read(&file).unwrap(), before);
    sandbox.clear_faults();
    send(&refused, 1, 1).await;
    assert_eq!(sandbox.ledger().tokens_issued, 2);
}
