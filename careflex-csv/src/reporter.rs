//! Reports by handing files over.

use std::fmt;

use async_trait::async_trait;
use careflex_core::{EmptyReport, Receipt, Report, ReportError, Reporter};

use crate::encode::Encoder;
use crate::handover::Handover;

/// Reports over CSV: each report becomes a file that is handed over.
pub struct CsvReporter {
    handover: Box<dyn Handover>,
    encoder: Encoder,
}

impl CsvReporter {
    /// Hands files over in this way, with the standard columns separated by `;`.
    pub fn new(handover: impl Handover + 'static) -> Self {
        Self {
            handover: Box::new(handover),
            encoder: Encoder::default(),
        }
    }

    /// Writes files in another layout or with another separator.
    #[must_use]
    pub fn encoder(mut self, encoder: Encoder) -> Self {
        self.encoder = encoder;
        self
    }
}

impl fmt::Debug for CsvReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvReporter").finish_non_exhaustive()
    }
}

#[async_trait]
impl Reporter for CsvReporter {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let _ = (&self.handover, &self.encoder, report);
        unimplemented!()
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        unimplemented!()
    }
}
