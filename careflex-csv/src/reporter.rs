//! Reports by handing files over.

use std::fmt;

use async_trait::async_trait;
use careflex_core::{
    EmptyReport, Receipt, Report, ReportError, ReportErrorKind, Reporter, Violations,
};
use tracing::Instrument as _;

use crate::encode::Encoder;
use crate::handover::{CsvFile, Handover, HandoverError};

/// How many of the reasons why a report cannot be written are told; all of them are in the error's source.
const REASONS_TOLD: usize = 3;

/// Reports over CSV: each report becomes a file that is handed over. Nothing is answered row by row: the receipt says
/// [`HandedOver`](careflex_core::Row::HandedOver), and what became of the incidents shows only in the portal.
///
/// What the layout has no place for makes a report [`Unsupported`](ReportErrorKind::Unsupported):
/// [`Encoder::check`] tells it of each incident before.
///
/// ```no_run
/// use careflex_core::{Report, Reporter};
/// use careflex_csv::{CsvReporter, DropFolder};
///
/// # async fn report(report: &Report) -> Result<(), Box<dyn std::error::Error>> {
/// let folders = [("09ce3580d84bf087".parse()?, "/srv/careflex-sync".into())];
/// let reporter = CsvReporter::new(DropFolder::new(folders)?);
/// let receipt = reporter.report(report).await?;
/// println!("{} incidents handed over", receipt.rows().len());
/// # Ok(())
/// # }
/// ```
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

    async fn write_and_hand_over(&self, report: &Report) -> Result<Receipt, ReportError> {
        let mut content = Vec::new();
        self.encoder
            .file(report, &mut content)
            .map_err(not_writable)?;
        let bytes = content.len();
        let careflex_id = report.careflex_id().clone();
        let file = CsvFile::new(careflex_id, report.incidents().len(), content);
        self.handover.hand_over(file).await.map_err(not_taken)?;
        tracing::debug!(bytes, "handed over");
        Ok(Receipt::handed_over(report))
    }
}

#[async_trait]
impl Reporter for CsvReporter {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        let incidents = report.incidents().len();
        // As reports over HTTP have it.
        let span = tracing::info_span!("report", via = "csv", incidents);
        self.write_and_hand_over(report).instrument(span).await
    }

    /// There is no empty report over CSV (documented): always [`Unsupported`](ReportErrorKind::Unsupported).
    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Err(ReportError::new(
            ReportErrorKind::Unsupported,
            "CSV knows no empty report: send it over REST or SOAP",
        ))
    }
}

impl fmt::Debug for CsvReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvReporter")
            .field("encoder", &self.encoder)
            .finish_non_exhaustive()
    }
}

fn not_writable(violations: Violations) -> ReportError {
    let told: Vec<_> = violations.iter().take(REASONS_TOLD).collect();
    let mut message = "the layout has no place for all of the report".to_owned();
    for violation in &told {
        message = format!("{message}; {violation}");
    }
    if let more @ 1.. = violations.len() - told.len() {
        message = format!("{message}; and {more} more");
    }
    ReportError::new(ReportErrorKind::Unsupported, message).with_source(violations)
}

