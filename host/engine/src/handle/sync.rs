//! Syncing on demand, and waiting until a lane has nothing left to do.

use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::{Engine, OrderError};
use crate::folder::Order as FolderOrder;
use crate::lane::{LaneHandle, LaneView, Order as LaneOrder, Shared};
use crate::names::TargetName;
use crate::store::ReplicaCounts;
use crate::view::LaneState;

/// How often a sync that is to end looks again at files that may still be written.
const SETTLING_SCANS: u32 = 5;
/// How long a target that was given up on may take to show that it is usable again.
const SECOND_LOOK: Duration = Duration::from_secs(5);

/// How a call to [`Engine::sync_once`] ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncOutcome {
    /// Objects that are not as they should be.
    pub left: u64,
    /// Objects of them that were refused or failed.
    pub failed: u64,
    /// Targets that are blocked, waiting or off, with the reason.
    pub unusable: Vec<(TargetName, String)>,
}

impl Engine {
    /// Starts a full sync of one or all targets now; blocked targets are probed first.
    pub async fn sync(&self, target: Option<&TargetName>) -> Result<(), OrderError> {
        let lanes = self.lanes(target)?;
        self.scan().await?;
        nudge(lanes).await;
        Ok(())
    }

    /// Scans, then waits until nothing that can be done is left: everything is as it should be,
    /// parked, held back, or its target unusable.
    pub async fn sync_once(&self, target: Option<&TargetName>) -> Result<SyncOutcome, OrderError> {
        let lanes = self.lanes(target)?.into_iter().cloned().collect::<Vec<_>>();
        let tried = lanes.iter().map(|lane| (lane.clone(), lane.views())).collect::<Vec<_>>();
        self.scan_until_settled().await?;
        nudge(&lanes).await;
        self.look(&lanes).await?;
        let mut outcome = SyncOutcome::default();
        for (lane, views) in tried {
            let view = settled(views, &self.0.shared).await;
            let counts = self.0.shared.store.count_replicas(lane.id).await?;
            outcome.count(&lane, view, counts);
        }
        Ok(outcome)
    }

    /// Resolves once these lanes have seen what is queued now.
    async fn look(&self, lanes: &[LaneHandle]) -> Result<(), OrderError> {
        for lane in lanes {
            let (reply, looked) = oneshot::channel();
            lane.order(LaneOrder::Look(reply)).await;
            looked.await.map_err(|_| OrderError::Stopping)?;
        }
        Ok(())
    }

    /// Scans again while files were left out because they may still be written, for a few seconds.
    async fn scan_until_settled(&self) -> Result<(), OrderError> {
        for _ in 0..SETTLING_SCANS {
            if self.scan().await? == 0 {
                break;
            }
            tokio::time::sleep(self.0.settle).await;
        }
        Ok(())
    }

    async fn scan(&self) -> Result<usize, OrderError> {
        let (reply, answer) = oneshot::channel();
        self.0.folder.send(FolderOrder::Sync(reply)).await.map_err(|_| OrderError::Stopping)?;
        Ok(answer.await.map_err(|_| OrderError::Stopping)??)
    }
}

impl SyncOutcome {
    fn count(&mut self, lane: &LaneHandle, view: LaneView, counts: ReplicaCounts) {
        self.left += counts.pending + counts.rejected + counts.held_deletes;
        self.failed += counts.rejected;
        let switched_off = !lane.rules.settings.enabled;
        // In quiet hours, too, there may be nothing to do.
        let rests = view.quiet && counts.pending == 0;
        if view.state != LaneState::Up && !switched_off && !rests {
            self.unusable.push((lane.name.clone(), view.reason));
        }
    }
}

async fn nudge<'a>(lanes: impl IntoIterator<Item = &'a LaneHandle>) {
    for lane in lanes {
        lane.order(LaneOrder::Nudge).await;
    }
}

/// The lane's view once it is idle, or unusable and not getting better.
async fn settled(mut views: watch::Receiver<LaneView>, shared: &Shared) -> LaneView {
    loop {
        let view = views.borrow_and_update().clone();
        match view.state {
            LaneState::Up if view.idle => return view,
            LaneState::Paused | LaneState::Off => return view,
            LaneState::Waiting if view.quiet => return view,
            LaneState::Blocked | LaneState::Waiting => {
                // A probe may be on its way.
                let better = views.wait_for(|view| view.state == LaneState::Up);
                if tokio::time::timeout(SECOND_LOOK, better).await.is_err() {
                    return view;
                }
            }
            LaneState::Up => {
                tokio::select! {
                    () = shared.soft_stop.cancelled() => return view,
                    changed = views.changed() => if changed.is_err() { return view },
                }
            }
        }
    }
}
