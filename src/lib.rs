#![doc = include_str!("guide.md")]

pub use careflex_core::*;

#[cfg(any(feature = "rest", feature = "soap"))]
pub use careflex_http::{
    Credentials, Endpoint, EndpointError, Environment, FileTokenStore, HttpSession,
    HttpSessionBuilder, HttpSettings, Identity, MixedEnvironments, PasswordGrant, Proxy,
    ReqwestTransport, RetryPolicy, SetupError, TlsBackend, Transport, url,
};

/// The REST interface: reporter and JSON codec.
#[cfg(feature = "rest")]
pub mod rest {
    pub use careflex_rest::{RestReporter, json};
}

/// The SOAP interface: reporter and XML codec.
#[cfg(feature = "soap")]
pub mod soap {
    #[cfg(feature = "yaserde")]
    pub use careflex_soap::mirror;
    pub use careflex_soap::{SoapReporter, WSDL, wsdl, xml};
}

/// The CSV interface: codec, layouts, and the reporter that hands files over.
#[cfg(feature = "csv")]
pub mod csv {
    pub use careflex_csv::*;
}

/// The outbox: incidents are kept in a database until the portal has answered.
#[cfg(feature = "outbox")]
pub mod outbox {
    pub use careflex_outbox::*;
}

/// HTTP in detail, for those who write a transport of their own.
#[cfg(any(feature = "rest", feature = "soap"))]
pub mod http {
    pub use careflex_http::*;
}

#[cfg(feature = "testing")]
pub mod testing;

/// Every element of a report: type, when it is required, limits, meaning. Rendered from the schema.
///
#[doc = include_str!(concat!(env!("OUT_DIR"), "/fields.md"))]
pub mod fields {}

/// The README's snippets compile.
#[cfg(all(doctest, feature = "rest", feature = "soap"))]
#[doc = include_str!("../README.md")]
struct Readme;
