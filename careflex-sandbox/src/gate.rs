//! Holds requests until a test lets them go.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

/// A gate that holds requests until it is told to let them pass, in the order in which they arrived.
/// With it, what happens at the same time is decided by the test and not by chance: no test needs to
/// wait on the clock.
///
/// Clones are the same gate; several faults may share one.
///
/// ```no_run
/// use careflex_sandbox::{Effect, Fault, Gate, Sandbox};
///
/// # async fn send_three_reports_at_once(_: &Sandbox) {}
/// # async fn example(sandbox: &Sandbox) {
/// let gate = Gate::closed();
/// sandbox.inject(Fault::new(Effect::Hold(gate.clone())).times(3));
/// let test = async {
///     gate.arrived(3).await; // All three are in flight now.
///     assert_eq!(sandbox.ledger().bookings.len(), 0);
///     gate.open();
/// };
/// tokio::join!(send_three_reports_at_once(sandbox), test);
/// # }
/// ```
#[derive(Clone)]
pub struct Gate(Arc<watch::Sender<Count>>);

#[derive(Clone, Copy, Default)]
struct Count {
    /// How many requests have come.
    arrived: usize,
    /// How many of them may pass.
    may_pass: usize,
}

impl Gate {
    /// A new gate, which is closed.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::new(watch::Sender::new(Count::default())))
    }

    /// Waits until so many requests have arrived since the gate was made, passed or not.
    pub async fn arrived(&self, requests: usize) {
        self.wait_until(|count| count.arrived >= requests).await;
    }

    /// How many requests have arrived since the gate was made, passed or not.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.0.borrow().arrived
    }

    /// Lets so many requests pass, those that have yet to arrive included.
    pub fn let_pass(&self, requests: usize) {
        self.0
            .send_modify(|count| count.may_pass = count.may_pass.saturating_add(requests));
    }

    /// Lets all requests pass from now on.
    pub fn open(&self) {
        self.let_pass(usize::MAX);
    }

    pub(crate) async fn pass(&self) {
        let mut ticket = 0;
        self.0.send_modify(|count| {
            ticket = count.arrived;
            count.arrived += 1;
        });
        self.wait_until(|count| count.may_pass > ticket).await;
    }

    async fn wait_until(&self, enough: impl Fn(&Count) -> bool) {
        // It fails only when the sender is gone, and that is part of this gate.
        let _ = self.0.subscribe().wait_for(enough).await;
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count { arrived, may_pass } = *self.0.borrow();
        f.debug_struct("Gate")
            .field("arrived", &arrived)
            .field("may_pass", &may_pass)
            .finish()
    }
}
