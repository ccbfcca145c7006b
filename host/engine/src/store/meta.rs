//! Single values.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Store, StoreError};

/// Counts changes to the items, so that a target can tell that nothing happened since its last plan.
pub(super) const GENERATION: &str = "generation";
/// The file system that the media folder was on at the last complete scan.
pub(crate) const VOLUME: &str = "volume";

/// What the clock said at the last full sync, Unix milliseconds.
pub(crate) const CLOCK: &str = "clock";

pub(super) fn get(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let mut query = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(query.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn set(transaction: &Transaction<'_>, name: &str, value: &str) -> Result<(), StoreError> {
    let mut query =
        transaction.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?;
    query.execute(params![name, value])?;
    Ok(())
}

pub(super) fn generation(connection: &Connection) -> Result<i64, StoreError> {
    Ok(get(connection, GENERATION)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

pub(super) fn next_generation(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let next = generation(transaction)? + 1;
    set(transaction, GENERATION, &next.to_string())
}

impl Store {
    /// A single remembered value.
    pub(crate) async fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| get(connection, &name)).await
    }

    /// Remembers a single value.
    pub(crate) async fn set_meta(&self, name: &str, value: String) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write(move |transaction| set(transaction, &name, &value)).await
    }
}
