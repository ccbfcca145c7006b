//! What `status` shows, of a running engine or of the database alone.

use std::path::Path;
use std::time::Duration;

use crate::blob::Root;
use crate::call::Progress;
use crate::lane::{Gate, LaneView, Shared};
use crate::names::{ObjectPath, TargetName};
use crate::settings::TargetSettings;
use crate::store::{ReplicaCounts, Store, StoreError, TargetId};
use crate::upkeep;
use crate::view::{DatabaseStatus, LaneState, MediaStatus, QueueRow, Status, TargetStatus};

/// Nothing moved for so long: it is said.
const STANDSTILL: Duration = Duration::from_secs(30);

pub(super) async fn media(store: &Store) -> Result<MediaStatus, StoreError> {
    let counts = store.count_items(Root::Media).await?;
    Ok(MediaStatus { items: counts.items, bytes: counts.bytes })
}

pub(super) async fn database(store: &Store) -> Result<DatabaseStatus, StoreError> {
    let note = store.meta(upkeep::NOTE).await?.filter(|note| !note.is_empty());
    Ok(DatabaseStatus { problem: store.trouble(), note })
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

/// Why the lane is as it is, or what it keeps back although it works.
pub(super) async fn reason(shared: &Shared, id: TargetId, view: &LaneView) -> Result<String, StoreError> {
    if view.state != LaneState::Up {
        return Ok(view.reason.clone());
    }
    if let Some(still) = standstill(view) {
        return Ok(format!("no byte has moved for {} s", still.as_secs()));
    }
    let Some(below) = Gate::new(&shared.sync).below_priority() else { return Ok(view.reason.clone()) };
    Ok(match shared.store.count_kept_back(id, below).await? {
        0 => view.reason.clone(),
        1 => "metered: 1 object that no visitor waits for is kept back".into(),
        more => format!("metered: {more} objects that no visitor waits for are kept back"),
    })
}

/// For how long nothing has moved although calls are under way: long before they are given up, somebody
/// who looks should see that the target does not answer.
fn standstill(view: &LaneView) -> Option<Duration> {
    view.progress.iter().map(Progress::still_for).min().filter(|still| *still >= STANDSTILL)
}

/// A row of the queue, with what only the lane knows of it.
pub(super) fn queued(mut row: QueueRow, running: &[ObjectPath]) -> QueueRow {
    if running.contains(&row.path) {
        row.state = "running".into();
        // While a put runs the row is uncertain, but not because of an earlier one.
        if row.work == "resolve" {
            row.work = "put".into();
        }
    }
    row
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
    Ok(Status { media: media(&store).await?, database: database(&store).await?, targets: shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(progress: Vec<Progress>) -> LaneView {
        LaneView {
            state: LaneState::Up,
            reason: String::new(),
            running: Vec::new(),
            progress,
            idle: false,
            quiet: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_target_stands_still_when_none_of_its_calls_moves() {
        let (one, other) = (Progress::default(), Progress::default());
        let view = view(vec![one.clone(), other.clone()]);
        tokio::time::advance(STANDSTILL / 2).await;
        assert_eq!(standstill(&view), None);
        one.set(5, 10);
        tokio::time::advance(STANDSTILL - Duration::from_secs(1)).await;
        // The same again is no movement.
        one.set(5, 10);
        assert_eq!(standstill(&view), None);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(standstill(&view), Some(Duration::from_secs(35)));
        other.add(1);
        assert_eq!(standstill(&view), None);
        assert_eq!(standstill(&LaneView { progress: Vec::new(), ..view }), None);
    }
}
