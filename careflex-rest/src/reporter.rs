//! Sends reports over REST (EP3).

use std::sync::Arc;

use async_trait::async_trait;
use careflex_core::{
    Answer, ApiToken, DecodeError, EmptyReport, Receipt, Report, ReportError, Reporter,
};
use careflex_http::{Endpoint, HttpReporter, HttpSession, Post, Reading, Response, Wire};

use crate::json;

/// Documented.
const CONTENT_TYPE: &str = "application/json;charset=UTF-8";

/// Reports over REST. The API token is put into each request here; a [`Report`] does not hold it.
///
/// Cheap to clone: clones share the session, and with it the access token.
///
/// ```no_run
/// use careflex_core::{ApiToken, Report, Reporter};
/// use careflex_http::{Credentials, HttpSession};
/// use careflex_rest::RestReporter;
///
/// # async fn send(report: &Report) -> Result<(), Box<dyn std::error::Error>> {
/// let session = HttpSession::builder()
///     .credentials(
///         "https://portal.example/token".parse()?,
///         Credentials::new("service user", "service user secret"),
///     )
///     .build()?;
/// let reporter = RestReporter::new(
///     session,
///     &"https://portal.example/rest".parse()?,
///     ApiToken::new("api token")?,
/// );
/// let receipt = reporter.report(report).await?;
/// println!("{} rows", receipt.rows().len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RestReporter(HttpReporter<Rest>);

impl RestReporter {
    /// Reports to EP3, the address before `/incident/new`.
    #[must_use]
    pub fn new(
        session: impl Into<Arc<HttpSession>>,
        endpoint: &Endpoint,
        api_token: ApiToken,
    ) -> Self {
        let wire = Rest {
            new: endpoint.join(&["incident", "new"]),
            none: endpoint.join(&["incident", "none"]),
        };
        Self(HttpReporter::new(session, wire, api_token))
    }
}

#[async_trait]
impl Reporter for RestReporter {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        self.0.report(report).await
    }

    /// Documented: `201 Created`. Any 2xx is taken, and the body ignored; but a web page under another status
    /// is from somebody in between (our decisions).
    async fn report_none(&self, report: &EmptyReport) -> Result<(), ReportError> {
        self.0.report_none(report).await
    }
}

#[derive(Debug, Clone)]
struct Rest {
    new: Endpoint,
    none: Endpoint,
}

impl Wire for Rest {
    const NAME: &'static str = "rest";

    fn new_request(&self, report: &Report, api_token: &ApiToken) -> Post<'_> {
        let mut body = Vec::new();
        json::encode_new_request(report, api_token, &mut body);
        Post::new(&self.new, CONTENT_TYPE, body)
    }

    fn none_request(&self, report: &EmptyReport, api_token: &ApiToken) -> Post<'_> {
        let mut body = Vec::new();
        json::encode_none_request(report, api_token, &mut body);
        Post::new(&self.none, CONTENT_TYPE, body)
    }

    fn read_new(&self, body: &[u8]) -> Reading<Answer> {
        match json::decode_new_response(body) {
            Ok(answer) => Reading::Answered(answer),
            Err(error) if holds_rows(body) => Reading::Illegible(error.to_string()),
            Err(error) => Reading::Unreadable(reason(body, &error)),
        }
    }

    fn read_none(&self, response: &Response) -> Reading<()> {
        if !response.is_success() {
            Reading::Unreadable("it is no 2xx".to_owned())
        } else if response.status != 201 && is_web_page(response) {
            Reading::Unreadable(WEB_PAGE.to_owned())
        } else {
            Reading::Answered(())
        }
    }

    fn refusal_text(&self, body: &[u8]) -> Option<String> {
        json::decode_message(body)
    }
}

/// Whether a message names the rows of an answer, wherever.
fn holds_rows(body: &[u8]) -> bool {
    const ROWS: &[u8] = b"incidentResponseList";
    body.windows(ROWS.len()).any(|part| part == ROWS)
}

const WEB_PAGE: &str = "it is a web page or XML instead of JSON (is the address right?)";

fn is_web_page(response: &Response) -> bool {
    response
        .body
        .as_ref()
        .is_ok_and(|body| looks_like_markup(body))
}

fn looks_like_markup(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

fn reason(body: &[u8], error: &DecodeError) -> String {
    if body.is_empty() {
        "it is empty".to_owned()
    } else if looks_like_markup(body) {
        WEB_PAGE.to_owned()
    } else {
        error.to_string()
    }
}
