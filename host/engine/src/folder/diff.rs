//! What a look at the folder found, compared with the items that are known. Pure.

use std::collections::{HashMap, HashSet};

use crate::blob::{FileIdentity, Root};
use crate::filter::{Filter, Priorities};
use crate::names::MediaKey;
use crate::scan::SeenFile;
use crate::store::{ItemChange, ItemRow};
use crate::version::Version;

/// What decides which files are items.
pub(super) struct Sieve {
    pub filter: Filter,
    pub priorities: Priorities,
}

impl Sieve {
    /// The change that a file in this state makes; `None` if it is known like this.
    pub fn seen(
        &self,
        key: &MediaKey,
        identity: &FileIdentity,
        known: Option<&ItemRow>,
    ) -> Option<ItemChange> {
        let (version, priority) = (Version::of(identity), self.priorities.of(key));
        let as_known =
            known.is_some_and(|item| item.present && item.version == version && item.priority == priority);
        (!as_known).then(|| ItemChange::Seen {
            root: Root::Media,
            key: key.clone(),
            version,
            size_bytes: identity.size_bytes,
            modified_ms: i64::try_from(identity.mtime_ns / 1_000_000).unwrap_or(0),
            priority,
        })
    }

    /// Changes by files that are there, in the order in which they were written: who waited longest
    /// goes first.
    pub fn arrivals<'a>(
        &self,
        files: impl Iterator<Item = &'a SeenFile>,
        known: &HashMap<&MediaKey, &ItemRow>,
    ) -> Vec<ItemChange> {
        let mut news: Vec<(&SeenFile, ItemChange)> = files
            .filter_map(|file| {
                Some((file, self.seen(&file.key, &file.identity, known.get(&file.key).copied())?))
            })
            .collect();
        // Beside each other in the database, too: a memory card's times are the same for many files.
        news.sort_by(|(a, _), (b, _)| (a.identity.mtime_ns, &a.key).cmp(&(b.identity.mtime_ns, &b.key)));
        news.into_iter().map(|(_, change)| change).collect()
    }

    /// Items that a complete scan did not find. What the filter leaves out now is not gone.
    pub fn missing<'a>(&self, files: &[SeenFile], known: &'a [ItemRow]) -> Vec<&'a ItemRow> {
        let there: HashSet<&MediaKey> = files.iter().map(|file| &file.key).collect();
        known
            .iter()
            .filter(|item| item.present && !there.contains(&item.key) && self.filter.matches(&item.key))
            .collect()
    }
}
