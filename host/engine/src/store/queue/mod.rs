//! Taking work out of the queue, and writing down how it ended.

mod choose;
mod end;
mod shown;

use rusqlite::params;

use super::attempt::{self, AttemptRow};
use super::{ItemRow, Store, StoreError, TargetId, event, item};
use crate::blob::Root;
use crate::names::{ObjectPath, TargetName};
use crate::object::Receipt;
use crate::version::Version;
use crate::view::{Event, EventKind};
use choose::{begin, select};
use end::end;

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
        /// The target's service is to be asked for a link to it.
        ask_link: bool,
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

// Word for word the condition of the indexes `replica_pending`, `replica_delayed` and `replica_waiting`.
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
            if let Some(mut attempt) = attempt {
                attempt.guarded = attempt.guarded && !item::lies_elsewhere(transaction, due.item.id)?;
                attempt::insert(transaction, target, &due.path, &attempt)?;
            }
            end(transaction, target, &due, &finish, now_ms)?;
            told.map(|kind| event::append(transaction, kind, now_ms)).transpose()
        })
        .await
    }

    /// When the next delayed work is due, Unix milliseconds, if any waits beyond `now_ms`.
    pub(crate) async fn next_due(&self, target: TargetId, now_ms: i64) -> Result<Option<i64>, StoreError> {
        self.read(move |connection| {
            // The index holds delayed work alone, so a long backlog costs nothing here.
            let sql = format!(
                "SELECT min(not_before_ms) FROM replica INDEXED BY replica_delayed
                 WHERE target = ?1 AND not_before_ms > 0 AND {PENDING} AND not_before_ms > ?2"
            );
            Ok(connection.prepare_cached(&sql)?.query_row(params![target.0, now_ms], |row| row.get(0))?)
        })
        .await
    }

    /// The clock was set back to `now_ms`, Unix milliseconds: nothing waits longer than until `latest_ms`,
    /// and what was queued later than now does not wait behind what comes next. Its order stays.
    pub(crate) async fn bring_forward(
        &self,
        target: TargetId,
        now_ms: i64,
        latest_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let newest = format!("SELECT max(queued_ms) FROM replica INDEXED BY replica_waiting WHERE target = ?1 AND {PENDING}");
            let newest: Option<i64> = transaction.query_row(&newest, [target.0], |row| row.get(0))?;
            let ahead_ms = newest.map_or(0, |newest| newest - now_ms);
            if ahead_ms > 0 {
                let sql = format!(
                    "UPDATE replica SET queued_ms = queued_ms - ?3, rank_ms = rank_ms - ?3
                     WHERE target = ?1 AND {PENDING} AND queued_ms > ?2"
                );
                transaction.execute(&sql, params![target.0, now_ms, ahead_ms])?;
            }
            let sql = format!(
                "UPDATE replica SET not_before_ms = ?2
                 WHERE target = ?1 AND not_before_ms > 0 AND {PENDING} AND not_before_ms > ?2"
            );
            transaction.execute(&sql, params![target.0, latest_ms])?;
            Ok(())
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
}
