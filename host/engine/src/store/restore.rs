//! A database that is older than what happened since: a backup that took the place of a damaged one, or
//! a copy that an operator put back.
//!
//! It is noticed by two marks. A backup says of itself that it is one. And the booth counts *eras*, one
//! for each start and each day, in the database and in `identity.toml`, which no copy of the database
//! takes back with it.
//!
//! Such a database still knows what we put on the targets, which a new one would not: that is why
//! objects whose files are gone are still deleted, and foreign ones never. But none of it is believed
//! as it stands:
//!
//! - what it says is *held* counts as never verified (`held_ms` 0) and every target is to say what it
//!   holds before anything old is sent or deleted (`inventory_ms` NULL, as for a space that another
//!   program filled). Objects put since are recognised, and not sent again; objects deleted since are
//!   forgotten; what was rewritten since is recognised where its size or its hash tells it;
//! - what it says is *to be deleted* is wanted again, until the folder has been looked at. The plan then
//!   drops what is still gone, past the wipe guard: what was confirmed then was confirmed for then;
//! - deletes that it *holds back* stay held back. If the operator let the set go since, they are held in
//!   a new one ([`Store::hold_sets`]), which dissolves once the target says that they are gone;
//! - what it knows of rendered pages is forgotten, so they are made anew;
//! - what it knows of plugins is kept. There is no other source.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::item::unreadable;
use super::{Store, StoreError, TargetId, meta};
use crate::names::{NameError, TargetName};

/// Says that this is a backup, and of when (Unix milliseconds).
const COPY: &str = "copy";
/// Which booth this is the database of.
const INSTANCE: &str = "instance";
/// How often that booth began something new with it.
const ERA: &str = "era";
/// Event numbers are never given twice; nobody counts so many in a day.
const SKIPPED_EVENTS: i64 = 1_000_000;

/// Where a database stands in the life of its booth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Era {
    /// The era that begins now.
    pub now: u64,
    /// The database is older than the booth, or another booth's.
    pub stale: bool,
}

/// Marks a backup as one.
pub(super) fn mark_as_copy(connection: &Connection, now_ms: i64) -> rusqlite::Result<()> {
    connection
        .execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
            params![COPY, now_ms.to_string()],
        )
        .map(drop)
}

/// When a backup was made.
pub(super) fn copied_at(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let text: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [COPY], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| text.parse().ok()).and_then(|at| Timestamp::from_millisecond(at).ok()))
}

/// A backup that is opened as the database is one no more, and nothing it says is believed as it stands.
pub(super) fn take_in_copy(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    if transaction.execute("DELETE FROM meta WHERE name = ?1", [COPY])? > 0 {
        distrust(&transaction)?;
    }
    Ok(transaction.commit()?)
}

/// Has everything compared with the folder and the targets before it counts.
fn distrust(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute_batch(&format!(
        "UPDATE replica SET
             wanted = coalesce(wanted, held, uncertain_version),
             drop_reason = iif(coalesce(wanted, held, uncertain_version) IS NULL, drop_reason, NULL),
             confirmed = 0, parked_ms = NULL, last_error = NULL
         WHERE hold IS NULL;
         UPDATE replica SET held_ms = 0, attempts = 0, faults = 0, not_before_ms = 0;
         UPDATE target SET inventory_ms = NULL, rules = '', planned = 0;
         DELETE FROM meta WHERE name LIKE 'page:%';
         UPDATE sqlite_sequence SET seq = seq + {SKIPPED_EVENTS} WHERE name = 'event';"
    ))?;
    Ok(())
}

/// Deletes that are held back together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HoldSet {
    /// Where they would happen.
    pub target: TargetId,
    /// Its name.
    pub name: TargetName,
    /// The number of the set.
    pub set: u64,
    /// How many.
    pub count: u64,
}

impl Store {
    /// Every set of deletes that is held back.
    pub(crate) async fn hold_sets(&self) -> Result<Vec<HoldSet>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT r.target, t.name, r.hold, count(*) FROM replica r JOIN target t ON t.id = r.target
                 WHERE r.hold IS NOT NULL GROUP BY r.target, r.hold",
            )?;
            let rows = query.query_map([], |row| {
                let name: String = row.get(1)?;
                Ok(HoldSet {
                    target: TargetId(row.get(0)?),
                    name: name.parse().map_err(|error: NameError| unreadable(1, error))?,
                    set: row.get(2)?,
                    count: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Gives a set another number.
    pub(crate) async fn renumber_hold(&self, set: HoldSet, number: u64) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let sql = "UPDATE replica SET hold = ?3 WHERE target = ?1 AND hold = ?2";
            transaction.execute(sql, params![set.target.0, set.set, number])?;
            Ok(())
        })
        .await
    }

    /// Begins a new era of the booth `instance`, whose last one known to it was `known`. A database that
    /// is older than that is not believed as it stands.
    pub(crate) async fn begin_era(&self, instance: Uuid, known: u64) -> Result<Era, StoreError> {
        self.write(move |transaction| {
            let own: Option<u64> = meta::get(transaction, ERA)?.and_then(|text| text.parse().ok());
            let booth = meta::get(transaction, INSTANCE)?;
            let other = booth.is_some_and(|booth| booth != instance.to_string());
            let behind = other || own.unwrap_or(0) < known;
            let stale = behind && knows_anything(transaction)?;
            if stale {
                distrust(transaction)?;
            }
            let now = own.unwrap_or(0).max(known) + 1;
            meta::set(transaction, ERA, &now.to_string())?;
            meta::set(transaction, INSTANCE, &instance.to_string())?;
            Ok(Era { now, stale })
        })
        .await
    }
}

/// A new database has nothing to be believed.
fn knows_anything(transaction: &Transaction<'_>) -> Result<bool, StoreError> {
    Ok(transaction.query_row("SELECT EXISTS (SELECT 1 FROM replica)", [], |row| row.get(0))?)
}
