//! The SOAP interface of CareFlex.
//!
//! - [`xml`]: the codec, in both directions and without HTTP, and a reader for files of any size.
//! - `SoapReporter` (feature `client`, on by default): sends reports.

pub mod xml;

#[cfg(feature = "client")]
mod reporter;

#[cfg(feature = "client")]
pub use reporter::SoapReporter;
