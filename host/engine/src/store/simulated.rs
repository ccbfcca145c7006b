//! A store without threads and files, for simulations: one connection to a database in memory, which
//! outlives the store as a file outlives the program.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::trouble::Trouble;
use super::writer::Writer;
pub(crate) use super::writer::{Answer, Job, Scribe, commit};
use super::{Inner, Store, schema};
use crate::blocking::Blocking;

/// The database in memory.
pub(crate) type Memory = Arc<Mutex<Connection>>;

/// A new database.
pub(crate) fn memory() -> Memory {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    schema::migrate(&mut connection, Path::new("memory")).unwrap();
    connection.set_prepared_statement_cache_capacity(128);
    Arc::new(Mutex::new(connection))
}

impl Store {
    /// Reads at once, and leaves writes to `scribe`.
    pub(crate) fn simulated(memory: &Memory, scribe: impl Scribe + 'static) -> Self {
        Self(Arc::new(Inner {
            reader: Arc::clone(memory),
            blocking: Blocking::here(),
            writer: Some(Writer::with(scribe)),
            mended: None,
            trouble: Trouble::new(Path::new("memory")),
            data: PathBuf::from("memory"),
            _lock: None,
        }))
    }
}
