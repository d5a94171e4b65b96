//! Values as they are in the database.

use std::time::{Duration, SystemTime};

use crate::error::{StoreError, damaged};
use crate::state::State;

/// Milliseconds since 1970; a clock that is set before counts as then.
pub(super) fn to_millis(time: SystemTime) -> i64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn to_time(millis: i64) -> SystemTime {
    let since = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
    // A time beyond the calendar, which only a damaged database can hold.
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

pub(super) fn to_state(number: i64) -> Result<State, StoreError> {
    usize::try_from(number)
        .ok()
        .and_then(|number| State::ALL.get(number))
        .copied()
        .ok_or_else(|| damaged("a state"))
}

/// A count, which is never negative.
pub(super) fn to_count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Bytes of a fixed length.
pub(super) fn to_array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| damaged("a hash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_keep_their_numbers() {
        for (number, state) in (0..).zip(State::ALL) {
            assert_eq!(state as i64, number);
            assert_eq!(to_state(number).unwrap(), state);
        }
        assert!(to_state(-1).is_err() && to_state(8).is_err());
    }

    #[test]
    fn no_time_is_out_of_range() {
        assert_eq!(
            to_millis(SystemTime::UNIX_EPOCH - Duration::from_secs(1)),
            0
        );
        assert_eq!(to_millis(to_time(1_767_225_600_123)), 1_767_225_600_123);
        assert_eq!(to_time(-5), SystemTime::UNIX_EPOCH);
        let _far = to_time(i64::MAX);
    }
}
