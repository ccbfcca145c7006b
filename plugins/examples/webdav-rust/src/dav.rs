//! A WebDAV server, and what its answers mean for the host.

use crate::boothsync::plugin::http::{send, Chunk, Request, Response};
use crate::boothsync::plugin::types::{Failure, Pause};
use crate::boothsync::plugin::{secrets, settings};

/// How long to leave a service alone that says that there are too many of us, but not for how long.
const PAUSE_SECONDS: u64 = 30;
/// In front of the name of an upload that is not whole yet.
pub const ASIDE: &str = ".boothsync-";

/// The folder that the operator typed.
pub struct Server {
    /// Without a slash at its end.
    pub url: String,
    login: Option<String>,
}

impl Server {
    /// The settings fit the schema; the host has looked.
    pub fn of_settings() -> Result<Self, Failure> {
        let settings: serde_json::Value = serde_json::from_str(&settings::json())
            .map_err(|error| Failure::Blocked(format!("the settings are no JSON: {error}")))?;
        let text = |name: &str| settings[name].as_str().unwrap_or_default();
        let login = |password| format!("Basic {}", base64(format!("{}:{password}", text("user")).as_bytes()));
        Ok(Self {
            url: text("url").trim_end_matches('/').to_owned(),
            login: secrets::get("password").map(login),
        })
    }

    /// The address of an object. The empty path is the folder itself.
    pub fn address(&self, path: &str) -> String {
        format!("{}/{}", self.url, encoded(path))
    }

    /// Sends one request. Any answer is fine here, of any status.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<Chunk<'_>>,
    ) -> Result<Response, Failure> {
        let login = self.login.iter().map(|login| ("Authorization".to_owned(), login.clone()));
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        send(&Request {
            method: method.to_owned(),
            url: self.address(path),
            headers: headers.chain(login).collect(),
            body,
        })
    }

    /// Makes the folders above `path`. Those that are there answer 405, which is as good.
    pub fn make_folders(&self, path: &str) -> Result<(), Failure> {
        for (end, _) in path.match_indices('/') {
            let answer = self.ask("MKCOL", &path[..end], &[], vec![])?;
            if !matches!(answer.status(), 200..=299 | 405) {
                return Err(refusal(&answer));
            }
        }
        Ok(())
    }
}

/// Where an object is uploaded to until it is whole.
pub fn aside(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    format!("{folder}/{ASIDE}{name}").trim_start_matches('/').to_owned()
}

/// What the host should do about an answer that is not the one that was hoped for.
pub fn refusal(answer: &Response) -> Failure {
    let headers = answer.headers();
    let header =
        |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let status = answer.status();
    let said = format!("the server answered {status}");
    match status {
        429 | 503 if status == 429 || header("retry-after").is_some() => {
            let seconds = header("retry-after").and_then(|text| text.trim().parse().ok());
            let milliseconds = 1000 * seconds.unwrap_or(PAUSE_SECONDS);
            Failure::Wait(Pause { milliseconds, reason: said })
        }
        300..=399 => {
            let to = header("location").unwrap_or("nowhere");
            Failure::Blocked(format!("{said}, it sends us to {to}: enter the address it leads to"))
        }
        401 | 403 | 407 => Failure::Blocked(format!("{said}: check user name and password")),
        404 | 405 | 409 => Failure::Blocked(format!("{said}: check the address")),
        400 | 413 | 414 | 415 | 422 => Failure::Rejected(said),
        507 => Failure::Blocked(format!("{said}: its disk is full")),
        _ => Failure::Retry(said),
    }
}

/// A path as it stands in an address.
pub fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(byte.into())
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number =
            chunk.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { letter.into() } else { '=' });
        }
    }
    text
}
