//! Reconcile: what should be there, compared with what is known to be wanted and held there.
//!
//! Pure: the same items and replicas give the same plan, whatever woke it up and in whatever order
//! things happened before.

use std::collections::{HashMap, HashSet};

use crate::names::ObjectPath;
use crate::store::{DropReason, Held, ItemRow, ReplicaChange, ReplicaRow};

/// What a target's rules say of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desire {
    /// The target should hold the item's present version.
    Hold,
    /// What the target holds may stay; nothing is sent and nothing deleted.
    Leave,
    /// The target should not hold it.
    Drop(DropReason),
}

/// One item, where it belongs on the target, and what should be there.
#[derive(Debug, Clone)]
pub struct Desired<'a> {
    /// Where.
    pub path: ObjectPath,
    /// Which.
    pub item: &'a ItemRow,
    /// What.
    pub desire: Desire,
}

/// What is to be different.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes; deletes are not held back yet.
    pub changes: Vec<ReplicaChange>,
    /// Items that would lie where another one does: their names differ in spelling alone.
    pub clashes: Vec<ObjectPath>,
}

impl Plan {
    /// Deletes of it for this reason.
    pub fn dropped(&self, why: DropReason) -> impl Iterator<Item = &ObjectPath> {
        self.changes.iter().filter_map(move |change| match change {
            ReplicaChange::Drop { path, reason, .. } if *reason == why => Some(path),
            _ => None,
        })
    }

    /// Holds those deletes back in the set `number`.
    pub fn hold(&mut self, why: DropReason, number: u64) {
        for change in &mut self.changes {
            match change {
                ReplicaChange::Drop { reason, hold, .. } if *reason == why => *hold = Some(number),
                _ => {}
            }
        }
    }
}

/// Compares what should be there with what is known.
pub fn plan(desired: &[Desired<'_>], replicas: &[ReplicaRow]) -> Plan {
    let known: HashMap<&ObjectPath, &ReplicaRow> =
        replicas.iter().map(|replica| (&replica.path, replica)).collect();
    let mut claimed: HashSet<&ObjectPath> = HashSet::with_capacity(desired.len());
    let mut plan = Plan::default();
    let (hold, rest): (Vec<_>, Vec<_>) = desired.iter().partition(|one| one.desire == Desire::Hold);
    for one in hold {
        if claimed.insert(&one.path) {
            plan.changes.extend(want(one, known.get(&one.path).copied()));
        } else {
            plan.clashes.push(one.path.clone());
        }
    }
    for one in rest.into_iter().filter(|one| !claimed.contains(&one.path)) {
        let Some(replica) = known.get(&one.path) else { continue };
        plan.changes.extend(match one.desire {
            Desire::Drop(reason) => drop(replica, reason),
            Desire::Hold | Desire::Leave => keep(replica),
        });
    }
    plan
}

fn want(one: &Desired<'_>, replica: Option<&ReplicaRow>) -> Option<ReplicaChange> {
    let as_it_is =
        replica.is_some_and(|r| r.wanted.as_ref() == Some(&one.item.version) && r.item == one.item.id);
    (!as_it_is).then(|| ReplicaChange::Want {
        path: one.path.clone(),
        item: one.item.id,
        version: one.item.version.clone(),
        priority: one.item.priority,
        queued_ms: one.item.seen_ms,
    })
}

fn drop(replica: &ReplicaRow, reason: DropReason) -> Option<ReplicaChange> {
    // What the operator took off does not wait for a confirmation any more.
    let released = replica.unconfirmed_gone && reason != DropReason::Gone;
    (replica.wanted.is_some() || released).then(|| ReplicaChange::Drop {
        path: replica.path.clone(),
        reason,
        hold: None,
    })
}

fn keep(replica: &ReplicaRow) -> Option<ReplicaChange> {
    let quiet = match &replica.held {
        Held::Version(held) => replica.wanted.as_ref() == Some(held),
        Held::Nothing | Held::Uncertain { .. } => false,
    };
    (!quiet).then(|| ReplicaChange::Keep { path: replica.path.clone() })
}

#[cfg(test)]
mod tests;
