//! How work ended, as rows.

use rusqlite::{Transaction, params};

use super::super::{StoreError, TargetId};
use super::{Due, Finish};

pub(super) fn end(
    transaction: &Transaction<'_>,
    target: TargetId,
    due: &Due,
    finish: &Finish,
    now_ms: i64,
) -> Result<(), StoreError> {
    let (id, path) = (target.0, due.path.as_str());
    match finish {
        Finish::Held { version, receipt, ask_link } => transaction
            .prepare_cached(
                "UPDATE replica SET held = ?3, held_ms = ?4, receipt = ?5, uncertain_ms = NULL, uncertain_version = NULL,
                     attempts = 0, faults = 0, last_error = NULL, not_before_ms = iif(wanted IS NULL, not_before_ms, 0),
                     link_due_ms = iif(?6, ?4, link_due_ms), link_failures = 0
                 WHERE target = ?1 AND path = ?2",
            )?
            .execute(params![
                id,
                path,
                version.0,
                now_ms,
                receipt.as_ref().map(|receipt| &receipt.0),
                ask_link
            ])?,
        Finish::Deleted => {
            // Wanted again since: then it is to be put, otherwise there is nothing left to remember.
            transaction
                .prepare_cached("DELETE FROM replica WHERE target = ?1 AND path = ?2 AND wanted IS NULL")?
                .execute(params![id, path])?;
            transaction
                .prepare_cached(
                    "UPDATE replica SET held = NULL, held_ms = ?3, receipt = NULL, uncertain_ms = NULL,
                         uncertain_version = NULL, attempts = 0, public_link = NULL, link_expires_ms = NULL,
                         link_due_ms = NULL, link_failures = 0
                     WHERE target = ?1 AND path = ?2",
                )?
                .execute(params![id, path, now_ms])?
        }
        Finish::NotCalled { not_before_ms } => {
            let (since, making) = due.before.clone().map_or((None, None), |(since, making)| (Some(since), making));
            transaction
                .prepare_cached(
                    "UPDATE replica SET uncertain_ms = ?3, uncertain_version = ?4, not_before_ms = ?5
                     WHERE target = ?1 AND path = ?2",
                )?
                .execute(params![id, path, since, making, not_before_ms])?;
            // Its file may have gone in the meantime, and nothing was ever sent.
            transaction
                .prepare_cached(
                    "DELETE FROM replica WHERE target = ?1 AND path = ?2
                         AND wanted IS NULL AND held IS NULL AND uncertain_ms IS NULL",
                )?
                .execute(params![id, path])?
        }
        Finish::Unrepeatable if due.before.is_some() => {
            // An abandoned put may have done all of its work, half of it or nothing: what is there stays,
            // and is no version of any file.
            transaction
                .prepare_cached(
                    "UPDATE replica SET held = rtrim(coalesce(?3, held, ''), '?') || '?', held_ms = ?4,
                         wanted = rtrim(coalesce(?3, held, ''), '?') || '?', uncertain_ms = NULL, uncertain_version = NULL
                     WHERE target = ?1 AND path = ?2",
                )?
                .execute(params![id, path, due.before.as_ref().and_then(|(_, making)| making.as_ref()), now_ms])?
        }
        Finish::Unrepeatable => {
            transaction
                .prepare_cached("DELETE FROM replica WHERE target = ?1 AND path = ?2 AND held IS NULL")?
                .execute(params![id, path])?;
            transaction
                .prepare_cached(
                    "UPDATE replica SET wanted = held, uncertain_ms = NULL, uncertain_version = NULL
                     WHERE target = ?1 AND path = ?2",
                )?
                .execute(params![id, path])?
        }
        Finish::Failed { making, not_before_ms, counts, fault, park, message } => transaction
            .prepare_cached(
                // What failed for one version says nothing about the next.
                "UPDATE replica SET attempts = attempts + ?5, faults = faults + ?6, last_error = ?7, not_before_ms = ?4,
                     parked_ms = iif(?8, ?9, NULL)
                 WHERE target = ?1 AND path = ?2 AND wanted IS ?3",
            )?
            .execute(params![
                id,
                path,
                making.as_ref().map(|version| &version.0),
                not_before_ms,
                i32::from(*counts),
                i32::from(*fault),
                message,
                park,
                now_ms
            ])?,
    };
    Ok(())
}
