//! What there is to beat: the same bodies, posted by the same client.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Url};
use tokio::task::JoinSet;

use super::server::Server;

pub(crate) struct Plain {
    client: Client,
    url: Url,
}

impl Plain {
    /// With the settings of the transport in careflex-http.
    pub(crate) fn new(server: &Server) -> Self {
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
            url: server.url("rest/incident/new").parse().unwrap(),
        }
    }

    /// Each in a task of its own, as the transport does it.
    pub(crate) async fn post_all(&self, bodies: &[Bytes], concurrency: usize) {
        let mut calls = JoinSet::new();
        for body in bodies {
            if calls.len() == concurrency {
                calls.join_next().await.unwrap().unwrap();
            }
            calls.spawn(post(self.client.clone(), self.url.clone(), body.clone()));
        }
        while let Some(call) = calls.join_next().await {
            call.unwrap();
        }
    }
}

async fn post(client: Client, url: Url, body: Bytes) {
    let request = client
        .post(url)
        .header(CONTENT_TYPE, "application/json;charset=UTF-8")
        .header(AUTHORIZATION, HeaderValue::from_static("Bearer token"))
        .body(body);
    let response = request.send().await.unwrap();
    assert!(response.status().is_success());
    assert!(!response.bytes().await.unwrap().is_empty());
}
