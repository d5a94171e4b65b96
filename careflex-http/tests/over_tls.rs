//! TLS against a server with certificates of its own.

#![cfg(feature = "rustls")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use async_trait::async_trait;
use careflex_core::{AccessToken, ReportError, ReportErrorKind, TokenError, TokenProvider};
use careflex_http::{
    Endpoint, HttpSession, HttpSettings, Identity, Post, Reading, RetryPolicy, TlsBackend,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An authority that nobody knows.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `localhost`, and its key.
fn certificate(authority: &CertifiedIssuer<'_, KeyPair>) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

/// A server that says yes to everybody whom it trusts.
async fn server(
    authority: &CertifiedIssuer<'_, KeyPair>,
    trusted_clients: Option<&CertifiedIssuer<'_, KeyPair>>,
) -> Endpoint {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match trusted_clients {
        None => builder.with_no_client_auth(),
        Some(trusted) => {
            let mut roots = RootCertStore::empty();
            roots.add(trusted.der().clone()).unwrap();
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .unwrap(),
            )
        }
    };
    let (certificate, key) = certificate(authority);
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let config = builder
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 4096];
            let _: Result<usize, _> = stream.read(&mut request).await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes";
            let _: Result<(), _> = stream.write_all(answer).await;
            let _: Result<(), _> = stream.shutdown().await;
        }
    });
    Endpoint::parse(&format!("https://localhost:{port}/rest")).unwrap()
}

struct OneToken;

#[async_trait]
impl TokenProvider for OneToken {
    async fn token(&self) -> Result<AccessToken, TokenError> {
        Ok(AccessToken::new("token".into(), 1))
    }

    async fn rejected(&self, _: &AccessToken) {}
}

async fn post(endpoint: &Endpoint, settings: HttpSettings) -> Result<(), ReportError> {
    let session = HttpSession::builder()
        .token_provider(OneToken)
        .settings(settings)
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let message = Post::new(endpoint, "application/json", "{}");
    session
        .post(&message, |response| match &response.body {
            Ok(body) if body.as_ref() == b"yes" => Reading::Answered(()),
            _ => Reading::Unreadable("it is not yes".to_owned()),
        })
        .await
}

#[tokio::test]
async fn the_companys_own_root_certificate_is_trusted() {
    let company = authority();
    let endpoint = server(&company, None).await;
    let with_root = HttpSettings::builder()
        .root_certificates(vec![company.pem().into_bytes()])
        .tls(TlsBackend::Rustls)
        .build();
    post(&endpoint, with_root).await.unwrap();
    // Without it, nothing is sent.
    let error = post(&endpoint, HttpSettings::default()).await.unwrap_err();
    assert_eq!(error.kind(), ReportErrorKind::Unreachable, "{error:?}");
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let company = authority();
    let endpoint = server(&company, Some(&company)).await;
    let (certificate, key) = certificate(&company);
    let identity = Identity::from_pem(
        certificate.pem().into_bytes(),
        key.serialize_pem().into_bytes(),
    );
    let roots = vec![company.pem().into_bytes()];
    let with_identity = HttpSettings::builder()
        .root_certificates(roots.clone())
        .identity(identity)
        .build();
    post(&endpoint, with_identity).await.unwrap();
    let without = HttpSettings::builder().root_certificates(roots).build();
    assert!(post(&endpoint, without).await.is_err());
}
