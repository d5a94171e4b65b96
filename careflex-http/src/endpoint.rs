//! Addresses of the portal.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// An address that secrets and personal data may be sent to: `https`, or `http` on this machine
/// (loopback), without user and password inside. The portal's addresses are settings without a default
/// (our decision): a wrong guess would receive secrets.
///
/// ```
/// use careflex_http::Endpoint;
///
/// let rest: Endpoint = "https://portal.example/rest/".parse()?;
/// assert_eq!(rest.join(&["incident", "new"]).to_string(), "https://portal.example/rest/incident/new");
/// assert!("http://portal.example/rest".parse::<Endpoint>().is_err());
/// assert!("http://127.0.0.1:8080/rest".parse::<Endpoint>().is_ok());
/// # Ok::<(), careflex_http::EndpointError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why an address cannot be used. It does not repeat the address, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not an absolute URL.
    #[error("is no address: it must be of the form https://host/path")]
    NotAnUrl,
    /// Neither https nor http.
    #[error("must begin with https://")]
    Scheme,
    /// Plain http to another machine.
    #[error(
        "must begin with https://: plain http is only taken for this machine (127.0.0.1, localhost, [::1])"
    )]
    PlainHttp,
    /// User and password inside.
    #[error(
        "must not hold a user or password: the service user's credentials are settings of their own"
    )]
    Credentials,
    /// A query or fragment.
    #[error("must end with its path: a part behind ? or # has no place here")]
    QueryOrFragment,
}

impl Endpoint {
    /// Reads an address.
    ///
    /// # Errors
    /// [`EndpointError`], most often [`EndpointError::PlainHttp`].
    pub fn parse(address: &str) -> Result<Self, EndpointError> {
        let endpoint = Self::parse_with_plain_http(address)?;
        if endpoint.0.scheme() == "http" && !endpoint.is_loopback() {
            return Err(EndpointError::PlainHttp);
        }
        Ok(endpoint)
    }

    /// Like [`Endpoint::parse`], but takes plain `http` to any machine: secrets and personal data then
    /// travel readable for everybody in between. For test set-ups inside a closed network.
    ///
    /// # Errors
    /// [`EndpointError`], all but [`EndpointError::PlainHttp`].
    pub fn parse_with_plain_http(address: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(address.trim()).map_err(|_| EndpointError::NotAnUrl)?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(EndpointError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::QueryOrFragment);
        }
        Ok(Self(url))
    }

    /// The address below this one.
    #[must_use]
    pub fn join(&self, path: &[&str]) -> Self {
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        Self(url)
    }

    /// Whether it is on this machine. Such an address is never reached through a proxy.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => {
                // Names below localhost are up to the resolver: it may send them elsewhere.
                name == "localhost"
            }
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Host and port, for messages.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The host alone, in lower case.
    pub(crate) fn host_name(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_end_matches('.')
    }

    /// The address as URL.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(address: &str) -> Result<Self, EndpointError> {
        Self::parse(address)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_may_receive_secrets() {
        for (address, error) in [
            ("portal.example/rest", EndpointError::NotAnUrl),
            ("", EndpointError::NotAnUrl),
            ("ftp://portal.example", EndpointError::Scheme),
            ("file:///etc/passwd", EndpointError::Scheme),
            ("http://portal.example", EndpointError::PlainHttp),
            ("http://127.0.0.1.example", EndpointError::PlainHttp),
            ("http://x.localhost", EndpointError::PlainHttp),
            (
                "https://user:planted@portal.example",
                EndpointError::Credentials,
            ),
            ("https://planted@portal.example", EndpointError::Credentials),
            (
                "https://portal.example/?planted",
                EndpointError::QueryOrFragment,
            ),
            ("https://portal.example/#x", EndpointError::QueryOrFragment),
        ] {
            assert_eq!(Endpoint::parse(address), Err(error), "{address}");
            assert!(!error.to_string().contains("planted"));
        }
        assert!(Endpoint::parse_with_plain_http("http://portal.example").is_ok());
    }

    #[test]
    fn knows_this_machine() {
        for address in [
            "http://127.0.0.1:1",
            "http://127.1.2.3",
            "http://[::1]:8080/x",
            "http://localhost",
            "http://LOCALHOST:80",
        ] {
            assert!(Endpoint::parse(address).unwrap().is_loopback(), "{address}");
        }
        assert!(!Endpoint::parse("https://10.0.0.1").unwrap().is_loopback());
    }
}
