//! The component: the contract's types on one side, this plugin's plain ones on the other.

mod imports;

use crate::target::{self, Source};
use imports::Imports;
use kit::Fault;

wit_bindgen::generate!({ path: "../../wit", world: "sync-target-full" });

use boothsync::plugin::catalog::{Entry, Writer};
use boothsync::plugin::log;
use boothsync::plugin::media::Blob;
use boothsync::plugin::types::{Failure, Object, Pause};
use exports::boothsync::plugin::{inventory, links, target as exported};

struct Rclone;

export!(Rclone);

/// Entries handed over at once; the contract allows 1,000.
const BATCH: usize = 1_000;

impl exported::Guest for Rclone {
    fn probe() -> Result<exported::Report, Failure> {
        let report = target::probe(&Imports)?;
        Ok(exported::Report { summary: report.summary, facts: report.facts })
    }

    fn put(object: Object, _previous: Option<String>, content: &Blob) -> Result<String, Failure> {
        let origin = content.origin().ok_or_else(|| {
            Failure::Unsupported(
                "rclone reads files itself, and this one lies nowhere that it could read".into(),
            )
        })?;
        let source = Source { root: &origin.root, path: &origin.path };
        let receipt = target::put(&Imports, &object.path, object.size, source)?;
        log::write(log::Level::Debug, &format!("{} is on the remote ({} bytes)", object.path, object.size));
        Ok(receipt)
    }

    fn delete(path: String, _receipt: Option<String>) -> Result<(), Failure> {
        Ok(target::delete(&Imports, &path)?)
    }
}

impl inventory::Guest for Rclone {
    fn stat(path: String, _receipt: Option<String>) -> Result<Option<Entry>, Failure> {
        Ok(target::stat(&Imports, &path)?.map(Entry::from))
    }

    fn scan(into: &Writer) -> Result<(), Failure> {
        target::scan(&Imports, |found| {
            let mut entries = found.into_iter().map(Entry::from);
            loop {
                let batch: Vec<Entry> = entries.by_ref().take(BATCH).collect();
                if batch.is_empty() {
                    return Ok(());
                }
                into.add(&batch).map_err(Fault::from)?;
            }
        })?;
        Ok(())
    }
}

impl links::Guest for Rclone {
    fn public_link(path: String, _receipt: Option<String>) -> Result<Option<links::Link>, Failure> {
        let link = target::public_link(&Imports, &path)?;
        let expires_at = link.expires_at.map(|seconds| seconds.saturating_mul(1000));
        Ok(Some(links::Link { url: link.url, expires_at }))
    }
}

impl From<target::Found> for Entry {
    fn from(found: target::Found) -> Self {
        Self { path: found.path, size: found.size, receipt: None, facts: found.facts }
    }
}

kit::failure_is_fault!(Failure, Pause);
