//! Who may use the public door.
//!
//! A page of any web site that the booth's browser shows can send requests to this machine. It cannot
//! read the answers, unless it makes its own name resolve to this machine's address: then the browser
//! takes us for that site. So a request must name us by a name that is ours.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

use crate::error::ApiError;
use crate::state::Shared;
use crate::token;

/// Why a configured name or origin cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// In `web.hosts`.
    #[error("`{0}` in `web.hosts` is not a host's name: write it as in `booth.local`")]
    Host(String),
    /// In `web.origins`.
    #[error(
        "`{0}` in `web.origins` is not an origin: write scheme, host and port, as in `http://localhost:8000`"
    )]
    Origin(String),
}

/// Under which names the public door is reached, and which pages may read links.
#[derive(Debug, Clone)]
pub struct Access {
    listen: IpAddr,
    hosts: Vec<Host>,
    origins: Vec<String>,
}

impl Access {
    /// Takes `web.listen`, `web.hosts` and `web.origins`. A port behind a host's name is ignored.
    pub fn new(listen: SocketAddr, hosts: &[String], origins: &[String]) -> Result<Self, AccessError> {
        let host = |text: &String| named_host(text).ok_or_else(|| AccessError::Host(text.clone()));
        let origin = |text: &String| origin(text).ok_or_else(|| AccessError::Origin(text.clone()));
        let hosts = hosts.iter().map(host).collect::<Result<_, _>>()?;
        let origins = origins.iter().map(origin).collect::<Result<_, _>>()?;
        Ok(Self { listen: listen.ip().to_canonical(), hosts, origins })
    }

    /// Addresses cannot be made to resolve to something else; names can.
    fn knows(&self, host: &Host) -> bool {
        let own = |address: IpAddr| {
            address.is_loopback() || self.listen.is_unspecified() || self.listen == address.to_canonical()
        };
        let ours = match host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => own((*address).into()),
            Host::Ipv6(address) => own((*address).into()),
        };
        ours || self.hosts.contains(host)
    }

    fn allowed_origin<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let offered = headers.get(header::ORIGIN)?;
        self.origins.iter().any(|origin| origin.as_bytes() == offered.as_bytes()).then_some(offered)
    }
}

/// The host in `name` or `name:port`, in one spelling.
fn named_host(text: &str) -> Option<Host> {
    let authority: axum::http::uri::Authority = text.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host();
    Host::parse(host.strip_suffix('.').unwrap_or(host)).ok()
}

fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (bare && matches!(url.scheme(), "http" | "https")).then(|| url.origin().ascii_serialization())
}

/// Where a request came from. Without it a request counts as one from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The other end; `None` on a Unix socket.
    pub(crate) address: Option<IpAddr>,
    /// The other end is this machine.
    pub(crate) is_local: bool,
}

impl Peer {
    pub(crate) fn new(theirs: SocketAddr, ours: SocketAddr) -> Self {
        let theirs = theirs.ip().to_canonical();
        Self { address: Some(theirs), is_local: theirs.is_loopback() || theirs == ours.ip().to_canonical() }
    }
}

/// Refuses requests that call us by a name that is not ours.
pub(crate) async fn host(State(state): State<Shared>, request: Request, next: Next) -> Response {
    match addressed_host(request.headers(), request.uri()) {
        Some(hosts) if hosts.iter().all(|host| state.access.knows(host)) => next.run(request).await,
        _ => ApiError::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this service is not reached under that host name",
            "use the address of `web.listen` or `localhost`, or add the name to `web.hosts`",
        )
        .into_response(),
    }
}

/// Every host that the request names; `None` if one is not readable or none is named.
fn addressed_host(headers: &HeaderMap, uri: &Uri) -> Option<Vec<Host>> {
    let headers = headers.get_all(header::HOST).iter().map(|value| named_host(value.to_str().ok()?));
    let line = uri.authority().map(|authority| named_host(authority.as_str()));
    let hosts = headers.chain(line).collect::<Option<Vec<_>>>()?;
    (!hosts.is_empty()).then_some(hosts)
}

/// Lets requests from this machine pass, and those with an API token.
pub(crate) async fn local_or_token(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let local = request.extensions().get::<Peer>().is_some_and(|peer| peer.is_local);
    if local || token::accepted(request.headers(), &state.tokens) {
        return next.run(request).await;
    }
    ApiError::unauthorized().into_response()
}

/// Lets requests with an API token pass.
pub(crate) async fn token(State(state): State<Shared>, request: Request, next: Next) -> Response {
    if token::accepted(request.headers(), &state.tokens) {
        return next.run(request).await;
    }
    ApiError::unauthorized().into_response()
}

/// Lets pages of `web.origins` read the answers, and asks nobody else to.
pub(crate) async fn cors(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let origin = state.access.allowed_origin(request.headers()).cloned();
    let preflight = request.method() == Method::OPTIONS && origin.is_some();
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    // Booth apps show QR codes as images, mostly from another port of the same machine.
    let embedding = if state.access.origins.is_empty() { "same-site" } else { "cross-origin" };
    headers.insert(EMBEDDING, HeaderValue::from_static(embedding));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

const EMBEDDING: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Headers with which a browser keeps answers to itself.
const KEPT: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (EMBEDDING, "same-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Adds [`KEPT`] where the answer says nothing else.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in KEPT {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
#[path = "tests/access.rs"]
mod tests;
