//! A copy of the database that is known to be whole, made once a day.
//!
//! `VACUUM INTO` reads within one transaction of its own connection, so writers go on meanwhile, and
//! what comes out is compact. The copy says of itself that it is one: wherever it is opened as the
//! database, by us or after an operator put it there, nothing it says of targets is believed before it
//! was compared with them (see [`super::restore`]).

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::{FILE_NAME, StoreError, damage, restore, schema};

/// The folder of the backup in the data folder.
const FOLDER: &str = "backup";
/// Room that must be left beside a backup, so that making one never fills the disk.
const SPARE_BYTES: u64 = 64 * 1024 * 1024;

/// Why there is no new backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database itself is damaged.
    #[error("the database is damaged")]
    Damaged,
    /// It would leave too little room for pictures.
    #[error("the disk has too little room for it")]
    NoRoom,
    /// SQLite failed.
    #[error("the database could not be copied: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The system refused.
    #[error("`{path}` cannot be written: {source}")]
    Folder {
        /// What.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Sqlite(error) if damage::is_damage(&error) => Self::Damaged,
            StoreError::Sqlite(error) => Self::Sqlite(error),
            other => Self::Folder { path: PathBuf::from(FILE_NAME), source: io::Error::other(other) },
        }
    }
}

/// A backup taken out of its folder, ready to be put in the place of the database.
pub struct Copy {
    /// The copy of it.
    pub path: PathBuf,
    /// When the backup was made, if it says so.
    pub made: Option<Timestamp>,
}

/// Where the backup of the database in `data` is.
pub fn path(data: &Path) -> PathBuf {
    data.join(FOLDER).join(FILE_NAME)
}

/// Checks the database in `data` and makes its backup: the old one or the new one is there whole at any
/// moment. Blocks for as long as it takes to read and write all of it. Returns its size in bytes.
pub fn make(data: &Path, now_ms: i64) -> Result<u64, BackupError> {
    let database = data.join(FILE_NAME);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&database, flags)?;
    damage::check(&connection)?;
    let size = std::fs::metadata(&database).map_or(0, |meta| meta.len());
    if !has_room(data, size) {
        return Err(BackupError::NoRoom);
    }
    let (place, beside) = (path(data), data.join(FOLDER).join("boothsync.db.new"));
    let failed = |source| BackupError::Folder { path: beside.clone(), source };
    prepare(&beside).map_err(failed)?;
    let made = write(&connection, &beside, now_ms);
    if made.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    made?;
    put_in_place(&beside, &place).map_err(failed)
}

/// A copy of the backup beside the database at `database`, if there is a whole one.
pub fn take_out(database: &Path) -> Option<Copy> {
    let data = database.parent()?;
    let backup = path(data);
    let copy = data.join("boothsync.db.restored");
    let made = read_date(&backup, database)?;
    std::fs::copy(&backup, &copy).and_then(|_| File::open(&copy)?.sync_all()).ok()?;
    Some(Copy { path: copy, made })
}

/// When a backup was made; `None` if it cannot be used.
fn read_date(backup: &Path, database: &Path) -> Option<Option<Timestamp>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(backup, flags).ok()?;
    damage::check(&connection).and_then(|()| schema::refuse_newer(&connection, database)).ok()?;
    restore::copied_at(&connection).ok()
}

fn has_room(data: &Path, size: u64) -> bool {
    // What cannot be asked is found out by trying.
    rustix::fs::statvfs(data)
        .map_or(true, |volume| volume.f_bavail.saturating_mul(volume.f_frsize) >= size + SPARE_BYTES)
}

/// An empty file for the owner alone, which SQLite then fills.
fn prepare(beside: &Path) -> io::Result<()> {
    if let Some(folder) = beside.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match std::fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside).map(drop)
}

fn write(connection: &Connection, beside: &Path, now_ms: i64) -> Result<(), BackupError> {
    connection.execute("VACUUM INTO ?1", [beside.to_string_lossy()])?;
    let copy = Connection::open_with_flags(beside, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    damage::check(&copy)?;
    restore::mark_as_copy(&copy, now_ms)?;
    Ok(())
}

fn put_in_place(beside: &Path, place: &Path) -> io::Result<u64> {
    let file = File::open(beside)?;
    file.sync_all()?;
    std::fs::rename(beside, place)?;
    if let Some(folder) = place.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(file.metadata()?.len())
}
