//! The tables, and how an older database becomes this one.

use std::path::Path;

use rusqlite::{Connection, Transaction};

use super::StoreError;

/// Every step ever made; a new one goes to the end. `user_version` counts those already taken.
const STEPS: &[&str] = &[include_str!("schema/001.sql")];

/// Brings the database to the newest schema.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    refuse_newer(connection, path)?;
    let done = version(connection)?;
    for (number, step) in STEPS.iter().enumerate().skip(done as usize) {
        let transaction = connection.transaction()?;
        take(&transaction, number as u32 + 1, step)?;
        transaction.commit()?;
    }
    Ok(())
}

/// An older program must not write into a newer database.
pub fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, STEPS.len() as u32);
    if found <= known { Ok(()) } else { Err(StoreError::Newer { path: path.to_path_buf(), found, known }) }
}

fn take(transaction: &Transaction<'_>, number: u32, step: &str) -> Result<(), StoreError> {
    transaction.execute_batch(step)?;
    transaction.pragma_update(None, "user_version", number)?;
    Ok(())
}

fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
