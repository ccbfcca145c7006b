//! The hash that a target last told of what it holds, so that a change behind our back is noticed even
//! where the size stays the same.

use std::collections::HashMap;

use rusqlite::params;

use super::item::unreadable;
use super::{Store, StoreError, TargetId};
use crate::names::ObjectPath;

/// What was told, of what is held since then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Where.
    pub path: ObjectPath,
    /// Since when the row says what is held, Unix milliseconds.
    pub held_ms: i64,
    /// Algorithm and hash.
    pub hash: String,
}

impl Store {
    /// What a target told of what it holds now.
    pub(crate) async fn told(&self, target: TargetId) -> Result<HashMap<ObjectPath, Told>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT path, held_ms, told FROM replica WHERE target = ?1 AND told IS NOT NULL",
            )?;
            let rows = query.query_map([target.0], |row| {
                let (path, told): (String, String) = (row.get(0)?, row.get(2)?);
                let path = ObjectPath::new(&path).map_err(|error| unreadable(0, error))?;
                let held_ms: i64 = row.get::<_, Option<i64>>(1)?.unwrap_or(0);
                // Put since: nobody knows yet what the target says of it.
                let hash = told.strip_prefix(&format!("{held_ms} ")).map(str::to_owned);
                Ok(hash.map(|hash| (path.clone(), Told { path, held_ms, hash })))
            })?;
            Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Keeps what was told, unless something was put since.
    pub(crate) async fn keep_told(&self, target: TargetId, all: Vec<Told>) -> Result<(), StoreError> {
        if all.is_empty() {
            return Ok(());
        }
        self.write(move |transaction| {
            let mut keep = transaction.prepare_cached(
                "UPDATE replica SET told = ?4 WHERE target = ?1 AND path = ?2 AND held_ms = ?3",
            )?;
            for told in &all {
                let text = format!("{} {}", told.held_ms, told.hash);
                keep.execute(params![target.0, told.path.as_str(), told.held_ms, text])?;
            }
            Ok(())
        })
        .await
    }
}
