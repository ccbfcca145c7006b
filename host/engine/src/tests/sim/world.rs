//! What outlives the program: the disk, the clock, the targets, and fate.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

use tempfile::TempDir;

use super::clock::SimClock;
use super::fate::Fate;
use super::folder::SimFolder;
use crate::clock::Clock;
use crate::identity::Identity;
use crate::names::ObjectPath;
use crate::naming::composed;
use crate::store::simulated::{self, Memory};

/// Nobody needs to know the time so often while none passes.
const SPINNING: u32 = 20_000;

pub(super) struct World {
    pub dir: TempDir,
    pub memory: Memory,
    pub clock: SimClock,
    pub fate: Fate,
    folder: Mutex<SimFolder>,
    /// The running engine's.
    pub identity: Mutex<Option<Identity>>,
    refused_writes: AtomicU32,
}

impl World {
    pub fn new(chance: u64, noting: bool) -> Self {
        let dir = temp_dir();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        Self {
            folder: Mutex::new(SimFolder::new(dir.path())),
            dir,
            memory: simulated::memory(),
            clock: SimClock::new(),
            fate: Fate::new(chance, noting),
            identity: Mutex::new(None),
            refused_writes: AtomicU32::new(0),
        }
    }

    pub fn folder(&self) -> std::sync::MutexGuard<'_, SimFolder> {
        self.folder.lock().unwrap()
    }

    /// Writes down what happens, with the time.
    pub fn note(&self, line: impl FnOnce() -> String) {
        self.fate.note(|| format!("{:.3} {}", self.clock.now(), line()));
    }

    /// The disk did not take a write.
    pub fn disk_refused(&self) {
        self.note(|| "the disk refuses a write".into());
        self.refused_writes.fetch_add(1, Ordering::Relaxed);
    }

    /// How many writes the disk did not take.
    pub fn refused_writes(&self) -> u32 {
        self.refused_writes.load(Ordering::Relaxed)
    }

    /// Whether the operator took that off every target.
    pub fn is_taken_down(&self, path: &ObjectPath) -> bool {
        let identity = self.identity.lock().unwrap();
        let takedowns = identity.as_ref().map(Identity::takedowns).unwrap_or_default();
        takedowns.iter().any(|key| ObjectPath::of_media(&composed(key)) == *path)
    }
}

/// The engine's clock.
impl Clock for World {
    fn now(&self) -> Timestamp {
        if self.clock.looks() > SPINNING {
            self.fate.stop_here("it is busy without end".into());
        }
        self.clock.now()
    }
}

/// Where files cost no disk, if there is such a place.
fn temp_dir() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
