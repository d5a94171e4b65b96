mod portal;

use std::collections::{HashMap, HashSet};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use portal::{Portal, Trouble};
use proptest::prelude::*;

use super::*;
use crate::input::RawValues;
use crate::{
    Delivery, Doubt, EmptyReport, Incident, IncidentKind, InputRow, Receipt, Report,
    ReportErrorKind, RowKey, ViolationCode, Violations, parse_date,
};

fn company(name: &str) -> CareflexId {
    name.parse().unwrap()
}

fn incident(employee: &(impl ToString + ?Sized)) -> Incident {
    let day = parse_date("2026-12-01").unwrap();
    Incident::builder()
        .employee_id(employee.to_string().parse().unwrap())
        .kind(IncidentKind::Rst)
        .valid_from(day)
        .created_at(day)
        .build()
}

fn numbered(count: usize) -> impl Iterator<Item = Incident> {
    (0..count).map(|number| incident(&format!("E{number}")))
}

fn bulk(portal: &Arc<Portal>) -> Bulk {
    Bulk::new(Arc::clone(portal)).careflex_id(company("a"))
}

async fn all(run: &mut BulkRun<'_>) -> Vec<BulkRow> {
    let mut rows = Vec::new();
    while let Some(row) = run.next().await {
        rows.push(row);
    }
    assert!(
        (0..)
            .zip(&rows)
            .all(|(index, row): (u64, _)| row.index == index)
    );
    rows
}

fn word(row: &BulkRow) -> &'static str {
    row.outcome.as_str()
}

