//! A target as a vendor built it against the first published contract, of which it uses everything. It
//! keeps its objects on a plain HTTP store, and a list of them in its durable memory.

wit_bindgen::generate!({ path: "../../../wit/published/0.1.0", world: "sync-target-full" });

use boothsync::plugin::catalog::{Entry, Writer};
use boothsync::plugin::http::{send, Chunk, Request, Response, Span};
use boothsync::plugin::media::Blob;
use boothsync::plugin::types::{Failure, Object, Pause};
use boothsync::plugin::{job, log, secrets, settings, state};
use exports::boothsync::plugin::links::Link;
use exports::boothsync::plugin::target::Report;
use exports::boothsync::plugin::{inventory, links, target};

struct FirstContract;
export!(FirstContract);

const LIST: &str = "objects";

impl target::Guest for FirstContract {
    fn probe() -> Result<Report, Failure> {
        let answer = ask("OPTIONS", "", vec![])?;
        good(&answer, &[])?;
        let facts = vec![("status".to_owned(), answer.status().to_string())];
        Ok(Report { summary: format!("call {}", job::id()), facts })
    }

    fn put(object: Object, previous: Option<String>, content: &Blob) -> Result<String, Failure> {
        let first = content.read(0, 16)?;
        let size = content.size();
        log::write(
            log::Level::Debug,
            &format!("{} after {previous:?}, from {}", object.path, origin(content)),
        );
        job::progress(first.len() as u64, size)?;
        let rest = Span { blob: content, offset: first.len() as u64, length: size - first.len() as u64 };
        make_folders(&object.path)?;
        good(&ask("PUT", &object.path, vec![Chunk::Bytes(first), Chunk::File(rest)])?, &[])?;
        remember(&object.path, true)?;
        content.sha256()
    }

    fn delete(path: String, _receipt: Option<String>) -> Result<(), Failure> {
        good(&ask("DELETE", &path, vec![])?, &[404])?;
        remember(&path, false)
    }
}

impl inventory::Guest for FirstContract {
    fn stat(path: String, receipt: Option<String>) -> Result<Option<Entry>, Failure> {
        let answer = ask("GET", &path, vec![])?;
        good(&answer, &[404])?;
        if answer.status() == 404 {
            return Ok(None);
        }
        let mut size = 0;
        loop {
            match answer.read(1 << 16)?.len() as u64 {
                0 => break,
                part => size += part,
            }
        }
        let facts = answer.headers().into_iter().filter(|(name, _)| name == "etag").collect();
        Ok(Some(Entry { path, size: Some(size), receipt, facts }))
    }

    fn scan(into: &Writer) -> Result<(), Failure> {
        let entry = |path| Entry { path, size: None, receipt: None, facts: vec![] };
        let entries: Vec<_> = list(&state::get(LIST)).into_iter().map(entry).collect();
        into.add(&entries)
    }
}

impl links::Guest for FirstContract {
    fn public_link(path: String, _receipt: Option<String>) -> Result<Option<Link>, Failure> {
        Ok(Some(Link { url: address(&path), expires_at: Some(4_000_000_000_000) }))
    }
}

fn origin(content: &Blob) -> String {
    content.origin().map(|origin| format!("{}/{}", origin.root, origin.path)).unwrap_or_default()
}

fn list(value: &Option<Vec<u8>>) -> Vec<String> {
    let text = String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned();
    text.lines().map(str::to_owned).collect()
}

/// Other calls may be writing the list at the same time.
fn remember(path: &str, is_there: bool) -> Result<(), Failure> {
    loop {
        let before = state::get(LIST);
        let mut paths = list(&before);
        paths.retain(|known| known != path);
        if is_there {
            paths.push(path.to_owned());
        }
        if state::swap(LIST, before.as_deref(), Some(paths.join("\n").as_bytes()))? {
            return Ok(());
        }
    }
}

/// Where the service has folders at all.
fn make_folders(path: &str) -> Result<(), Failure> {
    let mut ends = path.match_indices('/').filter(|_| setting()["folders"] == true);
    ends.try_for_each(|(end, _)| good(&ask("MKCOL", &path[..end], vec![])?, &[405]))
}

fn setting() -> serde_json::Value {
    serde_json::from_str(&settings::json()).unwrap_or_default()
}

fn address(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'/' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let path: String = path.bytes().map(encode).collect();
    format!("{}/{path}", setting()["url"].as_str().unwrap_or_default())
}

fn ask(method: &str, path: &str, body: Vec<Chunk<'_>>) -> Result<Response, Failure> {
    let token = secrets::get("token").unwrap_or_default();
    let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
    send(&Request { method: method.to_owned(), url: address(path), headers, body })
}

fn good(answer: &Response, also: &[u16]) -> Result<(), Failure> {
    let said = format!("the service answered {}", answer.status());
    match answer.status() {
        200..=299 => Ok(()),
        status if also.contains(&status) => Ok(()),
        401 => Err(Failure::Blocked(said)),
        413 => Err(Failure::Rejected(said)),
        429 => {
            let headers = answer.headers();
            let after = headers.iter().find(|(name, _)| name == "retry-after");
            let seconds: u64 = after.and_then(|(_, text)| text.parse().ok()).unwrap_or(10);
            Err(Failure::Wait(Pause { milliseconds: 1000 * seconds, reason: said }))
        }
        300..=399 => Err(Failure::Unsupported(said)),
        _ => Err(Failure::Retry(said)),
    }
}
