//! Points in time, as people and programs read them.

use std::time::SystemTime;

use careflex::chrono::{DateTime, SecondsFormat, Utc};

/// As `2026-11-21T18:00:00Z`; `None` for a time beyond the calendar, which only a file can claim.
pub(crate) fn in_utc(time: SystemTime) -> Option<String> {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since_1970.as_secs()).ok()?;
    let time = DateTime::<Utc>::from_timestamp(seconds, 0)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
