//! Why a report was not answered, and what that means for its incidents.

use std::error::Error;
use std::fmt;

use crate::message::Fault;
use crate::token::{TokenError, TokenErrorKind};

/// How many characters of the portal's words are kept for messages.
const PORTAL_TEXT_SHOWN: usize = 300;

/// A report that was not answered. What counts is [`ReportError::delivery`]: whether its incidents
/// may have been taken.
///
/// The portal's answer is kept for support cases, but only behind [`ReportError::body`]: it may quote
/// secrets and personal data, so it is in neither `Display` nor `Debug`.
pub struct ReportError {
    kind: ReportErrorKind,
    message: String,
    status: Option<u16>,
    body: Option<Box<[u8]>>,
    portal_text: Option<String>,
    fault: Option<Box<Fault>>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What happened to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delivery {
    /// It provably was not taken: it may be sent again.
    NotSent,
    /// The portal refused it as a whole: correct it, then send it again.
    Refused,
    /// It may have been taken or not. Look into the portal before you send it again: nothing makes a
    /// repeated report harmless.
    InDoubt,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportErrorKind {
    /// The portal could not be reached: the request never left. Not sent.
    Unreachable,
    /// The access token was refused, or none was to be had with these credentials from this address. Not
    /// sent.
    Authentication,
    /// No access token could be fetched for another reason. Not sent.
    Token,
    /// The portal is busy (429 or 503), and was so after the retries. Not sent.
    Busy,
    /// The way of reporting does not know this kind of report. Not sent.
    Unsupported,
    /// The file could not be put where it is taken from. Not sent.
    NotHandedOver,
    /// Whether the file was handed over is not known. In doubt.
    HandoverUnclear,
    /// The portal refused the request (another 4xx, a redirect, or a SOAP Fault of the sender's). Refused.
    Rejected,
    /// The connection broke or the time was over after the request began to leave. In doubt.
    Unanswered,
    /// The portal answered with an error of its own (another 5xx, or another SOAP Fault). In doubt.
    ServerFailure,
    /// The portal said yes, but its answer cannot be read. In doubt.
    Unreadable,
}

impl ReportErrorKind {
    /// What it means for the report.
    #[must_use]
    pub const fn delivery(self) -> Delivery {
        match self {
            Self::Unreachable
            | Self::Authentication
            | Self::Token
            | Self::Busy
            | Self::Unsupported
            | Self::NotHandedOver => Delivery::NotSent,
            Self::Rejected => Delivery::Refused,
            Self::Unanswered | Self::ServerFailure | Self::Unreadable | Self::HandoverUnclear => {
                Delivery::InDoubt
            }
        }
    }
}

impl ReportError {
    /// An error for transports to make. The message must hold neither secrets nor personal data.
    #[must_use]
    pub fn new(kind: ReportErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            body: None,
            portal_text: None,
            fault: None,
            source: None,
        }
    }

    /// Adds the portal's answer.
    #[must_use]
    pub fn with_answer(mut self, status: u16, body: impl Into<Box<[u8]>>) -> Self {
        self.status = Some(status);
        self.body = Some(body.into());
        self
    }

    /// Adds what the portal says about its refusal, without secrets. At most 300 characters are kept.
    #[must_use]
    pub fn with_portal_text(mut self, text: Option<String>) -> Self {
        self.portal_text = text
            .map(|text| text.chars().take(PORTAL_TEXT_SHOWN).collect())
            .filter(|text: &String| !text.is_empty());
        self
    }

    /// Adds the fault with which a SOAP portal answered; what it says is the portal's text, at most 300
    /// characters.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        let texts = [Some(fault.text.as_str()), fault.detail_text.as_deref()];
        let texts: Vec<_> = texts
            .into_iter()
            .flatten()
            .filter(|text| !text.is_empty())
            .collect();
        let mut error = self.with_portal_text(Some(texts.join(": ")));
        error.fault = Some(Box::new(fault));
        error
    }

