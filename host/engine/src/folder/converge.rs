//! From changed items to planned replicas: reconcile for each target, with the wipe guard in between.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tracing::{info, warn};

use super::Folder;
use crate::guard::{self, Deletes};
use crate::lane::LaneHandle;
use crate::plan::{self, Desired, Plan};
use crate::rules::{Moment, Rules};
use crate::store::{
    DropReason, Held, ItemChange, ItemId, ItemRow, Planned, ReplicaRow, StoreError, TargetId,
};
use crate::view::EventKind;

/// A rename is seen as a new file and a gone one; this long its delete waits for its put.
const DELETE_DELAY_MS: i64 = 10_000;

/// Arrivals are recorded at most so many at a time.
const PORTION: usize = 4_000;

/// Why targets are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// Something changed.
    Change,
    /// The clock.
    Full,
    /// The start, or the operator: every target that is enabled.
    Order,
}

/// A plan that sees every item.
struct Complete {
    /// Fingerprint of the rules.
    rules: String,
    /// Generation of the items.
    generation: i64,
    /// The rules are others than those of the last such plan.
    other_rules: bool,
}

impl Folder {
    /// Takes in files that are new or changed, and plans them for every target that follows changes. In
    /// portions, so that the first of them need not wait for the last, nor other writes for all of them.
    pub(super) async fn take_in_arrivals(&self, changes: Vec<ItemChange>) -> Result<(), StoreError> {
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            self.take_in_portion(changes.by_ref().take(PORTION).collect()).await?;
        }
        Ok(())
    }

    async fn take_in_portion(&self, changes: Vec<ItemChange>) -> Result<(), StoreError> {
        let lanes: Vec<&LaneHandle> =
            self.lanes.iter().filter(|lane| follows(lane, Trigger::Change)).collect();
        let rules: HashMap<TargetId, Arc<Rules>> =
            lanes.iter().map(|lane| (lane.id, Arc::clone(&lane.rules))).collect();
        let (now_ms, takedowns) = (self.shared.now_ms(), self.shared.identity.takedowns());
        let plan = move |target: TargetId, items: &[ItemRow], replicas: &[ReplicaRow]| {
            // What an arrival shows to be over is for the full sync, which weighs such deletes.
            let moment = Moment { takedowns: &takedowns, now_ms, clock_believed: false };
            let mut desired: Vec<_> =
                items.iter().filter_map(|item| rules.get(&target)?.desire(item, &moment)).collect();
            // Of two that are spelled alike, the first.
            desired.sort_by(|a, b| a.item.key.cmp(&b.item.key));
            plan::plan(&desired, replicas).changes
        };
        let targets = lanes.iter().map(|lane| lane.id).collect();
        let events = self.shared.store.arrive(changes, targets, plan, now_ms).await?;
        lanes.iter().for_each(|lane| lane.wake());
        self.shared.tell(events);
        Ok(())
    }

    /// Plans the items that changed for every target that follows changes.
    pub(super) async fn plan_changed(
        &self,
        items: &[ItemRow],
        suspicion: Option<&str>,
    ) -> Result<(), StoreError> {
        if items.is_empty() {
            return Ok(());
        }
        for lane in self.lanes.iter().filter(|lane| follows(lane, Trigger::Change)) {
            let ids = items.iter().map(|item| item.id).collect::<Vec<ItemId>>();
            let replicas = self.shared.store.replicas_of(lane.id, ids).await?;
            self.plan_target(lane, items, &replicas, suspicion, None).await?;
        }
        Ok(())
    }

    /// Plans every item for every target whose rules or items changed since its last complete plan.
    pub(super) async fn plan_all(&self, trigger: Trigger, suspicion: Option<&str>) -> Result<(), StoreError> {
        let generation = self.shared.store.generation().await?;
        let takedowns = self.shared.identity.takedowns();
        let mut items = None;
        for lane in self.lanes.iter().filter(|lane| follows(lane, trigger)) {
            let rules = lane.rules.fingerprint(&takedowns);
            let last = self.shared.store.target(&lane.name).await?;
            let current = last.as_ref().is_some_and(|last| last.rules == rules && last.planned == generation);
            let other_rules = last.is_some_and(|last| !last.rules.is_empty() && last.rules != rules);
            if current && lane.rules.settings.expire_after.is_none() {
                lane.wake();
                continue;
            }
            if items.is_none() {
                items = Some(self.shared.store.all_items().await?);
            }
            let replicas = self.shared.store.replicas(lane.id).await?;
            let items = items.as_deref().unwrap_or_default();
            let complete = Complete { rules, generation, other_rules };
            self.plan_target(lane, items, &replicas, suspicion, Some(complete)).await?;
        }
        Ok(())
    }

    async fn plan_target(
        &self,
        lane: &LaneHandle,
        items: &[ItemRow],
        replicas: &[ReplicaRow],
        suspicion: Option<&str>,
        complete: Option<Complete>,
    ) -> Result<(), StoreError> {
        let now_ms = self.shared.now_ms();
        let takedowns = self.shared.identity.takedowns();
        let moment = Moment { takedowns: &takedowns, now_ms, clock_believed: self.clock_believed };
        let mut desired: Vec<Desired<'_>> =
            items.iter().filter_map(|item| lane.rules.desire(item, &moment)).collect();
        desired.sort_by(|a, b| a.item.key.cmp(&b.item.key));
        let mut plan = plan::plan(&desired, replicas);
        for path in &plan.clashes {
            warn!(target.name = %lane.name, object.path = %path, "two files belong at {path}; only the first is synced");
        }
        self.guard(lane, &mut plan, suspicion, now_ms).await?;
        if complete.as_ref().is_some_and(|complete| complete.other_rules) {
            self.guard_expiry(lane, &mut plan, replicas, now_ms).await?;
        }
        let complete = complete.map(|complete| (complete.rules, complete.generation));
        let planned = Planned { changes: plan.changes, delete_delay_ms: DELETE_DELAY_MS, complete };
        self.shared.store.apply_plan(lane.id, planned, now_ms).await?;
        lane.wake();
        Ok(())
    }

    /// Holds the plan's deletes back where they look like an accident.
    async fn guard(
        &self,
        lane: &LaneHandle,
        plan: &mut Plan,
        suspicion: Option<&str>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        if plan.dropped(DropReason::Gone).next().is_none() {
            return Ok(());
        }
        if suspicion.is_none() && self.are_few(lane, plan, now_ms).await? {
            return Ok(());
        }
        let deletes = self.weigh(lane, plan, now_ms).await?;
        match guard::objection(deletes, self.shared.sync.max_delete_percent, suspicion) {
            Some(reason) => self.hold(lane, plan, DropReason::Gone, reason, now_ms).await,
            None => Ok(()),
        }
    }

    /// Holds back what other settings say is over: a slip of the pen must not empty a target either.
    async fn guard_expiry(
        &self,
        lane: &LaneHandle,
        plan: &mut Plan,
        replicas: &[ReplicaRow],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let new = plan.dropped(DropReason::Expired).count() as u64;
        let held = replicas.iter().filter(|replica| replica.held != Held::Nothing).count() as u64;
        let deletes = Deletes { new, held, ..Deletes::default() };
        match guard::objection(deletes, self.shared.sync.max_delete_percent, None) {
            Some(reason) => {
                let reason = format!("{reason}, because expire_after was changed");
                self.hold(lane, plan, DropReason::Expired, reason, now_ms).await
            }
            None => Ok(()),
        }
    }

    /// Holds the plan's deletes of this kind back as one set.
    async fn hold(
        &self,
        lane: &LaneHandle,
        plan: &mut Plan,
        kind: DropReason,
        reason: String,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let count = plan.dropped(kind).count() as u64;
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

    /// Whether there are so few deletes that nobody has to look at which they are, nor at how many
    /// objects there are.
    async fn are_few(&self, lane: &LaneHandle, plan: &Plan, now_ms: i64) -> Result<bool, StoreError> {
        let waiting = self.shared.store.deletes_waiting(lane.id).await?;
        let done = self.shared.store.deletes_since(lane.id, now_ms - guard::WINDOW_MS).await?;
        let new = plan.dropped(DropReason::Gone).count() as u64;
        Ok(new + waiting + done <= guard::ALWAYS_ALLOWED)
    }

    async fn weigh(&self, lane: &LaneHandle, plan: &Plan, now_ms: i64) -> Result<Deletes, StoreError> {
        let replicas = self.shared.store.replicas(lane.id).await?;
        let moved = self.shared.store.moved().await?;
        let counts = |replica: &&ReplicaRow| !moved.contains(&replica.item);
        let going: HashSet<_> = plan.dropped(DropReason::Gone).collect();
        Ok(Deletes {
            new: replicas.iter().filter(|replica| going.contains(&replica.path)).filter(counts).count()
                as u64,
            waiting: replicas
                .iter()
                .filter(|replica| replica.unconfirmed_gone && replica.hold.is_none())
                .filter(counts)
                .count() as u64,
            done: self.shared.store.deletes_since(lane.id, now_ms - guard::WINDOW_MS).await?,
            held: replicas.iter().filter(|replica| replica.held != Held::Nothing).count() as u64,
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

fn follows(lane: &LaneHandle, trigger: Trigger) -> bool {
    let settings = &lane.rules.settings;
    settings.enabled
        && match trigger {
            Trigger::Change => settings.immediate,
            Trigger::Full => settings.full,
            Trigger::Order => true,
        }
}
