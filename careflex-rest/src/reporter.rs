//! Sends reports over REST (EP3).

use std::sync::Arc;

use async_trait::async_trait;
use careflex_core::{
    Answer, ApiToken, DecodeError, Delivery, EmptyReport, Receipt, Report, ReportError, Reporter,
    Row,
};
use careflex_http::{Endpoint, HttpSession, Post, Reading, Response};
use tracing::{Instrument as _, Span};

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
pub struct RestReporter {
    session: Arc<HttpSession>,
    new: Endpoint,
    none: Endpoint,
    api_token: ApiToken,
}

impl RestReporter {
    /// Reports to EP3, the address before `/incident/new`.
    #[must_use]
    pub fn new(
        session: impl Into<Arc<HttpSession>>,
        endpoint: &Endpoint,
        api_token: ApiToken,
    ) -> Self {
        Self {
            session: session.into(),
            new: endpoint.join(&["incident", "new"]),
            none: endpoint.join(&["incident", "none"]),
            api_token,
        }
    }

    /// The receipt that an answer is, if it is one. An answer with an error status counts only if it
    /// clearly answers at least one incident: then the portal has looked at them.
    fn read(&self, report: &Report, response: &Response) -> Reading<Receipt> {
        let body = match &response.body {
            Ok(body) => body,
            Err(broken) => return Reading::Unreadable(broken.to_string()),
        };
        let mut answer = match json::decode_new_response(body) {
            Ok(answer) => answer,
            Err(error) => return Reading::Unreadable(reason(body, &error)),
        };
        self.hide_api_token(&mut answer);
        let speaks_of_incidents = answer
            .rows
            .iter()
            .any(|row| row.incident_id.is_some() || row.error.is_some());
        let receipt = Receipt::matched(report, answer);
        if response.is_success() || speaks_of_incidents {
            warn_of_doubts(&receipt);
            Reading::Answered(receipt)
        } else {
            Reading::Unreadable("it answers none of the incidents".to_owned())
        }
    }

    /// A portal that quotes the request in an error message must not bring the token into a log.
    fn hide_api_token(&self, answer: &mut Answer) {
        for (code, message) in answer.rows.iter_mut().filter_map(|row| row.error.as_mut()) {
            *code = self.without_api_token(code);
            *message = self.without_api_token(message);
        }
    }

    fn without_api_token(&self, text: &str) -> String {
        text.replace(self.api_token.expose(), "<hidden>")
    }

    /// Adds what the portal says about its refusal.
    fn with_portal_text(&self, error: ReportError) -> ReportError {
        if error.delivery() != Delivery::Refused {
            return error;
        }
        let text = error
            .body()
            .and_then(json::decode_message)
            .map(|text| self.without_api_token(&text));
        error.with_portal_text(text)
    }
}

#[async_trait]
impl Reporter for RestReporter {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let mut body = Vec::new();
        json::encode_new_request(report, &self.api_token, &mut body);
        let post = Post::new(&self.new, CONTENT_TYPE, body);
        self.session
            .post(&post, |response| self.read(report, response))
            .instrument(span(report.incidents().len()))
            .await
            .map_err(|error| self.with_portal_text(error))
    }

    /// Documented: `201 Created`. Any 2xx is taken, and the body ignored; but a web page under another status
    /// is from somebody in between (our decisions).
    async fn report_none(&self, report: &EmptyReport) -> Result<(), ReportError> {
        let mut body = Vec::new();
        json::encode_none_request(report, &self.api_token, &mut body);
        let post = Post::new(&self.none, CONTENT_TYPE, body);
        self.session
            .post(&post, |response| {
                if !response.is_success() {
                    Reading::Unreadable("it is no 2xx".to_owned())
                } else if response.status != 201 && is_web_page(response) {
                    Reading::Unreadable(WEB_PAGE.to_owned())
                } else {
                    Reading::Answered(())
                }
            })
            .instrument(span(0))
            .await
            .map_err(|error| self.with_portal_text(error))
    }
}

/// Around all that a report causes: tries, pauses, and the fetch of an access token.
fn span(incidents: usize) -> Span {
    tracing::info_span!("report", via = "rest", incidents)
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

fn warn_of_doubts(receipt: &Receipt) {
    if !receipt.is_complete() {
        let in_doubt = receipt
            .rows()
            .iter()
            .filter(|row| matches!(row, Row::InDoubt { .. }))
            .count();
        tracing::warn!(
            in_doubt,
            stray = receipt.stray_rows(),
            "the portal's answer does not match the report row by row"
        );
    }
}
