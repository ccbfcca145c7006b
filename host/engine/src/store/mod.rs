//! The one SQLite database, and the only SQL.
//!
//! One thread owns the writing connection. Writes that arrive while it commits are carried out
//! together in the next transaction and answered after its commit, so that a burst of pictures pays
//! for few flushes and `synchronous=FULL` stays affordable on an SD card: what is answered survives a
//! power cut. Readers have a connection of their own and never wait for a writer (WAL).
//!
//! No transaction stays open across a call to a target.

mod attempt;
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
mod schema;
mod target;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags, Transaction};

pub use attempt::AttemptRow;
pub use counts::{ItemCounts, ReplicaCounts};
pub use event::Events;
pub use item::{ItemChange, ItemId, ItemRow};
pub use link::PlacedRow;
pub use placement::LeftBehind;
pub use plugin_state::Swap;
pub use queue::{Due, Finish, Take, Work};
pub(crate) use replica::Planned;
pub use replica::{DropReason, Held, InventoryChange, ReplicaChange, ReplicaRow};
pub use target::{TargetId, TargetRow};

use lock::FolderLock;
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

/// An open database. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    reader: Mutex<Connection>,
    writer: Option<Writer>,
    rebuilt: Option<PathBuf>,
    _lock: Option<FolderLock>,
}

impl Store {
    /// Opens the database in `data` (made if missing) and takes the folder's lock. A damaged file is
    /// set aside as `boothsync.db.damaged-<n>` and a new one begun; [`Store::rebuilt`] then says so.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        let folder = |source| StoreError::Folder { path: data.to_path_buf(), source };
        std::fs::create_dir_all(data).map_err(folder)?;
        let lock = FolderLock::take(data)?;
        let path = data.join(FILE_NAME);
        let (connection, rebuilt) = damage::open_or_set_aside(&path)?;
        let reader = open_reader(&path)?;
        let inner = Inner {
            reader: Mutex::new(reader),
            writer: Some(Writer::start(connection).map_err(folder)?),
            rebuilt,
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
        let inner = Inner { reader: Mutex::new(reader), writer: None, rebuilt: None, _lock: None };
        Ok(Self(Arc::new(inner)))
    }

    /// Where the damaged database was put, if one was set aside when opening.
    pub fn rebuilt(&self) -> Option<&Path> {
        self.0.rebuilt.as_deref()
    }

    /// Runs `work` in the next transaction; resolves once it is durable. An error undoes `work` alone.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.0.writer.as_ref().ok_or(StoreError::ReadOnly)?.run(work).await
    }

    /// Runs `work` on the reading connection, off the async threads.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let task = tokio::task::spawn_blocking(move || {
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
