//! Keeping the database small, over years.

use rusqlite::{Transaction, params};

use super::{Store, StoreError};

/// How long attempts and events are kept.
const KEEP_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// At most so many attempts are kept, and as many events: a dozen busy evenings.
const KEEP_ROWS: i64 = 20_000;
/// At most so many freed pages go back to the disk at a time, which holds other writes up for a moment.
const GIVE_BACK_PAGES: u32 = 2_000;

impl Store {
    /// Drops old history and items that nothing refers to any more, and gives freed room back.
    pub(crate) async fn prune(&self, now_ms: i64) -> Result<(), StoreError> {
        self.write(move |transaction| drop_old(transaction, now_ms)).await?;
        self.write(give_back).await
    }
}

fn drop_old(transaction: &Transaction<'_>, now_ms: i64) -> Result<(), StoreError> {
    let old = params![now_ms - KEEP_MS, KEEP_ROWS];
    transaction.execute(
        "DELETE FROM attempt WHERE started_ms < ?1 OR id <= (SELECT max(id) FROM attempt) - ?2",
        old,
    )?;
    transaction
        .execute("DELETE FROM event WHERE at_ms < ?1 OR seq <= (SELECT max(seq) FROM event) - ?2", old)?;
    transaction.execute(
        "DELETE FROM item WHERE present = 0
         AND NOT EXISTS (SELECT 1 FROM replica WHERE replica.item = item.id)
         AND NOT EXISTS (SELECT 1 FROM left_behind WHERE left_behind.item = item.id)",
        [],
    )?;
    Ok(())
}

fn give_back(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    // Each step frees one page, so all of them have to be taken.
    let mut pages = transaction.prepare(&format!("PRAGMA incremental_vacuum({GIVE_BACK_PAGES})"))?;
    let mut rows = pages.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
