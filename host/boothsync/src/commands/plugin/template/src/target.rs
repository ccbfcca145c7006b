//! The target itself. What each function has to do stands in wit/plugin.wit.

use crate::boothsync::plugin::http::{Chunk, Span};
use crate::boothsync::plugin::media::Blob;
use crate::boothsync::plugin::types::{Failure, Object};
use crate::exports::boothsync::plugin::target::{Guest, Report};
use crate::service::{refusal, Service};

struct Target;
crate::export!(Target with_types_in crate);

impl Guest for Target {
    fn probe() -> Result<Report, Failure> {
        let service = Service::of_settings()?;
        let answer = service.ask("OPTIONS", "", &[], vec![])?;
        match answer.status() {
            200..=299 => Ok(Report { summary: format!("{} answers", service.url), facts: vec![] }),
            _ => Err(refusal(&answer)),
        }
    }

    fn put(object: Object, _previous: Option<String>, content: &Blob) -> Result<String, Failure> {
        // Boothsync sends the file by itself: it never has to fit into the plugin's memory.
        let whole = Chunk::File(Span { blob: content, offset: 0, length: object.size });
        let headers = [("Content-Type", object.media_type.as_str())];
        let answer = Service::of_settings()?.ask("PUT", &object.path, &headers, vec![whole])?;
        match answer.status() {
            // What is returned here comes back with the next call for this object: an id, for example.
            200..=299 => Ok(String::new()),
            _ => Err(refusal(&answer)),
        }
    }

    fn delete(path: String, _receipt: Option<String>) -> Result<(), Failure> {
        let answer = Service::of_settings()?.ask("DELETE", &path, &[], vec![])?;
        match answer.status() {
            // Something already gone is success.
            200..=299 | 404 | 410 => Ok(()),
            _ => Err(refusal(&answer)),
        }
    }
}
