//! Compares what lies in the media folder with what the server has and what a visitor gets.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::board::{Picture, Stage as Progress};
use super::stage::{Stage, TARGET};
use crate::http;

/// The plugin whose lines in the log count.
const PLUGIN: &str = "rclone";

/// What came of one picture.
pub struct Verdict {
    /// Its path below the media folder.
    pub key: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the source, in hex.
    pub digest: String,
    /// Time from its close until the target had it.
    pub took: Option<Duration>,
    /// The file on the server is the same, byte by byte.
    pub on_server: bool,
    /// What a visitor gets through the share link's address is the same, byte by byte.
    pub through_link: bool,
    /// The component's log has a line about it.
    pub through_component: bool,
}

impl Verdict {
    /// Nothing is wrong with it.
    pub fn good(&self) -> bool {
        self.on_server && self.through_link && self.through_component && self.took.is_some()
    }
}

/// The link that a visitor gets for a picture.
pub fn share_link(socket: &Path, key: &str) -> Result<String> {
    let path = format!("/api/v1/links?key={}", http::encode(key));
    let links = http::over_socket(socket, "GET", &path, Some(Duration::from_secs(5)))?.json()?;
    let links = links.as_array().context("the links of a picture are a list")?;
    let link = links.iter().find(|link| link["target"] == TARGET);
    let url = link.and_then(|link| link["url"].as_str());
    Ok(url.with_context(|| format!("{key} has no link"))?.to_owned())
}

/// Compares every picture.
pub fn compare(stage: &Stage, pictures: &[Picture]) -> Result<Vec<Verdict>> {
    let log = std::fs::read_to_string(stage.log())?;
    pictures.iter().map(|picture| judge(stage, picture, &log)).collect()
}

fn judge(stage: &Stage, picture: &Picture, log: &str) -> Result<Verdict> {
    let key = picture.key.clone();
    let source = std::fs::read(stage.media().join(&key))?;
    let stored = std::fs::read(stage.on_server(&key)).unwrap_or_default();
    let visited = share_link(&stage.socket(), &key).and_then(|link| visit(&link)).unwrap_or_default();
    Ok(Verdict {
        size_bytes: source.len() as u64,
        digest: hex(&source),
        took: if let Progress::Online(took) = picture.stage { Some(took) } else { None },
        on_server: stored == source,
        through_link: visited == source,
        through_component: log.lines().any(|line| tells_of(line, &key)),
        key,
    })
}

/// Follows a share link as the share page does: the picture's address is in what stands behind `#`.
fn visit(link: &str) -> Result<Vec<u8>> {
    let address = link.split_once("url=").map_or(link, |(_, rest)| rest.split('&').next().unwrap_or(rest));
    let answer = http::get(&http::decode(address))?;
    ensure!(answer.status == 200, "answered {}", answer.status);
    answer.bytes()
}

/// Whether the visitor's page is there.
pub fn share_page_is_there(stage: &Stage) -> Result<bool> {
    let answer = http::get(&stage.share_page())?;
    Ok(answer.status == 200 && String::from_utf8_lossy(&answer.bytes()?).to_lowercase().contains("<html"))
}

/// Whether a line is the component's own and about this picture.
fn tells_of(line: &str, key: &str) -> bool {
    line.contains(&format!(" {PLUGIN}: ")) && line.contains(&format!("media/{key}"))
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_component_count() {
        assert!(tells_of("INFO rclone: put media/a.jpg plugin.name=rclone", "a.jpg"));
        assert!(!tells_of("INFO uploaded media/a.jpg to `webspace`", "a.jpg"));
    }
}
