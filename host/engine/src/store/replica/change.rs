//! What a plan changes, and how it becomes rows.

use rusqlite::{Transaction, params};

use super::super::{ItemId, StoreError, TargetId};
use super::{DELETE_PRIORITY, DropReason, STEP_MS};
use crate::names::ObjectPath;
use crate::version::Version;

/// What a plan wants to be different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicaChange {
    /// This version should be there.
    Want {
        /// Where.
        path: ObjectPath,
        /// Made from which item.
        item: ItemId,
        /// Which version.
        version: Version,
        /// Lower goes first.
        priority: u8,
        /// Since when it waits, Unix milliseconds.
        queued_ms: i64,
    },
    /// Nothing should be there.
    Drop {
        /// Where.
        path: ObjectPath,
        /// Why.
        reason: DropReason,
        /// Hold it back in this set until the operator confirms it.
        hold: Option<u64>,
    },
    /// What is there may stay, but nothing is to be done about it any more.
    Keep {
        /// Where.
        path: ObjectPath,
    },
}

/// A plan for one target, to be made durable at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Planned {
    /// What is to be different.
    pub changes: Vec<ReplicaChange>,
    /// How long deletes wait, so that a rename puts before it deletes, milliseconds.
    pub delete_delay_ms: i64,
    /// The rules' fingerprint and the items' generation, if the plan saw every item.
    pub complete: Option<(String, i64)>,
}

/// Whatever is there is wanted. What an abandoned delete has left is no version of any file.
const STAY: &str = "wanted = iif(uncertain_ms IS NULL, held, coalesce(uncertain_version, held, '?')),
    drop_reason = NULL, hold = NULL, parked_ms = NULL, attempts = 0";

pub(in crate::store) fn apply(
    transaction: &Transaction<'_>,
    target: TargetId,
    change: &ReplicaChange,
    now_ms: i64,
    delete_delay_ms: i64,
) -> Result<(), StoreError> {
    match change {
        ReplicaChange::Want { path, item, version, priority, queued_ms } => {
            // Seen by a clock that was set back since, it would wait behind everything new.
            let queued_ms = *queued_ms.min(&now_ms);
            let rank_ms = queued_ms + i64::from(*priority) * STEP_MS;
            transaction
                .prepare_cached(
                    "INSERT INTO replica (target, path, item, wanted, priority, rank_ms, queued_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT (target, path) DO UPDATE SET
                         item = ?3, wanted = ?4, priority = ?5, rank_ms = ?6, queued_ms = ?7, not_before_ms = 0,
                         attempts = 0, faults = 0, last_error = NULL, parked_ms = NULL, drop_reason = NULL,
                         confirmed = 0, hold = NULL",
                )?
                .execute(params![target.0, path.as_str(), item.0, version.0, priority, rank_ms, queued_ms])?;
        }
        ReplicaChange::Drop { path, reason, hold } => {
            if forget_if_nothing_is_there(transaction, target, path)? {
                return Ok(());
            }
            let rank_ms = now_ms + i64::from(DELETE_PRIORITY) * STEP_MS;
            transaction
                .prepare_cached(
                    "UPDATE replica SET wanted = NULL, drop_reason = ?3, hold = ?4, priority = ?5, rank_ms = ?6,
                         queued_ms = ?7, not_before_ms = ?8, attempts = 0, faults = 0, parked_ms = NULL, confirmed = 0
                     WHERE target = ?1 AND path = ?2",
                )?
                .execute(params![
                    target.0,
                    path.as_str(),
                    reason.as_str(),
                    hold,
                    DELETE_PRIORITY,
                    rank_ms,
                    now_ms,
                    now_ms + delete_delay_ms
                ])?;
        }
        ReplicaChange::Keep { path } => {
            if forget_if_nothing_is_there(transaction, target, path)? {
                return Ok(());
            }
            let sql = format!("UPDATE replica SET {STAY} WHERE target = ?1 AND path = ?2");
            transaction.prepare_cached(&sql)?.execute(params![target.0, path.as_str()])?;
        }
    }
    Ok(())
}

/// Takes back all deletes because a file is gone.
pub(super) fn let_stay(transaction: &Transaction<'_>, target: TargetId) -> Result<(), StoreError> {
    let sql =
        format!("UPDATE replica SET {STAY} WHERE target = ?1 AND wanted IS NULL AND drop_reason = 'gone'");
    transaction.execute(&sql, [target.0])?;
    Ok(())
}

/// A row that says nothing of the target needs no delete there. Checked here and not in the plan: a
/// call may have begun since.
fn forget_if_nothing_is_there(
    transaction: &Transaction<'_>,
    target: TargetId,
    path: &ObjectPath,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM replica WHERE target = ?1 AND path = ?2 AND held IS NULL AND uncertain_ms IS NULL";
    Ok(transaction.prepare_cached(sql)?.execute(params![target.0, path.as_str()])? > 0)
}
