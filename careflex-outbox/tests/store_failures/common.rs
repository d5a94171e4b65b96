//! Incidents, a portal that takes everything, and a folder.

use std::sync::{Arc, Mutex, PoisonError};

use careflex_core::{
    EmptyReport, Incident, IncidentKind, Receipt, Report, ReportError, Reporter, async_trait,
    parse_date,
};
use careflex_outbox::{Ended, Outbox, Query, Record, SqliteStore, State, Stop, Store};
use tempfile::TempDir;

pub(crate) fn incident(employee: &str, external_id: &str) -> Incident {
    let day = parse_date("2026-12-01").unwrap();
    Incident::builder()
        .external_id(external_id.parse().unwrap())
        .employee_id(employee.parse().unwrap())
        .kind(IncidentKind::Rst)
        .valid_from(day)
        .created_at(day)
        .build()
}

/// Incidents of as many employees.
pub(crate) fn incidents(numbers: std::ops::Range<u32>) -> impl Iterator<Item = Incident> {
    numbers.map(|number| incident(&number.to_string(), &format!("x{number}")))
}

pub(crate) fn with_company<S: Store + 'static>(store: S) -> Outbox<S> {
    Outbox::new(store).careflex_id("09ce3580d84bf087".parse().unwrap())
}

/// A folder, and an outbox in it.
pub(crate) fn outbox() -> (TempDir, Outbox<SqliteStore>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("outbox.sqlite")).unwrap();
    (folder, with_company(store))
}

pub(crate) async fn states<S: Store + 'static>(outbox: &Outbox<S>) -> Vec<State> {
    let records = outbox.list(Query::default()).await.unwrap();
    records.iter().map(|record| record.state).collect()
}

pub(crate) async fn only_record<S: Store + 'static>(outbox: &Outbox<S>) -> Record {
    let records = outbox.list(Query::default()).await.unwrap();
    let [record] = <[Record; 1]>::try_from(records).unwrap();
    record
}

/// Sends everything to a portal that takes it.
pub(crate) async fn drain<S: Store + 'static>(outbox: &Outbox<S>) -> Portal {
    let portal = Portal::default();
    let ended = outbox.worker(portal.clone()).drain(&Stop::new()).await;
    assert!(matches!(ended, Ok(Ended::Drained)), "{ended:?}");
    portal
}

/// Takes everything, and counts it. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Portal(Arc<Mutex<usize>>);

impl Portal {
    pub(crate) fn taken(&self) -> usize {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Reporter for Portal {
    async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
        *self.0.lock().unwrap() += report.incidents().len();
        Ok(Receipt::handed_over(report))
    }

    async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
        Ok(())
    }
}
