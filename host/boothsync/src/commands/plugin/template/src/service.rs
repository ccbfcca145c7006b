//! The service that the pictures go to, and what its answers mean for Boothsync.

use crate::address::encoded;
use crate::boothsync::plugin::http::{send, Chunk, Request, Response};
use crate::boothsync::plugin::types::{Failure, Pause};
use crate::boothsync::plugin::{secrets, settings};

/// How long to leave the service alone when it says that there are too many of us, but not for how long.
const PAUSE_SECONDS: u64 = 30;

/// The service as the operator set it up.
pub struct Service {
    /// Without a slash at its end.
    pub url: String,
    token: Option<String>,
}

impl Service {
    /// The settings fit the schema; Boothsync has looked.
    pub fn of_settings() -> Result<Self, Failure> {
        let settings: serde_json::Value = serde_json::from_str(&settings::json())
            .map_err(|error| Failure::Blocked(format!("the settings are no JSON: {error}")))?;
        let url = settings["url"].as_str().unwrap_or_default();
        Ok(Self { url: url.trim_end_matches('/').to_owned(), token: secrets::get("token") })
    }

    /// Sends one request. Any answer is fine here, of any status.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<Chunk<'_>>,
    ) -> Result<Response, Failure> {
        let login = self.token.iter().map(|token| ("Authorization".to_owned(), format!("Bearer {token}")));
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        send(&Request {
            method: method.to_owned(),
            url: format!("{}/{}", self.url, encoded(path)),
            headers: headers.chain(login).collect(),
            body,
        })
    }
}

/// What Boothsync should do about an answer that is not the one that was hoped for.
pub fn refusal(answer: &Response) -> Failure {
    let headers = answer.headers();
    let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted);
    let after = header("retry-after").and_then(|(_, text)| text.trim().parse::<u64>().ok());
    let status = answer.status();
    let said = format!("the service answered {status}");
    match status {
        429 | 503 if status == 429 || after.is_some() => {
            let milliseconds = 1000 * after.unwrap_or(PAUSE_SECONDS);
            Failure::Wait(Pause { milliseconds, reason: said })
        }
        401 | 403 => Failure::Blocked(format!("{said}: check the token")),
        300..=399 | 404 | 405 => Failure::Blocked(format!("{said}: check the address")),
        400 | 413 | 415 | 422 => Failure::Rejected(said),
        507 => Failure::Blocked(format!("{said}: there is no room left")),
        _ => Failure::Retry(said),
    }
}
