//! The REST interface of CareFlex.
//!
//! - [`json`]: the codec, in both directions and without HTTP, and a reader for files of any size.
//! - `RestReporter` (feature `client`, on by default): sends reports.

pub mod json;

#[cfg(feature = "client")]
mod reporter;

#[cfg(feature = "client")]
pub use reporter::RestReporter;
