//! The one SQLite database, and the only SQL.
//!
//! One thread owns the writing connection. Writes that arrive while it commits are carried out
//! together in the next transaction and answered after its commit. Readers have a connection of their
//! own and never wait for a writer (WAL). No transaction stays open across a call to a target.
//!
//! # Why `synchronous=FULL`
//!
//! Two promises rest on *answered means on the disk*: no call begins before its row is `uncertain` for
//! good, and what the watcher saw is forgotten only once the item is written down. With `NORMAL` a
//! power cut takes back the last commits, so a target could hold objects that nobody knows of, and a
//! delete that the operator confirmed could be forgotten while its confirmation is not. `FULL` flushes
//! the write-ahead log with each commit: 0.3 ms against 0.01 ms on a solid state disk, 5 to 20 ms on an
//! SD card, where a picture of 2 MB takes seconds to upload. Grouping keeps it at that when many things
//! happen at once: 32 writes in one commit take 1.3 times as long as one (0.33 ms against 0.26 ms).
//!
//! # The order of writes
//!
//! There are three places that know something, and no step changes two of them: the **folder** (the
//! booth app writes it, we never do), the **database**, and the **target**; `identity.toml` is a small
//! fourth one. What is true when the power fails between two steps:
//!
//! | after | and before | is true | the next start |
//! | --- | --- | --- | --- |
//! | the booth app closed a file | the item is committed | the folder alone knows it | finds it with its first scan |
//! | item and plan are committed (one transaction) | `take` | wanted v, held nothing | takes it, most urgent first |
//! | `take` is committed (`uncertain`) | the call begins | nothing is there, and the row doubts it | looks (`resolve`), finds nothing, puts |
//! | the call began | the target has all of it | nothing, half an object under a name of its own, or the old one | looks, finds nothing of the right size, puts |
//! | the target has all of it | `finish` is committed | it is there, and the row doubts it | looks, finds it, sends nothing |
//! | `finish` is committed (held v) | the event is told | it is there and known | nothing: events are read from the database |
//! | the file changed during the put | the folder's task looked | held is a version that no file has | plans it anew, and puts the new content |
//! | a file is gone | the drop is committed | held v, wanted v | the scan misses it: drop, past the wipe guard |
//! | a set is in `identity.toml` | the drops are committed | a set that holds nothing | the set dissolves, and the drops make a new one |
//! | the operator's confirmation is committed | the set is released in `identity.toml` | confirmed rows, and a set that holds nothing | deletes, and the set dissolves |
//! | a take-down is in `identity.toml` | its drops are committed | taken down, still held | plans every item, because the rules' fingerprint is another |
//! | `take` of a delete is committed | the target deleted it, or `finish` is committed | there or not, and the row doubts it | deletes again; what is gone already is success |
//! | an era is in the database | it is in `identity.toml` | the database is ahead | believes the database |
//! | a portion of a large plan is committed | the last one | a part is wanted, the plan is not marked complete | plans again, with the same result |
//!
//! A full disk is a power cut that lasts: a commit that fails is answered with an error and has changed
//! nothing, so every row of the table holds, no call begins, and everything goes on from there once
//! there is room. [`Store::trouble`] tells the operator meanwhile.

mod attempt;
mod backup;
mod counts;
mod damage;
mod event;
mod item;
mod link;
mod lock;
pub(crate) mod meta;
mod placement;
mod plugin_state;
mod queue;
mod replica;
mod restore;
mod retention;
mod schema;
#[cfg(test)]
pub(crate) mod simulated;
mod target;
mod told;
mod trouble;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags, Transaction};

pub use attempt::AttemptRow;
pub use backup::BackupError;
pub use counts::{ItemCounts, ReplicaCounts};
pub use damage::Mended;
pub use event::Events;
pub use item::{ItemChange, ItemId, ItemRow};
pub use link::{DueLink, PlacedRow};
pub use placement::LeftBehind;
pub use plugin_state::Swap;
pub use queue::{Due, Finish, Take, Work};
pub(crate) use replica::Planned;
pub use replica::{DropReason, Held, InventoryChange, ReplicaChange, ReplicaRow};
pub use target::{TargetId, TargetRow};
pub(crate) use told::Told;

use crate::blocking::Blocking;
use lock::FolderLock;
use trouble::Trouble;
use writer::Writer;

/// File name of the database in the data folder.
pub const FILE_NAME: &str = "boothsync.db";

