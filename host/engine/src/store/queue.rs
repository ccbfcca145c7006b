//! Taking work out of the queue, and writing down how it ended.

use rusqlite::{Row, Transaction, params};

use super::attempt::{self, AttemptRow};
use super::item::unreadable;
use super::{ItemRow, Store, StoreError, TargetId, event};
use crate::blob::Root;
use crate::filter::DEFAULT_PRIORITY;
use crate::names::{ObjectPath, TargetName};
use crate::object::Receipt;
use crate::version::Version;
use crate::view::{Event, EventKind, QueueRow};

/// What is to be done about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Make the target hold this version.
    Put(Version),
    /// An abandoned put may have finished: look first, put if it did not.
    Resolve(Version),
    /// Make the target not hold it.
    Delete,
}

impl Work {
    /// The name that attempts and the queue show.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Put(_) => "put",
            Self::Resolve(_) => "resolve",
            Self::Delete => "delete",
        }
    }

    /// The version it makes; `None`: nothing.
    pub fn version(&self) -> Option<&Version> {
        match self {
            Self::Put(version) | Self::Resolve(version) => Some(version),
            Self::Delete => None,
        }
    }
}

/// Work that was taken out of the queue. The row is uncertain from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Which object.
    pub path: ObjectPath,
    /// What to do.
    pub work: Work,
    /// What it is made from.
    pub item: ItemRow,
    /// The receipt of what the target held last.
    pub receipt: Option<Receipt>,
    /// Attempts that failed in a row.
    pub attempts: u32,
    /// Times in a row that the plugin itself failed on it.
    pub faults: u32,
    /// A delete that the wipe guard counts.
    pub guarded: bool,
    /// What was uncertain before it was taken, to be put back if no call is made.
    before: Option<(i64, Option<String>)>,
}

/// What may be taken.
#[derive(Debug, Clone)]
pub struct Take {
    /// Now, Unix milliseconds.
    pub now_ms: i64,
    /// At most so many.
    pub limit: usize,
    /// Objects with a call under way.
    pub running: Vec<ObjectPath>,
    /// What was queued since then and is more urgent than [`DEFAULT_PRIORITY`] goes before everything
    /// else, Unix milliseconds: the visitors who wait now.
    pub urgent_since_ms: i64,
    /// So many slots are for the longest waiting, so that a busy evening starves nothing.
    pub reserved: usize,
    /// Only what was queued since then, Unix milliseconds.
    pub queued_since_ms: Option<i64>,
    /// Only what is more urgent than this priority.
    pub below_priority: Option<u8>,
}

/// How work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// The target holds this version.
    Held {
        /// Which.
        version: Version,
        /// The target's note on it; `None`: it was found there.
        receipt: Option<Receipt>,
    },
    /// The target does not hold it.
    Deleted,
    /// No call was made; the row is as it was before, and waits until then (Unix milliseconds).
    NotCalled {
        /// When to look again.
        not_before_ms: i64,
    },
    /// The file is gone, so an abandoned put cannot be repeated: whatever is there stays.
    Unrepeatable,
    /// The call failed.
    Failed {
        /// What it was to make.
        making: Option<Version>,
        /// When to try again, Unix milliseconds.
        not_before_ms: i64,
        /// Counts against the object: the back-off grows.
        counts: bool,
        /// The plugin itself failed.
        fault: bool,
        /// Wait for a reason to try again.
        park: bool,
        /// What to show.
        message: String,
    },
}

// Word for word the condition of the index `replica_pending`.
const PENDING: &str =
    "(uncertain_ms IS NOT NULL OR wanted IS NOT held) AND parked_ms IS NULL AND hold IS NULL";

impl Store {
    /// Takes what can start now, most urgent first, and marks it uncertain: durable before any call.
    pub(crate) async fn take(
        &self,
        target: TargetId,
        name: TargetName,
        take: Take,
    ) -> Result<(Vec<Due>, Vec<Event>), StoreError> {
        self.write(move |transaction| {
            let due = select(transaction, target, &take)?;
            let mut events = Vec::with_capacity(due.len());
            for one in &due {
                begin(transaction, target, one, take.now_ms)?;
                events.push(event::append(transaction, one.started(&name), take.now_ms)?);
            }
            Ok((due, events))
        })
        .await
    }

