//! Messages as codecs read them: what the portal's interfaces have in common.

use std::fmt;

use crate::ids::{ApiToken, CareflexId};
use crate::input::InputRow;
use crate::report::EmptyReport;
use crate::text::Hidden;

/// A report as the portal reads it: what a sandbox or a test needs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewRequest {
    /// The company.
    pub careflex_id: CareflexId,
    /// The API token of the reporting company.
    pub api_token: ApiToken,
    /// One row for each incident: the incident, or what is wrong with it. A list that is too long is cut
    /// after the first one too many.
    pub rows: Vec<InputRow>,
}

impl NewRequest {
    /// A request for codecs to make.
    #[must_use]
    pub fn new(careflex_id: CareflexId, api_token: ApiToken, rows: Vec<InputRow>) -> Self {
        Self {
            careflex_id,
            api_token,
            rows,
        }
    }
}

/// An empty report as the portal reads it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NoneRequest {
    /// The company and day.
    pub report: EmptyReport,
    /// The API token of the reporting company.
    pub api_token: ApiToken,
}

impl NoneRequest {
    /// A request for codecs to make.
    #[must_use]
    pub fn new(report: EmptyReport, api_token: ApiToken) -> Self {
        Self { report, api_token }
    }
}

/// What a SOAP portal says when it does not answer: a SOAP 1.1 Fault. It may quote what was sent, so all
/// but the side at fault is hidden in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Whether the request is at fault by the portal's own words, so that nothing was taken: the class
    /// `Client`, and the two others that SOAP 1.1 has for requests (`VersionMismatch`, `MustUnderstand`).
    /// Anything else leaves open what happened (our decision).
    pub is_refusal: bool,
    /// `faultcode` as it was written, for example `SOAP-ENV:Client`.
    pub code: String,
    /// `faultstring`, the explanation for people.
    pub text: String,
    /// The raw XML of `detail`. A reporter leaves it out where it quotes the API token.
    pub detail: Option<String>,
    /// The texts in `detail` without its markup: many servers say only there what is wrong.
    pub detail_text: Option<String>,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("is_refusal", &self.is_refusal)
            .field("code", &Hidden)
            .field("text", &Hidden)
            .finish_non_exhaustive()
    }
}

/// Why a message cannot be read. It holds the place, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    line: usize,
    column: usize,
    message: String,
}

impl DecodeError {
    /// An error for codecs to make. The message must not hold values.
    #[must_use]
    pub fn new(line: usize, column: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            column,
            message: message.into(),
        }
    }

    /// Something that is wrong with the message as a whole.
    #[must_use]
    pub fn of_all(message: impl Into<String>) -> Self {
        Self::new(1, 1, message)
    }

    /// The line of the message, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column, in bytes from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
        } = self;
        write!(f, "line {line}, column {column}: {message}")
    }
}

impl std::error::Error for DecodeError {}
