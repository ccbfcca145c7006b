//! What a target says it holds, compared with what is known. Pure but for the hashes of local files.

use std::collections::{BTreeSet, HashMap};

use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;
use tracing::warn;

use crate::blob::{Blob, Root};
use crate::media::MediaFolder;
use crate::names::{MediaKey, ObjectPath};
use crate::naming::composed;
use crate::object::Entry;
use crate::store::{Held, InventoryChange, ItemId, ItemRow, ReplicaRow};

/// What a listing and the records differ in.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Objects that the target holds.
    pub found: usize,
    /// Objects of them that we know nothing of: reported, and left alone.
    pub unknown: usize,
    changes: Vec<InventoryChange>,
    /// Of the right size; to be adopted unless a hash says otherwise.
    candidates: Vec<(Entry, ItemRow)>,
}

/// Compares. `path` says where an item belongs on this target.
pub(crate) fn compare(
    mut entries: HashMap<ObjectPath, Entry>,
    replicas: &[ReplicaRow],
    items: &[ItemRow],
    takedowns: &BTreeSet<MediaKey>,
    path: impl Fn(&ItemRow) -> Option<ObjectPath>,
) -> Comparison {
    let by_id: HashMap<ItemId, &ItemRow> = items.iter().map(|item| (item.id, item)).collect();
    let mut comparison = Comparison { found: entries.len(), ..Comparison::default() };
    for replica in replicas {
        let entry = entries.remove(&replica.path);
        if let Some(item) = by_id.get(&replica.item) {
            weigh(replica, item, entry, &mut comparison);
        }
    }
    comparison.unknown = entries.len();
    uncover(&entries, items, takedowns, path, &mut comparison);
    comparison
}

fn weigh(replica: &ReplicaRow, item: &ItemRow, entry: Option<Entry>, comparison: &mut Comparison) {
    let current = replica.wanted.as_ref() == Some(&item.version);
    match (&replica.held, entry) {
        (Held::Version(held), Some(entry)) => {
            let as_known = Some(held) != replica.wanted.as_ref() || size_fits(&entry, item);
            if !as_known && current {
                comparison.changes.push(InventoryChange::Missing { path: replica.path.clone() });
            }
        }
        (Held::Version(_), None) => {
            comparison.changes.push(InventoryChange::Missing { path: replica.path.clone() })
        }
        (Held::Nothing, Some(entry)) if current && item.present && size_fits(&entry, item) => {
            comparison.candidates.push((entry, item.clone()));
        }
        // What an abandoned call did is found out by the next one.
        (Held::Nothing | Held::Uncertain { .. }, _) => {}
    }
}

/// Something that lies where a taken-down item would: we put it there before the records were lost.
/// Such items have no replica, since nothing is wanted and nothing known to be held.
fn uncover(
    entries: &HashMap<ObjectPath, Entry>,
    items: &[ItemRow],
    takedowns: &BTreeSet<MediaKey>,
    path: impl Fn(&ItemRow) -> Option<ObjectPath>,
    comparison: &mut Comparison,
) {
    if entries.is_empty() || takedowns.is_empty() {
        return;
    }
    let off = |item: &&ItemRow| item.root == Root::Media && takedowns.contains(&composed(&item.key));
    for item in items.iter().filter(off) {
        if let Some(path) = path(item).filter(|path| entries.contains_key(path)) {
            comparison.changes.push(InventoryChange::Uncover { path, item: item.id });
        }
    }
}

/// The changes, after reading those local files whose hash the service told.
pub(crate) async fn settle(
    comparison: Comparison,
    media: &MediaFolder,
    pages: &MediaFolder,
) -> Vec<InventoryChange> {
    let mut changes = comparison.changes;
    for (entry, item) in comparison.candidates {
        let folder = if item.root == Root::Media { media } else { pages };
        if same_content(&entry, &item, folder).await {
            let (path, version) = (entry.path, item.version);
            changes.push(InventoryChange::Adopt { path, version, receipt: entry.receipt });
        }
    }
    changes
}

/// Whether what lies there has the item's size and, where the service tells a hash, its hash.
pub(crate) async fn same_content(entry: &Entry, item: &ItemRow, folder: &MediaFolder) -> bool {
    if !size_fits(entry, item) || entry.size_bytes.is_none() {
        return false;
    }
    let Some((algorithm, told)) = offered_hash(entry) else { return true };
    let (folder, key) = (folder.clone(), item.key.clone());
    let computed =
        tokio::task::spawn_blocking(move || folder.open(&key).ok().map(|blob| hash(&blob, algorithm)));
    match computed.await {
        Ok(Some(Ok(own))) => own == told,
        Ok(Some(Err(error))) => {
            warn!(media.key = %item.key, "{} could not be read to compare it: {error}", item.key);
            false
        }
        Ok(None) | Err(_) => false,
    }
}

fn size_fits(entry: &Entry, item: &ItemRow) -> bool {
    entry.size_bytes.is_none_or(|size| size == item.size_bytes)
}

#[derive(Clone, Copy)]
enum Algorithm {
    Sha256,
    Sha1,
    Md5,
}

fn offered_hash(entry: &Entry) -> Option<(Algorithm, String)> {
    let of =
        |name: &str| entry.facts.iter().find(|(fact, _)| fact == name).map(|(_, value)| value.to_lowercase());
    let sha256 = of("sha256").map(|value| (Algorithm::Sha256, value));
    let sha1 = || of("sha1").map(|value| (Algorithm::Sha1, value));
    let md5 = || of("md5").map(|value| (Algorithm::Md5, value));
    sha256.or_else(sha1).or_else(md5).filter(|(_, value)| !value.is_empty())
}

fn hash(blob: &Blob, algorithm: Algorithm) -> std::io::Result<String> {
    match algorithm {
        Algorithm::Sha256 => blob.digest::<Sha256>(),
        Algorithm::Sha1 => blob.digest::<Sha1>(),
        Algorithm::Md5 => blob.digest::<Md5>(),
    }
}

#[cfg(test)]
mod tests;
