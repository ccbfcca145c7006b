//! What share links are made from.

use rusqlite::{OptionalExtension, params};

use super::item::unreadable;
use super::{ItemId, Store, StoreError, TargetId, event};
use crate::names::{MediaKey, ObjectPath, TargetName};
use crate::object::{PublicLink, Receipt};
use crate::view::{Event, EventKind};

/// Where one target has, or will have, an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedRow {
    /// The target.
    pub target: TargetName,
    /// The item's path there.
    pub path: ObjectPath,
    /// Something of ours is known to be there.
    pub held: bool,
    /// It should be there.
    pub wanted: bool,
    /// Why not.
    pub drop_reason: Option<String>,
    /// The link that the target's service made.
    pub public_link: Option<String>,
}

/// An object whose link the target's service is to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLink {
    /// Which.
    pub path: ObjectPath,
    /// The file it comes from.
    pub key: MediaKey,
    /// The target's note on it.
    pub receipt: Option<Receipt>,
    /// How often in a row there was no answer.
    pub failures: u32,
}

impl Store {
    /// Where targets have an item.
    pub(crate) async fn placed(&self, item: ItemId) -> Result<Vec<PlacedRow>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT t.name, path, held IS NOT NULL, wanted IS NOT NULL, drop_reason, public_link
                 FROM replica r JOIN target t ON t.id = r.target WHERE item = ?1",
            )?;
            let rows = query.query_map([item.0], |row| {
                let (name, path): (String, String) = (row.get(0)?, row.get(1)?);
                Ok(PlacedRow {
                    target: name.parse().map_err(|error: crate::names::NameError| unreadable(0, error))?,
                    path: ObjectPath::new(&path).map_err(|error| unreadable(1, error))?,
                    held: row.get(2)?,
                    wanted: row.get(3)?,
                    drop_reason: row.get(4)?,
                    public_link: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Has the service asked for the links of everything that the target holds without one.
    pub(crate) async fn ask_missing_links(&self, target: TargetId, now_ms: i64) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE replica SET link_due_ms = ?2
                 WHERE target = ?1 AND held IS NOT NULL AND public_link IS NULL AND link_due_ms IS NULL
                     AND path GLOB 'media/*'",
                params![target.0, now_ms],
            )?;
            Ok(())
        })
        .await
    }

    /// Objects whose link is to be asked for now, the newest first: somebody waits for it.
    pub(crate) async fn due_links(
        &self,
        target: TargetId,
        now_ms: i64,
        limit: usize,
    ) -> Result<Vec<DueLink>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT path, key, receipt, link_failures FROM replica JOIN item ON item.id = replica.item
                 WHERE target = ?1 AND link_due_ms IS NOT NULL AND link_due_ms <= ?2 AND held IS NOT NULL
                     AND wanted IS NOT NULL AND uncertain_ms IS NULL
                 ORDER BY link_due_ms DESC LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = query.query_map(params![target.0, now_ms, limit], |row| {
                let (path, key): (String, String) = (row.get(0)?, row.get(1)?);
                Ok(DueLink {
                    path: ObjectPath::new(&path).map_err(|error| unreadable(0, error))?,
                    key: MediaKey::new(&key).map_err(|error| unreadable(1, error))?,
                    receipt: row.get::<_, Option<String>>(2)?.map(Receipt),
                    failures: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// When the next link is to be asked for, after `now_ms`, Unix milliseconds.
    pub(crate) async fn next_link(&self, target: TargetId, now_ms: i64) -> Result<Option<i64>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT min(link_due_ms) FROM replica
                       WHERE target = ?1 AND link_due_ms IS NOT NULL AND link_due_ms > ?2";
            Ok(connection.prepare_cached(sql)?.query_row(params![target.0, now_ms], |row| row.get(0))?)
        })
        .await
    }

    /// Keeps the link that the target's service made for what it holds, `None`: it makes none, and has it
    /// asked for again at `due_ms`. A link that is another one than before is an event.
    pub(crate) async fn keep_public_link(
        &self,
        target: TargetId,
        due: DueLink,
        link: Option<PublicLink>,
        due_ms: Option<i64>,
        told: EventKind,
        now_ms: i64,
    ) -> Result<Option<Event>, StoreError> {
        self.write(move |transaction| {
            let expires_ms = link.as_ref().and_then(|link| link.expires).map(|at| at.as_millisecond());
            let url = link.map(|link| link.url);
            let path = due.path.as_str();
            let sql = "SELECT public_link IS NOT ?3 FROM replica
                       WHERE target = ?1 AND path = ?2 AND held IS NOT NULL";
            let other = transaction.query_row(sql, params![target.0, path, url], |row| row.get(0)).optional()?;
            let Some(other) = other else { return Ok(None) };
            transaction.execute(
                "UPDATE replica SET public_link = ?3, link_expires_ms = ?4, link_due_ms = ?5, link_failures = 0
                 WHERE target = ?1 AND path = ?2",
                params![target.0, path, url, expires_ms, due_ms],
            )?;
            let made: bool = other && url.is_some();
            made.then(|| event::append(transaction, told, now_ms)).transpose()
        })
        .await
    }

    /// The service gave no link: asked again at `due_ms`, `None`: not before there is a reason.
    pub(crate) async fn link_failed(
        &self,
        target: TargetId,
        path: ObjectPath,
        due_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE replica SET link_due_ms = ?3, link_failures = link_failures + 1
                 WHERE target = ?1 AND path = ?2",
                params![target.0, path.as_str(), due_ms],
            )?;
            Ok(())
        })
        .await
    }
}
