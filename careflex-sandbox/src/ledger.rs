//! What really happened, for tests to compare with what a client believes.

use careflex_core::{
    CareflexId, EmployeeId, ExternalId, ImportId, Incident, IncidentId, NaiveDate, RowKey,
};

use crate::faults::Place;

/// What the sandbox has done until now. Personal data and secrets are hidden in `Debug`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Ledger {
    /// Incidents that were booked, in the order of booking. An incident that was reported twice is here
    /// twice: nothing that is documented makes a repeated report harmless (our decision).
    pub bookings: Vec<Booking>,
    /// Incidents that were refused, in the order of refusal.
    pub refused: Vec<Refusal>,
    /// Empty reports that were booked, in the order of booking.
    pub empty_reports: Vec<EmptyBooking>,
    /// Reports (`incident/new`, `NewIncidentRequest`), whatever became of them. What came over SOAP and
    /// could not be read is among them.
    pub requests: u64,
    /// Empty reports (`incident/none`, `NoIncidentRequest`), whatever became of them.
    pub none_requests: u64,
    /// Those of both that were answered with 401, also by a fault.
    pub refused_unauthenticated: u64,
    /// Requests for an access token, whatever became of them.
    pub token_requests: u64,
    /// Access tokens that were issued, even if the answer was cut.
    pub tokens_issued: u64,
}

/// An incident that was booked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Booking {
    /// The company on which it was booked.
    pub careflex_id: CareflexId,
    /// The key of its import: the same for all incidents of a request.
    pub import_id: ImportId,
    /// Its own key.
    pub incident_id: IncidentId,
    /// What was booked.
    pub incident: Incident,
    /// Whether the API token was the right one. It is not checked at sending (documented).
    pub api_token_ok: bool,
    /// Which request brought it: reports and empty reports are counted together, from 1, as they arrive.
    pub request: u64,
}

/// An incident that was refused.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Refusal {
    /// The company for which it was reported.
    pub careflex_id: CareflexId,
    /// The key of its import.
    pub import_id: ImportId,
    /// Its own key, which refused incidents have too (documented).
    pub incident_id: IncidentId,
    /// What could be read of its keys.
    pub key: RowKey,
    /// Why, as the answer says it. It names the field, never its content.
    pub message: String,
    /// Which request brought it, counted as in [`Booking::request`].
    pub request: u64,
}

/// An empty report that was booked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EmptyBooking {
    /// The company that had no incident.
    pub careflex_id: CareflexId,
    /// The day of the report.
    pub created_at: NaiveDate,
    /// Whether the API token was the right one. It is not checked at sending (documented).
    pub api_token_ok: bool,
    /// Which request brought it, counted as in [`Booking::request`].
    pub request: u64,
}

impl Ledger {
    /// How many incidents of this employee were booked.
    #[must_use]
    pub fn times_booked(&self, employee: &EmployeeId) -> usize {
        self.bookings
            .iter()
            .filter(|booking| booking.incident.employee_id == *employee)
            .count()
    }

    /// How many incidents with this key of the company's own were booked.
    #[must_use]
    pub fn times_booked_external(&self, external_id: &ExternalId) -> usize {
        self.bookings
            .iter()
            .filter(|booking| booking.incident.external_id.as_ref() == Some(external_id))
            .count()
    }

    /// What was booked on this company, in the order of booking.
    pub fn booked<'l>(&'l self, company: &'l CareflexId) -> impl Iterator<Item = &'l Booking> {
        self.bookings
            .iter()
            .filter(move |booking| booking.careflex_id == *company)
    }

    /// Counts a request that has arrived. The number is the one of [`Booking::request`], if it is a report.
    pub(crate) fn arrived(&mut self, place: Place) -> u64 {
        match place {
            Place::New => self.requests += 1,
            Place::None => self.none_requests += 1,
            Place::Token => self.token_requests += 1,
        }
        self.requests + self.none_requests
    }
}
