//! What the worker tells those who measure.

use std::time::{Duration, SystemTime};

use careflex_core::CareflexId;
use metrics::{counter, gauge, histogram};

use crate::state::{State, Status};
use crate::store::Settlement;

/// Counts what became of a batch.
pub(super) fn count(company: &CareflexId, settlement: &Settlement) {
    let mut counts = [0_u64; State::ALL.len()];
    for (_, settled) in &settlement.rows {
        if let Some(count) = counts.get_mut(settled.state() as usize) {
            *count += 1;
        }
    }
    let mut sent = 0;
    for (state, incidents) in State::ALL.into_iter().zip(counts) {
        let Some(name) = name_of(state).filter(|_| incidents > 0) else {
            continue;
        };
        counter!(name, "careflex_id" => company.to_string()).increment(incidents);
        if !matches!(state, State::Queued | State::Invalid) {
            sent += incidents;
        }
    }
    counter!("careflex_outbox_sent_total", "careflex_id" => company.to_string()).increment(sent);
}

fn name_of(state: State) -> Option<&'static str> {
    Some(match state {
        State::Accepted => "careflex_outbox_accepted_total",
        State::HandedOver => "careflex_outbox_handed_over_total",
        State::Refused => "careflex_outbox_refused_total",
        State::Invalid => "careflex_outbox_invalid_total",
        State::InDoubt => "careflex_outbox_in_doubt_total",
        State::Queued => "careflex_outbox_not_sent_total",
        _ => return None,
    })
}

/// Notes how long a request took.
pub(super) fn time(company: &CareflexId, took: Duration) {
    histogram!("careflex_outbox_request_seconds", "careflex_id" => company.to_string())
        .record(took.as_secs_f64());
}

/// Shows what the outbox holds.
pub(super) fn show(status: &Status, now: SystemTime) {
    for company in &status.companies {
        let label = company.careflex_id.to_string();
        for (name, state) in [
            ("careflex_outbox_queued", State::Queued),
            ("careflex_outbox_in_doubt", State::InDoubt),
        ] {
            // More than a float can count exactly is no matter here.
            #[allow(clippy::cast_precision_loss)]
            gauge!(name, "careflex_id" => label.clone()).set(company.count(state) as f64);
        }
    }
    let age = status
        .oldest_queued()
        .and_then(|oldest| now.duration_since(oldest).ok())
        .unwrap_or_default();
    gauge!("careflex_outbox_oldest_seconds").set(age.as_secs_f64());
}
