//! The history of attempts, and tidying up.

use rusqlite::{Transaction, params};

use super::{Store, StoreError, TargetId};
use crate::names::ObjectPath;

/// How long attempts are kept.
const KEEP_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// At most so many attempts are kept, and as many events.
const KEEP_ROWS: i64 = 50_000;

/// One call that was made for one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// `put`, `delete` or `resolve`.
    pub work: &'static str,
    /// When it began, Unix milliseconds.
    pub started_ms: i64,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// `ok`, or [`crate::Failure::kind`].
    pub outcome: &'static str,
    /// The failure's text.
    pub message: Option<String>,
    /// A delete that the wipe guard counts: its file is gone, and the operator has not confirmed it.
    pub guarded: bool,
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    target: TargetId,
    path: &ObjectPath,
    attempt: &AttemptRow,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO attempt (target, path, work, started_ms, took_ms, outcome, message, guarded)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            target.0,
            path.as_str(),
            attempt.work,
            attempt.started_ms,
            attempt.took_ms,
            attempt.outcome,
            attempt.message,
            attempt.guarded
        ])?;
    Ok(())
}

impl Store {
    /// Deletes of a target that the wipe guard counts and that were done since then.
    pub(crate) async fn deletes_since(&self, target: TargetId, since_ms: i64) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT count(*) FROM attempt
                       WHERE guarded AND target = ?1 AND started_ms >= ?2 AND outcome = 'ok'";
            Ok(connection.prepare_cached(sql)?.query_row(params![target.0, since_ms], |row| row.get(0))?)
        })
        .await
    }

    /// Drops old history and items that nothing refers to any more.
    pub(crate) async fn prune(&self, now_ms: i64) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "DELETE FROM attempt WHERE started_ms < ?1 OR id <= (SELECT max(id) FROM attempt) - ?2",
                params![now_ms - KEEP_MS, KEEP_ROWS],
            )?;
            transaction
                .execute("DELETE FROM event WHERE seq <= (SELECT max(seq) FROM event) - ?1", [KEEP_ROWS])?;
            transaction.execute(
                "DELETE FROM item WHERE present = 0
                 AND NOT EXISTS (SELECT 1 FROM replica WHERE replica.item = item.id)
                 AND NOT EXISTS (SELECT 1 FROM left_behind WHERE left_behind.item = item.id)",
                [],
            )?;
            Ok(())
        })
        .await
    }
}
