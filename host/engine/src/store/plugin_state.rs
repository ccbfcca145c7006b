//! The small durable memory of plugins.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Store, StoreError};

/// How a [`Store::swap_plugin_state`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// Written.
    Done,
    /// The present value was not the expected one.
    Changed,
    /// It would be more than the target may keep.
    TooMuch,
}

impl Store {
    /// A value of a plugin's durable memory.
    pub async fn plugin_state(&self, target: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (target, name) = (target.to_owned(), name.to_owned());
        self.read(move |connection| get(connection, &target, &name)).await
    }

    /// Writes a value of a plugin's durable memory if the present one is `expected`. `value` of
    /// `None` removes it. `max_bytes` bounds the names and values of the target in all.
    pub async fn swap_plugin_state(
        &self,
        target: &str,
        name: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
        max_bytes: u64,
    ) -> Result<Swap, StoreError> {
        let (target, name) = (target.to_owned(), name.to_owned());
        let (expected, value) = (expected.map(<[u8]>::to_vec), value.map(<[u8]>::to_vec));
        self.write(move |transaction| {
            if get(transaction, &target, &name)? != expected {
                return Ok(Swap::Changed);
            }
            match value {
                None => remove(transaction, &target, &name),
                Some(value) => put(transaction, &target, &name, &value, max_bytes),
            }
        })
        .await
    }
}

fn get(connection: &Connection, target: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT value FROM plugin_state WHERE target = ?1 AND name = ?2")?;
    Ok(query.query_row([target, name], |row| row.get(0)).optional()?)
}

fn remove(transaction: &Transaction<'_>, target: &str, name: &str) -> Result<Swap, StoreError> {
    transaction.execute("DELETE FROM plugin_state WHERE target = ?1 AND name = ?2", [target, name])?;
    Ok(Swap::Done)
}

fn put(
    transaction: &Transaction<'_>,
    target: &str,
    name: &str,
    value: &[u8],
    max_bytes: u64,
) -> Result<Swap, StoreError> {
    let others: u64 = transaction.query_row(
        "SELECT coalesce(sum(length(CAST(name AS BLOB)) + length(value)), 0) FROM plugin_state
         WHERE target = ?1 AND name <> ?2",
        [target, name],
        |row| row.get(0),
    )?;
    if others + (name.len() + value.len()) as u64 > max_bytes {
        return Ok(Swap::TooMuch);
    }
    transaction.execute(
        "INSERT OR REPLACE INTO plugin_state (target, name, value) VALUES (?1, ?2, ?3)",
        params![target, name, value],
    )?;
    Ok(Swap::Done)
}
