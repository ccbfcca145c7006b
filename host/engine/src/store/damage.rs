//! Opening the database, and what happens when it is damaged: the file is kept aside and the newest
//! backup takes its place, or a new one is begun. What is in the folder and on the targets mends what a
//! backup does not know, and fills a new one.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode};

use super::{StoreError, backup, restore, schema};

/// A check reads the whole file; above this size it would hold up every start.
const CHECK_AT_MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Of the write-ahead log, this much is kept between checkpoints.
const LOG_BYTES: u32 = 4 * 1024 * 1024;

/// What became of a damaged database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// Where it was put.
    pub kept: PathBuf,
    /// When the backup was made that took its place; `None`: there was none that could be used.
    pub backup_of: Option<Timestamp>,
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept.display();
        match self.backup_of {
            Some(at) => write!(
                f,
                "the database was damaged and is kept as `{kept}`; the backup of {} took its place, and what \
                 happened since is found out from the media folder and the targets",
                at.strftime("%Y-%m-%d %H:%M UTC")
            ),
            None => write!(
                f,
                "the database was damaged and is kept as `{kept}`; it is rebuilt from the media folder and \
                 the targets"
            ),
        }
    }
}

/// The open database, and what was mended if it was damaged.
pub fn open_or_mend(path: &Path) -> Result<(Connection, Option<Mended>), StoreError> {
    let broken = match open(path) {
        Err(StoreError::Sqlite(error)) if is_damage(&error) => true,
        Err(error) => return Err(error),
        Ok(connection) => return Ok((connection, None)),
    };
    debug_assert!(broken);
    let folder = |source| StoreError::Folder { path: path.to_path_buf(), source };
    let copy = backup::take_out(path);
    let kept = set_aside(path).map_err(folder)?;
    if let Some(copy) = copy {
        std::fs::rename(&copy.path, path).map_err(folder)?;
        if let Ok(connection) = open(path) {
            return Ok((connection, Some(Mended { kept, backup_of: copy.made })));
        }
        std::fs::remove_file(path).map_err(folder)?;
    }
    Ok((open(path)?, Some(Mended { kept, backup_of: None })))
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    // Before anything is written into it.
    schema::refuse_newer(&connection, path)?;
    // Works on a new file only: freed pages go back to the disk in small portions.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: what is committed survives a power cut, which is what a booth is switched off with.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    check_if_worth_it(&connection, path)?;
    schema::migrate(&mut connection, path)?;
    restore::take_in_copy(&mut connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn check_if_worth_it(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let suspected = beside(path, SUSPECT);
    let large = std::fs::metadata(path).map_or(0, |meta| meta.len()) > CHECK_AT_MOST_BYTES;
    if large && !suspected.exists() {
        return Ok(());
    }
    check(connection)?;
    // Whatever made it suspect is not there any more.
    let _ = std::fs::remove_file(suspected);
    Ok(())
}

/// Reads the whole database; an error that [`is_damage`] says that it makes no sense.
pub fn check(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let damage = rusqlite::ffi::Error { code: ErrorCode::DatabaseCorrupt, extended_code: 11 };
    Err(rusqlite::Error::SqliteFailure(damage, Some(verdict)).into())
}

/// Whether the error says that the file's content makes no sense.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// What a running service leaves beside a database that it found damaged, so that the next start looks
/// at all of it, however large it is.
const SUSPECT: &str = ".suspect";

/// Has the next start look at the whole database.
pub fn suspect(data: &Path) {
    // A start checks all but very large databases anyway.
    let _ = std::fs::write(beside(&data.join(super::FILE_NAME), SUSPECT), "");
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Renames the file and its companions to the first free `<name>.damaged-<n>`.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let kept = (1u32..)
        .map(|n| beside(path, &format!(".damaged-{n}")))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| beside(path, ".damaged"));
    std::fs::rename(path, &kept)?;
    for companion in ["-wal", "-shm"] {
        let from = beside(path, companion);
        if from.exists() {
            std::fs::rename(from, beside(&kept, companion))?;
        }
    }
    // It was suspected for good reason, and is not in use any more.
    let _ = std::fs::remove_file(beside(path, SUSPECT));
    Ok(kept)
}
