//! The history of attempts.

use rusqlite::{Transaction, params};

use super::{Store, StoreError, TargetId};
use crate::names::ObjectPath;

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
    /// Deletes of a target that the wipe guard counts and that neither happened nor are held back.
    pub(crate) async fn deletes_waiting(&self, target: TargetId) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT count(*) FROM replica INDEXED BY replica_going
                       WHERE target = ?1 AND wanted IS NULL AND drop_reason = 'gone' AND NOT confirmed
                         AND hold IS NULL";
            Ok(connection.prepare_cached(sql)?.query_row([target.0], |row| row.get(0))?)
        })
        .await
    }

    /// Deletes of a target that the wipe guard counts and that were done since then.
    pub(crate) async fn deletes_since(&self, target: TargetId, since_ms: i64) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT count(*) FROM attempt
                       WHERE guarded AND target = ?1 AND started_ms >= ?2 AND outcome = 'ok'";
            Ok(connection.prepare_cached(sql)?.query_row(params![target.0, since_ms], |row| row.get(0))?)
        })
        .await
    }
}
