//! From changed items to planned replicas: reconcile for each target.

use std::collections::HashMap;
use std::sync::Arc;

use tracing::warn;

use super::Folder;
use crate::lane::LaneHandle;
use crate::plan::{self, Desired};
use crate::rules::{Moment, Rules};
use crate::store::{ItemChange, ItemId, ItemRow, Planned, ReplicaRow, StoreError, TargetId};

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
}

pub(super) fn follows(lane: &LaneHandle, trigger: Trigger) -> bool {
    let settings = &lane.rules.settings;
    settings.enabled
        && match trigger {
            Trigger::Change => settings.immediate,
            Trigger::Full => settings.full,
            Trigger::Order => true,
        }
}
