//! The outbox of careflex: incidents are kept in a database until the portal has answered.
//!
//! A repeated report is a second import, and an answer can be lost after the portal has taken it. So a program
//! that reports must remember what it was doing, durably:
//!
//! ```text
//! your transaction ──► Outbox ──► Worker ──► Reporter ──► portal
//!  (your rows and        │  ▲        │
//!   the incident)        ▼  │        ▼
//!                       Store: queued ► sending ► accepted │ handed over │ refused │ in doubt
//! ```
//!
//! - [`Outbox::enqueue`] takes an incident in your own SQLite transaction: either both your change and the
//!   incident are there, or neither. [`Outbox::enqueue_all`] needs none.
//! - [`Worker`] sends, in batches, whenever the portal answers, over any
//!   [`Reporter`](careflex_core::Reporter). Before a request leaves, that is committed; after the answer, what
//!   became of each incident. A worker that dies leaves what it was sending *in doubt*, never back in the
//!   queue.
//! - [`Outbox::status`] and [`Outbox::list`] show everything; [`Outbox::resolve`] takes what a person found out
//!   about incidents in doubt, [`Outbox::purge`] removes personal data, [`Outbox::export`] gives the audit
//!   trail.
//!
//! ```
//! # use careflex_core::{EmptyReport, Receipt, Report, ReportError, Reporter, async_trait};
//! # struct DryRun;
//! # #[async_trait]
//! # impl Reporter for DryRun {
//! #     async fn report(&self, report: &Report) -> Result<Receipt, ReportError> {
//! #         Ok(Receipt::handed_over(report))
//! #     }
//! #     async fn report_none(&self, _: &EmptyReport) -> Result<(), ReportError> {
//! #         Ok(())
//! #     }
//! # }
//! use careflex_core::{Incident, IncidentKind, parse_date};
//! use careflex_outbox::{Outbox, State, Stop, rusqlite::Connection};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("hr.sqlite");
//! # let reporter = DryRun;
//! let outbox = Outbox::sqlite(&path)?.careflex_id("09ce3580d84bf087".parse()?);
//! let incident = Incident::builder()
//!     .external_id("2026-0815".parse()?)
//!     .employee_id("4711".parse()?)
//!     .kind(IncidentKind::Rst)
//!     .valid_from(parse_date("2026-12-01")?)
//!     .created_at(parse_date("2026-11-20")?)
//!     .build();
//!
//! // Your database, your transaction:
//! let mut connection = Connection::open(&path)?;
//! # connection.execute_batch("CREATE TABLE contracts (employee TEXT, rests INTEGER)")?;
//! let mut tx = connection.transaction()?;
//! tx.execute("UPDATE contracts SET rests = 1 WHERE employee = '4711'", [])?;
//! outbox.enqueue(&mut tx, incident)?;
//! tx.commit()?;
//!
//! // Elsewhere, all the time (`run`), or until nothing is left to be sent:
//! outbox.worker(reporter).drain(&Stop::new()).await?;
//! assert_eq!(outbox.status().await?.count(State::HandedOver), 1);
//! # Ok(())
//! # }
//! ```

mod entry;
mod error;
mod export;
mod outbox;
mod sqlite;
mod state;
mod store;
mod worker;

pub use entry::{ContentHash, Entry, Key, Prepared};
pub use error::{Conflict, EnqueueError, StoreError, StoreErrorKind};
pub use export::ExportFormat;
pub use outbox::Outbox;
pub use sqlite::SqliteStore;
pub use state::{
    BatchNumber, CompanyStatus, DoubtfulBatch, Failure, IncidentNumber, Record, State, Status,
};
pub use store::{
    BatchOutcome, Claim, Claimed, ClaimedBatch, Departure, Enqueued, Query, Resolution, Seat,
    Selection, Settled, Settlement, Store,
};
pub use worker::{Ended, Stop, WorkEvent, Worker};

pub use rusqlite;
