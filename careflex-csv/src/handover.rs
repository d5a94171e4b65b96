//! Where finished files go.

use std::fmt;

use async_trait::async_trait;
use careflex_core::CareflexId;

/// A way of handing files over. [`DropFolder`](crate::DropFolder) is the one that ships; a vendor who has
/// arranged another one with the operator implements this.
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

/// Why a file was not handed over.
#[derive(Debug)]
pub struct HandoverError {
    is_in_doubt: bool,
    message: String,
    source: Option<std::io::Error>,
}

impl fmt::Display for HandoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HandoverError {}

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
}
