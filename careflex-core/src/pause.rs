//! Waiting, injected: no test waits on the wall clock.

use std::time::Duration;

use async_trait::async_trait;

/// Waits. Injected, so that no test waits on the wall clock.
#[async_trait]
pub trait Sleep: Send + Sync {
    /// Waits for some time.
    async fn sleep(&self, duration: Duration);
}

/// Waits on tokio's clock.
#[cfg(feature = "tokio")]
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioSleep;

#[cfg(feature = "tokio")]
#[async_trait]
impl Sleep for TokioSleep {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The pause after a number of tries without success: the first one, doubled with each try, up to the
/// longest. Half of it is left to `chance` (0 to 1), so that many clients do not come back at the same moment.
///
/// ```
/// use std::time::Duration;
/// use careflex_core::back_off;
///
/// let [first, longest] = [1, 60].map(Duration::from_secs);
/// assert_eq!(back_off(first, longest, 3, 1.0), Duration::from_secs(4));
/// assert_eq!(back_off(first, longest, 99, 0.0), Duration::from_secs(30));
/// ```
#[must_use]
pub fn back_off(first: Duration, longest: Duration, tries: u32, chance: f64) -> Duration {
    let doubled = 2_u32.saturating_pow(tries.saturating_sub(1).min(16));
    let pause = first.saturating_mul(doubled).min(longest);
    pause.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
}
