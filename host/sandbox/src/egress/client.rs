//! Requests to web hosts: checked addresses, no redirects, no proxies, connections of this target alone.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use engine::Failure;
use http::{HeaderMap, Method, header};
use url::Url;

use super::paced::PacedBody;
use super::policy::AllowList;
use super::reply::Reply;
use super::resolve::{CheckedResolver, ForbiddenAddress};
use crate::limits::{CONNECT, POOL_CONNECTIONS, POOL_IDLE};
use crate::text::escape;

const USER_AGENT: &str = concat!("boothsync/", env!("CARGO_PKG_VERSION"));

/// The connections of one target to web hosts. Made when first needed: many targets never do.
pub(super) struct WebClient {
    allow: Arc<AllowList>,
    client: Mutex<Option<reqwest::Client>>,
}

impl WebClient {
    /// Reaches what is in `allow`.
    pub fn new(allow: Arc<AllowList>) -> Self {
        Self { allow, client: Mutex::new(None) }
    }

    /// Sends one request and returns once the answer's headers are there.
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        mut headers: HeaderMap,
        body: PacedBody,
    ) -> Result<Reply, Failure> {
        self.allow.check(&url).map_err(Failure::Blocked)?;
        let client = self.client()?;
        let bodiless = matches!(method, Method::GET | Method::HEAD) && body.left() == 0;
        if !bodiless {
            headers.insert(header::CONTENT_LENGTH, body.left().into());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = client.request(method, url).headers(headers);
        if !bodiless {
            request = request.body(reqwest::Body::wrap(body));
        }
        match request.send().await {
            Ok(response) => Ok(Reply::of_web(response)),
            Err(error) => Err(no_answer(&host, &error)),
        }
    }

    fn client(&self) -> Result<reqwest::Client, Failure> {
        let mut slot = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let client = build(self.allow.clone()).map_err(|error| {
            Failure::Retry(format!("the connection could not be prepared: {}", causes(&error)))
        })?;
        Ok(slot.insert(client).clone())
    }
}

fn build(allow: Arc<AllowList>) -> reqwest::Result<reqwest::Client> {
    // Fails only if a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .dns_resolver(Arc::new(CheckedResolver(allow)))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .user_agent(USER_AGENT)
        .tcp_nodelay(true)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_CONNECTIONS)
        .http1_only()
        .build()
}

fn no_answer(host: &str, error: &reqwest::Error) -> Failure {
    if let Some(forbidden) = source_of::<ForbiddenAddress>(error) {
        return Failure::Blocked(forbidden.to_string());
    }
    Failure::Retry(format!("{host}: {}", causes(error)))
}

fn source_of<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The innermost causes; the outer ones only repeat the address, which may carry secrets.
fn causes(error: &dyn Error) -> String {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts.dedup();
    if texts.is_empty() { "no answer".into() } else { escape(&texts.join(": ")) }
}
