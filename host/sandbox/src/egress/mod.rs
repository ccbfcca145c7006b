//! The one way out for plugins. Everything that leaves goes through [`Egress::send`].

mod body;
mod client;
mod headers;
mod paced;
mod policy;
#[cfg(test)]
mod properties;
mod rc;
mod reply;
mod resolve;

use std::sync::Arc;

use bytes::Bytes;
use engine::{Blob, Failure};
use url::Url;

pub(crate) use policy::{Allow, AllowList};
pub(crate) use rc::{RcBridge, RcGrant, RcTrace, target_fs};
pub(crate) use reply::Reply;
pub(crate) use resolve::SystemNames;

use crate::bandwidth::{Throttle, Way};
use crate::doors::Names;
use crate::guest::Job;
use crate::text::{cut, escape};
use body::ExactBody;
use client::WebClient;
use paced::PacedBody;

/// The name under which plugins reach the supervised rclone.
pub(crate) const RCLONE_HOST: &str = "rclone.internal";

/// A request as a guest made it.
pub(crate) struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<Chunk>,
}

/// A part of a request's body.
pub(crate) enum Chunk {
    Bytes(Bytes),
    File { blob: Arc<Blob>, offset: u64, length: u64 },
}

/// What all targets share of the way out.
#[derive(Clone)]
pub(crate) struct Line {
    pub throttle: Arc<Throttle>,
    pub names: Arc<dyn Names>,
}

/// What one target may reach, and its connections.
pub(crate) struct Egress {
    web: WebClient,
    rc: Option<RcBridge>,
    throttle: Arc<Throttle>,
}

impl Egress {
    /// Web hosts in `allow`, as fast as `line` lets them, and rclone if there is a bridge to it.
    pub fn new(allow: AllowList, rc: Option<RcBridge>, line: Line) -> Self {
        Self { web: WebClient::new(Arc::new(allow), line.names), rc, throttle: line.throttle }
    }

    /// The bridge to rclone, if this target has one.
    pub fn rc(&self) -> Option<&RcBridge> {
        self.rc.as_ref()
    }

    /// Sends one request. Any answer is `Ok`, whatever its status.
    pub async fn send(&self, job: &Job, request: Request) -> Result<Reply, Failure> {
        let method = check_method(&request.method)?;
        let url = check_url(&request.url)?;
        if url.host_str() == Some(RCLONE_HOST) {
            let Some(rc) = &self.rc else { return Err(no_bridge()) };
            return rc.send(job, &method, &url, &request.body).await;
        }
        let headers = headers::check(&request.headers)?;
        let body = PacedBody::new(ExactBody::new(request.body)?, self.throttle.clone(), job);
        self.web.send(method, url, headers, body).await
    }

    /// Reads the next part of an answer, at most `length` bytes; empty only at the end.
    pub async fn read(&self, job: &Job, reply: &mut Reply, length: usize) -> Result<Vec<u8>, Failure> {
        let bytes = reply.read(length).await?;
        // What rclone answers does not leave the machine.
        let mut left = if reply.is_of_web() { bytes.len() as u64 } else { 0 };
        while left > 0 {
            left -= self.throttle.pass(Way::Down, left, &job.meter).await;
        }
        Ok(bytes)
    }
}

fn no_bridge() -> Failure {
    Failure::Blocked("this plugin did not ask for rclone; its manifest needs [permissions.rclone]".into())
}

fn check_method(method: &str) -> Result<http::Method, Failure> {
    let parsed = http::Method::from_bytes(method.as_bytes());
    match parsed {
        Ok(method) if method != http::Method::CONNECT && method != http::Method::TRACE => Ok(method),
        _ => Err(Failure::Blocked(format!("`{}` is not a method a plugin can use", shown(method)))),
    }
}

/// Everything else (the allow-list, the connection, `Host`) is derived from this one value.
fn check_url(text: &str) -> Result<Url, Failure> {
    let refuse = |why: &str| Err(Failure::Blocked(format!("`{}` {why}", shown(text))));
    let Ok(url) = Url::parse(text) else { return refuse("is no address") };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("is neither http nor https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("carries a user name; send it in a header");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return refuse("names no host");
    }
    Ok(url)
}

/// A guest's text as it can stand in a message. What follows `?` and `@` may be secret.
fn shown(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    escape(cut(text, 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_http_with_a_host_and_no_user() {
        for bad in [
            "ftp://a.example/",
            "file:///etc/passwd",
            "https://user@a.example/",
            "https://ok.example@evil.example/",
            "https://",
            "/relative",
            "unix:/run/x.sock",
            "http://a.example:99999/",
        ] {
            assert!(matches!(check_url(bad), Err(Failure::Blocked(_))), "{bad}");
        }
        assert!(check_url("https://a.example/x?y=1").is_ok());
    }

    #[test]
    fn a_refusal_does_not_repeat_what_may_be_secret() {
        let failure = check_url("https://me:hunter2@a.example/?token=abc").unwrap_err();
        assert!(
            !failure.to_string().contains("hunter2") && !failure.to_string().contains("abc"),
            "{failure}"
        );
    }

    #[test]
    fn tunnels_and_traces_are_refused() {
        for bad in ["CONNECT", "TRACE", "GET x", ""] {
            assert!(check_method(bad).is_err(), "{bad}");
        }
        assert!(check_method("PROPFIND").is_ok());
    }
}
