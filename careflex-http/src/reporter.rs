//! Reports over HTTP, whatever the messages look like: what REST and SOAP have in common.

use std::sync::Arc;

use async_trait::async_trait;
use careflex_core::{
    Answer, AnswerRow, ApiToken, Delivery, EmptyReport, Fault, Receipt, Report, ReportError,
    Reporter, Row,
};
use tracing::{Instrument as _, Span};

use crate::session::{HttpSession, Post, Reading};
use crate::transport::Response;

/// Reports over HTTP in the messages of a [`Wire`]. The API token is put into each request here; a
/// [`Report`] does not hold it.
///
/// Cheap to clone where the wire is: clones share the session, and with it the access token.
#[derive(Debug, Clone)]
pub struct HttpReporter<W> {
    session: Arc<HttpSession>,
    api_token: ApiToken,
    wire: W,
}

/// The messages of an interface, and its addresses.
pub trait Wire: Send + Sync {
    /// Its name in logs.
    const NAME: &'static str;

    /// The request for a report.
    fn new_request(&self, report: &Report, api_token: &ApiToken) -> Post<'_>;

    /// The request for an empty report.
    fn none_request(&self, report: &EmptyReport, api_token: &ApiToken) -> Post<'_>;

    /// Reads the answer to a report, whatever its status. A body that is not answered at all, or not to
    /// its end, does not come here.
    fn read_new(&self, body: &[u8]) -> Reading<Answer>;

    /// Reads the answer to an empty report, whatever its status.
    fn read_none(&self, response: &Response) -> Reading<()>;

    /// The message of an answer that refuses a report as a whole.
    fn refusal_text(&self, _body: &[u8]) -> Option<String> {
        None
    }

    /// The fault that an answer is.
    fn fault(&self, _body: &[u8]) -> Option<Fault> {
        None
    }
}

impl<W: Wire> HttpReporter<W> {
    /// Reports through a session.
    #[must_use]
    pub fn new(session: impl Into<Arc<HttpSession>>, wire: W, api_token: ApiToken) -> Self {
        Self {
            session: session.into(),
            api_token,
            wire,
        }
    }

    /// The messages.
    #[must_use]
    pub fn wire(&self) -> &W {
        &self.wire
    }

    /// The messages, to change a setting.
    #[must_use]
    pub fn wire_mut(&mut self) -> &mut W {
        &mut self.wire
    }

    /// The receipt that an answer is, if it is one. An answer with an error status counts only if it says
    /// anything of at least one incident, be it unclear: then the portal has looked at them, and the report
    /// must not be sent again.
    fn read(&self, report: &Report, response: &Response) -> Reading<Receipt> {
        let body = match &response.body {
            Ok(body) => body,
            Err(broken) => return Reading::Unreadable(broken.to_string()),
        };
        let mut answer = match self.wire.read_new(body) {
            Reading::Answered(answer) => answer,
            Reading::Refused => return Reading::Refused,
            Reading::Failed => return Reading::Failed,
            Reading::Illegible(reason) => return Reading::Illegible(reason),
            Reading::Unreadable(reason) => return Reading::Unreadable(reason),
        };
        self.hide_api_token(&mut answer);
        let speaks_of_incidents = answer.rows.iter().any(|row| *row != AnswerRow::default());
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

    fn hide_api_token_in(&self, fault: &mut Fault) {
        let token = self.api_token.expose();
        // Raw XML can hold it in many forms.
        if fault
            .detail_text
            .as_ref()
            .is_some_and(|text| text.contains(token))
            || fault.detail.as_ref().is_some_and(|raw| raw.contains(token))
        {
            fault.detail = None;
        }
        for text in [&mut fault.code, &mut fault.text]
            .into_iter()
            .chain(&mut fault.detail_text)
        {
            *text = self.without_api_token(text);
        }
    }

    fn without_api_token(&self, text: &str) -> String {
        text.replace(self.api_token.expose(), "<hidden>")
    }

    /// Adds what the portal says about its refusal or fault.
    fn with_portal_text(&self, error: ReportError) -> ReportError {
        let Some(body) = error.body() else {
            return error;
        };
        if let Some(mut fault) = self.wire.fault(body) {
            self.hide_api_token_in(&mut fault);
            return error.with_fault(fault);
        }
        if error.delivery() != Delivery::Refused {
            return error;
        }
        let text = self.wire.refusal_text(body);
        let text = text.map(|text| self.without_api_token(&text));
        error.with_portal_text(text)
    }
}

#[async_trait]
impl<W: Wire> Reporter for HttpReporter<W> {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let post = self.wire.new_request(report, &self.api_token);
        self.session
            .post(&post, |response| self.read(report, response))
            .instrument(span(W::NAME, report.incidents().len()))
            .await
            .map_err(|error| self.with_portal_text(error))
    }

    async fn report_none(&self, report: &EmptyReport) -> Result<(), ReportError> {
        let post = self.wire.none_request(report, &self.api_token);
        self.session
            .post(&post, |response| self.wire.read_none(response))
            .instrument(span(W::NAME, 0))
            .await
            .map_err(|error| self.with_portal_text(error))
    }
}

/// Around all that a report causes: tries, pauses, and the fetch of an access token.
fn span(via: &'static str, incidents: usize) -> Span {
    tracing::info_span!("report", via, incidents)
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
