//! What a target may offer beside: seeing what is there, and links for visitors.

use crate::boothsync::plugin::catalog::{Entry, Writer};
use crate::boothsync::plugin::http::Response;
use crate::boothsync::plugin::types::Failure;
use crate::dav::{refusal, Server, ASIDE};
use crate::exports::boothsync::plugin::{inventory, links};
use crate::WebDav;

impl inventory::Guest for WebDav {
    fn stat(path: String, _receipt: Option<String>) -> Result<Option<Entry>, Failure> {
        let server = Server::of_settings()?;
        let answer = server.ask("PROPFIND", &path, &[("Depth", "0")], vec![])?;
        match answer.status() {
            207 => Ok(listed(&server, &text(&answer)?).into_iter().find_map(Listed::file)),
            404 => Ok(None),
            _ => Err(refusal(&answer)),
        }
    }

    fn scan(into: &Writer) -> Result<(), Failure> {
        let server = Server::of_settings()?;
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let answer = server.ask("PROPFIND", &folder, &[("Depth", "1")], vec![])?;
            match answer.status() {
                207 => {}
                // Somebody was faster.
                404 if !folder.is_empty() => continue,
                _ => return Err(refusal(&answer)),
            }
            let (inner, files): (Vec<_>, Vec<_>) =
                listed(&server, &text(&answer)?).into_iter().partition(|listed| listed.is_folder);
            folders.extend(inner.into_iter().map(|listed| listed.path).filter(|path| *path != folder));
            let entries: Vec<Entry> = files.into_iter().filter_map(Listed::file).collect();
            for portion in entries.chunks(1000) {
                into.add(portion)?;
            }
        }
        Ok(())
    }
}

impl links::Guest for WebDav {
    /// Of use where the server lets everybody read.
    fn public_link(path: String, _receipt: Option<String>) -> Result<Option<links::Link>, Failure> {
        Ok(Some(links::Link { url: Server::of_settings()?.address(&path), expires_at: None }))
    }
}

/// One `response` of a listing.
struct Listed {
    path: String,
    is_folder: bool,
    size: Option<u64>,
    etag: Option<String>,
}

impl Listed {
    fn file(self) -> Option<Entry> {
        if self.is_folder {
            return None;
        }
        let mut facts: Vec<_> = self.etag.into_iter().map(|etag| ("etag".to_owned(), etag)).collect();
        let (folder, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        if let Some(object) = name.strip_prefix(ASIDE) {
            facts.push((
                "unfinished".to_owned(),
                format!("{folder}/{object}").trim_start_matches('/').to_owned(),
            ));
        }
        Some(Entry { path: self.path, size: self.size, receipt: None, facts })
    }
}

fn text(answer: &Response) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    loop {
        match answer.read(1 << 20)? {
            part if part.is_empty() => break,
            part => bytes.extend(part),
        }
    }
    String::from_utf8(bytes).map_err(|_| Failure::Retry("the server's listing is not UTF-8".to_owned()))
}

/// What a listing names below the server's folder. Servers give their elements many a prefix.
fn listed(server: &Server, xml: &str) -> Vec<Listed> {
    let base = path_of(&server.address(""));
    let one = |response: &str| {
        let path = path_of(element(response, "href")?);
        let inside = path.strip_prefix(&base).or((path == base.trim_end_matches('/')).then_some(""))?;
        Some(Listed {
            path: inside.trim_matches('/').to_owned(),
            is_folder: element(response, "resourcetype").is_some_and(|kind| kind.contains("collection")),
            size: element(response, "getcontentlength").and_then(|size| size.trim().parse().ok()),
            etag: element(response, "getetag").map(unescaped),
        })
    };
    elements(xml, "response").into_iter().filter_map(one).collect()
}

/// The decoded path of an address, or of a path alone.
fn path_of(address: &str) -> String {
    let path =
        address.split_once("://").map_or(address, |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
    decoded(&unescaped(path))
}

fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    elements(xml, name).into_iter().next()
}

/// What stands between `<p:name …>` and `</p:name>`, whatever `p` is.
fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (mut found, mut rest) = (Vec::new(), xml);
    while let Some(open) = rest.find('<') {
        rest = &rest[open + 1..];
        let Some(end) = rest.find('>') else { break };
        let tag = rest[..end].split_whitespace().next().unwrap_or_default();
        let (full, local) = (tag, tag.rsplit(':').next().unwrap_or_default());
        if local != name || tag.starts_with('/') || rest[..end].ends_with('/') {
            continue;
        }
        let inner = &rest[end + 1..];
        let Some(close) = inner.find(&format!("</{full}>")) else { break };
        found.push(&inner[..close]);
        rest = &inner[close..];
    }
    found
}

fn unescaped(text: &str) -> String {
    let plain = text.replace("&quot;", "\"").replace("&apos;", "'").replace("&lt;", "<").replace("&gt;", ">");
    plain.replace("&amp;", "&").trim().to_owned()
}

fn decoded(path: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), path.as_bytes());
    while let [first, behind @ ..] = rest {
        let hex = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
