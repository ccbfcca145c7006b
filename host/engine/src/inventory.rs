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
use crate::store::{Held, InventoryChange, ItemId, ItemRow, ReplicaRow, Told};
use crate::version::Version;

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
    /// Hashes of what is there as known.
    told: Vec<Told>,
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
        (Held::Version(held), Some(entry)) if Some(held) == replica.wanted.as_ref() && current => {
            if size_fits(&entry, item) {
                comparison.told.extend(told(replica, &entry));
            } else {
                comparison.changes.push(InventoryChange::Missing { path: replica.path.clone() });
            }
        }
        (Held::Version(held), Some(entry)) => {
            let unsure = replica.held_ms == 0 && current && item.present;
            if unsure && shows_that_it_is_newer(held, &entry, item) {
                comparison.candidates.push((entry, item.clone()));
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

/// Of what an old database says is held, whether the target shows by its size, or will show by its
/// hash, that it holds the item as it is now instead.
fn shows_that_it_is_newer(held: &Version, entry: &Entry, item: &ItemRow) -> bool {
    let another_size = held.size_bytes().is_some_and(|size| size != item.size_bytes);
    size_fits(entry, item) && (another_size || offered_hash(entry).is_some())
}

fn told(replica: &ReplicaRow, entry: &Entry) -> Option<Told> {
    let (algorithm, hash) = offered_hash(entry)?;
    let (path, held_ms) = (replica.path.clone(), replica.held_ms);
    Some(Told { path, held_ms, hash: format!("{algorithm:?} {hash}") })
}

impl Comparison {
    /// Compares what the target tells of what it holds with what it told of it before. What changed
    /// without us is to be sent again; returned is what it tells for the first time. What a service makes
    /// of a picture while it takes it in is not told from the picture: only a later change is one.
    pub fn weigh_told(&mut self, before: &HashMap<ObjectPath, Told>) -> Vec<Told> {
        let mut first = Vec::new();
        for told in std::mem::take(&mut self.told) {
            match before.get(&told.path) {
                Some(before) if before.hash == told.hash => {}
                Some(before) if same_algorithm(&before.hash, &told.hash) => {
                    self.changes.push(InventoryChange::Missing { path: told.path });
                }
                _ => first.push(told),
            }
        }
        first
    }
}

fn same_algorithm(one: &str, other: &str) -> bool {
    one.split(' ').next() == other.split(' ').next()
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
    let key = item.key.clone();
    let computed = folder.off_task(move |folder| folder.open(&key).ok().map(|blob| hash(&blob, algorithm)));
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

#[derive(Debug, Clone, Copy)]
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
