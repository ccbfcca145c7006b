//! What an inventory corrects, and how it becomes rows.

use rusqlite::{Transaction, params};

use super::super::{ItemId, StoreError, TargetId};
use super::DELETE_PRIORITY;
use crate::names::ObjectPath;
use crate::object::Receipt;
use crate::version::Version;

/// What an inventory found to be different from what was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InventoryChange {
    /// What is wanted lies there already.
    Adopt {
        /// Where.
        path: ObjectPath,
        /// The version it is.
        version: Version,
        /// The target's note on it.
        receipt: Option<Receipt>,
    },
    /// What we knew to be there is missing or damaged.
    Missing {
        /// Where.
        path: ObjectPath,
    },
    /// Something lies where an item was taken down, and must go.
    Uncover {
        /// Where.
        path: ObjectPath,
        /// The item that was taken down.
        item: ItemId,
    },
}

/// Corrects a row, unless it changed since the inventory began, or a call may be changing what it tells
/// of. A time that is yet to come is from before the clock was set back.
pub(super) fn correct(
    transaction: &Transaction<'_>,
    target: TargetId,
    change: &InventoryChange,
    began_ms: i64,
    now_ms: i64,
) -> Result<u64, StoreError> {
    let changed = match change {
        InventoryChange::Adopt { path, version, receipt } => transaction
            .prepare_cached(
                "UPDATE replica SET held = ?3, held_ms = ?4, receipt = ?5, uncertain_ms = NULL, uncertain_version = NULL,
                     attempts = 0, last_error = NULL, parked_ms = NULL
                 WHERE target = ?1 AND path = ?2 AND wanted = ?3 AND uncertain_ms IS NULL
                   AND (coalesce(held_ms, 0) < ?6 OR held_ms > ?4)",
            )?
            .execute(params![
                target.0,
                path.as_str(),
                version.0,
                now_ms,
                receipt.as_ref().map(|receipt| &receipt.0),
                began_ms
            ])?,
        InventoryChange::Missing { path } => {
            // Not wanted either: there is nothing left to remember.
            let forgotten = transaction
                .prepare_cached(
                    "DELETE FROM replica WHERE target = ?1 AND path = ?2 AND wanted IS NULL
                       AND uncertain_ms IS NULL AND (coalesce(held_ms, 0) < ?3 OR held_ms > ?4)",
                )?
                .execute(params![target.0, path.as_str(), began_ms, now_ms])?;
            let corrected = transaction
                .prepare_cached(
                    "UPDATE replica SET held = NULL, held_ms = ?3, receipt = NULL, attempts = 0, not_before_ms = 0
                     WHERE target = ?1 AND path = ?2 AND uncertain_ms IS NULL
                       AND (coalesce(held_ms, 0) < ?4 OR held_ms > ?3)",
                )?
                .execute(params![target.0, path.as_str(), now_ms, began_ms])?;
            forgotten + corrected
        }
        InventoryChange::Uncover { path, item } => transaction
            .prepare_cached(
                "INSERT INTO replica (target, path, item, uncertain_ms, priority, rank_ms, queued_ms, drop_reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?4, 'taken-down') ON CONFLICT (target, path) DO NOTHING",
            )?
            .execute(params![target.0, path.as_str(), item.0, began_ms, DELETE_PRIORITY])?,
    };
    Ok(changed as u64)
}
