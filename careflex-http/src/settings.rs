//! How to talk HTTP.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use careflex_core::secrecy::SecretSlice;
use typed_builder::TypedBuilder;

/// How to talk HTTP. Everything has a default.
///
/// ```
/// use std::time::Duration;
/// use careflex_http::HttpSettings;
///
/// let settings = HttpSettings::builder()
///     .timeout(Duration::from_secs(120))
///     .user_agent_suffix("AcmeHR/7.1")
///     .build();
/// assert_eq!(settings.connect_timeout, Duration::from_secs(10));
/// ```
#[derive(Debug, Clone, TypedBuilder)]
#[non_exhaustive]
pub struct HttpSettings {
    /// Time for DNS, connect and TLS: 10 seconds, and at most three quarters of the time for the whole
    /// call.
    #[builder(default = Duration::from_secs(10))]
    pub connect_timeout: Duration,
    /// Time for a whole call: 60 seconds.
    #[builder(default = Duration::from_secs(60))]
    pub timeout: Duration,
    /// Largest answer that is read, in bytes: 16 MiB.
    #[builder(default = 16 << 20)]
    pub response_limit: usize,
    /// Added to the `User-Agent: careflex/VERSION`, for example `AcmeHR/7.1`.
    #[builder(default, setter(strip_option, into))]
    pub user_agent_suffix: Option<String>,
    /// Further root certificates in PEM form, for companies whose proxy reads along.
    #[builder(default)]
    pub root_certificates: Vec<Vec<u8>>,
    /// A client certificate with its key.
    #[builder(default, setter(strip_option))]
    pub identity: Option<Identity>,
    /// The proxy. Addresses on this machine are never reached through one.
    #[builder(default)]
    pub proxy: Proxy,
    /// Who does TLS.
    #[builder(default)]
    pub tls: TlsBackend,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self::builder().build()
    }
}

/// A client certificate with its key, both in PEM form. Hidden in `Debug`.
#[derive(Clone)]
pub struct Identity {
    #[cfg_attr(
        not(any(feature = "rustls", feature = "native-tls")),
        expect(dead_code, reason = "without TLS there is nobody to show it to")
    )]
    pub(crate) certificate: Vec<u8>,
    #[cfg_attr(
        not(any(feature = "rustls", feature = "native-tls")),
        expect(dead_code, reason = "without TLS there is nobody to show it to")
    )]
    pub(crate) key: SecretSlice<u8>,
}

impl Identity {
    /// The certificate chain, own certificate first, and the key (PKCS#8).
    #[must_use]
    pub fn from_pem(certificate: Vec<u8>, key: Vec<u8>) -> Self {
        Self {
            certificate,
            key: key.into(),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(<hidden>)")
    }
}

/// Which proxy is used.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// What the system says: `HTTPS_PROXY` and `NO_PROXY`, or the settings of Windows and macOS.
    #[default]
    System,
    /// None.
    None,
    /// This one, for example `http://proxy.example:3128`. May hold user and password: hidden in `Debug`.
    Address(url::Url),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::None => "None",
            Self::Address(_) => "Address(<hidden>)",
        })
    }
}

/// Who does TLS, among those that are compiled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TlsBackend {
    /// rustls if it is compiled in, otherwise the operating system's.
    #[default]
    Default,
    /// rustls with ring and the system's root certificates (feature `rustls`).
    Rustls,
    /// The operating system's (feature `native-tls`).
    Native,
}

/// Why HTTP could not be set up. It holds neither secrets nor the proxy's address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A root certificate cannot be read.
    #[error("a root certificate is not in PEM form")]
    RootCertificate,
    /// The client certificate or its key cannot be read.
    #[error(
        "the client certificate or its key cannot be used: both must be in PEM form, the key as PKCS#8"
    )]
    Identity,
    /// The proxy's address cannot be used.
    #[error("the proxy's address cannot be used")]
    Proxy,
    /// The suffix of the user agent holds characters that a header cannot.
    #[error("the suffix of the user agent must be plain text")]
    UserAgent,
    /// The SOAP action holds characters that its header cannot.
    #[error("the SOAP action must be plain text without blanks and quotation marks")]
    SoapAction,
    /// The TLS that was asked for is not compiled in.
    #[error("this program was built without the TLS that was asked for")]
    TlsNotBuilt,
    /// Neither credentials nor a token provider were given.
    #[error(
        "nobody provides access tokens: give the service user's credentials or a token provider"
    )]
    NoTokens,
    /// A token store or file was given, but no credentials to fetch tokens with.
    #[error(
        "a token store or file goes with the service user's credentials, not with a token provider"
    )]
    StoreWithoutCredentials,
    /// Nobody can be trusted: the system has no root certificates, and the settings name none.
    #[error(
        "this machine has no root certificates: install the system's (the package ca-certificates), or name your company's"
    )]
    NoRootCertificates,
    /// TLS could not be set up.
    #[error("TLS could not be set up")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Client(#[source] Box<dyn Error + Send + Sync>),
}
