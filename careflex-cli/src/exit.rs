//! Exit codes, which scripts rely on.

use std::process::ExitCode;

/// What the command ends with. Where several apply, the highest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    /// Everything is accepted, handed over, or valid.
    Fine = 0,
    /// At least one row was refused by the portal, or skipped as invalid; everything is accounted for.
    Refused = 1,
    /// Usage, configuration or validation: nothing was sent.
    Usage = 2,
    /// At least one row could not be sent; nothing is in doubt.
    NotSent = 3,
    /// At least one row is in doubt: look before you repeat.
    InDoubt = 4,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why a command ends without a result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Failure {
    /// Wrong use or configuration: nothing was sent.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: Code::Usage,
            message: message.into(),
        }
    }

    /// Something could not be sent.
    pub(crate) fn not_sent(message: impl Into<String>) -> Self {
        Self {
            code: Code::NotSent,
            message: message.into(),
        }
    }
}

/// Standard output is gone, before anything was sent: whoever read it has had enough.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::usage(format!("cannot write the results: {error}"))
    }
}

/// An error with its causes, in one line.
pub(crate) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
