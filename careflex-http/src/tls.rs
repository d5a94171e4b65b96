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

    /// For addresses on this machine, where there are no root certificates.
    pub(crate) fn trusting_nobody() -> Result<Self, SetupError> {
        #[cfg(feature = "rustls")]
        {
            let config = config_builder()?
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            Ok(Self::Rustls(Box::new(config)))
        }
        #[cfg(not(feature = "rustls"))]
        {
            Err(SetupError::NoRootCertificates)
        }
    }

    pub(crate) fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        match self {
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
        }
    }
}

/// rustls with ring, TLS 1.2 and 1.3, the system's root certificates and those of the settings.
#[cfg(feature = "rustls")]
fn rustls_config(settings: &HttpSettings) -> Result<rustls::ClientConfig, SetupError> {
    use std::sync::Arc;

    use careflex_core::secrecy::ExposeSecret as _;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

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
    let builder = config_builder()?;
    let provider = Arc::clone(builder.crypto_provider());
    // Without any certificate the verifier would refuse everybody; it says so at once.
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, provider)
        .map_err(|_| SetupError::NoRootCertificates)?;
    let builder = builder
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

/// ring, and TLS 1.2 and 1.3.
#[cfg(feature = "rustls")]
fn config_builder()
-> Result<rustls::ConfigBuilder<rustls::ClientConfig, rustls::WantsVerifier>, SetupError> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Tls(error.into()))
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
