//! Looks at single files and directories, and what of a look can be believed: a file that nobody writes
//! any more, and a file that is gone.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use super::Folder;
use super::converge::Trigger;
use crate::blob::{FileIdentity, Root};
use crate::media::{Look, MediaFolder};
use crate::names::MediaKey;
use crate::scan::SeenFile;
use crate::store::{ItemChange, ItemRow, StoreError};
use crate::version::Version;
use crate::watch::WatchKind;

impl Folder {
    /// Looks at everything below a directory that is new, moved or gone.
    pub(super) async fn look_below(&mut self, dir: MediaKey) -> Result<(), StoreError> {
        let (filter, below) = (self.sieve.filter.clone(), dir.clone());
        let scan = self.off_task(move |media| media.scan_below(&below, &filter)).await;
        let known = self.shared.store.items_below(Root::Media, &dir).await?;
        let mut gone = Vec::new();
        if scan.complete() && self.same_volume().await? {
            gone = self.gone(self.sieve.missing(&scan.files, &known)).await;
        }
        if self.are_many(gone.len()).await? {
            return self.sync(Trigger::Full).await;
        }
        if scan.files.is_empty() && !gone.is_empty() {
            let keys: Vec<MediaKey> = known.iter().map(|item| item.key.clone()).collect();
            if self.may_be_empty(&keys).await? {
                return self.sync(Trigger::Full).await;
            }
        }
        let files = self.settled(scan.files, &known, &gone);
        let mut changes = self.sieve.arrivals(files.iter(), &by_key(&known));
        changes.extend(gone);
        self.take_in(changes, None).await
    }

    /// Of the items that a scan did not find, those that are gone when looked at by name: a rename
    /// during the scan can hide a file from it.
    pub(super) async fn gone(&self, missing: Vec<&ItemRow>) -> Vec<ItemChange> {
        let missing: Vec<_> = missing.into_iter().map(|item| (item.id, item.key.clone())).collect();
        self.off_task(move |media| {
            let gone = missing
                .into_iter()
                .filter(|(_, key)| matches!(media.look(key), Look::Absent | Look::NotPlain));
            gone.map(|(id, _)| ItemChange::Gone(id)).collect()
        })
        .await
    }

    /// Looks at single files.
    pub(super) async fn look(&mut self, keys: Vec<MediaKey>) -> Result<(), StoreError> {
        let keys: Vec<MediaKey> = keys.into_iter().filter(|key| self.sieve.filter.matches(key)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let known = self.shared.store.items_of(Root::Media, keys.clone()).await?;
        let look_at =
            |media: &MediaFolder| keys.into_iter().map(|key| (media.look(&key), key)).collect::<Vec<_>>();
        let looked = self.off_task(look_at).await;
        let (mut there, mut gone) = (Vec::new(), Vec::new());
        for (look, key) in looked {
            match look {
                Look::Present(identity) if !self.watch.is_open(&key) => {
                    there.push(SeenFile { key, identity })
                }
                Look::Present(_) => {}
                // A folder or a link in the place of a file: the file is gone.
                Look::Absent | Look::NotPlain => gone.push(key),
                Look::Failed(error) => warn!(media.key = %key, "{key} cannot be looked at: {error}"),
            }
        }
        let known = by_key(&known);
        let mut changes = self.sieve.arrivals(there.iter(), &known);
        gone.retain(|key| known.get(key).is_some_and(|item| item.present));
        if !gone.is_empty() && self.same_volume().await? {
            let nothing_left = there.is_empty() && self.may_be_empty(&gone).await?;
            if nothing_left || self.are_many(gone.len()).await? {
                return self.sync(Trigger::Full).await;
            }
            let items = gone.iter().filter_map(|key| known.get(key));
            changes.extend(items.map(|item| ItemChange::Gone(item.id)));
        }
        self.take_in(changes, None).await
    }

    /// Of the files that a scan found, those that nobody is writing, as far as can be told. The others
    /// are looked at again once they hold still. What is `gone` and lies here now held still before.
    pub(super) fn settled(
        &mut self,
        files: Vec<SeenFile>,
        known: &[ItemRow],
        gone: &[ItemChange],
    ) -> Vec<SeenFile> {
        let now = self.shared.clock.now();
        let left = versions_of(gone, known);
        let known = by_key(known);
        // Where closing cannot be seen, the clock that dates the files may be another machine's.
        let events = matches!(self.watch.kind(), WatchKind::Events);
        let news = |file: &SeenFile| {
            self.sieve.seen(&file.key, &file.identity, known.get(&file.key).copied()).is_some()
        };
        let (settled, unsettled): (Vec<_>, Vec<_>) = files.into_iter().filter(news).partition(|file| {
            let finished =
                events && !self.watch.is_open(&file.key) && holds_still(&file.identity, now, self.settle);
            finished || left.contains(&Version::of(&file.identity))
        });
        self.unsettled = unsettled.len();
        for file in unsettled.into_iter().filter(|file| !self.watch.is_open(&file.key)) {
            self.watch.settle_later(file.key);
        }
        settled
    }
}

/// Written long enough ago. A time in the future says nothing.
fn holds_still(identity: &FileIdentity, now: Timestamp, settle: Duration) -> bool {
    let age_ns = now.as_nanosecond() - identity.mtime_ns;
    age_ns >= i128::try_from(settle.as_nanos()).unwrap_or(i128::MAX)
}

/// What the files had in them that are gone now, or were already.
fn versions_of<'a>(gone: &[ItemChange], known: &'a [ItemRow]) -> HashSet<&'a Version> {
    let gone: HashSet<_> = gone
        .iter()
        .filter_map(|change| match change {
            ItemChange::Gone(id) => Some(*id),
            ItemChange::Seen { .. } => None,
        })
        .collect();
    known.iter().filter(|item| !item.present || gone.contains(&item.id)).map(|item| &item.version).collect()
}

pub(super) fn by_key(items: &[ItemRow]) -> HashMap<&MediaKey, &ItemRow> {
    items.iter().map(|item| (&item.key, item)).collect()
}
