//! Which work starts next.

use rusqlite::{Row, Transaction, params};

use super::super::item::unreadable;
use super::super::{ItemRow, StoreError, TargetId};
use super::{Due, PENDING, Take, Work};
use crate::filter::DEFAULT_PRIORITY;
use crate::names::ObjectPath;
use crate::object::Receipt;
use crate::version::Version;

const DUE: &str = "path, wanted, held, receipt, attempts, uncertain_ms, uncertain_version, faults,
    wanted IS NULL AND drop_reason = 'gone' AND NOT confirmed,
    i.id, i.source, i.key, i.version, i.size_bytes, i.modified_ms, i.priority, i.present, i.first_seen_ms, i.seen_ms";

pub(super) fn select(
    transaction: &Transaction<'_>,
    target: TargetId,
    take: &Take,
) -> Result<Vec<Due>, StoreError> {
    let since = take.queued_since_ms.unwrap_or(i64::MIN);
    let below = take.below_priority.map_or(i64::from(u8::MAX) + 1, i64::from);
    let mut chosen = Vec::with_capacity(take.limit);
    let urgent = take.limit.saturating_sub(take.reserved);
    let visitors = Span {
        since_ms: since.max(take.urgent_since_ms),
        below: below.min(i64::from(DEFAULT_PRIORITY)),
        deletes: false,
        longest_first: false,
    };
    choose(transaction, target, take, &visitors, urgent, &mut chosen)?;
    // A metered connection keeps puts back; a delete moves nothing, and may be an order to take one off.
    let longest = Span { since_ms: since, below, deletes: true, longest_first: true };
    let reserved = take.limit.min(chosen.len() + take.reserved);
    choose(transaction, target, take, &longest, reserved, &mut chosen)?;
    let all = Span { longest_first: false, ..longest };
    choose(transaction, target, take, &all, take.limit, &mut chosen)?;
    Ok(chosen)
}

/// A part of the queue.
struct Span {
    /// What was queued since then, Unix milliseconds.
    since_ms: i64,
    /// What is more urgent than this priority.
    below: i64,
    /// And every delete.
    deletes: bool,
    /// What waits longest goes first, however little it matters; otherwise, what is most urgent.
    longest_first: bool,
}

impl Span {
    /// The index that holds no more than it must, and its condition beside [`PENDING`], word for word.
    fn index(&self) -> (&'static str, &'static str) {
        if self.longest_first {
            return ("replica_waiting", "TRUE");
        }
        const { assert!(DEFAULT_PRIORITY == 10, "the conditions name it") };
        match (self.below <= i64::from(DEFAULT_PRIORITY), self.deletes) {
            (true, false) => ("replica_urgent", "r.priority < 10"),
            (true, true) => ("replica_light", "(r.priority < 10 OR wanted IS NULL)"),
            (false, _) => ("replica_pending", "TRUE"),
        }
    }
}

/// Adds what is due in the order of the queue until `chosen` has `limit` in all.
fn choose(
    transaction: &Transaction<'_>,
    target: TargetId,
    take: &Take,
    span: &Span,
    limit: usize,
    chosen: &mut Vec<Due>,
) -> Result<(), StoreError> {
    if chosen.len() >= limit {
        return Ok(());
    }
    // `rank_ms` is never before `queued_ms`, so the bound on it lets the index skip a long backlog.
    let (index, part) = span.index();
    let order = if span.longest_first { "queued_ms" } else { "rank_ms" };
    let sql = format!(
        "SELECT {DUE} FROM replica r INDEXED BY {index} JOIN item i ON i.id = r.item
         WHERE target = ?1 AND {part} AND {PENDING} AND not_before_ms <= ?2
           AND rank_ms >= ?3 AND queued_ms >= ?3 AND (r.priority < ?4 OR (wanted IS NULL AND ?6))
         ORDER BY {order} LIMIT ?5"
    );
    let rows = i64::try_from(limit + take.running.len()).unwrap_or(i64::MAX);
    let mut query = transaction.prepare_cached(&sql)?;
    let found = query.query_map(
        params![target.0, take.now_ms, span.since_ms, span.below, rows, span.deletes],
        Due::read,
    )?;
    for due in found {
        let due = due?;
        let taken = take.running.contains(&due.path) || chosen.iter().any(|other| other.path == due.path);
        if !taken && chosen.len() < limit {
            chosen.push(due);
        }
    }
    Ok(())
}

pub(super) fn begin(
    transaction: &Transaction<'_>,
    target: TargetId,
    due: &Due,
    now_ms: i64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE replica SET uncertain_ms = ?3, uncertain_version = ?4 WHERE target = ?1 AND path = ?2",
        )?
        .execute(params![target.0, due.path.as_str(), now_ms, making(due)])?;
    Ok(())
}

impl Due {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let path: String = row.get(0)?;
        let wanted = row.get::<_, Option<String>>(1)?.map(Version);
        let held: Option<String> = row.get(2)?;
        let uncertain: Option<i64> = row.get(5)?;
        let making: Option<String> = row.get(6)?;
        let finished_maybe =
            uncertain.is_some() && held.is_none() && making == wanted.as_ref().map(|v| v.0.clone());
        Ok(Self {
            path: ObjectPath::new(&path).map_err(|error| unreadable(0, error))?,
            work: match wanted {
                None => Work::Delete,
                Some(version) if finished_maybe => Work::Resolve(version),
                Some(version) => Work::Put(version),
            },
            item: ItemRow::read(row, 9)?,
            receipt: row.get::<_, Option<String>>(3)?.map(Receipt),
            attempts: row.get(4)?,
            faults: row.get(7)?,
            guarded: row.get::<_, Option<bool>>(8)?.unwrap_or(false),
            before: uncertain.map(|since| (since, making)),
        })
    }
}

/// What the call is to make of it. After another call was abandoned, what that one made may be there
/// too, and looking could not tell them apart: then it is no version of any file, and put again.
fn making(due: &Due) -> Option<String> {
    let version = due.work.version()?;
    let other = due.before.as_ref().is_some_and(|(_, making)| making.as_ref() != Some(&version.0));
    Some(if other { version.overtaken().0 } else { version.0.clone() })
}