fn not_taken(error: HandoverError) -> ReportError {
    let (kind, what) = if error.is_in_doubt() {
        (
            ReportErrorKind::HandoverUnclear,
            "the file may have been handed over or not",
        )
    } else {
        (
            ReportErrorKind::NotHandedOver,
            "the file was not handed over",
        )
    };
    ReportError::new(kind, format!("{what}: {error}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io;
    use std::pin::pin;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Waker};

    use careflex_core::{Delivery, Field, Incident, IncidentKind, Row, Rules, parse_date};

    use super::*;
    use crate::layout::{Column, FieldColumn, Layout};
    use crate::separator::Separator;

    /// Takes files until it is told to fail.
    #[derive(Clone, Default)]
    struct Shelf {
        files: Arc<Mutex<Vec<CsvFile>>>,
        fails: Option<fn() -> HandoverError>,
    }

    #[async_trait]
    impl Handover for Shelf {
        async fn hand_over(&self, file: CsvFile) -> Result<(), HandoverError> {
            match self.fails {
                Some(error) => Err(error()),
                None => {
                    self.files.lock().unwrap().push(file);
                    Ok(())
                }
            }
        }
    }

    /// Nothing here waits.
    fn done<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("it waits"),
        }
    }

    fn report(count: usize) -> Report {
        let incident = Incident::builder()
            .external_id("Zwiebelfisch".parse().unwrap())
            .employee_id("Zwiebelfisch".parse().unwrap())
            .kind(IncidentKind::Rst)
            .valid_from(parse_date("2026-12-01").unwrap())
            .created_at(parse_date("2026-11-20").unwrap())
            .build();
        let incidents = vec![incident; count];
        Report::new("09ce".parse().unwrap(), incidents, &Rules::documented()).unwrap()
    }

    #[test]
    fn a_report_becomes_a_file_of_its_company() {
        let shelf = Shelf::default();
        let reporter = CsvReporter::new(shelf.clone());
        let report = report(2);
        let receipt = done(reporter.report(&report)).unwrap();
        assert_eq!(receipt.rows(), [Row::HandedOver, Row::HandedOver]);
        let files = shelf.files.lock().unwrap();
        let mut content = Vec::new();
        Encoder::default().file(&report, &mut content).unwrap();
        assert_eq!(*files, [CsvFile::new("09ce".parse().unwrap(), 2, content)]);
    }

    #[test]
    fn what_became_of_the_file_is_what_becomes_of_the_report() {
        let cases: [(fn() -> HandoverError, _, _); 2] = [
            (
                || HandoverError::not_handed_over("no").with_source(io::Error::other("full")),
                (ReportErrorKind::NotHandedOver, Delivery::NotSent, true),
                "the file was not handed over: no: full",
            ),
            (
                || HandoverError::in_doubt("perhaps"),
                (ReportErrorKind::HandoverUnclear, Delivery::InDoubt, false),
                "the file may have been handed over or not: perhaps",
            ),
        ];
        for (error, (kind, delivery, is_retryable), message) in cases {
            let reporter = CsvReporter::new(Shelf {
                fails: Some(error),
                ..Shelf::default()
            });
            let failed = done(reporter.report(&report(1))).unwrap_err();
            assert_eq!((failed.kind(), failed.delivery()), (kind, delivery));
            assert_eq!(failed.is_retryable(), is_retryable);
            assert_eq!(failed.to_string(), message);
            assert!(failed.source().unwrap().is::<HandoverError>());
        }
    }

    #[test]
    fn what_the_layout_has_no_place_for_is_not_sent() {
        let columns = [
            Field::CareflexId,
            Field::EmployeeId,
            Field::ValidFrom,
            Field::CreatedAt,
            Field::Type,
        ];
        let columns = columns.map(|field| Column::Field(FieldColumn::of(field)));
        let layout = Layout::new(columns.to_vec()).unwrap();
        let shelf = Shelf::default();
        let reporter = CsvReporter::new(shelf.clone())
            .encoder(Encoder::new(Separator::default(), layout).unwrap());
        let failed = done(reporter.report(&report(5))).unwrap_err();
        assert_eq!(failed.kind(), ReportErrorKind::Unsupported);
        assert_eq!(failed.delivery(), Delivery::NotSent);
        let message = failed.to_string();
        for part in ["incidents[0].externalId", "incidents[2].externalId"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(message.ends_with("; and 2 more"), "{message}");
        let violations = failed.source().unwrap().downcast_ref::<Violations>();
        assert_eq!(violations.unwrap().len(), 5);
        assert!(!format!("{failed:?} {failed}").contains("Zwiebelfisch"));
        assert!(shelf.files.lock().unwrap().is_empty());
    }

    #[test]
    fn there_is_no_empty_report() {
        let day = parse_date("2026-11-30").unwrap();
        let empty = EmptyReport::new("09ce".parse().unwrap(), day, &Rules::documented()).unwrap();
        let reporter = CsvReporter::new(Shelf::default());
        let failed = done(reporter.report_none(&empty)).unwrap_err();
        assert_eq!(failed.kind(), ReportErrorKind::Unsupported);
        assert_eq!(
            failed.to_string(),
            "CSV knows no empty report: send it over REST or SOAP"
        );
    }
}