    /// Writes down how work ended, with the attempt if a call was made and the event that tells of it.
    pub(crate) async fn finish(
        &self,
        target: TargetId,
        due: Due,
        finish: Finish,
        attempt: Option<AttemptRow>,
        told: Option<EventKind>,
        now_ms: i64,
    ) -> Result<Option<Event>, StoreError> {
        self.write(move |transaction| {
            if let Some(attempt) = &attempt {
                attempt::insert(transaction, target, &due.path, attempt)?;
            }
            end(transaction, target, &due, &finish, now_ms)?;
            told.map(|kind| event::append(transaction, kind, now_ms)).transpose()
        })
        .await
    }

    /// When the next delayed work is due, Unix milliseconds, if any waits beyond `now_ms`.
    pub(crate) async fn next_due(&self, target: TargetId, now_ms: i64) -> Result<Option<i64>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT min(not_before_ms) FROM replica WHERE target = ?1 AND {PENDING} AND not_before_ms > ?2");
            Ok(connection.prepare_cached(&sql)?.query_row(params![target.0, now_ms], |row| row.get(0))?)
        })
        .await
    }

    /// What failed may be tried again at once: the target is usable again.
    pub(crate) async fn forget_back_off(&self, target: TargetId) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let sql = "UPDATE replica SET not_before_ms = 0 WHERE target = ?1 AND attempts > 0 AND parked_ms IS NULL";
            transaction.execute(sql, [target.0])?;
            Ok(())
        })
        .await
    }

    /// What is not as it should be, most urgent first.
    pub(crate) async fn queue(&self, target: TargetId, limit: u32) -> Result<Vec<QueueRow>, StoreError> {
        self.read(move |connection| {
            let sql =
                "SELECT path, wanted, uncertain_ms, uncertain_version, parked_ms, hold, attempts, last_error,
                              not_before_ms, (SELECT name FROM target WHERE id = ?1), held
                       FROM replica WHERE target = ?1 AND (uncertain_ms IS NOT NULL OR wanted IS NOT held)
                       ORDER BY rank_ms LIMIT ?2";
            let mut query = connection.prepare_cached(sql)?;
            Ok(query.query_map(params![target.0, limit], queue_row)?.collect::<Result<_, _>>()?)
        })
        .await
    }
}

const DUE: &str = "path, wanted, held, receipt, attempts, uncertain_ms, uncertain_version, faults,
    wanted IS NULL AND drop_reason = 'gone' AND NOT confirmed,
    i.id, i.source, i.key, i.version, i.size_bytes, i.modified_ms, i.priority, i.present, i.first_seen_ms, i.seen_ms";

fn select(transaction: &Transaction<'_>, target: TargetId, take: &Take) -> Result<Vec<Due>, StoreError> {
    let since = take.queued_since_ms.unwrap_or(i64::MIN);
    let below = take.below_priority.map_or(i64::from(u8::MAX) + 1, i64::from);
    let mut chosen = Vec::with_capacity(take.limit);
    let urgent = take.limit.saturating_sub(take.reserved);
    let urgent_since = since.max(take.urgent_since_ms);
    choose(
        transaction,
        target,
        take,
        (urgent_since, below.min(i64::from(DEFAULT_PRIORITY))),
        urgent,
        &mut chosen,
    )?;
    choose(transaction, target, take, (since, below), take.limit, &mut chosen)?;
    Ok(chosen)
}

