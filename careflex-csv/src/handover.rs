//! Where finished files go.

use std::error::Error;
use std::{fmt, io};

use async_trait::async_trait;
use careflex_core::CareflexId;

/// A way of handing files over. [`DropFolder`](crate::DropFolder) is the one that ships; a vendor who has
/// arranged another one with the operator implements this.
///
/// ```
/// use careflex_core::async_trait;
/// use careflex_csv::{CsvFile, CsvReporter, Handover, HandoverError};
///
/// /// Puts files into a queue of the vendor's own.
/// struct Queue(std::sync::mpsc::SyncSender<CsvFile>);
///
/// #[async_trait]
/// impl Handover for Queue {
///     async fn hand_over(&self, file: CsvFile) -> Result<(), HandoverError> {
///         self.0
///             .try_send(file)
///             .map_err(|_| HandoverError::not_handed_over("the queue is full: try again later"))
///     }
/// }
///
/// let (sender, _receiver) = std::sync::mpsc::sync_channel(10);
/// let reporter = CsvReporter::new(Queue(sender));
/// # let _ = reporter;
/// ```
#[async_trait]
pub trait Handover: Send + Sync {
    /// Hands a file over, as a whole or not at all.
    ///
    /// # Errors
    /// [`HandoverError`], which says whether the file may have been taken.
    async fn hand_over(&self, file: CsvFile) -> Result<(), HandoverError>;
}

/// A finished file: the header line and one record for each incident of a report. Its content is hidden in `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsvFile {
    /// The company whose employees are reported: a file under another company is booked on that one (documented).
    pub careflex_id: CareflexId,
    /// How many incidents it holds.
    pub incidents: usize,
    /// UTF-8, without a byte order mark.
    pub content: Vec<u8>,
}

impl CsvFile {
    /// A file as a reporter makes it, for tests of a [`Handover`].
    #[must_use]
    pub fn new(careflex_id: CareflexId, incidents: usize, content: impl Into<Vec<u8>>) -> Self {
        Self {
            careflex_id,
            incidents,
            content: content.into(),
        }
    }
}

impl fmt::Debug for CsvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvFile")
            .field("careflex_id", &self.careflex_id)
            .field("incidents", &self.incidents)
            .field("bytes", &self.content.len())
            .finish()
    }
}

/// Why a file was not handed over, or may not have been.
///
/// ```
/// use careflex_csv::HandoverError;
///
/// let error = HandoverError::not_handed_over("/srv/sync: no file can be put there")
///     .with_source(std::io::Error::other("disk full"));
/// assert!(!error.is_in_doubt());
/// assert_eq!(error.to_string(), "/srv/sync: no file can be put there: disk full");
/// ```
#[derive(Debug)]
pub struct HandoverError {
    is_in_doubt: bool,
    message: String,
    source: Option<io::Error>,
}

impl HandoverError {
    /// It provably was not handed over. The message must hold no personal data.
    #[must_use]
    pub fn not_handed_over(message: impl Into<String>) -> Self {
        Self {
            is_in_doubt: false,
            message: message.into(),
            source: None,
        }
    }

    /// It may have been handed over or not. The message must hold no personal data.
    #[must_use]
    pub fn in_doubt(message: impl Into<String>) -> Self {
        Self {
            is_in_doubt: true,
            ..Self::not_handed_over(message)
        }
    }

    /// Adds the cause, whose text must hold no personal data.
    #[must_use]
    pub fn with_source(mut self, source: io::Error) -> Self {
        self.source = Some(source);
        self
    }

    /// Adds to what happened.
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.message = format!("{}; {more}", self.message);
        self
    }

    /// Whether the file may have been handed over all the same. If not, it provably was not.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }

    /// What happened, and what would help; without the cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for HandoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl Error for HandoverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| {
            let source: &(dyn Error + 'static) = source;
            source
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_does_not_show_what_is_in_it() {
        let file = CsvFile::new("09ce".parse().unwrap(), 1, "planted".as_bytes());
        assert_eq!(
            format!("{file:?}"),
            "CsvFile { careflex_id: CareflexId(09ce), incidents: 1, bytes: 7 }"
        );
    }

    #[test]
    fn an_error_says_why_and_whether_the_file_may_be_there() {
        let error = HandoverError::in_doubt("perhaps").with_source(io::Error::other("broken"));
        assert!(error.is_in_doubt());
        assert_eq!(error.message(), "perhaps");
        assert_eq!(error.to_string(), "perhaps: broken");
        assert_eq!(error.source().unwrap().to_string(), "broken");
        let error = HandoverError::not_handed_over("no");
        assert!(!error.is_in_doubt() && error.source().is_none());
        assert_eq!(error.to_string(), "no");
    }
}
