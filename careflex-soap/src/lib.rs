//! The SOAP interface of CareFlex.
//!
//! - [`xml`]: the codec, in both directions and without HTTP, and a reader for files of any size.
//! - [`wsdl`]: the description of the interface for other tools.
//! - `SoapReporter` (feature `client`, on by default): sends reports.
//! - `mirror` (feature `yaserde`): structs with the derives of yaserde, to embed incidents in XML of your own.

#[cfg(feature = "yaserde")]
pub mod mirror;
pub mod xml;

mod wsdl;

#[cfg(feature = "client")]
mod reporter;

pub use wsdl::{WSDL, wsdl};

#[cfg(feature = "client")]
pub use reporter::SoapReporter;
