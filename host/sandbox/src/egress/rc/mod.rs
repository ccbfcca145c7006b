//! The bridge to the supervised rclone: what a plugin sends to `http://rclone.internal/` goes through
//! the firewall, gets real names and credentials, and its answer comes back without them.

mod client;
mod firewall;
mod methods;
#[cfg(test)]
mod properties;
mod scrub;
mod target;
mod trace;
mod watch;

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use engine::Failure;
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;
use url::Url;

pub(crate) use target::target_fs;
pub(crate) use trace::RcTrace;

use super::{Chunk, Reply};
use crate::doors::{RcDoor, RcEndpoint};
use crate::guest::Job;
use crate::limits::RC_REQUEST_BYTES;
use client::{NoAnswer, RcClient, gather};
use firewall::{Admitted, Scope, admit};
use scrub::Scrubber;

/// What one target may do with rclone.
pub(crate) struct RcGrant {
    /// The methods that its plugin asked for.
    pub methods: Vec<String>,
    /// What `@target` stands for, the same for as long as the settings are.
    pub target: String,
    /// What `@media` stands for.
    pub media: String,
    /// What `@pages` stands for.
    pub pages: String,
}

/// One target's way to rclone.
pub(crate) struct RcBridge {
    door: Arc<dyn RcDoor>,
    grant: RcGrant,
    scrubber: Scrubber,
    client: RcClient,
}

impl RcBridge {
    /// Connects nothing yet.
    pub fn new(door: Arc<dyn RcDoor>, grant: RcGrant) -> Self {
        let scrubber = Scrubber::new(&grant.media, &grant.pages);
        Self { door, grant, scrubber, client: RcClient::new() }
    }

    /// Makes one rc call for a guest.
    pub async fn send(
        &self,
        job: &Job,
        method: &Method,
        url: &Url,
        body: &[Chunk],
    ) -> Result<Reply, Failure> {
        let admitted = self.admit(job, method, url, body).map_err(Failure::Blocked)?;
        let endpoint = self.door.endpoint().ok_or_else(not_running)?;
        let grouped = admitted.input.get("_group").is_some();
        let pending = job.rc.begin(admitted.method.changes, grouped);
        let response = self.call(job, &endpoint, &admitted).await.map_err(|error| no_answer(&error))?;
        pending.answered();
        self.reply(&admitted, response).await
    }

    fn admit(&self, job: &Job, method: &Method, url: &Url, body: &[Chunk]) -> Result<Admitted, String> {
        if method != Method::POST || url.scheme() != "http" || url.port().is_some() || url.query().is_some() {
            return Err("rclone is called by POST on http://rclone.internal/<method>".into());
        }
        let scope = Scope {
            methods: &self.grant.methods,
            target: &self.grant.target,
            media: &self.grant.media,
            pages: &self.grant.pages,
            group: &job.call.id,
            origin: job.content.as_ref().map(|blob| blob.origin()),
        };
        admit(&scope, url.path().trim_start_matches('/'), &gather_input(body)?)
    }

    async fn call(
        &self,
        job: &Job,
        endpoint: &RcEndpoint,
        admitted: &Admitted,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let call = self.client.call(endpoint, admitted.method.name, &admitted.input);
        if !admitted.method.long {
            return call.await;
        }
        tokio::select! {
            response = call => response,
            never = self.follow(job, endpoint) => match never {},
        }
    }

    async fn reply(&self, admitted: &Admitted, response: Response<Incoming>) -> Result<Reply, Failure> {
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            return Err(Failure::Retry("rclone is being restarted".into()));
        }
        if status.is_success() && !admitted.method.names_folders {
            return Ok(Reply::of_rc(status, response.into_body()));
        }
        let body = gather(response.into_body()).await;
        let body = body.map_err(|why| Failure::Retry(format!("rclone's answer could not be read: {why}")))?;
        Ok(Reply::whole(status, self.scrubber.scrub(&body).into()))
    }
}

fn gather_input(body: &[Chunk]) -> Result<Bytes, String> {
    let mut input = Vec::new();
    for chunk in body {
        let Chunk::Bytes(bytes) = chunk else {
            return Err("an rclone call has no file in its body; name it as its source".into());
        };
        if input.len() + bytes.len() > RC_REQUEST_BYTES {
            return Err("the input of an rclone call has at most 64 KiB".into());
        }
        input.extend_from_slice(bytes);
    }
    Ok(input.into())
}

fn not_running() -> Failure {
    Failure::Retry("rclone is not running yet".into())
}

fn no_answer(error: &NoAnswer) -> Failure {
    let mut inner: &dyn Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    Failure::Retry(format!("rclone gave no answer: {inner}"))
}
