//! A reporter that talks to a sandbox, and incidents to report.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part; a test fails by panicking"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use careflex::rest::RestReporter;
use careflex::secrecy::ExposeSecret as _;
use careflex::{
    Address, Contact, Credentials, Employee, Endpoint, HttpSession, HttpSessionBuilder, Incident,
    IncidentKind, Job, Report, Rules, Sex, Sleep, async_trait, parse_date,
};
use careflex_sandbox::Sandbox;

pub const COMPANY: &str = "09ce3580d84bf087";

/// Notes the pauses and makes none.
#[derive(Clone, Default)]
pub struct Pauses(pub Arc<Mutex<Vec<Duration>>>);

#[async_trait]
impl Sleep for Pauses {
    async fn sleep(&self, duration: Duration) {
        self.0.lock().unwrap().push(duration);
    }
}

/// A session with the sandbox's own credentials.
pub fn session(sandbox: &Sandbox) -> HttpSessionBuilder {
    let settings = sandbox.credentials();
    HttpSession::builder().credentials(
        sandbox.token_url().parse().unwrap(),
        Credentials::new(
            settings.service_user.expose_secret(),
            settings.service_secret.expose_secret(),
        ),
    )
}

/// A reporter that makes no pauses.
pub fn reporter(sandbox: &Sandbox) -> RestReporter {
    over(
        sandbox,
        session(sandbox).sleep(Pauses::default()).build().unwrap(),
    )
}

pub fn over(sandbox: &Sandbox, session: HttpSession) -> RestReporter {
    let endpoint: Endpoint = sandbox.rest_url().parse().unwrap();
    RestReporter::new(session, &endpoint, sandbox.credentials().api_token.clone())
}

pub fn plain(employee: &str) -> Incident {
    Incident::builder()
        .employee_id(employee.parse().unwrap())
        .kind(IncidentKind::Rst)
        .valid_from(parse_date("2026-12-01").unwrap())
        .created_at(parse_date("2026-11-20").unwrap())
        .build()
}

/// An incident with all master data, each text marked.
pub fn full(mark: &str) -> Incident {
    let text = |what: &str| format!("{mark}-{what}").parse().unwrap();
    let day = parse_date("1979-01-15").unwrap();
    let employee = Employee::builder()
        .title(text("title"))
        .first_name(text("first"))
        .last_name(text("last"))
        .birthday(day)
        .sex(Sex::Diverse)
        .address(
            Address::builder()
                .street(text("street"))
                .house_number("9".parse().unwrap())
                .address_suffix(text("suffix"))
                .zip_code("01234".parse().unwrap())
                .city(text("city"))
                .country("DE".parse().unwrap())
                .build(),
        )
        .job(
            Job::builder()
                .employment_site(text("site"))
                .employment_status("T".parse().unwrap())
                .start_of_employment(day)
                .personnel_number(text("number"))
                .management(true)
                .build(),
        )
        .contact(
            Contact::builder()
                .email_business(format!("{mark}@musterfirma.example").parse().unwrap())
                .mobile_business(text("mobile"))
                .landline_business(text("landline"))
                .build(),
        )
        .build();
    let mut incident = plain(&format!("{mark}-employee"));
    incident.kind = IncidentKind::New;
    incident.external_id = Some(format!("{mark}-external").parse().unwrap());
    incident.employee = Some(employee);
    incident
}

pub fn report(incidents: Vec<Incident>) -> Report {
    Report::new(COMPANY.parse().unwrap(), incidents, &Rules::documented()).unwrap()
}
