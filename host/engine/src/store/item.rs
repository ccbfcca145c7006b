//! Media items and rendered pages: what there is to be held somewhere.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::replica::{self, ReplicaChange, ReplicaRow};
use super::{Store, StoreError, TargetId, event, meta};
use crate::blob::Root;
use crate::names::MediaKey;
use crate::version::Version;
use crate::view::{Event, EventKind};

/// Number of an item in this database; a rebuilt one gives other numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(pub i64);

/// One file that is there, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Its number.
    pub id: ItemId,
    /// The folder it lies in.
    pub root: Root,
    /// The path below that folder.
    pub key: MediaKey,
    /// Its content when last looked at.
    pub version: Version,
    /// Size in bytes when last looked at.
    pub size_bytes: u64,
    /// Last write, Unix milliseconds.
    pub modified_ms: i64,
    /// Lower goes first.
    pub priority: u8,
    /// Whether it is there now.
    pub present: bool,
    /// When any version of it was first seen, Unix milliseconds.
    pub first_seen_ms: i64,
    /// When this version was first seen, Unix milliseconds.
    pub seen_ms: i64,
}

/// What a look at the folder found to be different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemChange {
    /// New, changed, or back again.
    Seen {
        /// The folder it lies in.
        root: Root,
        /// The path below that folder.
        key: MediaKey,
        /// Its content.
        version: Version,
        /// Size in bytes.
        size_bytes: u64,
        /// Last write, Unix milliseconds.
        modified_ms: i64,
        /// Lower goes first.
        priority: u8,
    },
    /// Not there any more.
    Gone(ItemId),
}

const COLUMNS: &str =
    "id, source, key, version, size_bytes, modified_ms, priority, present, first_seen_ms, seen_ms";

