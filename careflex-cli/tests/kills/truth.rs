//! Compares what is in the outbox with what was booked in truth.

use std::collections::HashMap;

use careflex::outbox::{Record, State};
use careflex_sandbox::{Booking, Ledger};

use crate::ground::{Ground, Look};
use crate::population::Name;

/// What must hold whenever the program is dead, whatever is still under way in the portal.
pub(crate) fn check(ground: &Ground, look: &Look, ledger: &Ledger) {
    let mut records: HashMap<Name, &Record> = HashMap::new();
    for record in &look.records {
        let earlier = records.insert(name_of_record(record), record);
        assert!(earlier.is_none(), "enqueued twice: {record:?}");
        assert!(
            matches!(
                record.state,
                State::Queued | State::Sending | State::InDoubt | State::Accepted
            ),
            "nothing is refused here: {record:?}"
        );
    }
    let mut booked: HashMap<Name, &Booking> = HashMap::new();
    for booking in &ledger.bookings {
        let name = name_of_booking(booking);
        let record = records.get(&name);
        let record = record.unwrap_or_else(|| panic!("booked, but not in the outbox: {name:?}"));
        assert_ne!(record.state, State::Queued, "booked, but queued: {name:?}");
        assert!(
            booked.insert(name, booking).is_none(),
            "booked twice: {record:?}"
        );
    }
    for (name, record) in &records {
        if record.state == State::Accepted {
            let booking = booked.get(name);
            let booking = booking.unwrap_or_else(|| panic!("accepted, not booked: {record:?}"));
            let is_same = record.incident_id.as_ref() == Some(&booking.incident_id);
            // A person does not say under which key the portal has it.
            assert!(is_same || record.by_person, "another key: {record:?}");
        }
    }
    check_order(ground, ledger);
    for state in State::ALL {
        let listed = look.records.iter().filter(|record| record.state == state);
        assert_eq!(look.status.count(state), listed.count() as u64, "{state}");
    }
}

/// What was booked of an employee is the beginning of what the employee's rows say.
fn check_order(ground: &Ground, ledger: &Ledger) {
    let mut booked: HashMap<_, Vec<String>> = HashMap::new();
    for booking in &ledger.bookings {
        let [company, employee, kind] = name_of_booking(booking);
        booked.entry([company, employee]).or_default().push(kind);
    }
    for (employee, kinds) in &booked {
        let rows = &ground.population.of_employee[employee];
        assert!(
            rows.starts_with(kinds),
            "{employee:?}: booked {kinds:?}, the rows are {rows:?}"
        );
    }
}

/// What was on its way or in doubt stays so until a person decides, and an answer is never lost again.
pub(crate) fn check_progress(earlier: &Look, later: &Look) {
    let numbers = later.records.iter().map(|record| (record.number, record));
    let later: HashMap<_, _> = numbers.collect();
    for before in &earlier.records {
        let after = later[&before.number];
        let is_possible = match before.state {
            State::Queued => true,
            State::Sending => matches!(after.state, State::Sending | State::InDoubt),
            state => after.state == state,
        };
        let is_same_batch = before.state == State::Queued || before.batch == after.batch;
        assert!(is_possible && is_same_batch, "{before:?} became {after:?}");
    }
}

/// What must hold at the end, when everything is done.
pub(crate) fn check_end(ground: &Ground, look: &Look, ledger: &Ledger) {
    let rows = ground.population.lines.len();
    assert_eq!(look.records.len(), rows);
    assert_eq!(look.status.count(State::Accepted), rows as u64);
    assert_eq!(ledger.bookings.len(), rows);
}

pub(crate) fn name_of_booking(booking: &Booking) -> Name {
    [
        booking.careflex_id.to_string(),
        booking.incident.employee_id.to_string(),
        booking.incident.kind.to_string(),
    ]
}

fn name_of_record(record: &Record) -> Name {
    [
        record.careflex_id.to_string(),
        record.employee_id.to_string(),
        record.kind.to_string(),
    ]
}
