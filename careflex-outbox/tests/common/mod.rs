//! An outbox in a folder of its own, and incidents for it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part; a test fails by panicking"
)]

use careflex_core::{Incident, IncidentKind, ManualClock, parse_date};
use careflex_outbox::{IncidentNumber, Outbox, SqliteStore};
use tempfile::TempDir;

pub const COMPANY: &str = "09ce3580d84bf087";

/// An outbox at the beginning of 2026, and the folder that it is in.
pub fn new_outbox() -> (TempDir, Outbox<SqliteStore>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.sqlite");
    let store = SqliteStore::open_with_clock(path, ManualClock::new()).unwrap();
    let outbox = Outbox::new(store).careflex_id(COMPANY.parse().unwrap());
    (folder, outbox)
}

/// An incident without master data.
pub fn incident(employee: &str, kind: IncidentKind) -> Incident {
    let day = parse_date("2026-12-01").unwrap();
    Incident::builder()
        .employee_id(employee.parse().unwrap())
        .kind(kind)
        .valid_from(day)
        .created_at(day)
        .build()
}

pub fn number(number: i64) -> IncidentNumber {
    IncidentNumber(number)
}
