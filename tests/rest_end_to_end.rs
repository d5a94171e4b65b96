//! The library against the sandbox, over real sockets.

#![cfg(all(feature = "rest", feature = "soap"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use careflex::{
    Delivery, Doubt, EmptyReport, ManualClock, ReportErrorKind, Reporter, Row, Rules, parse_date,
};
use careflex_sandbox::{Effect, Fault, Gate, Place, Sandbox};
use common::{Answering, COMPANY, Pauses, full, over, plain, report, reporter, session};

#[tokio::test]
async fn what_is_reported_is_what_is_booked() {
    let sandbox = Sandbox::start().await.unwrap();
    let sent = vec![full("a"), plain("b"), full("c")];
    let receipt = reporter(&sandbox)
        .report(&report(sent.clone()))
        .await
        .unwrap();
    assert!(receipt.is_complete());
    let ledger = sandbox.ledger();
    let booked: Vec<_> = ledger
        .bookings
        .iter()
        .map(|one| one.incident.clone())
        .collect();
    assert_eq!(booked, sent);
    assert!(ledger.bookings.iter().all(|one| one.api_token_ok));
    for (row, booking) in receipt.rows().iter().zip(&ledger.bookings) {
        let Row::Accepted { incident_id } = row else {
            panic!("{row:?}");
        };
        assert_eq!(incident_id, &booking.incident_id);
        assert_eq!(receipt.import_id(), Some(&booking.import_id));
    }
}

#[tokio::test]
async fn the_empty_report_arrives() {
    let sandbox = Sandbox::start().await.unwrap();
    let day = parse_date("2026-11-30").unwrap();
    let empty = EmptyReport::new(COMPANY.parse().unwrap(), day, &Rules::documented()).unwrap();
    reporter(&sandbox).report_none(&empty).await.unwrap();
    let ledger = sandbox.ledger();
    assert_eq!(ledger.empty_reports.len(), 1);
    assert_eq!(ledger.empty_reports[0].created_at, day);
}

#[tokio::test]
async fn two_hundred_tasks_share_one_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let gate = Gate::closed();
    sandbox.inject(Fault::new(Effect::Hold(gate.clone())).at(Place::Token));
    let reporter = Arc::new(reporter(&sandbox));
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let reporter = Arc::clone(&reporter);
            tokio::spawn(async move {
                reporter
                    .report(&report(vec![plain(&format!("E{number}"))]))
                    .await
            })
        })
        .collect();
    gate.arrived(1).await;
    gate.open();
    for task in tasks {
        assert!(task.await.unwrap().unwrap().is_complete());
    }
    let ledger = sandbox.ledger();
    assert_eq!((ledger.token_requests, ledger.bookings.len()), (1, 200));
}

#[tokio::test]
async fn an_asker_that_gives_up_strands_nobody() {
    let sandbox = Sandbox::start().await.unwrap();
    let gate = Gate::closed();
    sandbox.inject(Fault::new(Effect::Hold(gate.clone())).at(Place::Token));
    let reporter = Arc::new(reporter(&sandbox));
    let spawn = |employee: &'static str| {
        let reporter = Arc::clone(&reporter);
        tokio::spawn(async move { reporter.report(&report(vec![plain(employee)])).await })
    };
    let (first, second) = (spawn("a"), spawn("b"));
    gate.arrived(1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.open();
    second.await.unwrap().unwrap();
    assert_eq!(sandbox.ledger().token_requests, 1);
}

#[tokio::test]
async fn a_token_is_renewed_shortly_before_its_end() {
    let clock = Arc::new(ManualClock::new());
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    let session = session(&sandbox).clock(Arc::clone(&clock)).build().unwrap();
    let reporter = over(&sandbox, session);
    for (hours, tokens) in [(0, 1), (11, 1), (1, 2)] {
        clock.advance(Duration::from_secs(hours * 3600));
        reporter.report(&report(vec![plain("a")])).await.unwrap();
        assert_eq!(sandbox.ledger().tokens_issued, tokens);
    }
    assert_eq!(sandbox.ledger().refused_unauthenticated, 0);
}

