//! What share links are made from.

use rusqlite::params;

use super::item::unreadable;
use super::{ItemId, Store, StoreError};
use crate::names::{ObjectPath, TargetName};
use crate::object::PublicLink;

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

    /// Keeps the link that the target's service made for what it holds.
    pub(crate) async fn keep_public_link(
        &self,
        target: super::TargetId,
        path: ObjectPath,
        link: PublicLink,
    ) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE replica SET public_link = ?3, link_expires_ms = ?4 WHERE target = ?1 AND path = ?2",
                params![target.0, path.as_str(), link.url, link.expires.map(|at| at.as_millisecond())],
            )?;
            Ok(())
        })
        .await
    }
}
