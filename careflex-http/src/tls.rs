//! TLS: rustls by default, chosen here and not by whatever else is compiled in.

use reqwest::ClientBuilder;

use crate::settings::{HttpSettings, SetupError, TlsBackend};

/// TLS that is ready to be used for several clients.
pub(crate) enum Tls {
    #[cfg(feature = "rustls")]
    Rustls(Box<rustls::ClientConfig>),
    #[cfg(feature = "native-tls")]
    Native {
        roots: Vec<reqwest::Certificate>,
        identity: Option<reqwest::Identity>,
    },
}

impl Tls {
    pub(crate) fn new(settings: &HttpSettings) -> Result<Self, SetupError> {
        match settings.tls {
            #[cfg(feature = "rustls")]
            TlsBackend::Default | TlsBackend::Rustls => {
                rustls_config(settings).map(|config| Self::Rustls(Box::new(config)))
            }
            #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
            TlsBackend::Default => native(settings),
            #[cfg(feature = "native-tls")]
            TlsBackend::Native => native(settings),
            #[cfg(not(all(feature = "rustls", feature = "native-tls")))]
            _ => Err(SetupError::TlsNotBuilt),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same shape as without TLS")]
    pub(crate) fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, SetupError> {
        Ok(match self {
            #[cfg(feature = "rustls")]
            Self::Rustls(config) => builder.tls_backend_preconfigured((**config).clone()),
            #[cfg(feature = "native-tls")]
            Self::Native { roots, identity } => {
                let builder = builder
                    .tls_backend_native()
                    .tls_certs_merge(roots.iter().cloned());
                match identity {
                    Some(identity) => builder.identity(identity.clone()),
                    None => builder,
                }
            }
        })
    }
}

/// rustls with ring, TLS 1.2 and 1.3, the system's root certificates and those of the settings.
#[cfg(feature = "rustls")]
fn rustls_config(settings: &HttpSettings) -> Result<rustls::ClientConfig, SetupError> {
    use std::sync::Arc;

    use careflex_core::secrecy::ExposeSecret as _;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let tls = |error: rustls::Error| SetupError::Tls(error.into());
    let certificates = |pem: &[u8]| {
        CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|certificates| !certificates.is_empty())
    };
    let mut roots = Vec::new();
    for pem in &settings.root_certificates {
        roots.extend(certificates(pem).ok_or(SetupError::RootCertificate)?);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(roots, Arc::clone(&provider))
            .map_err(tls)?;
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match &settings.identity {
        None => Ok(builder.with_no_client_auth()),
        Some(identity) => {
            let chain = certificates(&identity.certificate).ok_or(SetupError::Identity)?;
            let key = PrivateKeyDer::from_pem_slice(identity.key.expose_secret())
                .map_err(|_| SetupError::Identity)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|_| SetupError::Identity)
        }
    }
}

#[cfg(feature = "native-tls")]
fn native(settings: &HttpSettings) -> Result<Tls, SetupError> {
    use careflex_core::secrecy::ExposeSecret as _;

    let roots = settings
        .root_certificates
        .iter()
        .map(|pem| reqwest::Certificate::from_pem_bundle(pem))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| SetupError::RootCertificate)?
        .concat();
    let identity = settings
        .identity
        .as_ref()
        .map(|identity| {
            reqwest::Identity::from_pkcs8_pem(&identity.certificate, identity.key.expose_secret())
        })
        .transpose()
        .map_err(|_| SetupError::Identity)?;
    Ok(Tls::Native { roots, identity })
}
