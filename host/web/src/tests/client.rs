//! A client that can send what a browser would not let us send.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub(super) struct Call {
    method: &'static str,
    path: String,
    host: Option<String>,
    headers: Vec<(&'static str, String)>,
    body: String,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    /// The body, whatever it is.
    pub(super) bytes: Bytes,
}

impl Call {
    pub(super) fn new(method: &'static str, path: &str, body: &str) -> Self {
        Self {
            method,
            path: path.into(),
            host: Some("localhost".into()),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(super) fn get(path: &str) -> Self {
        Self::new("GET", path, "")
    }

    pub(super) fn post(path: &str, body: &str) -> Self {
        Self::new("POST", path, body)
    }

    pub(super) fn host(mut self, host: Option<&str>) -> Self {
        self.host = host.map(Into::into);
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(super) async fn send(self, address: SocketAddr) -> Answer {
        self.over(TcpStream::connect(address).await.unwrap()).await
    }

    pub(super) async fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) -> Answer {
        let exchange = self.exchange(stream);
        tokio::time::timeout(Duration::from_secs(20), exchange).await.expect("an answer in time")
    }

    async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) -> Answer {
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        let driver = tokio::spawn(connection);
        let mut request = Request::builder().method(self.method).uri(&self.path);
        for (name, value) in self.host.map(|host| ("host", host)).into_iter().chain(self.headers) {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(self.body))).unwrap();
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        driver.abort();
        let text = String::from_utf8_lossy(&body).into_owned();
        Answer { status: head.status, headers: head.headers, body: text, bytes: body }
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks status and form of an error; gives the sentence.
    pub(super) fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let document = self.json();
        assert!(!document["hint"].as_str().unwrap().is_empty());
        document["error"].as_str().unwrap().to_owned()
    }
}
