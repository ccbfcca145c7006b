//! Opening the database, and what happens when it is damaged: the file is kept aside and a new one
//! begun. What is in the folder and on the targets fills it again.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::{StoreError, schema};

/// A check reads the whole file; above this size it would hold up every start.
const CHECK_AT_MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The open database, and where a damaged one was put if there was one.
pub fn open_or_set_aside(path: &Path) -> Result<(Connection, Option<PathBuf>), StoreError> {
    match open(path) {
        Err(StoreError::Sqlite(error)) if is_damage(&error) => {
            let kept =
                set_aside(path).map_err(|source| StoreError::Folder { path: path.to_path_buf(), source })?;
            Ok((open(path)?, Some(kept)))
        }
        other => other.map(|connection| (connection, None)),
    }
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    // FULL: what is committed survives a power cut, which is what a booth is switched off with.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    check(&connection, path)?;
    schema::migrate(&mut connection, path)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    if std::fs::metadata(path).map_or(0, |meta| meta.len()) > CHECK_AT_MOST_BYTES {
        return Ok(());
    }
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let damage = rusqlite::ffi::Error { code: ErrorCode::DatabaseCorrupt, extended_code: 11 };
    Err(rusqlite::Error::SqliteFailure(damage, Some(verdict)).into())
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Renames the file and its companions to the first free `<name>.damaged-<n>`.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let kept = (1u32..)
        .map(|n| beside(&format!(".damaged-{n}")))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| beside(".damaged"));
    std::fs::rename(path, &kept)?;
    for companion in ["-wal", "-shm"] {
        let from = beside(companion);
        if from.exists() {
            let mut to = kept.as_os_str().to_owned();
            to.push(companion);
            std::fs::rename(from, to)?;
        }
    }
    Ok(kept)
}
