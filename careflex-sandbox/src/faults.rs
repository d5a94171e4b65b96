//! Misbehaviour on demand.

use std::sync::Mutex;

use careflex_core::AnswerRow;

use crate::gate::Gate;
use crate::lock;

/// One misbehaviour, and the requests that it strikes. By default that is the next request to
/// `incident/new`.
///
/// A fault strikes only requests that the portal would otherwise take: those with a wrong token or a
/// wrong body get their usual answer and use up no fault (our decision).
///
/// Faults wait in the order in which they were injected, and a request is struck by the first one at
/// its [`Place`] whose turn it is. [`Effect::Hold`] is the exception: once let through, the request goes
/// on to the faults behind it. A request that a fault has struck does not count for those behind it.
///
/// ```
/// use careflex_sandbox::{Effect, Fault, Place};
///
/// // The third and fourth request for a token are answered with 500.
/// let fault = Fault::new(Effect::Status(500)).at(Place::Token).after(2).times(2);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Fault {
    effect: Effect,
    place: Place,
    /// How many requests are still left alone.
    after: usize,
    /// How many requests may still be struck; `None` for any number.
    left: Option<usize>,
}

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// `POST /oauth/token`
    Token,
    /// `POST /rest/incident/new`
    New,
    /// `POST /rest/incident/none`
    None,
}

/// What a fault does.
///
/// Booked means here: written into the [`Ledger`](crate::Ledger), and at [`Place::Token`]: issued, which
/// ends the validity of the older tokens. Effects on rows mean nothing but at [`Place::New`]: requests
/// elsewhere are answered as usual. Rows are counted from 0, as in the answer; those that a request
/// does not have are ignored.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Effect {
    /// Answers 401 although the token (at [`Place::Token`]: the service user) is right. Nothing is
    /// booked.
    Unauthorized,
    /// Makes all tokens invalid, as if a foreign client had asked for one, and answers 401. Nothing is
    /// booked.
    ForgetTokens,
    /// Answers with this status. Nothing is booked. A number that can be no final status (below 200 or
    /// above 999) becomes 500.
    Status(u16),
    /// Answers 503. Nothing is booked.
    Busy {
        /// The header `Retry-After`, as it is: seconds, a date, or nonsense.
        retry_after: Option<String>,
    },
    /// Answers 429. Nothing is booked.
    TooManyRequests {
        /// The header `Retry-After`, as it is: seconds, a date, or nonsense.
        retry_after: Option<String>,
    },
    /// Reads the request, then closes the connection. Nothing is booked.
    CutBeforeBooking,
    /// Books, then closes the connection: the answer is lost.
    CutAfterBooking,
    /// Answers 200 with a page of HTML, as a proxy or a log-in page in between does. Nothing is booked.
    Html,
    /// Books all rows, and leaves these out of the answer.
    MissingRows(Vec<usize>),
    /// Books all rows once, and answers these twice.
    DoubledRows(Vec<usize>),
    /// Books all rows, and answers them from the last to the first. The row numbers are right.
    ShuffledRows,
    /// Refuses these rows although they are valid. They are not booked.
    RefusedRows(Vec<usize>),
    /// Holds the request before anything is booked, until the gate lets it pass. The token was checked
    /// before: one that is revoked meanwhile does not matter. Then the request goes on.
    Hold(Gate),
}

impl Fault {
    /// Strikes the next request to `incident/new`.
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            place: Place::New,
            after: 0,
            left: Some(1),
        }
    }

    /// Strikes here.
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Leaves the next `requests` alone.
    pub fn after(mut self, requests: usize) -> Self {
        self.after = requests;
        self
    }

    /// Strikes so many requests, one after the other.
    pub fn times(mut self, requests: usize) -> Self {
        self.left = Some(requests);
        self
    }

    /// Strikes all requests, until
    /// [`Sandbox::clear_faults`](crate::Sandbox::clear_faults).
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    /// Whether this fault strikes the request that stands before it.
    fn strikes(&mut self) -> bool {
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        match &mut self.left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn is_pending(&self) -> bool {
        self.left != Some(0)
    }
}

impl Effect {
    /// Does to the rows of an answer what the effect says.
    pub(crate) fn distort(&self, rows: &mut Vec<AnswerRow>) {
        let times_answered: &dyn Fn(usize) -> usize = match self {
            Self::MissingRows(missing) => &|row| usize::from(!missing.contains(&row)),
            Self::DoubledRows(doubled) => &|row| 1 + usize::from(doubled.contains(&row)),
            Self::ShuffledRows => {
                rows.reverse();
                return;
            }
            _ => return,
        };
        *rows = std::mem::take(rows)
            .into_iter()
            .enumerate()
            .flat_map(|(index, row)| std::iter::repeat_n(row, times_answered(index)))
            .collect();
    }
}

/// The faults that may still strike, in the order in which they were injected.
#[derive(Default)]
pub(crate) struct Plan(Mutex<Vec<Fault>>);

impl Plan {
    pub(crate) fn add(&self, fault: Fault) {
        if fault.is_pending() {
            lock(&self.0).push(fault);
        }
    }

    pub(crate) fn pending(&self) -> usize {
        lock(&self.0).len()
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// What strikes the request that has just come to this place: any number of gates, then at most
    /// one other effect.
    pub(crate) fn take(&self, place: Place) -> Vec<Effect> {
        let mut faults = lock(&self.0);
        let mut effects = Vec::new();
        for fault in faults.iter_mut().filter(|fault| fault.place == place) {
            if fault.strikes() {
                effects.push(fault.effect.clone());
                if !matches!(fault.effect, Effect::Hold(_)) {
                    break;
                }
            }
        }
        faults.retain(Fault::is_pending);
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(plan: &Plan, requests: usize) -> Vec<u16> {
        let status = |effects: Vec<Effect>| match effects.last() {
            Some(Effect::Status(status)) => *status,
            _ => 200,
        };
        (0..requests)
            .map(|_| status(plan.take(Place::New)))
            .collect()
    }

    #[test]
    fn faults_strike_in_their_order_and_number() {
        let plan = Plan::default();
        plan.add(Fault::new(Effect::Status(501)).after(1).times(2));
        plan.add(Fault::new(Effect::Status(502)).at(Place::Token));
        plan.add(Fault::new(Effect::Status(503)).after(1));
        plan.add(Fault::new(Effect::Status(504)).times(0));
        assert_eq!(plan.pending(), 3);
        // The first request is left alone by both; the next two are struck before they come to 503.
        assert_eq!(statuses(&plan, 5), [200, 501, 501, 503, 200]);
        assert_eq!(plan.pending(), 1);
    }

    #[test]
    fn always_ends_only_when_it_is_cleared() {
        let plan = Plan::default();
        plan.add(Fault::new(Effect::Status(501)).always());
        assert_eq!(statuses(&plan, 3), [501, 501, 501]);
        plan.clear();
        assert_eq!(statuses(&plan, 1), [200]);
    }

    #[test]
    fn a_gate_leads_to_the_fault_behind_it() {
        let plan = Plan::default();
        plan.add(Fault::new(Effect::Hold(Gate::closed())));
        plan.add(Fault::new(Effect::Status(501)));
        let effects = plan.take(Place::New);
        assert!(matches!(
            effects[..],
            [Effect::Hold(_), Effect::Status(501)]
        ));
        assert_eq!(plan.pending(), 0);
    }
}
