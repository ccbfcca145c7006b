//! Sync target: a folder on a WebDAV server.
//!
//! This file is all that a target has to be. `dav` speaks the protocol; `extras` adds what is optional:
//! seeing what is there, and links for visitors.

wit_bindgen::generate!({ path: "../../../wit", world: "sync-target-full" });

mod dav;
mod extras;

use boothsync::plugin::http::{Chunk, Span};
use boothsync::plugin::media::Blob;
use boothsync::plugin::types::{Failure, Object};
use dav::{refusal, Server};
use exports::boothsync::plugin::target::{Guest, Report};

struct WebDav;
export!(WebDav);

impl Guest for WebDav {
    fn probe() -> Result<Report, Failure> {
        let server = Server::of_settings()?;
        let answer = server.ask("PROPFIND", "", &[("Depth", "0")], vec![])?;
        match answer.status() {
            207 => Ok(Report { summary: format!("WebDAV folder {}", server.url), facts: vec![] }),
            404 => Err(Failure::Blocked(format!("there is no folder {}: make it", server.url))),
            _ => Err(refusal(&answer)),
        }
    }

    fn put(object: Object, _previous: Option<String>, content: &Blob) -> Result<String, Failure> {
        let server = Server::of_settings()?;
        // Everybody sees what has come so far of an upload, so it goes beside and is renamed.
        let aside = dav::aside(&object.path);
        let whole = || vec![Chunk::File(Span { blob: content, offset: 0, length: object.size })];
        let headers = [("Content-Type", object.media_type.as_str())];
        let mut answer = server.ask("PUT", &aside, &headers, whole())?;
        if matches!(answer.status(), 403 | 404 | 409) {
            server.make_folders(&object.path)?;
            answer = server.ask("PUT", &aside, &headers, whole())?;
        }
        if !matches!(answer.status(), 200..=299) {
            return Err(refusal(&answer));
        }
        let to = server.address(&object.path);
        let answer = server.ask("MOVE", &aside, &[("Destination", &to), ("Overwrite", "T")], vec![])?;
        match answer.status() {
            200..=299 => Ok(String::new()),
            _ => Err(refusal(&answer)),
        }
    }

    fn delete(path: String, _receipt: Option<String>) -> Result<(), Failure> {
        let answer = Server::of_settings()?.ask("DELETE", &path, &[], vec![])?;
        match answer.status() {
            200..=299 | 404 => Ok(()),
            _ => Err(refusal(&answer)),
        }
    }
}
