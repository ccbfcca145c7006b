//! The event log: what happened, in the order of its numbers.

use jiff::Timestamp;
use rusqlite::{Row, Transaction, params};

use super::{Store, StoreError};
use crate::view::{Backlog, Event, EventKind};

/// So many events are read at a time.
const PORTION: u64 = 500;

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
            let mut events = query.query_map([limit], read)?.collect::<Result<Vec<_>, _>>()?;
            events.reverse();
            Ok(events)
        })
        .await
    }

    /// Events after the one of this number, oldest first, a portion of them; without a number only where
    /// the log ends. A number that the log never gave is one that it has forgotten.
    pub(crate) async fn events_after(&self, last: Option<u64>) -> Result<Backlog, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM event";
            let (first, end): (u64, u64) =
                connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let Some(last) = last else { return Ok(Backlog { last: end, ..Backlog::default() }) };
            if last > end {
                return Ok(Backlog { last: end, missed: true, ..Backlog::default() });
            }
            let mut query = connection
                .prepare_cached("SELECT seq, at_ms, kind FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
            let events = query.query_map([last, PORTION], read)?.collect::<Result<Vec<_>, _>>()?;
            let read_to = events.last().map_or(last, |event| event.seq);
            Ok(Backlog { events, last: read_to, missed: last + 1 < first })
        })
        .await
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Event> {
    let text: String = row.get(2)?;
    Ok(Event {
        seq: row.get(0)?,
        at: Timestamp::from_millisecond(row.get(1)?).unwrap_or_default(),
        kind: serde_json::from_str(&text).map_err(|error| super::item::unreadable(2, error))?,
    })
}
