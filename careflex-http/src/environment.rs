//! The operator's two environments. Credentials of one never work in the other (documented).

use std::fmt;

use crate::endpoint::Endpoint;

/// One of the operator's environments, known by the documented host names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// For tests.
    Staging,
    /// The real one.
    Production,
}

/// Addresses of both environments in one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the addresses belong to different environments (staging and production): credentials of one never work in the other"
)]
pub struct MixedEnvironments;

/// Hosts documented for staging: the browser view of the REST interface, and the network allow-list.
const STAGING: [&str; 3] = [
    "ingress-careflex-staging.n4group.eu",
    "careflex-staging-xfiles.de-hamburg-4.s3.xws.x-ion.de",
    "staging.unternehmen.careflexchemie.de",
];

/// Hosts documented for production: the network allow-list and the upload page.
const PRODUCTION: [&str; 3] = [
    "careflex-production-xfiles.de-hamburg-4.s3.xws.x-ion.de",
    "unternehmen.careflexchemie.de",
    "api.unternehmen.careflexchemie.de",
];

impl Environment {
    /// The environment for which the host of an address is documented; `None` for all other hosts.
    ///
    /// ```
    /// use careflex_http::{Endpoint, Environment};
    ///
    /// let address: Endpoint = "https://staging.unternehmen.careflexchemie.de/x".parse()?;
    /// assert_eq!(Environment::of(&address), Some(Environment::Staging));
    /// # Ok::<(), careflex_http::EndpointError>(())
    /// ```
    #[must_use]
    pub fn of(address: &Endpoint) -> Option<Self> {
        let host = address.host_name();
        if STAGING.contains(&host) {
            Some(Self::Staging)
        } else if PRODUCTION.contains(&host) {
            Some(Self::Production)
        } else {
            None
        }
    }

    /// The one environment of a set of addresses, as far as it is known.
    ///
    /// # Errors
    /// [`MixedEnvironments`] when there are hosts of both.
    pub fn of_all<'a>(
        addresses: impl IntoIterator<Item = &'a Endpoint>,
    ) -> Result<Option<Self>, MixedEnvironments> {
        addresses
            .into_iter()
            .filter_map(Self::of)
            .try_fold(None, |known, next| match known {
                Some(known) if known != next => Err(MixedEnvironments),
                _ => Ok(Some(next)),
            })
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Staging => "staging",
            Self::Production => "production",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_environments_in_one_set_are_refused() {
        let address = |host: &str| Endpoint::parse(&format!("https://{host}/x")).unwrap();
        let (staging, production, other) = (
            address("Ingress-CareFlex-Staging.n4group.eu."),
            address("unternehmen.careflexchemie.de"),
            address("proxy.example"),
        );
        assert_eq!(
            Environment::of_all([&staging, &production]),
            Err(MixedEnvironments)
        );
        assert_eq!(
            Environment::of_all([&other, &production]),
            Ok(Some(Environment::Production))
        );
        assert_eq!(Environment::of_all([&other]), Ok(None));
    }
}
