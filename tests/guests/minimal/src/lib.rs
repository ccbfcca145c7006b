//! The smallest target: it holds nothing, says so, and has no optional interface.

wit_bindgen::generate!({ path: "../../../wit", world: "sync-target" });

use boothsync::plugin::media::Blob;
use boothsync::plugin::types::{Failure, Object};
use exports::boothsync::plugin::target::{Guest, Report};

struct Minimal;
export!(Minimal);

impl Guest for Minimal {
    fn probe() -> Result<Report, Failure> {
        Ok(Report { summary: "here".into(), facts: vec![] })
    }

    fn put(_object: Object, _previous: Option<String>, _content: &Blob) -> Result<String, Failure> {
        Err(Failure::Unsupported("it holds nothing".into()))
    }

    fn delete(_path: String, _receipt: Option<String>) -> Result<(), Failure> {
        Ok(())
    }
}
