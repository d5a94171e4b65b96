//! The faults that wait for their requests.

use std::sync::Mutex;

use careflex_core::EmployeeId;

use super::{Effect, Fault, Place};
use crate::lock;

/// The faults that may still strike, in the order in which they were injected.
#[derive(Default)]
pub(crate) struct Plan(Mutex<Vec<Fault>>);

/// What a fault does to the request that it strikes.
#[derive(Debug)]
pub(crate) struct Blow {
    pub(crate) effect: Effect,
    /// Where it was planned.
    pub(crate) place: Place,
    /// Whether to book before an answer in the portal's place.
    pub(crate) is_booked: bool,
}

impl Plan {
    pub(crate) fn add(&self, fault: Fault) {
        if fault.is_pending() {
            lock(&self.0).push(fault);
        }
    }

    pub(crate) fn pending(&self) -> usize {
        lock(&self.0).len()
    }

    /// How many have struck nothing yet.
    pub(crate) fn unstruck(&self) -> usize {
        let faults = lock(&self.0);
        faults.iter().filter(|fault| !fault.has_struck).count()
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// What strikes the request whose head says that it comes to one of these places, before its body is
    /// read.
    pub(crate) fn take_unread(&self, places: &[Place], is_reused: bool) -> Option<Blow> {
        let blows = self.take_of(|fault| {
            let concerns = match fault.effect {
                Effect::CloseOnReuse => is_reused,
                ref effect => effect.strikes_unread(),
            };
            concerns && places.contains(&fault.place) && fault.employee.is_none()
        });
        blows.into_iter().next()
    }

    /// What strikes the request that the portal is about to take: any number of delays, then at most
    /// one other effect.
    pub(crate) fn take(
        &self,
        place: Place,
        holds_incident_of: impl Fn(&EmployeeId) -> bool,
    ) -> Vec<Blow> {
        self.take_of(|fault| {
            let is_meant = fault.employee.as_ref().is_none_or(&holds_incident_of);
            fault.place == place && !fault.effect.strikes_unread() && is_meant
        })
    }

    fn take_of(&self, concerns: impl Fn(&Fault) -> bool) -> Vec<Blow> {
        let mut faults = lock(&self.0);
        let mut blows = Vec::new();
        for fault in faults.iter_mut().filter(|fault| concerns(fault)) {
            if let Some(blow) = fault.strike() {
                let is_last = !blow.effect.only_delays();
                blows.push(blow);
                if is_last {
                    break;
                }
            }
        }
        faults.retain(Fault::is_pending);
        blows
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::gate::Gate;

    fn effects(plan: &Plan) -> Vec<Effect> {
        let blows = plan.take(Place::New, |_| false);
        blows.into_iter().map(|blow| blow.effect).collect()
    }

    fn statuses(plan: &Plan, requests: usize) -> Vec<u16> {
        let status = |effects: Vec<Effect>| match effects.last() {
            Some(Effect::Status(status)) => *status,
            _ => 200,
        };
        (0..requests).map(|_| status(effects(plan))).collect()
    }

    #[test]
    fn faults_strike_in_their_order_and_number() {
        let plan = Plan::default();
        plan.add(Fault::new(Effect::Status(501)).after(1).times(2));
        plan.add(Fault::new(Effect::Status(502)).at(Place::Token));
        plan.add(Fault::new(Effect::Status(503)).after(1));
        plan.add(Fault::new(Effect::Status(504)).times(0));
        assert_eq!((plan.pending(), plan.unstruck()), (3, 3));
        // The first request is left alone by both; the next two are struck before they come to 503.
        assert_eq!(statuses(&plan, 2), [200, 501]);
        assert_eq!((plan.pending(), plan.unstruck()), (3, 2));
        assert_eq!(statuses(&plan, 3), [501, 503, 200]);
        assert_eq!((plan.pending(), plan.unstruck()), (1, 1));
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
    fn every_nth_request_is_struck() {
        let plan = Plan::default();
        let fault = Fault::new(Effect::Status(501));
        plan.add(fault.clone().after(1).every(3).times(2));
        assert_eq!(
            statuses(&plan, 9),
            [200, 200, 200, 501, 200, 200, 501, 200, 200]
        );
        for every in [0, 1] {
            plan.add(fault.clone().every(every).times(2));
            assert_eq!(statuses(&plan, 3), [501, 501, 200]);
        }
        plan.add(fault.every(2).always());
        assert_eq!(statuses(&plan, 4), [200, 501, 200, 501]);
        assert_eq!((plan.pending(), plan.unstruck()), (1, 0));
    }

    #[test]
    fn a_delay_leads_to_the_fault_behind_it() {
        let plan = Plan::default();
        plan.add(Fault::new(Effect::Hold(Gate::closed())));
        plan.add(Fault::new(Effect::Latency(Duration::ZERO)));
        plan.add(Fault::new(Effect::Status(501)));
        assert!(matches!(
            effects(&plan)[..],
            [Effect::Hold(_), Effect::Latency(_), Effect::Status(501)]
        ));
        assert_eq!(plan.pending(), 0);
    }

    #[test]
    fn random_delays_repeat_with_their_seed() {
        let (from, to) = (Duration::from_millis(5), Duration::from_millis(200));
        let delays = |from, to, seed| -> Vec<Duration> {
            let plan = Plan::default();
            plan.add(Fault::new(Effect::RandomLatency { from, to, seed }).always());
            let delay = |_| match effects(&plan)[..] {
                [Effect::Latency(delay)] => delay,
                ref others => panic!("{others:?}"),
            };
            (0..50).map(delay).collect()
        };
        let first = delays(from, to, 1);
        assert!(first.iter().all(|delay| (from..=to).contains(delay)));
        assert!(first.iter().any(|delay| *delay != first[0]));
        assert_eq!(first, delays(from, to, 1));
        assert_ne!(first, delays(from, to, 2));
        // The wrong way round is meant well, and the longest delay is no overflow.
        assert_eq!(first, delays(to, from, 1));
        assert_eq!(delays(from, from, 1), [from; 50]);
        delays(Duration::ZERO, Duration::MAX, 1);
    }

    #[test]
    fn a_fault_of_an_employee_waits_for_them() {
        let plan = Plan::default();
        let employee = EmployeeId::new("4711").unwrap();
        plan.add(Fault::new(Effect::Status(501)).of_employee(employee.clone()));
        assert!(effects(&plan).is_empty());
        assert_eq!(plan.take(Place::New, |one| *one == employee).len(), 1);
        plan.add(Fault::new(Effect::CutBeforeReading).of_employee(employee));
        assert!(unread(&plan, &[Place::New], true).is_none());
    }

    /// What strikes a request to one of these places before its body is read.
    fn unread(plan: &Plan, places: &[Place], is_reused: bool) -> Option<(Effect, Place)> {
        let blow = plan.take_unread(places, is_reused)?;
        Some((blow.effect, blow.place))
    }

    #[test]
    fn only_a_connection_that_is_used_again_is_closed_on_reuse() {
        let plan = Plan::default();
        plan.add(Fault::new(Effect::CloseOnReuse));
        plan.add(Fault::new(Effect::CutBeforeReading).at(Place::Token));
        assert!(effects(&plan).is_empty());
        assert!(unread(&plan, &[Place::New], false).is_none());
        assert!(matches!(
            unread(&plan, &[Place::New], true),
            Some((Effect::CloseOnReuse, Place::New))
        ));
        assert!(matches!(
            unread(&plan, &[Place::Token], false),
            Some((Effect::CutBeforeReading, Place::Token))
        ));
    }

    #[test]
    fn where_several_places_are_possible_the_first_fault_of_any_strikes() {
        let plan = Plan::default();
        let cut = |place| Fault::new(Effect::CutBeforeReading).at(place);
        plan.add(cut(Place::None).after(2));
        plan.add(cut(Place::Token));
        plan.add(cut(Place::New));
        let mut places = Vec::new();
        // A request elsewhere is no turn of the first fault; one that may come to its place is.
        for possible in [&[Place::New][..], &[Place::New, Place::None]] {
            for _ in 0..3 {
                places.push(unread(&plan, possible, false).map(|(_, place)| place));
            }
        }
        let (new, none) = (Some(Place::New), Some(Place::None));
        assert_eq!(places, [new, None, None, None, None, none]);
        assert_eq!(plan.pending(), 1);
    }
}
