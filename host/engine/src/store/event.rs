//! The event log: what happened, in the order of its numbers.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::{Store, StoreError};
use crate::view::{Event, EventKind};

/// Events that a write gave rise to, to be told once it is durable.
pub type Events = Vec<Event>;

/// Writes an event down within the transaction that makes it true.
pub(super) fn append(
    transaction: &Transaction<'_>,
    kind: EventKind,
    now_ms: i64,
) -> Result<Event, StoreError> {
    let text = serde_json::to_string(&kind).map_err(|error| super::item::unreadable(0, error))?;
    transaction
        .prepare_cached("INSERT INTO event (at_ms, kind) VALUES (?1, ?2)")?
        .execute(params![now_ms, text])?;
    let seq = u64::try_from(transaction.last_insert_rowid()).unwrap_or_default();
    Ok(Event { seq, at: Timestamp::from_millisecond(now_ms).unwrap_or_default(), kind })
}

impl Store {
    /// Writes events down on their own.
    pub(crate) async fn log(&self, kinds: Vec<EventKind>, now_ms: i64) -> Result<Events, StoreError> {
        self.write(move |transaction| {
            kinds.into_iter().map(|kind| append(transaction, kind, now_ms)).collect()
        })
        .await
    }

    /// The newest events, oldest first, at most `limit`.
    pub async fn recent_events(&self, limit: u32) -> Result<Events, StoreError> {
        self.read(move |connection| {
            let mut query =
                connection.prepare_cached("SELECT seq, at_ms, kind FROM event ORDER BY seq DESC LIMIT ?1")?;
            let rows = query.query_map([limit], |row| {
                let text: String = row.get(2)?;
                Ok(Event {
                    seq: row.get(0)?,
                    at: Timestamp::from_millisecond(row.get(1)?).unwrap_or_default(),
                    kind: serde_json::from_str(&text).map_err(|error| super::item::unreadable(2, error))?,
                })
            })?;
            let mut events = rows.collect::<Result<Vec<_>, _>>()?;
            events.reverse();
            Ok(events)
        })
        .await
    }
}