/// Why the database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data folder cannot be written.
    #[error(
        "the data folder `{path}` cannot be used: {source}; make it writable or set `data` to another folder"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has it.
    #[error(
        "another Boothsync already works with the data folder `{0}`; stop it first, or use another folder"
    )]
    Locked(PathBuf),
    /// There is no database yet.
    #[error("there is no database in `{0}` yet; `boothsync run` or `boothsync sync` makes it")]
    Missing(PathBuf),
    /// Written by a newer version.
    #[error(
        "the database `{path}` was written by a newer Boothsync (schema {found}, this one knows {known}); \
         use that version again, or move the file away to begin afresh"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// No room to begin with.
    #[error("the disk with the data folder `{0}` is full; make room there and start again")]
    Full(PathBuf),
    /// SQLite failed.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The whole group of writes could not be committed.
    #[error("the database could not write: {0}")]
    Commit(String),
    /// Opened for reading only.
    #[error("the database is open for reading only")]
    ReadOnly,
    /// The thread that owns the database is gone.
    #[error("the database is closed")]
    Closed,
}

impl StoreError {
    /// The store itself has said so, once and in words that help: it need not be said again.
    pub(crate) fn is_told(&self) -> bool {
        trouble::is_one(self)
    }

    fn when_opening(self, data: &Path) -> Self {
        match &self {
            Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) => {
                Self::Full(data.to_path_buf())
            }
            _ => self,
        }
    }
}

/// An open database. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    reader: Arc<Mutex<Connection>>,
    blocking: Blocking,
    writer: Option<Writer>,
    mended: Option<Mended>,
    trouble: Trouble,
    data: PathBuf,
    _lock: Option<FolderLock>,
}

impl Store {
    /// Opens the database in `data` (made if missing) and takes the folder's lock. A damaged file is
    /// set aside as `boothsync.db.damaged-<n>`, and its backup or a new one takes its place;
    /// [`Store::mended`] then says so.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        let folder = |source| StoreError::Folder { path: data.to_path_buf(), source };
        std::fs::create_dir_all(data).map_err(folder)?;
        let lock = FolderLock::take(data)?;
        let path = data.join(FILE_NAME);
        let (connection, mended) = damage::open_or_mend(&path).map_err(|error| error.when_opening(data))?;
        let reader = open_reader(&path)?;
        let inner = Inner {
            reader: Arc::new(Mutex::new(reader)),
            blocking: Blocking::default(),
            writer: Some(Writer::start(connection).map_err(folder)?),
            mended,
            trouble: Trouble::new(data),
            data: data.to_path_buf(),
            _lock: Some(lock),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Opens the database for reading, beside a running service or nobody, without taking the lock.
    pub fn open_read_only(data: &Path) -> Result<Self, StoreError> {
        let path = data.join(FILE_NAME);
        if !path.exists() {
            return Err(StoreError::Missing(data.to_path_buf()));
        }
        let reader = open_reader(&path)?;
        schema::refuse_newer(&reader, &path)?;
        let inner = Inner {
            reader: Arc::new(Mutex::new(reader)),
            blocking: Blocking::default(),
            writer: None,
            mended: None,
            trouble: Trouble::new(data),
            data: data.to_path_buf(),
            _lock: None,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// What became of the database if it was found damaged when it was opened.
    pub fn mended(&self) -> Option<&Mended> {
        self.0.mended.as_ref()
    }

    /// What keeps the database from being used now, in one sentence: a full disk, say.
    pub fn trouble(&self) -> Option<String> {
        self.0.trouble.sentence()
    }

    /// Checks the database and makes its backup, beside readers and writers. Returns its size in bytes.
    pub(crate) async fn back_up(&self, now_ms: i64) -> Result<u64, BackupError> {
        let data = self.0.data.clone();
        let made = self.0.blocking.run(move || backup::make(&data, now_ms)).await;
        let made = made.unwrap_or(Err(BackupError::NoRoom));
        if matches!(made, Err(BackupError::Damaged)) {
            self.0.trouble.damaged();
        }
        made
    }

    /// Runs `work` in the next transaction; resolves once it is durable. An error undoes `work` alone.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let writer = self.0.writer.as_ref().ok_or(StoreError::ReadOnly)?;
        let counted = move |transaction: &Transaction<'_>| {
            let before = transaction.total_changes();
            work(transaction).map(|value| (value, transaction.total_changes() > before))
        };
        let result = writer.run(counted).await;
        // What changed nothing says nothing about the disk.
        if !matches!(result, Ok((_, false))) {
            self.0.trouble.note(&result);
        }
        result.map(|(value, _)| value)
    }

    /// Runs `work` on the reading connection, off the async threads.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let task = self.0.blocking.run(move || {
            let connection = inner.reader.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            work(&connection)
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