impl Store {
    /// Every item of a folder, in no order.
    pub(crate) async fn items(&self, root: Root) -> Result<Vec<ItemRow>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM item WHERE source = ?1");
            let mut query = connection.prepare_cached(&sql)?;
            Ok(query.query_map([root.as_str()], |row| ItemRow::read(row, 0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Every item of all folders.
    pub(crate) async fn all_items(&self) -> Result<Vec<ItemRow>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM item"))?;
            Ok(query.query_map([], |row| ItemRow::read(row, 0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Those of `keys` that are known.
    pub(crate) async fn items_of(&self, root: Root, keys: Vec<MediaKey>) -> Result<Vec<ItemRow>, StoreError> {
        self.read(move |connection| {
            keys.iter().filter_map(|key| by_key(connection, root, key.as_str()).transpose()).collect()
        })
        .await
    }

    /// Some items of a folder that are there, as far as is known.
    pub(crate) async fn some_items(&self, root: Root, limit: usize) -> Result<Vec<ItemRow>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM item WHERE source = ?1 AND present LIMIT ?2");
            let mut query = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = query.query_map(params![root.as_str(), limit], |row| ItemRow::read(row, 0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Every item of a folder below a directory of it.
    pub(crate) async fn items_below(&self, root: Root, dir: &MediaKey) -> Result<Vec<ItemRow>, StoreError> {
        // `0` follows `/`, so these two bound every path below.
        let (first, behind) = (format!("{dir}/"), format!("{dir}0"));
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM item WHERE source = ?1 AND key >= ?2 AND key < ?3");
            let mut query = connection.prepare_cached(&sql)?;
            let rows = query.query_map([root.as_str(), &first, &behind], |row| ItemRow::read(row, 0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// One media item, present or gone.
    pub(crate) async fn media_item(&self, key: MediaKey) -> Result<Option<ItemRow>, StoreError> {
        self.read(move |connection| by_key(connection, Root::Media, key.as_str())).await
    }

    /// The media item with this stable identifier.
    pub(crate) async fn by_identifier(&self, identifier: Uuid) -> Result<Option<ItemRow>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM item WHERE identifier = ?1 AND source = 'media'");
            let mut query = connection.prepare_cached(&sql)?;
            Ok(query.query_row([identifier.to_string()], |row| ItemRow::read(row, 0)).optional()?)
        })
        .await
    }

    /// Records that files are gone. Returns their items, and those that are spelled alike.
    pub(crate) async fn mark_gone(&self, changes: Vec<ItemChange>) -> Result<Vec<ItemRow>, StoreError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        self.write(move |transaction| {
            let mut rows = Vec::with_capacity(changes.len());
            for change in &changes {
                rows.extend(apply(transaction, change, 0)?);
            }
            add_twins(transaction, &mut rows)?;
            meta::next_generation(transaction)?;
            Ok(rows)
        })
        .await
    }

    /// Records arrivals and plans them for these targets in one transaction: what somebody waits for
    /// pays for one flush only. `plan` says what is to be different on a target.
    pub(crate) async fn arrive<F>(
        &self,
        changes: Vec<ItemChange>,
        targets: Vec<TargetId>,
        plan: F,
        now_ms: i64,
    ) -> Result<Vec<Event>, StoreError>
    where
        F: Fn(TargetId, &[ItemRow], &[ReplicaRow]) -> Vec<ReplicaChange> + Send + 'static,
    {
        self.write(move |transaction| {
            let (mut rows, mut events) = (Vec::with_capacity(changes.len()), Vec::new());
            for change in &changes {
                rows.extend(apply(transaction, change, now_ms)?);
                events.extend(announce(transaction, change, now_ms)?);
            }
            add_twins(transaction, &mut rows)?;
            meta::next_generation(transaction)?;
            for target in targets {
                let replicas = replica::of_items(transaction, target, rows.iter().map(|row| row.id))?;
                for change in plan(target, &rows, &replicas) {
                    replica::apply(transaction, target, &change, now_ms, 0)?;
                }
            }
            Ok(events)
        })
        .await
    }

    /// Counts up with every change to the items.
    pub(crate) async fn generation(&self) -> Result<i64, StoreError> {
        self.read(meta::generation).await
    }
}

fn apply(
    transaction: &Transaction<'_>,
    change: &ItemChange,
    now_ms: i64,
) -> Result<Option<ItemRow>, StoreError> {
    match change {
        ItemChange::Gone(id) => {
            transaction.prepare_cached("UPDATE item SET present = 0 WHERE id = ?1")?.execute([id.0])?;
            let sql = format!("SELECT {COLUMNS} FROM item WHERE id = ?1");
            Ok(transaction.prepare_cached(&sql)?.query_row([id.0], |row| ItemRow::read(row, 0)).optional()?)
        }
        ItemChange::Seen { root, key, version, size_bytes, modified_ms, priority } => {
            let identifier = crate::naming::identifier(key).to_string();
            transaction
                .prepare_cached(
                    "INSERT INTO item (source, key, version, size_bytes, modified_ms, priority, present,
                                       first_seen_ms, seen_ms, identifier)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?8)
                     ON CONFLICT (source, key) DO UPDATE SET
                         version = ?3, size_bytes = ?4, modified_ms = ?5, priority = ?6, present = 1, seen_ms = ?7",
                )?
                .execute(params![
                    root.as_str(),
                    key.as_str(),
                    version.0,
                    size_bytes,
                    modified_ms,
                    priority,
                    now_ms,
                    identifier
                ])?;
            by_key(transaction, *root, key.as_str())
        }
    }
}

/// Adds the items that are there and differ from one of these in spelling alone: only one of them has a
/// place on a target, and which one can only be said of all together.
fn add_twins(connection: &Connection, rows: &mut Vec<ItemRow>) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM item WHERE identifier = ?1 AND source = 'media' AND present");
    let mut query = connection.prepare_cached(&sql)?;
    let mut twins = Vec::new();
    for row in rows.iter().filter(|row| row.root == Root::Media && !row.key.as_str().is_ascii()) {
        let identifier = crate::naming::identifier(&row.key).to_string();
        let alike = query.query_map([identifier], |row| ItemRow::read(row, 0))?;
        twins.extend(alike.collect::<Result<Vec<_>, _>>()?);
    }
    twins.retain(|twin| rows.iter().all(|row| row.id != twin.id));
    rows.extend(twins);
    Ok(())
}

fn announce(
    transaction: &Transaction<'_>,
    change: &ItemChange,
    now_ms: i64,
) -> Result<Option<Event>, StoreError> {
    let ItemChange::Seen { root: Root::Media, key, size_bytes, .. } = change else { return Ok(None) };
    let kind = EventKind::Seen { key: key.clone(), size_bytes: *size_bytes };
    event::append(transaction, kind, now_ms).map(Some)
}

pub(super) fn by_key(connection: &Connection, root: Root, key: &str) -> Result<Option<ItemRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM item WHERE source = ?1 AND key = ?2");
    let mut query = connection.prepare_cached(&sql)?;
    Ok(query.query_row([root.as_str(), key], |row| ItemRow::read(row, 0)).optional()?)
}

/// Whether another file has the same content as `item`: it was renamed, so nothing is lost with its name.
const LIES_ELSEWHERE: &str = "EXISTS (SELECT 1 FROM item other WHERE other.version = item.version AND other.present AND other.id <> item.id)";

pub(super) fn lies_elsewhere(transaction: &Transaction<'_>, item: ItemId) -> Result<bool, StoreError> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM item WHERE id = ?1 AND {LIES_ELSEWHERE})");
    Ok(transaction.prepare_cached(&sql)?.query_row([item.0], |row| row.get(0))?)
}

impl Store {
    /// Items that are gone from where they were and lie elsewhere with the same content.
    pub(crate) async fn moved(&self) -> Result<HashSet<ItemId>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT id FROM item WHERE NOT present AND {LIES_ELSEWHERE}");
            let mut query = connection.prepare_cached(&sql)?;
            Ok(query.query_map([], |row| Ok(ItemId(row.get(0)?)))?.collect::<Result<_, _>>()?)
        })
        .await
    }
}

impl ItemRow {
    /// Reads the columns of [`COLUMNS`] from column `at` on.
    pub(super) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        let key: String = row.get(at + 2)?;
        Ok(Self {
            id: ItemId(row.get(at)?),
            root: if row.get_ref(at + 1)?.as_str()? == "pages" { Root::Pages } else { Root::Media },
            key: MediaKey::new(&key).map_err(|error| unreadable(at + 2, error))?,
            version: Version(row.get(at + 3)?),
            size_bytes: row.get(at + 4)?,
            modified_ms: row.get(at + 5)?,
            priority: row.get(at + 6)?,
            present: row.get(at + 7)?,
            first_seen_ms: row.get(at + 8)?,
            seen_ms: row.get(at + 9)?,
        })
    }
}

/// A stored value that this program would never have written.
pub(super) fn unreadable<E: std::error::Error + Send + Sync + 'static>(
    column: usize,
    error: E,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}
