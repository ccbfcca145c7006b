//! Plain HTTP to rclone's rc API on this machine. No TLS, no names, so much less than a web client.

use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::Value;

use crate::doors::RcEndpoint;
use crate::limits::{POOL_CONNECTIONS, POOL_IDLE, RC_REPLY_BYTES};

/// How long the host's own small questions may take.
const ASIDE: Duration = Duration::from_secs(5);

/// Connections of one target to rclone.
#[derive(Clone)]
pub(super) struct RcClient(Client<HttpConnector, Full<Bytes>>);

/// Why there is no answer.
pub(super) type NoAnswer = hyper_util::client::legacy::Error;

impl RcClient {
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(ASIDE));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_CONNECTIONS)
            .build(connector);
        Self(client)
    }

    /// Calls a method; returns once rclone has finished it.
    pub async fn call(
        &self,
        endpoint: &RcEndpoint,
        method: &str,
        input: &Value,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let login = format!("{}:{}", endpoint.user, endpoint.password);
        let login = base64::engine::general_purpose::STANDARD.encode(login);
        let request = Request::post(format!("http://{}/{method}", endpoint.addr))
            .header(header::AUTHORIZATION, format!("Basic {login}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(input.to_string().into()))
            .expect("an address, a known method and base64 make a valid request");
        self.0.request(request).await
    }

    /// Asks something on the host's own behalf, `None` if there is no good answer in time.
    pub async fn ask(&self, endpoint: &RcEndpoint, method: &str, input: &Value) -> Option<Value> {
        let answer = async {
            let response = self.call(endpoint, method, input).await.ok()?;
            let good = response.status().is_success();
            let body = gather(response.into_body()).await.ok()?;
            if good { serde_json::from_slice(&body).ok() } else { None }
        };
        tokio::time::timeout(ASIDE, answer).await.ok().flatten()
    }
}

/// A whole body, if it is not too large.
pub(super) async fn gather(body: Incoming) -> Result<Bytes, String> {
    let gathered = Limited::new(body, RC_REPLY_BYTES).collect().await;
    gathered.map(|whole| whole.to_bytes()).map_err(|error| error.to_string())
}
