//! An answer, whose body is pulled by the guest and never gathered by the host.

use std::error::Error;

use bytes::{Buf, Bytes};
use engine::Failure;
use http::StatusCode;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::headers;
use crate::text::escape;

/// An answer of any status.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    body: Rest,
    /// What came but was not asked for yet: at most one frame.
    buffer: Bytes,
}

enum Rest {
    Nothing,
    Web(Box<reqwest::Response>),
    Rc(Incoming),
}

impl Reply {
    /// From a web host.
    pub fn of_web(response: reqwest::Response) -> Self {
        let headers = headers::of_reply(response.headers());
        let status = response.status().as_u16();
        Self { status, headers, body: Rest::Web(Box::new(response)), buffer: Bytes::new() }
    }

    /// From rclone, as it comes.
    pub fn of_rc(status: StatusCode, body: Incoming) -> Self {
        Self { status: status.as_u16(), headers: json(), body: Rest::Rc(body), buffer: Bytes::new() }
    }

    /// From rclone, taken apart before.
    pub fn whole(status: StatusCode, body: Bytes) -> Self {
        Self { status: status.as_u16(), headers: json(), body: Rest::Nothing, buffer: body }
    }

    /// Whether it comes over the network.
    pub fn is_of_web(&self) -> bool {
        matches!(self.body, Rest::Web(_))
    }

    /// The next part, at most `length` bytes; empty only at the end.
    pub async fn read(&mut self, length: usize) -> Result<Vec<u8>, Failure> {
        while self.buffer.is_empty() {
            match self.body.next().await? {
                Some(bytes) => self.buffer = bytes,
                None => return Ok(Vec::new()),
            }
        }
        // A length of nothing would look like the end.
        let part = self.buffer.len().min(length.max(1));
        let bytes = self.buffer[..part].to_vec();
        self.buffer.advance(part);
        Ok(bytes)
    }
}

impl Rest {
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        match self {
            Self::Nothing => Ok(None),
            Self::Web(response) => response.chunk().await.map_err(|error| broken(&error)),
            Self::Rc(body) => loop {
                match body.frame().await {
                    None => return Ok(None),
                    Some(Err(error)) => return Err(broken(&error)),
                    Some(Ok(frame)) => {
                        if let Ok(bytes) = frame.into_data() {
                            return Ok(Some(bytes));
                        }
                    }
                }
            },
        }
    }
}

fn broken(error: &dyn Error) -> Failure {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    Failure::Retry(format!("the answer broke off: {}", escape(&inner.to_string())))
}

fn json() -> Vec<(String, String)> {
    vec![("content-type".into(), "application/json".into())]
}
