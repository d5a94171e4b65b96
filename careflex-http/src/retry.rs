//! When and how long to wait before another try.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use careflex_core::{Clock, Sleep, TokenError, TokenErrorKind, back_off};

/// How often a request is tried. Only what provably was not taken is tried again: a message that never
/// left, a 401 (with another token), a 429 or a 503.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Most tries while the portal cannot be reached: 3.
    pub unreachable_tries: u32,
    /// Most tries while the portal is busy (429, 503): 4.
    pub busy_tries: u32,
    /// Most tries while others keep replacing the access token: 3 (our decision).
    pub token_tries: u32,
    /// The first pause: 500 ms. It doubles with each try, and half of it is left to chance.
    pub first_pause: Duration,
    /// The longest pause, also for `Retry-After`: 60 seconds. A portal that asks for more is not tried
    /// again.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            unreachable_tries: 3,
            busy_tries: 4,
            token_tries: 3,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Tries everything once.
    #[must_use]
    pub fn never() -> Self {
        Self {
            unreachable_tries: 1,
            busy_tries: 1,
            token_tries: 1,
            ..Self::default()
        }
    }

    /// The pause after a number of tries without an answer; part of it is chance, so that many clients
    /// do not come back at the same moment.
    fn back_off(&self, tries: u32) -> Duration {
        back_off(self.first_pause, self.longest_pause, tries, fastrand::f64())
    }

    /// The pause before a busy portal is tried again: what it asks for, or a back-off. `None` when it
    /// asks for more than the longest pause.
    fn busy_pause(
        &self,
        retry_after: Option<&str>,
        now: SystemTime,
        tries: u32,
    ) -> Option<Duration> {
        match retry_after.and_then(|value| parse_retry_after(value, now)) {
            Some(asked) => (asked <= self.longest_pause).then_some(asked),
            None => Some(self.back_off(tries)),
        }
    }
}

/// Waits between tries, as a policy says.
pub(crate) struct Retrying {
    pub(crate) policy: RetryPolicy,
    pub(crate) sleep: Arc<dyn Sleep>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// How often one message has been tried, by the reason for which it was tried again.
#[derive(Default)]
pub(crate) struct Tries {
    pub(crate) unreachable: u32,
    pub(crate) busy: u32,
    pub(crate) token: u32,
    /// The generation of the token that was refused last.
    pub(crate) refused_generation: Option<u64>,
}

/// Whether a message may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The pause is over.
    TryAgain,
    /// It has been tried often enough.
    GiveUp,
    /// The portal asks for a longer pause than the policy allows.
    TooLong,
}

impl Retrying {
    /// After a message that never left.
    pub(crate) async fn after_unreachable(&self, host: &str, tries: &mut Tries) -> Next {
        tries.unreachable += 1;
        if tries.unreachable >= self.policy.unreachable_tries {
            return Next::GiveUp;
        }
        let pause = self.policy.back_off(tries.unreachable);
        tracing::warn!(host, ?pause, "not reached, trying again");
        self.sleep.sleep(pause).await;
        Next::TryAgain
    }

    /// After no access token could be had. It is only tried again when no older one is valid any more.
    pub(crate) async fn after_token_error(&self, error: &TokenError, tries: &mut Tries) -> Next {
        match error.kind() {
            TokenErrorKind::Unreachable => self.after_unreachable("the token address", tries).await,
            TokenErrorKind::Busy => {
                self.after_busy("the token address", error.retry_after(), tries)
                    .await
            }
            _ => Next::GiveUp,
        }
    }

    /// After a 429 or 503.
    pub(crate) async fn after_busy(
        &self,
        host: &str,
        retry_after: Option<&str>,
        tries: &mut Tries,
    ) -> Next {
        tries.busy += 1;
        let wall = self.clock.wall();
        let Some(pause) = self.policy.busy_pause(retry_after, wall, tries.busy) else {
            return Next::TooLong;
        };
        if tries.busy >= self.policy.busy_tries {
            return Next::GiveUp;
        }
        tracing::warn!(host, ?pause, "the portal is busy, trying again");
        self.sleep.sleep(pause).await;
        Next::TryAgain
    }
}

/// `Retry-After` in seconds or as an HTTP date.
fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than a number can hold are too many in any case.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_has_two_forms() {
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 10:00:00 GMT").unwrap();
        for (value, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sat, 21 Nov 2026 10:00:30 GMT", Some(30)),
            ("Sat, 21 Nov 2026 09:00:00 GMT", Some(0)),
            ("99999999999999999999", Some(u64::MAX)),
            ("soon", None),
            ("", None),
            ("-1", None),
        ] {
            assert_eq!(
                parse_retry_after(value, now),
                expected.map(Duration::from_secs),
                "{value}"
            );
        }
    }

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let policy = RetryPolicy::default();
        let now = SystemTime::UNIX_EPOCH;
        for (tries, longest) in [(1, 500), (2, 1000), (5, 8000), (40, 60_000)] {
            let pause = policy.back_off(tries);
            assert!(pause <= Duration::from_millis(longest), "{pause:?}");
            assert!(pause >= Duration::from_millis(longest / 2), "{pause:?}");
        }
        assert_eq!(
            policy.busy_pause(Some("60"), now, 1),
            Some(Duration::from_secs(60))
        );
        assert_eq!(policy.busy_pause(Some("61"), now, 1), None);
        assert!(policy.busy_pause(None, now, 1).is_some());
    }
}
