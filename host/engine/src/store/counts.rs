//! Sums for `status`.

use rusqlite::{Connection, params};

use super::{Store, StoreError, TargetId};
use crate::blob::Root;

/// Items that are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ItemCounts {
    /// How many.
    pub items: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Replicas of one target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplicaCounts {
    /// Objects that should be there.
    pub wanted: u64,
    /// Objects known to be there as they should be.
    pub held: u64,
    /// Objects still to be put or deleted, neither parked nor held back.
    pub pending: u64,
    /// Objects that were refused.
    pub rejected: u64,
    /// Deletes held back.
    pub held_deletes: u64,
    /// Objects left where earlier settings put them.
    pub left_behind: u64,
}

impl Store {
    /// Counts the items of a folder that are there.
    pub(crate) async fn count_items(&self, root: Root) -> Result<ItemCounts, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT count(*), coalesce(sum(size_bytes), 0) FROM item WHERE source = ?1 AND present";
            Ok(connection.prepare_cached(sql)?.query_row([root.as_str()], |row| {
                Ok(ItemCounts { items: row.get(0)?, bytes: row.get(1)? })
            })?)
        })
        .await
    }

    /// Counts a target's replicas.
    pub(crate) async fn count_replicas(&self, target: TargetId) -> Result<ReplicaCounts, StoreError> {
        self.read(move |connection| replicas(connection, target)).await
    }
}

impl Store {
    /// Counts what a metered connection keeps back: puts that are not more urgent than `below`.
    pub(crate) async fn count_kept_back(&self, target: TargetId, below: u8) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT count(*) FROM replica WHERE target = ?1
                           AND (uncertain_ms IS NOT NULL OR wanted IS NOT held) AND parked_ms IS NULL AND hold IS NULL
                           AND wanted IS NOT NULL AND priority >= ?2";
            Ok(connection.prepare_cached(sql)?.query_row(params![target.0, below], |row| row.get(0))?)
        })
        .await
    }
}

fn replicas(connection: &Connection, target: TargetId) -> Result<ReplicaCounts, StoreError> {
    let sql = "SELECT count(wanted),
                      count(*) FILTER (WHERE uncertain_ms IS NULL AND wanted IS held),
                      count(*) FILTER (WHERE (uncertain_ms IS NOT NULL OR wanted IS NOT held)
                                             AND parked_ms IS NULL AND hold IS NULL),
                      count(parked_ms),
                      count(hold),
                      (SELECT count(*) FROM left_behind WHERE target = ?1)
               FROM replica WHERE target = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([target.0], |row| {
        Ok(ReplicaCounts {
            wanted: row.get(0)?,
            held: row.get(1)?,
            pending: row.get(2)?,
            rejected: row.get(3)?,
            held_deletes: row.get(4)?,
            left_behind: row.get(5)?,
        })
    })?)
}
