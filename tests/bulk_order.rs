//! The incidents of an employee are booked in their order, whatever the network does.

#![cfg(all(feature = "rest", feature = "soap"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::HashMap;
use std::time::Duration;

use careflex::{Bulk, Incident, IncidentKind, Outcome, Rules};
use careflex_sandbox::{Effect, Fault, Sandbox};
use common::{COMPANY, full, plain, reporter};
use proptest::prelude::*;

/// Incidents in a batch.
const BATCH: usize = 4;
const BATCHES: usize = 202;

/// NEW and SDB of the same employee: next to each other in one batch and in two, and 200 batches apart;
/// and many others in between.
fn incidents() -> Vec<Incident> {
    let mut incidents: Vec<_> = (0..BATCH * BATCHES)
        .map(|number| plain(&format!("other{number}")))
        .collect();
    let mut place = |new: usize, sdb: usize, employee: &str| {
        for (place, kind) in [(new, IncidentKind::New), (sdb, IncidentKind::Sdb)] {
            let mut incident = full(employee);
            incident.kind = kind;
            incidents[place] = incident;
        }
    };
    place(1, 2, "same-batch");
    place(BATCH - 1, BATCH, "next-batch");
    place(0, 200 * BATCH, "far-apart");
    for number in 10..20 {
        let new = number * BATCH;
        place(new, new + BATCH + 1, &format!("next-{number}"));
    }
    incidents
}

async fn run(seed: u64) {
    let sandbox = Sandbox::start().await.unwrap();
    let latency = Effect::RandomLatency {
        from: Duration::ZERO,
        to: Duration::from_millis(4),
        seed,
    };
    sandbox.inject(Fault::new(latency).always());
    let mut rules = Rules::documented();
    rules.max_incidents = BATCH;
    let mut run = Bulk::new(reporter(&sandbox))
        .careflex_id(COMPANY.parse().unwrap())
        .rules(rules)
        .concurrency(8)
        .report(incidents());
    let mut index = 0;
    while let Some(row) = run.next().await {
        assert_eq!(row.index, index);
        assert!(matches!(row.outcome, Outcome::Accepted { .. }), "{row:?}");
        index += 1;
    }
    assert_eq!(index as usize, BATCH * BATCHES);

    let ledger = sandbox.ledger();
    assert_eq!(ledger.bookings.len(), BATCH * BATCHES);
    let mut kinds: HashMap<_, Vec<_>> = HashMap::new();
    for booking in &ledger.bookings {
        let incident = &booking.incident;
        kinds
            .entry(incident.employee_id.to_string())
            .or_default()
            .push(incident.kind.clone());
    }
    let twice: Vec<_> = kinds.values().filter(|kinds| kinds.len() > 1).collect();
    assert_eq!(twice.len(), 13);
    for kinds in twice {
        assert_eq!(**kinds, [IncidentKind::New, IncidentKind::Sdb]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn new_is_booked_before_its_sdb(seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(run(seed));
    }
}
