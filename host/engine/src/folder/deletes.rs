//! Between the plan and the targets: the wipe guard weighs deletes, and what it objects to is held back.

use std::collections::HashSet;

use tracing::{info, warn};

use super::Folder;
use super::converge::{Trigger, follows};
use crate::guard::{self, Deletes};
use crate::lane::LaneHandle;
use crate::plan::Plan;
use crate::store::{DropReason, Held, ReplicaRow, StoreError};
use crate::view::EventKind;

impl Folder {
    /// Holds the plan's deletes back where they look like an accident.
    pub(super) async fn guard(
        &self,
        lane: &LaneHandle,
        plan: &mut Plan,
        suspicion: Option<&str>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let new = plan.dropped(DropReason::Gone).count() as u64;
        if new == 0 {
            return Ok(());
        }
        if suspicion.is_none() && new + self.recent_deletes(lane, now_ms).await? <= guard::ALWAYS_ALLOWED {
            return Ok(());
        }
        let replicas = self.shared.store.replicas(lane.id).await?;
        let going = deleted(plan, DropReason::Gone, &replicas);
        let deletes = self.weigh(lane, &going, &replicas, now_ms).await?;
        match guard::objection(deletes, self.shared.sync.max_delete_percent, suspicion) {
            Some(reason) => self.hold(lane, plan, DropReason::Gone, going.len(), reason, now_ms).await,
            None => Ok(()),
        }
    }

    /// Holds back what other settings say is over: a slip of the pen must not empty a target either.
    pub(super) async fn guard_expiry(
        &self,
        lane: &LaneHandle,
        plan: &mut Plan,
        replicas: &[ReplicaRow],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let going = deleted(plan, DropReason::Expired, replicas).len();
        let deletes = Deletes { new: going as u64, held: held(replicas), ..Deletes::default() };
        match guard::objection(deletes, self.shared.sync.max_delete_percent, None) {
            Some(reason) => {
                let reason = format!("{reason}, because expire_after was changed");
                self.hold(lane, plan, DropReason::Expired, going, reason, now_ms).await
            }
            None => Ok(()),
        }
    }

    /// Holds the plan's deletes of this kind, `count` of them, back as one set.
    async fn hold(
        &self,
        lane: &LaneHandle,
        plan: &mut Plan,
        kind: DropReason,
        count: usize,
        reason: String,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let count = count as u64;
        let set = match self.shared.identity.hold(&lane.name, &reason, count, self.shared.clock.now()) {
            Ok(set) => set,
            Err(problem) => {
                // Held back all the same: a number that no confirmation can name until it is known.
                warn!(target.name = %lane.name, "the held deletes could not be written down: {problem}");
                0
            }
        };
        plan.hold(kind, set);
        let waiting =
            if kind == DropReason::Gone { self.shared.store.hold_waiting(lane.id, set).await? } else { 0 };
        let count = count + waiting;
        warn!(
            target.name = %lane.name, hold.set = set, count,
            "{count} deletes on `{}` wait for `boothsync confirm-deletes --target {}`: {reason}", lane.name, lane.name
        );
        let told = EventKind::DeletesHeld { target: lane.name.clone(), set, count, reason };
        self.shared.tell(self.shared.store.log(vec![told], now_ms).await?);
        Ok(())
    }

    /// Whether so many files are gone that the guard could object, or that a folder was moved. Only a
    /// look at everything is to be judged then: a moved folder is told piece by piece, its new place last.
    pub(super) async fn are_many(&self, gone: usize) -> Result<bool, StoreError> {
        if gone == 0 {
            return Ok(false);
        }
        let now_ms = self.shared.now_ms();
        let new = gone as u64;
        for lane in self.lanes.iter().filter(|lane| follows(lane, Trigger::Change)) {
            let recent = self.recent_deletes(lane, now_ms).await?;
            if new + recent <= guard::ALWAYS_ALLOWED {
                continue;
            }
            let held = self.shared.store.count_replicas(lane.id).await?.held;
            let deletes = Deletes { new, waiting: recent, done: 0, held };
            if guard::objection(deletes, self.shared.sync.max_delete_percent, None).is_some() {
                return Ok(true);
            }
        }
        Ok(new > guard::ALWAYS_ALLOWED)
    }

    /// Deletes that are weighed together with new ones.
    async fn recent_deletes(&self, lane: &LaneHandle, now_ms: i64) -> Result<u64, StoreError> {
        let waiting = self.shared.store.deletes_waiting(lane.id).await?;
        Ok(waiting + self.shared.store.deletes_since(lane.id, now_ms - guard::WINDOW_MS).await?)
    }

    async fn weigh(
        &self,
        lane: &LaneHandle,
        going: &[&ReplicaRow],
        replicas: &[ReplicaRow],
        now_ms: i64,
    ) -> Result<Deletes, StoreError> {
        let moved = self.shared.store.moved().await?;
        let counts = |replica: &&ReplicaRow| !moved.contains(&replica.item);
        let waiting = replicas.iter().filter(|replica| replica.unconfirmed_gone && replica.hold.is_none());
        Ok(Deletes {
            new: going.iter().copied().filter(counts).count() as u64,
            waiting: waiting.filter(counts).count() as u64,
            done: self.shared.store.deletes_since(lane.id, now_ms - guard::WINDOW_MS).await?,
            held: held(replicas),
        })
    }

    /// Sets that nothing is held back in any more need no confirmation.
    pub(super) async fn release_empty_holds(&self) -> Result<(), StoreError> {
        for hold in self.shared.identity.holds() {
            let Some(lane) = self.lanes.iter().find(|lane| lane.name == hold.target) else { continue };
            if self.shared.store.count_hold(lane.id, hold.set).await? > 0 {
                continue;
            }
            info!(target.name = %lane.name, hold.set = hold.set, "the deletes held back on `{}` are no longer wanted", lane.name);
            if let Err(problem) = self.shared.identity.release(&lane.name, hold.set) {
                warn!("{problem}");
            }
        }
        Ok(())
    }
}

/// What the plan deletes for this reason. An object that never came to be there is only forgotten.
fn deleted<'a>(plan: &Plan, why: DropReason, replicas: &'a [ReplicaRow]) -> Vec<&'a ReplicaRow> {
    let going: HashSet<_> = plan.dropped(why).collect();
    replicas.iter().filter(|replica| replica.held != Held::Nothing && going.contains(&replica.path)).collect()
}

fn held(replicas: &[ReplicaRow]) -> u64 {
    replicas.iter().filter(|replica| replica.held != Held::Nothing).count() as u64
}
