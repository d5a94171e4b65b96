//! The incidents of a history. Each content bears a number of its own, by which the portal tells it from others:
//! the day from which it is valid.

use std::time::Duration;

use careflex_core::chrono::Days;
use careflex_core::{CareflexId, Incident, IncidentKind, NaiveDate, parse_date};
use careflex_outbox::Entry;
use fastrand::Rng;

/// The number of a content.
pub(crate) type Uid = u64;

/// An incident as the application knows it.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) uid: Uid,
    company: usize,
    employee: u32,
    external_id: Option<u64>,
    key: Option<u64>,
    /// A type that only some rules take.
    is_of_unknown_type: bool,
}

impl Planned {
    pub(crate) fn by_chance(uid: Uid, companies: usize, employees: u32, chance: &mut Rng) -> Self {
        Self {
            uid,
            company: chance.usize(0..companies),
            employee: chance.u32(0..employees),
            external_id: (chance.u32(0..3) > 0).then_some(uid),
            key: (chance.u32(0..4) == 0).then_some(uid),
            is_of_unknown_type: chance.u32(0..12) == 0,
        }
    }

    /// The same key with another content, if it has a key that does not come from the content.
    pub(crate) fn with_other_content(&self, uid: Uid) -> Option<Self> {
        (self.external_id.is_some() || self.key.is_some()).then(|| Self {
            uid,
            is_of_unknown_type: false,
            ..self.clone()
        })
    }

    pub(crate) fn entry(&self) -> Entry {
        let mut incident = Incident::builder()
            .employee_id(self.employee.to_string().parse().unwrap())
            .kind(if self.is_of_unknown_type {
                "XYZ".parse().unwrap()
            } else {
                IncidentKind::Rst
            })
            .valid_from(first_day() + Days::new(self.uid))
            .created_at(first_day())
            .build();
        incident.external_id = self.external_id.map(|id| format!("x{id}").parse().unwrap());
        let entry = Entry::from((company(self.company), incident));
        match self.key {
            Some(key) => entry.key(key.to_string()),
            None => entry,
        }
    }
}

/// The number that an incident bears.
pub(crate) fn uid_of(incident: &Incident) -> Uid {
    let days = (incident.valid_from - first_day()).num_days();
    u64::try_from(days).unwrap()
}

fn company(number: usize) -> CareflexId {
    ["09ce3580d84bf087", "1f00", "2f00"][number]
        .parse()
        .unwrap()
}

fn first_day() -> NaiveDate {
    parse_date("2026-01-01").unwrap()
}

/// What a history is made of.
pub(crate) struct Population {
    pub(crate) companies: usize,
    pub(crate) employees: u32,
    pub(crate) incidents: u64,
    /// Of one request.
    pub(crate) most_incidents: usize,
    /// How long contents are kept.
    pub(crate) retention: Option<Duration>,
}

impl Population {
    /// A small one is gone through once for each await point.
    pub(crate) fn by_chance(is_small: bool, chance: &mut Rng) -> Self {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        Self {
            companies: chance.usize(1..=if is_small { 2 } else { 3 }),
            employees: chance.u32(1..=4),
            incidents: chance.u64(1..=if is_small { 5 } else { 30 }),
            most_incidents: chance.usize(1..=if is_small { 3 } else { 8 }),
            retention: [None, hours(0), hours(1), hours(24 * 30)][chance.usize(0..4)],
        }
    }
}
