//! Targets as the database knows them.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{Store, StoreError, placement};
use crate::names::TargetName;

/// Number of a target in this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetId(pub i64);

/// What is remembered of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRow {
    /// Its number.
    pub id: TargetId,
    /// Stopped by the operator.
    pub paused: bool,
    /// When it last said what it holds, Unix milliseconds.
    pub inventory_ms: Option<i64>,
    /// Fingerprint of the rules of the last plan.
    pub rules: String,
    /// Generation of the items at the last plan.
    pub planned: i64,
}

impl Store {
    /// Makes sure that the target is known. Under another placement than last time, what it holds is
    /// listed as left behind, and what was left behind under this one is its own again. An empty
    /// placement is one that cannot be told now: then nothing moves.
    pub(crate) async fn register_target(
        &self,
        name: &TargetName,
        placement: &str,
    ) -> Result<TargetRow, StoreError> {
        let (name, placement) = (name.to_string(), placement.to_owned());
        self.write(move |transaction| {
            let known: Option<(i64, String)> = transaction
                .query_row("SELECT id, placement FROM target WHERE name = ?1", [&name], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            let id = match known {
                Some((id, same)) if same == placement || placement.is_empty() => TargetId(id),
                Some((id, old)) => {
                    placement::change(transaction, TargetId(id), &old, &placement)?;
                    TargetId(id)
                }
                None => {
                    transaction.execute(
                        "INSERT INTO target (name, placement) VALUES (?1, ?2)",
                        [&name, &placement],
                    )?;
                    TargetId(transaction.last_insert_rowid())
                }
            };
            read(transaction, id)
        })
        .await
    }

    /// What is remembered of a target by its name.
    pub(crate) async fn target(&self, name: &TargetName) -> Result<Option<TargetRow>, StoreError> {
        let name = name.to_string();
        self.read(move |connection| {
            let sql = "SELECT id, paused, inventory_ms, rules, planned FROM target WHERE name = ?1";
            Ok(connection.query_row(sql, [&name], row).optional()?)
        })
        .await
    }

    /// Remembers whether the operator stopped it.
    pub(crate) async fn set_paused(&self, id: TargetId, paused: bool) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute("UPDATE target SET paused = ?2 WHERE id = ?1", params![id.0, paused])?;
            Ok(())
        })
        .await
    }
}

pub(super) fn planned(
    transaction: &Transaction<'_>,
    id: TargetId,
    rules: &str,
    generation: i64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE target SET rules = ?2, planned = ?3 WHERE id = ?1")?
        .execute(params![id.0, rules, generation])?;
    Ok(())
}

fn read(transaction: &Transaction<'_>, id: TargetId) -> Result<TargetRow, StoreError> {
    let sql = "SELECT id, paused, inventory_ms, rules, planned FROM target WHERE id = ?1";
    Ok(transaction.query_row(sql, [id.0], row)?)
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<TargetRow> {
    Ok(TargetRow {
        id: TargetId(row.get(0)?),
        paused: row.get(1)?,
        inventory_ms: row.get(2)?,
        rules: row.get(3)?,
        planned: row.get(4)?,
    })
}