#[tokio::test]
async fn a_token_that_was_replaced_is_renewed_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let reporter = reporter(&sandbox);
    reporter.report(&report(vec![plain("a")])).await.unwrap();
    sandbox.revoke_tokens();
    let (one, two, three) = (
        report(vec![plain("b")]),
        report(vec![plain("c")]),
        report(vec![plain("d")]),
    );
    let results = tokio::join!(
        reporter.report(&one),
        reporter.report(&two),
        reporter.report(&three)
    );
    assert!(results.0.is_ok() && results.1.is_ok() && results.2.is_ok());
    let ledger = sandbox.ledger();
    assert_eq!((ledger.tokens_issued, ledger.bookings.len()), (2, 4));
}

#[tokio::test]
async fn a_portal_that_is_busy_twice_is_asked_a_third_time() {
    let sandbox = Sandbox::start().await.unwrap();
    let busy = Effect::Busy {
        retry_after: Some("1".to_owned()),
    };
    sandbox.inject(Fault::new(busy).times(2));
    let pauses = Pauses::default();
    let session = session(&sandbox).sleep(pauses.clone()).build().unwrap();
    over(&sandbox, session)
        .report(&report(vec![plain("a")]))
        .await
        .unwrap();
    assert_eq!(*pauses.0.lock().unwrap(), [Duration::from_secs(1); 2]);
    assert_eq!(sandbox.ledger().bookings.len(), 1);
}

#[tokio::test]
async fn a_busy_token_address_is_asked_again_too() {
    let sandbox = Sandbox::start().await.unwrap();
    let busy = Effect::Busy {
        retry_after: Some("2".to_owned()),
    };
    sandbox.inject(Fault::new(busy).at(Place::Token).times(2));
    let pauses = Pauses::default();
    let session = session(&sandbox).sleep(pauses.clone()).build().unwrap();
    over(&sandbox, session)
        .report(&report(vec![plain("a")]))
        .await
        .unwrap();
    assert_eq!(*pauses.0.lock().unwrap(), [Duration::from_secs(2); 2]);
    assert_eq!(sandbox.ledger().tokens_issued, 1);
}

#[tokio::test]
async fn each_trouble_has_its_meaning_and_is_never_repeated() {
    use {Delivery as D, ReportErrorKind as K};
    for (effect, kind, delivery, requests, booked) in [
        (Effect::CutAfterBooking, K::Unanswered, D::InDoubt, 1, 1),
        (Effect::CutBeforeBooking, K::Unanswered, D::InDoubt, 1, 0),
        (Effect::Html, K::Unreadable, D::InDoubt, 1, 0),
        (Effect::Status(500), K::ServerFailure, D::InDoubt, 1, 0),
        (Effect::Status(502), K::ServerFailure, D::InDoubt, 1, 0),
        (Effect::Status(204), K::Unreadable, D::InDoubt, 1, 0),
        (Effect::Status(400), K::Rejected, D::Refused, 1, 0),
        (Effect::Status(413), K::Rejected, D::Refused, 1, 0),
        (Effect::Status(302), K::Rejected, D::Refused, 1, 0),
        (Effect::Unauthorized, K::Authentication, D::NotSent, 1, 0),
        (
            Effect::Busy { retry_after: None },
            K::Busy,
            D::NotSent,
            4,
            0,
        ),
        (
            Effect::TooManyRequests {
                retry_after: Some("3600".to_owned()),
            },
            K::Busy,
            D::NotSent,
            1,
            0,
        ),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.inject(Fault::new(effect.clone()).always());
        let error = reporter(&sandbox)
            .report(&report(vec![plain("a")]))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.delivery()),
            (kind, delivery),
            "{effect:?}"
        );
        let ledger = sandbox.ledger();
        assert_eq!(ledger.requests, requests, "{effect:?}");
        assert_eq!(ledger.bookings.len(), booked, "{effect:?}");
    }
}

#[tokio::test]
async fn only_rows_without_a_clear_answer_are_in_doubt() {
    for (effect, doubts) in [
        (
            Effect::MissingRows(vec![1]),
            [None, Some(Doubt::Missing), None],
        ),
        (
            Effect::DoubledRows(vec![2]),
            [None, None, Some(Doubt::Doubled)],
        ),
        (Effect::ShuffledRows, [None; 3]),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.inject(Fault::new(effect));
        let incidents = vec![plain("a"), plain("b"), plain("c")];
        let receipt = reporter(&sandbox).report(&report(incidents)).await.unwrap();
        let found: Vec<_> = receipt
            .rows()
            .iter()
            .map(|row| match row {
                Row::InDoubt { reason } => Some(*reason),
                _ => None,
            })
            .collect();
        assert_eq!(found, doubts);
        assert_eq!(sandbox.ledger().bookings.len(), 3);
    }
}

