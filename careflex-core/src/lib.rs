//! Model, rules, reports, receipts and access tokens of careflex.
//!
//! ```text
//! Incident ──► Rules ──► Report (valid, 1 to 100) ──► Reporter ──► Receipt (one row per incident)
//!                                                                   or ReportError (refused / not sent / in doubt)
//! ```
//!
//! Most users take these types from the `careflex` crate, which re-exports them. This crate alone
//! is enough to write a transport ([`Reporter`]), a token provider ([`TokenProvider`]) or a codec.
//!
//! ```
//! use careflex_core::{CareflexId, Incident, IncidentKind, Report, Rules, parse_date};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let incident = Incident::builder()
//!     .employee_id("4711".parse()?)
//!     .kind(IncidentKind::Rst)
//!     .valid_from(parse_date("2026-12-01")?)
//!     .created_at(parse_date("2026-11-20")?)
//!     .build();
//! let company: CareflexId = "09ce3580d84bf087".parse()?;
//! let report = Report::new(company, vec![incident], &Rules::documented())?;
//! assert_eq!(report.incidents().len(), 1);
//! # Ok(())
//! # }
//! ```

mod bulk;
mod clock;
#[doc(hidden)]
pub mod codec;
#[doc(hidden)]
pub mod codegen;
mod date;
mod draft;
mod error;
mod ids;
mod incident;
mod input;
mod kind;
mod message;
mod model;
mod pause;
mod receipt;
mod report;
mod reporter;
mod rules;
mod schema;
mod serde_forms;
mod text;
mod token;
mod violation;

pub use bulk::{
    Bulk, BulkEntry, BulkQueue, BulkRow, BulkRun, InDoubt, NotSent, Outcome, Progress, Refusal,
};
pub use clock::{Clock, ManualClock, SystemClock};
pub use date::{DateError, DateText, date_text, parse_date};
pub use draft::{Draft, nearest_name};
pub use error::{Delivery, ReportError, ReportErrorKind};
pub use ids::{ApiToken, CareflexId, EmployeeId, ExternalId, ImportId, IncidentId};
pub use incident::{Incident, entitlement_start};
pub use input::{HeldBack, InputRow, ReadError, RowKey};
pub use kind::{IncidentKind, NewCode};
pub use message::{DecodeError, Fault, NewRequest, NoneRequest};
pub use model::{Address, Contact, Employee, Field, Group, Job, Sex};
#[cfg(feature = "tokio")]
pub use pause::TokioSleep;
pub use pause::{Sleep, back_off};
pub use receipt::{Answer, AnswerRow, Doubt, Receipt, Row, may_be_refusal};
pub use report::{EmptyReport, InvalidReport, Report};
pub use reporter::Reporter;
pub use rules::{Level, Rules};
pub use schema::{Atom, Child, LeafKind, Limit, Pattern};
pub use text::{Text, TextError, is_xml_character, printable};
pub use token::{
    AccessToken, CachedTokens, IssuedToken, OpenTokenStore, StoredToken, TokenError,
    TokenErrorKind, TokenProvider, TokenSource, TokenStore, TokenStoreError,
};
pub use violation::{Severity, Violation, ViolationCode, Violations};

pub use {async_trait::async_trait, chrono, chrono::NaiveDate, futures_util::Stream, secrecy};
