//! The SOAP interface of CareFlex.
//!
//! - [`xml`]: the codec, in both directions and without HTTP, and a reader for files of any size.
//! - [`wsdl`]: the description of the interface for other tools.
//! - `SoapReporter` (feature `client`, on by default): sends reports.

pub mod xml;

mod wsdl;

#[cfg(feature = "client")]
mod reporter;

pub use wsdl::{WSDL, wsdl};

#[cfg(feature = "client")]
pub use reporter::SoapReporter;
