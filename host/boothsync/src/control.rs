//! The way to a running service: its control socket.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::UnixStream;

/// File name of the socket in the data folder.
pub const FILE_NAME: &str = "control.sock";

/// How long the service may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A running service.
pub struct Control {
    socket: PathBuf,
}

/// Why the running service did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("the running service cannot be reached through `{}`: {}", .0.display(), crate::text::io_words(.1))]
    Unreachable(PathBuf, io::Error),
    #[error("the running service broke the connection off; its log says why")]
    Broken(#[source] hyper::Error),
    #[error("the running service answered something else than expected; is it the same version?")]
    Nonsense(#[source] serde_json::Error),
    /// It understood and refused. The text is its own.
    #[error("{0}")]
    Refused(String),
}

impl Control {
    /// The service that works with `data`, if one runs.
    pub async fn find(data: &Path) -> Result<Option<Self>, ControlError> {
        let control = Self { socket: data.join(FILE_NAME) };
        match control.connect().await {
            Ok(_) => Ok(Some(control)),
            Err(error) if is_absence(error.kind()) => Ok(None),
            Err(error) => Err(ControlError::Unreachable(control.socket, error)),
        }
    }

    /// Asks for something.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ControlError> {
        self.call(Method::GET, path, None).await
    }

    /// Orders something.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ControlError> {
        self.call(Method::POST, path, body).await
    }

    /// Orders something with a file as the body.
    pub async fn post_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, ControlError> {
        let response = self.send_body(Method::POST, path, "application/wasm", body.into()).await?;
        answer(response).await
    }

    /// Orders something that is answered bit by bit, one JSON document in each line.
    pub async fn stream(&self, path: &str, body: Option<&Value>) -> Result<Lines, ControlError> {
        let response = self.send(Method::POST, path, body).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(Lines { body: response.into_body(), buffer: Vec::new() });
        }
        Err(refusal(&collect(response).await?))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ControlError> {
        answer(self.send(method, path, body).await?).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>, ControlError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send_body(method, path, "application/json", body.into()).await
    }

    async fn send_body(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, ControlError> {
        let stream =
            self.connect().await.map_err(|error| ControlError::Unreachable(self.socket.clone(), error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(ControlError::Broken)?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "boothsync")
            .header("content-type", media_type)
            .body(Full::new(body))
            .expect("paths are made of percent-encoded parts");
        sender.send_request(request).await.map_err(ControlError::Broken)
    }

    async fn connect(&self) -> io::Result<UnixStream> {
        let connecting = UnixStream::connect(&self.socket);
        tokio::time::timeout(CONNECT_LIMIT, connecting).await.map_err(|_| io::ErrorKind::TimedOut)?
    }
}

/// No socket, or one that nobody listens on any more.
fn is_absence(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

async fn collect(response: Response<Incoming>) -> Result<Bytes, ControlError> {
    Ok(response.into_body().collect().await.map_err(ControlError::Broken)?.to_bytes())
}

async fn answer<T: DeserializeOwned>(response: Response<Incoming>) -> Result<T, ControlError> {
    let status = response.status();
    let bytes = collect(response).await?;
    if !status.is_success() {
        return Err(refusal(&bytes));
    }
    let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
    serde_json::from_slice(text).map_err(ControlError::Nonsense)
}

/// `{"error": ..., "hint": ...}` as a sentence.
fn refusal(body: &[u8]) -> ControlError {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let part = |name| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    ControlError::Refused(match (part("error"), part("hint")) {
        (Some(error), Some(hint)) => format!("{error} ({hint})"),
        (Some(error), None) => error.into(),
        _ => "the running service refused without a reason; its log says more".into(),
    })
}

/// The lines of an answer as they come.
pub struct Lines {
    body: Incoming,
    buffer: Vec<u8>,
}

impl Lines {
    /// The next line's document, `None` at the end.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, ControlError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return serde_json::from_slice(&line).map(Some).map_err(ControlError::Nonsense);
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            if let Ok(data) = frame.map_err(ControlError::Broken)?.into_data() {
                self.buffer.extend_from_slice(&data);
            }
        }
    }
}

const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// `text` as one part of a path or query.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;

    use super::*;

    /// Answers one request after the first connection, which only looked whether somebody is there.
    async fn answering(socket: &Path, answer: &'static str) -> tokio::task::JoinHandle<String> {
        let listener = UnixListener::bind(socket).unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                if length > 0 {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    return String::from_utf8_lossy(&request[..length]).into_owned();
                }
            }
        })
    }

    #[tokio::test]
    async fn without_a_socket_or_with_a_stale_one_no_service_runs() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Control::find(dir.path()).await.unwrap().is_none());
        drop(UnixListener::bind(dir.path().join(FILE_NAME)).unwrap());
        assert!(Control::find(dir.path()).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_the_services_words() {
        let dir = tempfile::tempdir().unwrap();
        let body = r#"{"error":"there is no target `x`","hint":"`boothsync status` lists the targets"}"#;
        let answer = format!("HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let service = answering(&dir.path().join(FILE_NAME), answer.leak()).await;
        let control = Control::find(dir.path()).await.unwrap().unwrap();
        let error = control.post::<Value>("/api/v1/targets/x/pause", None).await.unwrap_err();
        assert_eq!(error.to_string(), "there is no target `x` (`boothsync status` lists the targets)");
        assert!(service.await.unwrap().starts_with("POST /api/v1/targets/x/pause HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn a_stream_is_read_line_by_line() {
        let dir = tempfile::tempdir().unwrap();
        let answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                      4\r\n{\"a\"\r\n8\r\n:1}\n\n{\"a\r\n6\r\n\":2}\n\n\r\n0\r\n\r\n";
        let _service = answering(&dir.path().join(FILE_NAME), answer).await;
        let control = Control::find(dir.path()).await.unwrap().unwrap();
        let mut lines = control.stream("/api/v1/sync", None).await.unwrap();
        assert_eq!(lines.next::<Value>().await.unwrap().unwrap()["a"], 1);
        assert_eq!(lines.next::<Value>().await.unwrap().unwrap()["a"], 2);
        assert!(lines.next::<Value>().await.unwrap().is_none());
    }

    #[test]
    fn keys_are_encoded_whole() {
        assert_eq!(encode("a/b c#ü%.jpg"), "a%2Fb%20c%23%C3%BC%25.jpg");
    }
}
