//! Incidents that wait until there are enough of their company.

use std::collections::HashMap;

use careflex::{CareflexId, Incident};

/// Incidents that wait, of all companies together. Thousands of companies may take turns.
const MOST: usize = 10_000;

/// Incidents that wait, by company, in the order in which the companies came.
#[derive(Default)]
pub(super) struct Waiting {
    companies: Vec<(CareflexId, Vec<Incident>)>,
    /// Where each company stands.
    places: HashMap<CareflexId, usize>,
    count: usize,
}

impl Waiting {
    /// Adds an incident, and tells how many of its company wait now.
    pub(super) fn push(&mut self, company: &CareflexId, incident: &Incident) -> usize {
        self.count += 1;
        let known = self.places.get(company).copied();
        if let Some((_, incidents)) = known.and_then(|place| self.companies.get_mut(place)) {
            incidents.push(incident.clone());
            return incidents.len();
        }
        self.places.insert(company.clone(), self.companies.len());
        self.companies
            .push((company.clone(), vec![incident.clone()]));
        1
    }

    /// Whether no more should wait.
    pub(super) fn is_full(&self) -> bool {
        self.count >= MOST
    }

    /// Takes those of one company.
    pub(super) fn take_of(&mut self, company: &CareflexId) -> Vec<Incident> {
        let known = self.places.get(company).copied();
        let place = known.and_then(|place| self.companies.get_mut(place));
        let incidents = place.map_or_else(Vec::new, |(_, incidents)| std::mem::take(incidents));
        self.count -= incidents.len();
        incidents
    }

    /// Takes all of them.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (CareflexId, Vec<Incident>)> + use<> {
        let Self { companies, .. } = std::mem::take(self);
        let companies = companies.into_iter();
        companies.filter(|(_, incidents)| !incidents.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use careflex::{IncidentKind, parse_date};

    use super::*;

    fn incident(number: usize) -> Incident {
        let day = parse_date("2026-12-01").unwrap();
        Incident::builder()
            .employee_id(number.to_string().parse().unwrap())
            .kind(IncidentKind::Rst)
            .valid_from(day)
            .created_at(day)
            .build()
    }

    #[test]
    fn each_incident_is_taken_once_and_in_its_order() {
        let [a, b]: [CareflexId; 2] = ["a", "b"].map(|id| id.parse().unwrap());
        let mut waiting = Waiting::default();
        let counts: Vec<_> = [&b, &a, &b, &b]
            .into_iter()
            .zip(0..)
            .map(|(company, number)| waiting.push(company, &incident(number)))
            .collect();
        assert_eq!(counts, [1, 1, 2, 3]);
        assert_eq!(waiting.take_of(&b), [incident(0), incident(2), incident(3)]);
        assert_eq!(waiting.push(&b, &incident(4)), 1);
        let rest: Vec<_> = waiting.take().collect();
        assert_eq!(rest, [(b, vec![incident(4)]), (a, vec![incident(1)])]);
        assert_eq!(waiting.take().count(), 0);
    }

    #[test]
    fn only_so_many_wait() {
        let company = "a".parse().unwrap();
        let mut waiting = Waiting::default();
        for number in 0..MOST {
            assert!(!waiting.is_full(), "{number}");
            waiting.push(&company, &incident(number));
        }
        assert!(waiting.is_full());
        assert_eq!(waiting.take_of(&company).len(), MOST);
        assert!(!waiting.is_full());
    }
}
