//! What makes the folder itself doubtful, so that no delete may rest on what it seems to lack.
//!
//! A doubt lasts until a scan finds none: what it holds back is decided from what the scan sees and not
//! from what was different before, so a power failure in the middle of it changes nothing.

use super::Folder;
use crate::blob::Root;
use crate::media::{Look, MediaFolder};
use crate::names::MediaKey;
use crate::scan::Scan;
use crate::store::{StoreError, meta};

/// So many files are looked at to see that the folder is not empty.
const SAMPLE: usize = 8;

impl Folder {
    /// Why a complete scan is not to be believed.
    pub(super) async fn suspect(&self, scan: &Scan, volume: &str) -> Result<Option<String>, StoreError> {
        let before = self.shared.store.meta(meta::VOLUME).await?;
        Ok(match before {
            Some(before) if before != volume => {
                Some("the media folder is on another drive than before".into())
            }
            _ if scan.files.is_empty() => Some("the media folder is empty".into()),
            _ => None,
        })
    }

    /// Everything was planned as it is on this drive.
    pub(super) async fn get_used_to(&self, volume: &str) -> Result<(), StoreError> {
        let before = self.shared.store.meta(meta::VOLUME).await?;
        if before.as_deref() == Some(volume) {
            return Ok(());
        }
        self.shared.store.set_meta(meta::VOLUME, volume.to_owned()).await
    }

    /// Whether the folder is the one that was scanned: a file is not gone because its drive is.
    pub(super) async fn same_volume(&self) -> Result<bool, StoreError> {
        let before = self.shared.store.meta(meta::VOLUME).await?;
        let now = self.off_task(MediaFolder::volume).await;
        Ok(matches!((before, now), (Some(before), Ok(now)) if before == now.to_string()))
    }

    /// Whether nothing else may be left in the folder now that these are gone; a scan tells.
    pub(super) async fn may_be_empty(&self, gone: &[MediaKey]) -> Result<bool, StoreError> {
        let others = self.shared.store.some_items(Root::Media, gone.len() + SAMPLE).await?;
        let others: Vec<MediaKey> =
            others.into_iter().map(|item| item.key).filter(|key| !gone.contains(key)).take(SAMPLE).collect();
        let left =
            move |media: &MediaFolder| others.iter().any(|key| matches!(media.look(key), Look::Present(_)));
        Ok(!self.off_task(left).await)
    }
}
