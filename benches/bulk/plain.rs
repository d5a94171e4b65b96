//! What there is to beat: the same bodies, posted by the same client.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use tokio::task::JoinSet;

use super::portal::Portal;

pub(crate) struct Plain {
    client: Client,
    url: Url,
    bearer: HeaderValue,
}

impl Plain {
    /// With the settings of the transport in careflex-http.
    pub(crate) async fn new(portal: &Portal) -> Self {
        // Never used, as nothing is encrypted here; but a client cannot be built without.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("careflex/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .pool_idle_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .http1_only()
            .no_proxy()
            .build()
            .unwrap();
        Self {
            client,
            url: format!("{}/incident/new", portal.rest_url())
                .parse()
                .unwrap(),
            bearer: format!("Bearer {}", portal.access_token().await)
                .parse()
                .unwrap(),
        }
    }

    /// Each in a task of its own, as the transport does it.
    pub(crate) async fn post_all(&self, bodies: &[Bytes], concurrency: usize) {
        let mut calls = JoinSet::new();
        for body in bodies {
            if calls.len() == concurrency {
                calls.join_next().await.unwrap().unwrap();
            }
            let request = self
                .client
                .post(self.url.clone())
                .header(CONTENT_TYPE, "application/json;charset=UTF-8")
                .header(AUTHORIZATION, self.bearer.clone())
                .body(body.clone());
            calls.spawn(post(request));
        }
        while let Some(call) = calls.join_next().await {
            call.unwrap();
        }
    }
}

async fn post(request: RequestBuilder) {
    let response = request.send().await.unwrap();
    assert!(response.status().is_success());
    assert!(!response.bytes().await.unwrap().is_empty());
}
