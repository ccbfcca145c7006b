//! What `status` shows, of a running engine or of the database alone.

use std::path::Path;

use crate::blob::Root;
use crate::names::TargetName;
use crate::settings::TargetSettings;
use crate::store::{ReplicaCounts, Store, StoreError};
use crate::view::{LaneState, MediaStatus, Status, TargetStatus};

pub(super) async fn media(store: &Store) -> Result<MediaStatus, StoreError> {
    let counts = store.count_items(Root::Media).await?;
    Ok(MediaStatus { items: counts.items, bytes: counts.bytes })
}

pub(super) fn target(
    name: &TargetName,
    state: LaneState,
    reason: String,
    running: u64,
    counts: ReplicaCounts,
) -> TargetStatus {
    TargetStatus {
        name: name.clone(),
        state,
        reason,
        wanted: counts.wanted,
        held: counts.held,
        pending: counts.pending,
        running,
        rejected: counts.rejected,
        held_deletes: counts.held_deletes,
        left_behind: counts.left_behind,
    }
}

/// The status as the database in `data` has it, while no service runs.
pub async fn offline_status(data: &Path, targets: &[TargetSettings]) -> Result<Status, StoreError> {
    let store = Store::open_read_only(data)?;
    let mut shown = Vec::with_capacity(targets.len());
    for settings in targets {
        let known = store.target(&settings.name).await?;
        let counts = match &known {
            Some(known) => store.count_replicas(known.id).await?,
            None => ReplicaCounts::default(),
        };
        let (state, reason) = if !settings.enabled {
            (LaneState::Off, "switched off in the configuration (enabled = false)")
        } else if known.is_some_and(|known| known.paused) {
            (LaneState::Paused, "paused by the operator")
        } else {
            (LaneState::Off, "the service is not running")
        };
        shown.push(target(&settings.name, state, reason.into(), 0, counts));
    }
    Ok(Status { media: media(&store).await?, targets: shown })
}