/// How many outcomes of a kind stand next to each other.
fn runs(rows: &[BulkRow]) -> Vec<(&'static str, usize)> {
    let mut runs: Vec<(&'static str, usize)> = Vec::new();
    for row in rows {
        match runs.last_mut() {
            Some((last, count)) if *last == word(row) => *count += 1,
            _ => runs.push((word(row), 1)),
        }
    }
    runs
}

#[tokio::test]
async fn incidents_of_several_companies_go_in_full_batches() {
    let portal = Arc::new(Portal::default());
    let incidents = (0..600).map(|number| {
        let name = ["a", "b", "c"][number % 3];
        (company(name), incident(&format!("E{number}")))
    });
    let mut run = bulk(&portal).report(incidents);
    let rows = all(&mut run).await;
    assert_eq!(runs(&rows), [("accepted", 600)]);
    for (number, row) in rows.iter().enumerate() {
        let sent = row.incident.as_ref().unwrap();
        assert_eq!(sent.employee_id.as_str(), format!("E{number}"));
        assert_eq!(row.careflex_id, Some(company(["a", "b", "c"][number % 3])));
        let Outcome::Accepted { incident_id } = &row.outcome else {
            panic!("not accepted");
        };
        assert_eq!(incident_id.as_str(), format!("E{number}"));
    }
    let sizes = portal.sizes();
    assert_eq!(sizes.len(), 6);
    assert!(sizes.iter().all(|(_, size)| *size == 100));
    assert_eq!(run.progress().requests, 6);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed_and_no_fewer() {
    let portal = Arc::new(Portal {
        delays: vec![3; 20],
        ..Portal::default()
    });
    let mut run = bulk(&portal).concurrency(3).report(numbered(2000));
    assert_eq!(runs(&all(&mut run).await), [("accepted", 2000)]);
    assert_eq!(portal.state.lock().unwrap().most_under_way, 3);
}

#[tokio::test]
async fn no_more_is_read_than_the_window_holds() {
    let portal = Arc::new(Portal::gated());
    // The second company's only incident is the first one of all: nothing can be yielded before it.
    let endless = std::iter::once((company("b"), incident("first")))
        .chain((0..).map(|number: u64| (company("a"), incident(&number))));
    let mut run = bulk(&portal).concurrency(64).window(1000).report(endless);
    assert!(run.next().now_or_never().is_none());
    assert_eq!(run.progress().read, 1000);
    portal.answer(usize::MAX >> 4);
    for index in 0..5000 {
        assert_eq!(run.next().await.unwrap().index, index);
        assert!(run.progress().read <= index + 1 + 1000);
    }
    let sizes = portal.sizes();
    let first = sizes.iter().position(|(name, _)| name == "b").unwrap();
    assert!(
        first < 6,
        "it went when half of the window was read: {first}"
    );
}

#[tokio::test]
async fn tiny_windows_work() {
    for window in 1..5 {
        let portal = Arc::new(Portal::default());
        let incidents = (0..50).map(|number| {
            let name = ["a", "b", "c"][number % 3];
            (company(name), incident(&(number % 7)))
        });
        let mut run = bulk(&portal).window(window).report(incidents);
        assert_eq!(runs(&all(&mut run).await), [("accepted", 50)]);
    }
}

#[tokio::test]
async fn very_many_companies_are_served() {
    let portal = Arc::new(Portal::default());
    let incidents = (0..30_000).map(|number| (company(&format!("c{number}")), incident("one")));
    let mut run = bulk(&portal).report(incidents);
    assert_eq!(runs(&all(&mut run).await), [("accepted", 30_000)]);
}

#[tokio::test]
async fn each_error_has_its_outcome() {
    for (kind, expected) in [
        (
            ReportErrorKind::Rejected,
            &[("accepted", 100), ("refused", 100), ("accepted", 100)][..],
        ),
        (
            ReportErrorKind::Unanswered,
            &[("accepted", 100), ("in-doubt", 100), ("accepted", 100)],
        ),
        (
            ReportErrorKind::Authentication,
            &[("accepted", 100), ("not-sent", 200)],
        ),
    ] {
        let portal = Portal::troubled([(1, Trouble::Error(kind))]);
        let mut run = bulk(&portal).concurrency(1).report(numbered(300));
        let rows = all(&mut run).await;
        assert_eq!(runs(&rows), expected);
        let error = rows[150].outcome.report_error().unwrap();
        assert_eq!(error.kind(), kind);
        let failure = run.failure().map(|failure| failure.kind());
        let is_not_sent = error.delivery() == Delivery::NotSent;
        assert_eq!(failure, is_not_sent.then_some(kind));
    }
}

#[tokio::test]
async fn too_many_failures_in_a_row_end_the_run() {
    let refused = Trouble::Error(ReportErrorKind::Rejected);
    let in_doubt = Trouble::Error(ReportErrorKind::ServerFailure);
    // An answer in between begins the count anew.
    let script = [
        (0, refused),
        (1, in_doubt),
        (3, in_doubt),
        (4, refused),
        (5, in_doubt),
    ];
    let portal = Portal::troubled(script);
    let mut run = bulk(&portal)
        .concurrency(1)
        .patience(3)
        .report(numbered(1000));
    let rows = all(&mut run).await;
    assert_eq!(
        runs(&rows),
        [
            ("refused", 100),
            ("in-doubt", 100),
            ("accepted", 100),
            ("in-doubt", 100),
            ("refused", 100),
            ("in-doubt", 100),
            ("not-sent", 400)
        ]
    );
    assert_eq!(
        run.failure().unwrap().kind(),
        ReportErrorKind::ServerFailure
    );
    assert_eq!(portal.sizes().len(), 6);
}

#[tokio::test]
async fn only_requests_that_may_have_left_are_counted() {
    for (kind, requests) in [
        (ReportErrorKind::Unanswered, 3),
        (ReportErrorKind::Unreachable, 1),
    ] {
        let portal = Portal::troubled([(1, Trouble::Error(kind))]);
        let mut run = bulk(&portal).concurrency(1).report(numbered(300));
        all(&mut run).await;
        assert_eq!(run.progress().requests, requests);
    }
}

#[tokio::test]
async fn rows_have_their_own_outcomes() {
    let portal = Portal::troubled([(0, Trouble::RefuseRow(1)), (1, Trouble::Short(2))]);
    let mut run = bulk(&portal).concurrency(1).report(numbered(200));
    let rows = all(&mut run).await;
    assert_eq!(
        runs(&rows),
        [
            ("accepted", 1),
            ("refused", 1),
            ("accepted", 196),
            ("in-doubt", 2)
        ]
    );
    assert!(matches!(
        &rows[199].outcome,
        Outcome::InDoubt(InDoubt::Row(Doubt::Missing))
    ));
    let refusal = format!("{:?}", rows[1].outcome);
    assert!(!refusal.contains("planned"), "{refusal}");
}

#[tokio::test]
async fn invalid_incidents_keep_no_others_from_being_sent() {
    let portal = Arc::new(Portal::default());
    let mut entries: Vec<BulkEntry> = numbered(5).map(BulkEntry::from).collect();
    // NEW without master data: only the rules know.
    let mut new = incident("new");
    new.kind = IncidentKind::New;
    entries[1] = new.into();
    // Never an incident at all.
    let violation = crate::Violation::error("validFrom", ViolationCode::DateFormat, "is no day");
    entries[3] = BulkEntry::from(InputRow {
        line: 7,
        careflex_id: None,
        key: RowKey {
            employee_id: Some("broken".parse().unwrap()),
            ..RowKey::default()
        },
        incident: Err(violation.into()),
        warnings: Violations::new(),
        values: RawValues::default(),
    });
    let too_long = company(&"x".repeat(65));
    entries.push((too_long, incident("long")).into());
    let mut run = bulk(&portal).report(entries);
    let rows = all(&mut run).await;
    assert_eq!(
        rows.iter().map(word).collect::<Vec<_>>(),
        [
            "accepted", "invalid", "accepted", "invalid", "accepted", "invalid"
        ]
    );
    assert_eq!(rows[3].key().employee_id.as_deref(), Some("broken"));
    let Outcome::Invalid(violations) = &rows[1].outcome else {
        panic!("not invalid");
    };
    assert!(
        violations.to_string().starts_with("employee: is missing"),
        "{violations}"
    );
    assert_eq!(portal.sizes(), [("a".to_owned(), 3)]);

    let mut run = Bulk::new(Arc::clone(&portal)).report([incident("nobody's")]);
    let rows = all(&mut run).await;
    assert_eq!(word(&rows[0]), "invalid");
    assert!(rows[0].incident.is_ok(), "it is given back");

    // Rules that let nothing pass end too.
    let mut rules = Rules::documented();
    rules.max_incidents = 0;
    let mut run = bulk(&portal).rules(rules).report(numbered(3));
    assert_eq!(runs(&all(&mut run).await), [("invalid", 3)]);
}

#[tokio::test]
async fn many_invalid_incidents_hold_up_no_valid_one() {
    let portal = Arc::new(Portal::default());
    let violation = crate::Violation::error("validFrom", ViolationCode::DateFormat, "is no day");
    let broken = InputRow {
        line: 1,
        careflex_id: None,
        key: RowKey::default(),
        incident: Err(violation.into()),
        warnings: Violations::new(),
        values: RawValues::default(),
    };
    let entries = std::iter::once(incident("first").into())
        .chain((0..500).map(|_| BulkEntry::from(broken.clone())));
    let mut run = bulk(&portal).window(100).report(entries);
    assert_eq!(
        runs(&all(&mut run).await),
        [("accepted", 1), ("invalid", 500)]
    );
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way() {
    let portal = Arc::new(Portal::gated());
    let mut run = bulk(&portal).concurrency(2).report(numbered(1000));
    assert!(run.next().now_or_never().is_none());
    run.stop();
    portal.answer(2);
    let rows = all(&mut run).await;
    assert_eq!(runs(&rows), [("accepted", 200), ("not-sent", 800)]);
    assert!(matches!(
        rows[999].outcome,
        Outcome::NotSent(NotSent::Stopped)
    ));
    assert_eq!(portal.booked().len(), 200);
}

#[tokio::test]
async fn an_endless_input_can_be_left() {
    let portal = Arc::new(Portal::default());
    let endless = (0..).map(|number: u64| incident(&number));
    let mut run = bulk(&portal).report(endless);
    for _ in 0..250 {
        assert_eq!(word(&run.next().await.unwrap()), "accepted");
    }
    run.stop_reading();
    let mut left = 0;
    while let Some(row) = run.next().await {
        assert_eq!(word(&row), "accepted");
        left += 1;
    }
    assert_eq!(portal.booked().len(), 250 + left);
}

#[tokio::test]
async fn what_is_abandoned_is_in_doubt() {
    let portal = Arc::new(Portal::gated());
    let mut run = bulk(&portal).concurrency(2).report(numbered(1000));
    assert!(run.next().now_or_never().is_none());
    run.abandon();
    let rows = all(&mut run).await;
    assert_eq!(runs(&rows), [("in-doubt", 200), ("not-sent", 800)]);
    assert_eq!(run.progress().requests, 2);
}

#[tokio::test]
async fn what_is_answered_is_not_abandoned() {
    let portal = Arc::new(Portal::gated());
    let mut run = bulk(&portal).concurrency(2).report(numbered(300));
    assert!(run.next().now_or_never().is_none());
    portal.answer(1);
    run.abandon();
    assert_eq!(
        runs(&all(&mut run).await),
        [("accepted", 100), ("in-doubt", 100), ("not-sent", 100)]
    );
}

#[tokio::test]
async fn answers_that_are_clear_for_nobody_are_failures() {
    let portal = Portal::troubled((0..10).map(|number| (number, Trouble::Unclear)));
    let mut run = bulk(&portal).concurrency(1).report(numbered(1000));
    assert_eq!(
        runs(&all(&mut run).await),
        [("in-doubt", 500), ("not-sent", 500)]
    );
    assert_eq!(run.failure().unwrap().kind(), ReportErrorKind::Unreadable);
}

#[tokio::test]
async fn a_reporter_that_panics_takes_no_other_outcomes_with_it() {
    let portal = Portal::troubled([(1, Trouble::Panic)]);
    let mut run = bulk(&portal).concurrency(1).report(numbered(300));
    assert_eq!(
        runs(&all(&mut run).await),
        [("accepted", 100), ("in-doubt", 100), ("not-sent", 100)]
    );
}

#[tokio::test]
async fn a_reporter_that_panics_at_once_does_not_either() {
    /// It comes to no future.
    struct Broken;

    impl Reporter for Broken {
        fn report<'a, 'b, 'c>(
            &'a self,
            _: &'b Report,
        ) -> BoxFuture<'c, Result<Receipt, ReportError>>
        where
            'a: 'c,
            'b: 'c,
            Self: 'c,
        {
            panic!("planned")
        }

        fn report_none<'a, 'b, 'c>(
            &'a self,
            _: &'b EmptyReport,
        ) -> BoxFuture<'c, Result<(), ReportError>>
        where
            'a: 'c,
            'b: 'c,
            Self: 'c,
        {
            panic!("planned")
        }
    }

    let mut run = Bulk::new(Broken)
        .careflex_id(company("a"))
        .concurrency(1)
        .report(numbered(150));
    assert_eq!(
        runs(&all(&mut run).await),
        [("in-doubt", 100), ("not-sent", 50)]
    );
    assert!(run.is_stopped() && run.failure().is_none());
}

#[tokio::test]
async fn nothing_more_is_sent_of_an_employee_who_is_in_doubt() {
    let portal = Portal::troubled([(0, Trouble::Lost), (1, Trouble::Short(1))]);
    let mut incidents: Vec<_> = numbered(400).collect();
    // One of the lost report and one of the short receipt, each with others beside it.
    incidents[250] = incident("E0");
    incidents[350] = incident("E199");
    let mut run = bulk(&portal).concurrency(1).report(incidents);
    let rows = all(&mut run).await;
    assert_eq!(
        runs(&rows),
        [
            ("in-doubt", 100),
            ("accepted", 99),
            ("in-doubt", 1),
            ("accepted", 50),
            ("not-sent", 1),
            ("accepted", 99),
            ("not-sent", 1),
            ("accepted", 49),
        ]
    );
    for place in [250, 350] {
        let Outcome::NotSent(why @ NotSent::AfterDoubt) = &rows[place].outcome else {
            panic!("{:?}", rows[place]);
        };
        assert!(
            why.to_string()
                .contains("look for that one in the portal first")
        );
    }
    assert!(!run.is_stopped());
    assert_eq!(portal.sizes().len(), 4);
}

#[tokio::test]
async fn a_report_of_nobody_but_those_in_doubt_is_none() {
    let portal = Portal::troubled([(0, Trouble::Lost)]);
    let incidents = (0..300).map(|number| incident(&(number % 100)));
    let mut run = bulk(&portal).concurrency(8).report(incidents);
    assert_eq!(
        runs(&all(&mut run).await),
        [("in-doubt", 100), ("not-sent", 200)]
    );
    assert_eq!((portal.sizes().len(), run.progress().requests), (1, 1));
}

#[tokio::test]
async fn a_stream_that_pauses_can_be_flushed() {
    let portal = Arc::new(Portal::default());
    let pausing = stream::iter(numbered(3)).chain(stream::pending());
    let mut run = bulk(&portal).report_stream(pausing);
    assert!(run.next().now_or_never().is_none());
    assert!(portal.booked().is_empty(), "it waits for a full batch");
    run.flush();
    for _ in 0..3 {
        assert_eq!(word(&run.next().await.unwrap()), "accepted");
    }
    assert!(run.next().now_or_never().is_none());
}

#[derive(Debug, Clone)]
struct Case {
    /// Company and employee of each incident.
    incidents: Vec<(u8, u8)>,
    delays: Vec<usize>,
    concurrency: usize,
    window: usize,
    most: usize,
    lost: HashSet<usize>,
}

prop_compose! {
    fn cases()(
        incidents in prop::collection::vec((0..3_u8, 0..12_u8), 0..300),
        delays in prop::collection::vec(0..20_usize, 100),
        concurrency in 1..9_usize,
        window in 1..200_usize,
        most in 1..12_usize,
        lost in prop::collection::hash_set(0..60_usize, 0..4),
    ) -> Case {
        Case { incidents, delays, concurrency, window, most, lost }
    }
}

proptest! {
    /// Whatever the order of the answers: one outcome for each incident, in the order of the input; the
    /// incidents of each employee are booked in the order of the input, and each of them once.
    #[test]
    fn nothing_is_lost_doubled_or_overtaken(case in cases()) {
        let portal = Arc::new(Portal { delays: case.delays.clone(), ..Portal::default() });
        let script = case.lost.iter().map(|number| (*number, Trouble::Lost));
        portal.state.lock().unwrap().script.extend(script);
        let mut rules = Rules::documented();
        rules.max_incidents = case.most;
        let entries = case.incidents.iter().enumerate().map(|(number, (name, employee))| {
            let mut one = incident(employee);
            one.external_id = Some(format!("{number}").parse().unwrap());
            (company(&format!("c{name}")), one)
        });
        let mut run = Bulk::new(Arc::clone(&portal))
            .rules(rules)
            .concurrency(case.concurrency)
            .patience(usize::MAX)
            .window(case.window)
            .report(entries.collect::<Vec<_>>());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let rows = runtime.block_on(all(&mut run));

        let mut last = HashMap::new();
        let mut times = vec![0; rows.len()];
        for (company, one) in portal.booked() {
            let number: usize = one.external_id.unwrap().as_str().parse().unwrap();
            times[number] += 1;
            let earlier = last.insert((company, one.employee_id), number);
            prop_assert!(earlier.is_none_or(|earlier| earlier < number), "overtaken");
        }
        prop_assert_eq!(rows.len(), case.incidents.len());
        let mut in_doubt = HashSet::new();
        for (number, row) in rows.iter().enumerate() {
            let given_back = row.incident.as_ref().unwrap();
            prop_assert_eq!(given_back.external_id.as_ref().unwrap().as_str(), number.to_string());
            let employee = case.incidents[number];
            let is_after_doubt = in_doubt.contains(&employee);
            match &row.outcome {
                Outcome::Accepted { .. } => prop_assert!(times[number] == 1 && !is_after_doubt),
                Outcome::NotSent(NotSent::AfterDoubt) => {
                    prop_assert!(times[number] == 0 && is_after_doubt);
                }
                // It was booked, and the answer was lost.
                Outcome::InDoubt(_) => {
                    prop_assert_eq!(times[number], 1);
                    in_doubt.insert(employee);
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert_eq!(run.progress().requests as usize, portal.sizes().len());
    }
}
