//! Calls methods of the rc API.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::watch;

use crate::endpoint::Endpoint;
use crate::redact;
use crate::state::State;

/// rclone closes a connection after 60 s without a call; ours are given up well before.
const IDLE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(5);

/// Why a call did not succeed. Texts hold no credentials and not the call's input, which rclone
/// echoes in its errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RcError {
    /// There is no child that answers, or it ended during the call.
    #[error("rclone is not running: {0}")]
    NotRunning(String),
    /// The endpoint did not accept our credentials: something else listens there.
    #[error("rclone did not accept its own credentials for `{0}`")]
    Unauthorized(String),
    /// HTTP 404: no such object, folder or method.
    #[error("rclone's `{method}` found nothing: {text}")]
    NotFound {
        /// The method that was called.
        method: String,
        /// What rclone said.
        text: String,
    },
    /// Any other refusal. With status 500 nothing but the text tells what it was.
    #[error("rclone's `{method}` failed with status {status}: {text}")]
    Failed {
        /// The method that was called.
        method: String,
        /// HTTP status: 400 for bad parameters, 500 for nearly everything else.
        status: u16,
        /// What rclone said.
        text: String,
    },
}

impl RcError {
    /// HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NotRunning(_) => None,
            Self::Unauthorized(_) => Some(401),
            Self::NotFound { .. } => Some(404),
            Self::Failed { status, .. } => Some(*status),
        }
    }
}

/// Calls whichever child is running. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    state: watch::Receiver<State>,
}

impl Client {
    pub(crate) fn new(state: watch::Receiver<State>) -> Self {
        Self { state }
    }

    /// Calls `method`, such as `operations/stat`, and returns its answer. There is no time limit:
    /// a call that copies a file lasts as long as that. Dropping the future cancels the call in
    /// rclone too, unless it was sent with `_async`.
    pub async fn call(&self, method: &str, input: &Value) -> Result<Value, RcError> {
        let (http, endpoint) = self.running()?;
        call_at(&http, &endpoint, method, input).await
    }

    /// As [`Client::call`], but given up after `limit`.
    pub async fn call_within(&self, limit: Duration, method: &str, input: &Value) -> Result<Value, RcError> {
        let (http, endpoint) = self.running()?;
        within(limit, call_at(&http, &endpoint, method, input)).await
    }

    fn running(&self) -> Result<(reqwest::Client, Endpoint), RcError> {
        let state = self.state.borrow();
        match state.running() {
            Some(running) => Ok((running.http.clone(), running.endpoint.clone())),
            None => Err(RcError::NotRunning(state.note().unwrap_or("it was not started yet").into())),
        }
    }
}

/// Connections to one child. Never through a proxy, never redirected, and only ever plain HTTP to
/// the loopback interface, so no certificates are loaded.
pub(crate) fn http() -> reqwest::Client {
    // Its client wants a TLS provider in the process even for plain HTTP; a second one is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .tcp_nodelay(true)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .build()
        .expect("a client of constants only can always be built")
}

/// One call to one endpoint.
pub(crate) async fn call_at(
    http: &reqwest::Client,
    endpoint: &Endpoint,
    method: &str,
    input: &Value,
) -> Result<Value, RcError> {
    let url = format!("http://{}/{method}", endpoint.addr);
    let request = http.post(url).basic_auth(&endpoint.user, Some(&endpoint.password)).json(input);
    let broken = |error: reqwest::Error| RcError::NotRunning(chain(&error.without_url()));
    let response = request.send().await.map_err(broken)?;
    let status = response.status();
    let body = response.bytes().await.map_err(broken)?;
    if status.is_success() {
        return serde_json::from_slice(&body)
            .map_err(|_| failed(method, status, "the answer is not JSON".into()));
    }
    Err(refused(method, status, &body))
}

/// Turns a call that lasts longer than `limit` into a failure.
pub(crate) async fn within(
    limit: Duration,
    call: impl Future<Output = Result<Value, RcError>>,
) -> Result<Value, RcError> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_) => Err(RcError::NotRunning(format!("no answer within {limit:?}"))),
    }
}

fn refused(method: &str, status: StatusCode, body: &[u8]) -> RcError {
    let said = serde_json::from_slice::<Value>(body).ok();
    let text = match said.as_ref().and_then(|said| said["error"].as_str()) {
        Some(error) => redact::text(error),
        None => redact::text(String::from_utf8_lossy(body).trim()),
    };
    match status {
        StatusCode::UNAUTHORIZED => RcError::Unauthorized(method.into()),
        StatusCode::NOT_FOUND => RcError::NotFound { method: method.into(), text },
        _ => failed(method, status, text),
    }
}

fn failed(method: &str, status: StatusCode, text: String) -> RcError {
    RcError::Failed { method: method.into(), status: status.as_u16(), text }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_what_was_said_and_drops_the_echoed_input() {
        let body = br#"{"error":"couldn't use :ftp,host=h,pass=sekret: 530","input":{"pass":"sekret"},"path":"operations/stat","status":500}"#;
        let error = refused("operations/stat", StatusCode::INTERNAL_SERVER_ERROR, body);
        assert_eq!(
            error.to_string(),
            "rclone's `operations/stat` failed with status 500: couldn't use :ftp,host=h,pass=[hidden]: 530"
        );
    }

    #[test]
    fn statuses_are_told_apart() {
        let status =
            |status: u16, body: &str| refused("m", StatusCode::from_u16(status).unwrap(), body.as_bytes());
        assert_eq!(status(401, "401 Unauthorized\n"), RcError::Unauthorized("m".into()));
        assert_eq!(
            status(404, r#"{"error":"object not found"}"#),
            RcError::NotFound { method: "m".into(), text: "object not found".into() }
        );
        assert_eq!(status(405, "Method Not Allowed\n").status(), Some(405));
    }
}
