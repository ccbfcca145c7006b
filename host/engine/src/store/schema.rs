//! The tables, and how an older database becomes this one.

use std::path::Path;

use rusqlite::{Connection, Transaction};

use super::StoreError;

/// Every step ever made; a new one goes to the end. `user_version` counts those already taken.
const STEPS: &[&str] = &[
    include_str!("schema/001.sql"),
    include_str!("schema/002.sql"),
    include_str!("schema/003.sql"),
    include_str!("schema/004.sql"),
];

/// Brings the database to the newest schema. Each step is whole or not taken at all.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    migrate_by(connection, path, STEPS)
}

fn migrate_by(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), StoreError> {
    refuse_unknown(connection, path, steps.len() as u32)?;
    let done = version(connection)?;
    for (number, step) in steps.iter().enumerate().skip(done as usize) {
        let transaction = connection.transaction()?;
        take(&transaction, number as u32 + 1, step)?;
        transaction.commit()?;
    }
    Ok(())
}

/// An older program must not write into a newer database.
pub fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    refuse_unknown(connection, path, STEPS.len() as u32)
}

fn refuse_unknown(connection: &Connection, path: &Path, known: u32) -> Result<(), StoreError> {
    let found = version(connection)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(connection: &Connection) -> i64 {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_database_of_every_earlier_version_becomes_this_one_and_keeps_its_rows() {
        for age in 1..STEPS.len() {
            let mut connection = Connection::open_in_memory().unwrap();
            migrate_by(&mut connection, Path::new("x"), &STEPS[..age]).unwrap();
            connection.execute("INSERT INTO meta (name, value) VALUES ('a', '1')", []).unwrap();
            migrate(&mut connection, Path::new("x")).unwrap();
            assert_eq!(version(&connection).unwrap() as usize, STEPS.len());
            let kept: String = connection.query_row("SELECT value FROM meta", [], |row| row.get(0)).unwrap();
            assert_eq!(kept, "1");
        }
    }

    #[test]
    fn a_step_that_fails_in_the_middle_leaves_everything_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("x")).unwrap();
        let (before, known) = (tables(&connection), STEPS.len());
        let mut steps = STEPS.to_vec();
        steps.push("CREATE TABLE half (a); CREATE TABLE meta (b);");
        assert!(migrate_by(&mut connection, Path::new("x"), &steps).is_err());
        assert_eq!((tables(&connection), version(&connection).unwrap() as usize), (before, known));
        migrate(&mut connection, Path::new("x")).unwrap();
    }

    #[test]
    fn what_a_newer_program_wrote_is_not_touched_by_an_older_one() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("x")).unwrap();
        let older = migrate_by(&mut connection, Path::new("x"), &STEPS[..1]);
        assert!(
            matches!(older, Err(StoreError::Newer { found, known: 1, .. }) if found as usize == STEPS.len())
        );
    }
}
