//! Requests to web hosts: checked addresses, no redirects, no proxies, connections of this target alone.

use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use engine::Failure;
use http::{HeaderMap, Method, header};
use url::Url;

use super::paced::PacedBody;
use super::policy::{Allow, AllowList};
use super::reply::Reply;
use super::resolve::{CheckedResolver, ForbiddenAddress};
use crate::doors::Names;
use crate::limits::{CONNECT, POOL_CONNECTIONS, POOL_IDLE, REPLY_HEADERS, UNREAD};
use crate::text::escape;

const USER_AGENT: &str = concat!("boothsync/", env!("CARGO_PKG_VERSION"));

/// The connections of one target to web hosts. Made when first needed: many targets never do.
pub(super) struct WebClient {
    allow: Arc<AllowList>,
    names: Arc<dyn Names>,
    plain: Mutex<Option<reqwest::Client>>,
    secure: Mutex<Option<reqwest::Client>>,
}

impl WebClient {
    /// Reaches what is in `allow`, at the addresses that `names` knows.
    pub fn new(allow: Arc<AllowList>, names: Arc<dyn Names>) -> Self {
        Self { allow, names, plain: Mutex::new(None), secure: Mutex::new(None) }
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
        let client = self.client(url.scheme() == "https")?;
        let bodiless = matches!(method, Method::GET | Method::HEAD) && body.left() == 0;
        if !bodiless {
            headers.insert(header::CONTENT_LENGTH, body.left().into());
        }
        let mut request = client.request(method, url.clone()).headers(headers);
        if !bodiless {
            request = request.body(reqwest::Body::wrap(body));
        }
        match request.send().await {
            Ok(response) => Ok(Reply::of_web(response)),
            Err(error) => Err(no_answer(&url, &error)),
        }
    }

    /// Who speaks no TLS needs no root certificates: a machine may have none, and they are much to read.
    fn client(&self, secure: bool) -> Result<reqwest::Client, Failure> {
        let slot = if secure { &self.secure } else { &self.plain };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let resolver = CheckedResolver { allow: self.allow.clone(), names: self.names.clone() };
        let client = build(resolver, secure).map_err(|error| unprepared(&error))?;
        Ok(slot.insert(client).clone())
    }
}

fn build(resolver: CheckedResolver, secure: bool) -> reqwest::Result<reqwest::Client> {
    // Fails only if a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder();
    if !secure {
        builder = builder.tls_certs_only([]);
    }
    #[cfg(target_os = "linux")]
    let builder = builder.tcp_user_timeout(UNREAD);
    builder
        .dns_resolver(Arc::new(resolver))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .user_agent(USER_AGENT)
        .tcp_nodelay(true)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_CONNECTIONS)
        .http1_only()
        .http1_max_headers(REPLY_HEADERS)
        .build()
}

fn no_answer(url: &Url, error: &reqwest::Error) -> Failure {
    if let Some(forbidden) = source_of::<ForbiddenAddress>(error) {
        return Failure::Blocked(format!("{forbidden}{}", line_for(url, forbidden.address)));
    }
    let host = url.host_str().unwrap_or_default();
    Failure::Retry(format!("{host}: {}", causes(error)))
}

/// What would have to be granted so that this address can be reached.
fn line_for(url: &Url, address: IpAddr) -> String {
    let mut direct = url.clone();
    let granted = direct.set_ip_host(address).ok().and_then(|()| Allow::of(&direct));
    granted.map_or_else(String::new, |granted| {
        format!("; to allow it, its manifest needs `allow = [\"{granted}\"]` in [permissions.http]")
    })
}

fn unprepared(error: &reqwest::Error) -> Failure {
    let why = causes(error);
    if why.contains("No CA certificates") {
        let text = "this machine has no root certificates; install the package `ca-certificates`";
        return Failure::Blocked(text.into());
    }
    Failure::Retry(format!("the connection could not be prepared: {why}"))
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
