//! What earlier settings of a target put elsewhere.

use rusqlite::{Transaction, params};

use super::item::unreadable;
use super::{Store, StoreError, TargetId};
use crate::names::ObjectPath;
use crate::object::Receipt;

/// One object that lies where the target's settings of then put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// The settings that decided where it lies, as canonical JSON.
    pub placement: String,
    /// Its path there.
    pub path: ObjectPath,
    /// Its receipt.
    pub receipt: Option<Receipt>,
}

/// Lists what is held as left behind, and takes back what an earlier change left here.
pub(super) fn change(
    transaction: &Transaction<'_>,
    id: TargetId,
    old: &str,
    new: &str,
) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT OR REPLACE INTO left_behind (target, placement, path, item, held, receipt)
         SELECT target, ?2, path, item, held, receipt FROM replica
         WHERE target = ?1 AND (held IS NOT NULL OR uncertain_ms IS NOT NULL)",
        params![id.0, old],
    )?;
    transaction.execute("DELETE FROM replica WHERE target = ?1", [id.0])?;
    transaction.execute(
        "INSERT INTO replica (target, path, item, wanted, held, held_ms, receipt, uncertain_ms, priority, rank_ms, queued_ms)
         SELECT target, path, item, held, held, 0, receipt, iif(held IS NULL, 0, NULL), 10, 0, 0
         FROM left_behind WHERE target = ?1 AND placement = ?2",
        params![id.0, new],
    )?;
    transaction
        .execute("DELETE FROM left_behind WHERE target = ?1 AND placement = ?2", params![id.0, new])?;
    transaction.execute(
        "UPDATE target SET placement = ?2, inventory_ms = NULL, rules = '', planned = 0 WHERE id = ?1",
        params![id.0, new],
    )?;
    Ok(())
}

impl Store {
    /// What a target's earlier settings left behind.
    pub(crate) async fn left_behind(&self, id: TargetId) -> Result<Vec<LeftBehind>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT placement, path, receipt FROM left_behind WHERE target = ?1 ORDER BY placement, path",
            )?;
            let rows = query.query_map([id.0], |row| {
                let path: String = row.get(1)?;
                Ok(LeftBehind {
                    placement: row.get(0)?,
                    path: ObjectPath::new(&path).map_err(|error| unreadable(1, error))?,
                    receipt: row.get::<_, Option<String>>(2)?.map(Receipt),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Strikes one off the list: it is gone from there.
    pub(crate) async fn forget_left_behind(&self, id: TargetId, left: LeftBehind) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "DELETE FROM left_behind WHERE target = ?1 AND placement = ?2 AND path = ?3",
                params![id.0, left.placement, left.path.as_str()],
            )?;
            Ok(())
        })
        .await
    }
}