/// Adds what is due in the order of the queue until `chosen` has `limit` in all.
fn choose(
    transaction: &Transaction<'_>,
    target: TargetId,
    take: &Take,
    (since_ms, below): (i64, i64),
    limit: usize,
    chosen: &mut Vec<Due>,
) -> Result<(), StoreError> {
    if chosen.len() >= limit {
        return Ok(());
    }
    // `rank_ms` is never before `queued_ms`, so the bound on it lets the index skip a long backlog.
    let sql = format!(
        "SELECT {DUE} FROM replica r INDEXED BY replica_pending JOIN item i ON i.id = r.item
         WHERE target = ?1 AND {PENDING} AND not_before_ms <= ?2
           AND rank_ms >= ?3 AND queued_ms >= ?3 AND r.priority < ?4
         ORDER BY rank_ms LIMIT ?5"
    );
    let rows = i64::try_from(limit + take.running.len()).unwrap_or(i64::MAX);
    let mut query = transaction.prepare_cached(&sql)?;
    let found = query.query_map(params![target.0, take.now_ms, since_ms, below, rows], Due::read)?;
    for due in found {
        let due = due?;
        let taken = take.running.contains(&due.path) || chosen.iter().any(|other| other.path == due.path);
        if !taken && chosen.len() < limit {
            chosen.push(due);
        }
    }
    Ok(())
}

fn begin(transaction: &Transaction<'_>, target: TargetId, due: &Due, now_ms: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE replica SET uncertain_ms = ?3, uncertain_version = ?4 WHERE target = ?1 AND path = ?2",
        )?
        .execute(params![
            target.0,
            due.path.as_str(),
            now_ms,
            due.work.version().map(|version| &version.0)
        ])?;
    Ok(())
}

fn end(
    transaction: &Transaction<'_>,
    target: TargetId,
    due: &Due,
    finish: &Finish,
    now_ms: i64,
) -> Result<(), StoreError> {
    let (id, path) = (target.0, due.path.as_str());
    match finish {
        Finish::Held { version, receipt } => transaction
            .prepare_cached(
                "UPDATE replica SET held = ?3, held_ms = ?4, receipt = ?5, uncertain_ms = NULL, uncertain_version = NULL,
                     attempts = 0, faults = 0, last_error = NULL, not_before_ms = iif(wanted IS NULL, not_before_ms, 0)
                 WHERE target = ?1 AND path = ?2",
            )?
            .execute(params![id, path, version.0, now_ms, receipt.as_ref().map(|receipt| &receipt.0)])?,
        Finish::Deleted => {
            // Wanted again since: then it is to be put, otherwise there is nothing left to remember.
            transaction
                .prepare_cached("DELETE FROM replica WHERE target = ?1 AND path = ?2 AND wanted IS NULL")?
                .execute(params![id, path])?;
            transaction
                .prepare_cached(
                    "UPDATE replica SET held = NULL, held_ms = ?3, receipt = NULL, uncertain_ms = NULL,
                         uncertain_version = NULL, attempts = 0 WHERE target = ?1 AND path = ?2",
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
                .execute(params![id, path, since, making, not_before_ms])?
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

impl Due {
    /// The media key it is made from; `None` for pages.
    pub fn key(&self) -> Option<crate::names::MediaKey> {
        (self.item.root == Root::Media).then(|| self.item.key.clone())
    }

    fn started(&self, target: &TargetName) -> EventKind {
        EventKind::Started {
            target: target.clone(),
            path: self.path.clone(),
            key: self.key(),
            delete: self.work == Work::Delete,
            attempt: self.attempts + 1,
        }
    }

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

fn queue_row(row: &Row<'_>) -> rusqlite::Result<QueueRow> {
    let path: String = row.get(0)?;
    let (wanted, parked, hold): (Option<String>, Option<i64>, Option<u64>) =
        (row.get(1)?, row.get(4)?, row.get(5)?);
    let uncertain: Option<i64> = row.get(2)?;
    let held: Option<String> = row.get(10)?;
    let name: String = row.get(9)?;
    let not_before: i64 = row.get(8)?;
    Ok(QueueRow {
        target: name.parse().map_err(|error: crate::names::NameError| unreadable(9, error))?,
        path: ObjectPath::new(&path).map_err(|error| unreadable(0, error))?,
        work: match (&wanted, uncertain, &held) {
            (None, ..) => "delete",
            (Some(_), Some(_), None) => "resolve",
            _ => "put",
        }
        .into(),
        state: if parked.is_some() {
            "rejected"
        } else if hold.is_some() {
            "held"
        } else {
            "pending"
        }
        .into(),
        attempts: row.get(6)?,
        last_error: row.get(7)?,
        next_try: (not_before > 0).then(|| jiff::Timestamp::from_millisecond(not_before).ok()).flatten(),
    })
}
