//! What the histories have met: a simulation that never meets trouble proves nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts by name. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct Met(Arc<Mutex<BTreeMap<&'static str, u64>>>);

/// What has to be met at least once in a full run.
pub(crate) const TROUBLE: [&str; 32] = [
    "answers that lacked rows",
    "bookings after the request had broken",
    "calls of the store that failed",
    "claims whose answer was lost",
    "corrections",
    "conflicts",
    "crashes",
    "crashes that left the log of the database",
    "doubles not taken again",
    "drains that were not disturbed",
    "enqueueings that crashed",
    "handed over",
    "incidents that became in doubt by a crash",
    "invalid",
    "purged contents",
    "refused rows",
    "reporters that broke down",
    "requests given up",
    "requests not sent",
    "requests refused as a whole",
    "resolved as booked",
    "resolved as not booked",
    "resting",
    "retries",
    "server failures, booked",
    "server failures, not booked",
    "several requests at once",
    "stopped",
    "transactions rolled back",
    "unanswered, booked",
    "unanswered, not booked",
    "workers ended by the store",
];

impl Met {
    pub(crate) fn note(&self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn add(&self, what: &'static str, times: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(what).or_default() += times;
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(what).copied().unwrap_or_default()
    }

    /// All counts, one a line.
    pub(crate) fn in_full(&self) -> String {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = counts
            .iter()
            .map(|(what, times)| format!("{times:>10} {what}\n"));
        lines.collect()
    }
}
