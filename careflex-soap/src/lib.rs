//! The SOAP interface of CareFlex.
//!
//! - [`xml`]: the codec, in both directions and without HTTP, and a reader for files of any size.

pub mod xml;