    /// Adds the cause, whose text must hold neither secrets nor personal data.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ReportErrorKind {
        self.kind
    }

    /// What it means for the incidents of the report.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.kind.delivery()
    }

    /// Whether sending the same report again may help and cannot book it twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            ReportErrorKind::Unreachable
                | ReportErrorKind::Token
                | ReportErrorKind::Busy
                | ReportErrorKind::NotHandedOver
        )
    }

    /// The HTTP status of the portal's answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// What the portal says about a refusal or fault, if its answer has a message. Like the message of a refused
    /// row it may quote a value, so it is in neither `Display` nor `Debug`.
    #[must_use]
    pub fn portal_text(&self) -> Option<&str> {
        self.portal_text.as_deref()
    }

    /// The fault with which a SOAP portal answered, under any HTTP status. It may quote what was sent, but for
    /// the API token: it is in neither `Display` nor `Debug`.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_deref()
    }

    /// What a program can go by: the class of a SOAP fault where that decides (`soap-Client`), else the HTTP
    /// status (`http-404`).
    #[must_use]
    pub fn code(&self) -> Option<String> {
        let decides = matches!(
            self.kind,
            ReportErrorKind::Rejected | ReportErrorKind::ServerFailure
        );
        match self.fault() {
            Some(fault) if decides && !fault.code.is_empty() => {
                let (_, class) = fault.code.rsplit_once(':').unwrap_or(("", &fault.code));
                Some(format!("soap-{class}"))
            }
            _ => self.status.map(|status| format!("http-{status}")),
        }
    }

    /// What happened and why, with what the portal says about it: for people, as that may quote a value. What
    /// the HTTP client says is in our words already.
    #[must_use]
    pub fn in_full(&self) -> String {
        let mut text = self.to_string();
        if let Some(fault) = self.fault() {
            text = match fault.code.as_str() {
                "" => format!("{text}: SOAP fault"),
                code => format!("{text}: SOAP fault {code}"),
            };
        }
        if let Some(said) = self.portal_text() {
            text = format!("{text}: {said}");
        }
        match self.source() {
            Some(token_error) if token_error.is::<TokenError>() => format!("{text}: {token_error}"),
            _ => text,
        }
    }

    /// The portal's answer, as far as it was read (16 MiB at most by default). It may quote secrets and
    /// personal data: do not log it.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }
}

impl From<TokenError> for ReportError {
    fn from(error: TokenError) -> Self {
        let kind = match error.kind() {
            TokenErrorKind::Refused | TokenErrorKind::Unreadable => ReportErrorKind::Authentication,
            _ => ReportErrorKind::Token,
        };
        Self::new(kind, "no access token could be had").with_source(error)
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportError")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("status", &self.status)
            .field("body_bytes", &self.body.as_ref().map(|body| body.len()))
            .field("source", &self.source)
            .finish()
    }
}

impl Error for ReportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| {
            let source: &(dyn Error + 'static) = source.as_ref();
            source
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_is_only_offered_where_it_cannot_book_twice() {
        for kind in [
            ReportErrorKind::Unreachable,
            ReportErrorKind::Authentication,
            ReportErrorKind::Token,
            ReportErrorKind::Busy,
            ReportErrorKind::Unsupported,
            ReportErrorKind::Rejected,
            ReportErrorKind::Unanswered,
            ReportErrorKind::ServerFailure,
            ReportErrorKind::Unreadable,
            ReportErrorKind::NotHandedOver,
            ReportErrorKind::HandoverUnclear,
        ] {
            let error = ReportError::new(kind, "x");
            if error.is_retryable() {
                assert_eq!(error.delivery(), Delivery::NotSent, "{kind:?}");
            }
        }
    }

    #[test]
    fn of_what_the_portal_says_only_so_much_is_kept() {
        let error = ReportError::new(ReportErrorKind::Rejected, "refused");
        assert_eq!(error.portal_text(), None);
        let error = error.with_portal_text(Some("ä".repeat(1000)));
        assert_eq!(error.portal_text(), Some("ä".repeat(300).as_str()));
        assert_eq!(
            error.with_portal_text(Some(String::new())).portal_text(),
            None
        );
    }

    #[test]
    fn the_body_is_for_those_who_ask() {
        let error = ReportError::new(ReportErrorKind::Rejected, "refused")
            .with_answer(400, b"planted secret".as_slice());
        assert_eq!(error.body(), Some(b"planted secret".as_slice()));
        assert_eq!(error.status(), Some(400));
        assert!(!format!("{error} {error:?}").contains("planted"));
    }
}
