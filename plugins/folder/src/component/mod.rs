//! The component: the contract's types on one side, this plugin's plain ones on the other.

mod opened;

wit_bindgen::generate!({
    inline: "
        package boothsync:folder;
        world folder {
            include boothsync:plugin/sync-target@0.1.0;
            export boothsync:plugin/inventory@0.1.0;
        }
    ",
    path: "../../wit",
    world: "boothsync:folder/folder",
    generate_all,
});

use boothsync::plugin::catalog::{Entry, Writer};
use boothsync::plugin::media::Blob;
use boothsync::plugin::types::{Failure, Object, Pause};
use boothsync::plugin::{job, log, settings};
use exports::boothsync::plugin::{inventory, target};

use crate::put::Content;
use crate::scan::Found;
use kit::Fault;
use opened::Opened;

struct Folder;

export!(Folder);

/// Bytes copied at once; the host gives no more.
const PART: u32 = 1 << 20;

impl target::Guest for Folder {
    fn probe() -> Result<target::Report, Failure> {
        crate::probe::probe(&Opened::find()?)?;
        Ok(target::Report { summary: format!("Folder {}", shown_path()), facts: vec![] })
    }

    fn put(object: Object, _previous: Option<String>, content: &Blob) -> Result<String, Failure> {
        Ok(crate::put::put(&Opened::find()?, &object.path, content.size(), &mut Bytes(content))?)
    }

    fn delete(path: String, _receipt: Option<String>) -> Result<(), Failure> {
        Ok(crate::remove::delete(&Opened::find()?, &path)?)
    }
}

impl inventory::Guest for Folder {
    fn stat(path: String, _receipt: Option<String>) -> Result<Option<Entry>, Failure> {
        Ok(crate::scan::stat(&Opened::find()?, &path)?.map(Entry::from))
    }

    fn scan(into: &Writer) -> Result<(), Failure> {
        let add = |found: Vec<Found>| {
            let entries: Vec<Entry> = found.into_iter().map(Entry::from).collect();
            into.add(&entries).map_err(Fault::from)
        };
        let skipped = |folder: &str| {
            log::write(log::Level::Debug, &format!("the folder {folder} cannot be read and is passed over"));
        };
        Ok(crate::scan::scan(&Opened::find()?, add, skipped)?)
    }
}

/// The path as the operator wrote it; only the host knows what it means.
fn shown_path() -> String {
    let settings: Option<serde_json::Value> = serde_json::from_str(&settings::json()).ok();
    settings.and_then(|settings| settings["path"].as_str().map(str::to_owned)).unwrap_or_default()
}

struct Bytes<'a>(&'a Blob);

impl Content for Bytes<'_> {
    fn read(&mut self, offset: u64) -> Result<Vec<u8>, Fault> {
        Ok(self.0.read(offset, PART)?)
    }

    fn progress(&mut self, done: u64, total: u64) -> Result<(), Fault> {
        Ok(job::progress(done, total)?)
    }
}

impl From<Found> for Entry {
    fn from(found: Found) -> Self {
        let modified = found.modified.map(|modified| ("modified".to_owned(), modified.to_string()));
        Self {
            path: found.path,
            size: Some(found.size),
            receipt: None,
            facts: modified.into_iter().collect(),
        }
    }
}

kit::failure_is_fault!(Failure, Pause);
