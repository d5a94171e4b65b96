//! Sends reports over SOAP (EP2).

use std::sync::Arc;

use async_trait::async_trait;
use careflex_core::{
    Answer, ApiToken, DecodeError, EmptyReport, Fault, Receipt, Report, ReportError, Reporter,
};
use careflex_http::{
    Endpoint, HttpReporter, HttpSession, Post, Reading, Response, SetupError, Wire,
};

use crate::xml::names::{ENVELOPE, NEW_RESPONSE, NONE_RESPONSE};
use crate::xml::{self, Reply};

/// Documented.
const CONTENT_TYPE: &str = "text/xml;charset=UTF-8";
const SOAP_ACTION: &str = "SOAPAction";

/// Reports over SOAP. The API token is put into each request here; a [`Report`] does not hold it.
///
/// A SOAP Fault counts under any HTTP status but 401, 429 and 503, which say themselves that nothing was taken
/// (our decision): one of the class `Client` means that the report was refused, any other leaves it in doubt.
/// [`ReportError::fault`] has its parts.
///
/// Cheap to clone: clones share the session, and with it the access token.
///
/// ```no_run
/// use careflex_core::{ApiToken, Report, Reporter};
/// use careflex_http::{Credentials, HttpSession};
/// use careflex_soap::SoapReporter;
///
/// # async fn send(report: &Report) -> Result<(), Box<dyn std::error::Error>> {
/// let session = HttpSession::builder()
///     .credentials(
///         "https://portal.example/token".parse()?,
///         Credentials::new("service user", "service user secret"),
///     )
///     .build()?;
/// let reporter = SoapReporter::new(
///     session,
///     &"https://portal.example/soap".parse()?,
///     ApiToken::new("api token")?,
/// );
/// let receipt = reporter.report(report).await?;
/// println!("{} rows", receipt.rows().len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SoapReporter(HttpReporter<Soap>);

impl SoapReporter {
    /// Reports to EP2, where reports and empty reports go.
    #[must_use]
    pub fn new(
        session: impl Into<Arc<HttpSession>>,
        endpoint: &Endpoint,
        api_token: ApiToken,
    ) -> Self {
        let wire = Soap {
            endpoint: endpoint.clone(),
            headers: action(""),
        };
        Self(HttpReporter::new(session, wire, api_token))
    }

    /// Sets the header `SOAPAction`, without its quotation marks. It is empty by default (our decision: no
    /// action is documented).
    ///
    /// # Errors
    /// [`SetupError::SoapAction`] for what the header cannot hold: all but visible ASCII, and quotation marks.
    pub fn soap_action(mut self, soap_action: &str) -> Result<Self, SetupError> {
        if !soap_action
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"')
        {
            return Err(SetupError::SoapAction);
        }
        self.0.wire_mut().headers = action(soap_action);
        Ok(self)
    }
}

#[async_trait]
impl Reporter for SoapReporter {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        self.0.report(report).await
    }

    /// Documented: a `NoIncidentResponse`. Any other answer, even an empty one, is none.
    async fn report_none(&self, report: &EmptyReport) -> Result<(), ReportError> {
        self.0.report_none(report).await
    }
}

#[derive(Debug, Clone)]
struct Soap {
    endpoint: Endpoint,
    headers: [(&'static str, String); 1],
}

fn action(soap_action: &str) -> [(&'static str, String); 1] {
    [(SOAP_ACTION, format!("\"{soap_action}\""))]
}

impl Wire for Soap {
    const NAME: &'static str = "soap";

    fn new_request(&self, report: &Report, api_token: &ApiToken) -> Post<'_> {
        let mut body = Vec::new();
        xml::encode_new_request(report, api_token, &mut body);
        Post::new(&self.endpoint, CONTENT_TYPE, body).with_headers(&self.headers)
    }

    fn none_request(&self, report: &EmptyReport, api_token: &ApiToken) -> Post<'_> {
        let mut body = Vec::new();
        xml::encode_none_request(report, api_token, &mut body);
        Post::new(&self.endpoint, CONTENT_TYPE, body).with_headers(&self.headers)
    }

    fn read_new(&self, body: &[u8]) -> Reading<Answer> {
        reading(body, NEW_RESPONSE, xml::decode_new_response(body))
    }

    fn read_none(&self, response: &Response) -> Reading<()> {
        match &response.body {
            Ok(body) => reading(body, NONE_RESPONSE, xml::decode_none_response(body)),
            Err(broken) => Reading::Unreadable(broken.to_string()),
        }
    }

    fn fault(&self, body: &[u8]) -> Option<Fault> {
        match xml::decode_none_response(body) {
            Ok(Reply::Fault(fault)) => Some(fault),
            _ => None,
        }
    }
}

/// What an answer is, which should have been one of this name.
fn reading<A>(body: &[u8], name: &str, reply: Result<Reply<A>, DecodeError>) -> Reading<A> {
    match reply {
        Ok(Reply::Answer(answer)) => Reading::Answered(answer),
        Ok(Reply::Fault(fault)) if fault.is_refusal => Reading::Refused,
        Ok(Reply::Fault(_)) => Reading::Failed,
        Err(error) if holds(body, name) => Reading::Illegible(reason(body, &error)),
        Err(error) => Reading::Unreadable(reason(body, &error)),
    }
}

fn reason(body: &[u8], error: &DecodeError) -> String {
    if body.is_empty() {
        "it is empty".to_owned()
    } else if body.starts_with(b"--") {
        "it is a message of several parts (MTOM), which is not understood".to_owned()
    } else if holds(body, ENVELOPE) {
        error.to_string()
    } else {
        format!("{error} (is the address right?)")
    }
}

/// Whether a name stands in a message, wherever.
fn holds(body: &[u8], name: &str) -> bool {
    body.windows(name.len()).any(|part| part == name.as_bytes())
}
