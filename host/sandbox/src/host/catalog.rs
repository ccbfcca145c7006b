//! `catalog`: what a plugin finds on its target.

use engine::{Entry, Failure};
use tokio::sync::mpsc;
use wasmtime::component::Resource;

use super::answer;
use crate::bindings::wit::catalog::{Entry as WitEntry, Host, HostWriter};
use crate::bindings::wit::types::Failure as WitFailure;
use crate::convert;
use crate::drive::MARKER;
use crate::guest::Guest;
use crate::limits::{SCAN_BYTES, SCAN_PORTION};
use crate::lines::Level;
use crate::units::show_bytes;

/// What stands behind a guest's `writer`.
pub struct WriterHandle {
    into: mpsc::Sender<Vec<Entry>>,
    taken: u64,
    bytes: u64,
}

impl WriterHandle {
    /// Sends what the guest finds into `into`.
    pub(crate) fn new(into: mpsc::Sender<Vec<Entry>>) -> Self {
        Self { into, taken: 0, bytes: 0 }
    }

    fn count(&mut self, entries: &[WitEntry], most: u64) -> Result<(), Failure> {
        self.taken += entries.len() as u64;
        self.bytes += entries.iter().map(length).sum::<u64>();
        let text = match () {
            () if entries.len() > SCAN_PORTION => {
                format!("at most {SCAN_PORTION} entries are taken at a time")
            }
            () if self.taken > most => format!(
                "the plugin found more than {most} objects; `entries` in [plugin.NAME] of the configuration allows more"
            ),
            () if self.bytes > SCAN_BYTES => {
                format!(
                    "what the plugin says of the objects it found is longer than {}",
                    show_bytes(SCAN_BYTES)
                )
            }
            () => return Ok(()),
        };
        Err(Failure::Rejected(text))
    }
}

/// Bytes of all texts of an entry.
fn length(entry: &WitEntry) -> u64 {
    let facts: usize = entry.facts.iter().map(|(name, value)| name.len() + value.len()).sum();
    (entry.path.len() + entry.receipt.as_ref().map_or(0, String::len) + facts) as u64
}

impl Host for Guest {}

impl HostWriter for Guest {
    async fn add(
        &mut self,
        this: Resource<WriterHandle>,
        entries: Vec<WitEntry>,
    ) -> wasmtime::Result<Result<(), WitFailure>> {
        let most = self.job.meter.limits().scan_entries;
        let writer = self.common.table.get_mut(&this)?;
        if let Err(failure) = writer.count(&entries, most) {
            return answer(Err(failure));
        }
        let into = writer.into.clone();
        let portion = self.usable(entries);
        let job = self.job.clone();
        let sent = job.wait(async { into.send(portion).await.map_err(|_| Failure::Cancelled) }).await;
        // However long the host took to make room, the guest did its part.
        job.meter.touch();
        answer(sent)
    }

    fn drop(&mut self, this: Resource<WriterHandle>) -> wasmtime::Result<()> {
        self.common.table.delete(this)?;
        Ok(())
    }
}

impl Guest {
    fn usable(&self, entries: Vec<WitEntry>) -> Vec<Entry> {
        let found = entries.len();
        let usable: Vec<Entry> = entries.into_iter().filter_map(convert::entry).collect();
        if usable.len() < found {
            let text =
                format!("{} names found on the target cannot be names of objects", found - usable.len());
            self.common.log.write(Level::Debug, &text);
        }
        usable.into_iter().filter(|entry| !self.is_marker(entry)).collect()
    }

    /// The host's own file on a drive is no object.
    fn is_marker(&self, entry: &Entry) -> bool {
        self.context.folder.is_some() && entry.path.as_str() == MARKER
    }
}
