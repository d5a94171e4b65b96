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
use careflex::soap::SoapReporter;
use careflex::{
    AccessToken, Address, ApiToken, Contact, Credentials, Employee, Endpoint, HttpSession,
    HttpSessionBuilder, Incident, IncidentKind, Job, Report, Rules, Sex, Sleep, TokenError,
    TokenProvider, async_trait, parse_date,
};
use careflex_sandbox::Sandbox;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

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

/// A reporter over SOAP that makes no pauses.
pub fn soap_reporter(sandbox: &Sandbox) -> SoapReporter {
    let session = session(sandbox).sleep(Pauses::default()).build().unwrap();
    let endpoint: Endpoint = sandbox.soap_url().parse().unwrap();
    SoapReporter::new(session, &endpoint, sandbox.credentials().api_token.clone())
}

/// A portal that gives one answer to everything.
pub struct Answering {
    endpoint: Endpoint,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Answering {
    /// `end` is what each request ends with.
    pub async fn start(end: &'static [u8], status: u16, body: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let body = body.into();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(end) {
                    stream.read_buf(&mut request).await.unwrap();
                }
                let request = String::from_utf8(request).unwrap();
                seen.lock().unwrap().push(request);
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self {
            endpoint: format!("http://{address}").parse().unwrap(),
            requests,
        }
    }

    /// What came, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn rest(&self) -> RestReporter {
        RestReporter::new(Self::session(), &self.endpoint, api_token())
    }

    pub fn soap(&self) -> SoapReporter {
        SoapReporter::new(Self::session(), &self.endpoint, api_token())
    }

    fn session() -> HttpSession {
        HttpSession::builder()
            .token_provider(OneToken)
            .sleep(Pauses::default())
            .build()
            .unwrap()
    }
}

/// The one that an [`Answering`] portal gets.
pub fn api_token() -> ApiToken {
    "planted-api-token".parse().unwrap()
}

struct OneToken;

#[async_trait]
impl TokenProvider for OneToken {
    async fn token(&self) -> Result<AccessToken, TokenError> {
        Ok(AccessToken::new("token".into(), 1))
    }

    async fn rejected(&self, _: &AccessToken) {}
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