#[tokio::test]
async fn the_portal_refuses_rows_by_the_same_rules() {
    // Our rules are relaxed, the portal's are not.
    let sandbox = Sandbox::start().await.unwrap();
    let mut rules = Rules::documented();
    rules.limit_mut(careflex::Field::LastName).max_length = 1000;
    let mut wrong = full("a");
    if let Some(employee) = &mut wrong.employee {
        employee.last_name = "x".repeat(300).parse().unwrap();
    }
    let report =
        careflex::Report::new(COMPANY.parse().unwrap(), vec![wrong, plain("b")], &rules).unwrap();
    let receipt = reporter(&sandbox).report(&report).await.unwrap();
    let Row::Refused {
        incident_id,
        code,
        message,
    } = &receipt.rows()[0]
    else {
        panic!("{receipt:?}");
    };
    assert!(incident_id.is_some());
    assert_eq!(code, "422");
    assert!(message.contains("employee.lastName"), "{message}");
    assert!(matches!(receipt.rows()[1], Row::Accepted { .. }));
    assert_eq!(sandbox.ledger().bookings.len(), 1);
}

#[tokio::test]
async fn a_receipt_counts_whatever_its_status_even_if_it_is_unclear() {
    let doubled = r#"{"incidentResponseList":[{"rowNumber":0,"incidentId":"i","employeeId":"a"},{"rowNumber":0,"incidentId":"j","employeeId":"a"}]}"#;
    let shifted = r#"{"incidentResponseList":[{"rowNumber":1,"incidentId":"i","employeeId":"a"}]}"#;
    for status in [200, 302, 400, 401, 422, 429, 500, 503] {
        for (body, reason) in [(doubled, Doubt::Doubled), (shifted, Doubt::Missing)] {
            let portal = Answering::start(b"]}", status, body).await;
            let reporter = portal.rest();
            let receipt = reporter.report(&report(vec![plain("a")])).await.unwrap();
            assert_eq!(receipt.rows(), [Row::InDoubt { reason }], "{status}");
            assert_eq!(portal.requests().len(), 1, "never repeated: {status}");
        }
    }
    // An answer to the report that cannot be read is one all the same.
    for broken in [
        r#"{"incidentResponseList":{}}"#,
        r#"{"incidentResponseList":[{"rowNumber":0"#,
    ] {
        for status in [200, 400, 401, 429, 503] {
            let portal = Answering::start(b"]}", status, broken).await;
            let error = portal
                .rest()
                .report(&report(vec![plain("a")]))
                .await
                .unwrap_err();
            assert_eq!(error.delivery(), Delivery::InDoubt, "{status}");
            assert_eq!(portal.requests().len(), 1, "{status}");
        }
    }
    // A list without rows says nothing of an incident: then the status counts.
    let portal = Answering::start(b"]}", 400, r#"{"incidentResponseList":[]}"#).await;
    let error = portal
        .rest()
        .report(&report(vec![plain("a")]))
        .await
        .unwrap_err();
    assert_eq!(error.delivery(), Delivery::Refused);
}

#[tokio::test]
async fn a_token_that_is_still_valid_is_used_while_the_token_address_is_busy() {
    let clock = Arc::new(ManualClock::new());
    let sandbox = Sandbox::builder()
        .clock(clock.clone())
        .token_validity(Duration::from_secs(600))
        .start()
        .await
        .unwrap();
    let pauses = Pauses::default();
    let session = session(&sandbox)
        .clock(Arc::clone(&clock))
        .sleep(pauses.clone())
        .build()
        .unwrap();
    let reporter = over(&sandbox, session);
    reporter.report(&report(vec![plain("a")])).await.unwrap();
    let busy = Effect::Busy {
        retry_after: Some("60".to_owned()),
    };
    sandbox.inject(Fault::new(busy).at(Place::Token).always());
    clock.advance(Duration::from_secs(550));
    reporter.report(&report(vec![plain("b")])).await.unwrap();
    assert!(pauses.0.lock().unwrap().is_empty(), "nobody waits");
    assert_eq!(sandbox.ledger().bookings.len(), 2);
}
