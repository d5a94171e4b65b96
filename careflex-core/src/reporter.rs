//! The one interface behind which all ways of reporting stand.

use async_trait::async_trait;

use crate::error::ReportError;
use crate::receipt::Receipt;
use crate::report::{EmptyReport, Report};

/// A way of reporting: REST, SOAP, CSV, or a test double. Object-safe, so that an application can hold
/// an `Arc<dyn Reporter>` and not care which.
///
/// ```
/// use careflex_core::{EmptyReport, Receipt, Report, ReportError, Reporter, async_trait};
///
/// /// Hands everything over to nobody.
/// struct DryRun;
///
/// #[async_trait]
/// impl Reporter for DryRun {
///     async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
///         Ok(Receipt::handed_over(report))
///     }
///
///     async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Reporter: Send + Sync {
    /// Sends a report.
    ///
    /// # Cancellation
    /// Whoever drops the future before its end does not learn whether the report has left: treat its
    /// incidents as in doubt.
    ///
    /// # Errors
    /// [`ReportError`], whose [`delivery`](ReportError::delivery) says whether the incidents may have
    /// been taken.
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError>;

    /// Sends an empty report.
    ///
    /// # Errors
    /// Like [`Reporter::report`].
    async fn report_none(&self, report: &EmptyReport) -> Result<(), ReportError>;
}

#[async_trait]
impl<R: Reporter + ?Sized> Reporter for std::sync::Arc<R> {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        (**self).report(report).await
    }

    async fn report_none(&self, report: &EmptyReport) -> Result<(), ReportError> {
        (**self).report_none(report).await
    }
}
