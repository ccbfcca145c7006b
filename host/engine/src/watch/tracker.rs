//! Which files somebody writes to, and which must hold still before they are reported. Knows no clock
//! and no file system: both are told.
//!
//! ```text
//!            create            open            write
//!   (nothing) ---> Created ----------> Created ----> Open --- close ---> reported
//!                     | not opened: a link, reported  | nothing written for long
//!                     v                               v
//!                  reported                        Settling --- held still ---> reported
//! ```

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::blob::FileIdentity;
use crate::names::MediaKey;

/// A name that was made by opening is opened in the same call; one that is not opened within this time
/// is a link to a file that was there before.
const LINK_GRACE: Duration = Duration::from_millis(50);

/// Files that are not finished, as far as is known.
#[derive(Debug)]
pub(super) struct Tracker {
    settle: Duration,
    quiet: Duration,
    entries: HashMap<MediaKey, Entry>,
    due: BTreeSet<(Instant, MediaKey)>,
    /// The file that was last renamed away while somebody wrote to it, by its rename's number.
    moving: Option<(usize, Entry)>,
}

#[derive(Debug, Clone)]
struct Entry {
    state: State,
    due: Instant,
}

#[derive(Debug, Clone)]
enum State {
    /// The name appeared.
    Created { opened: bool },
    /// Somebody wrote to it and did not close it yet.
    Open { last_write: Instant },
    /// It is reported when it looks the same twice.
    Settling { seen: Option<Sample> },
}

/// What must hold still: inode, size, modification time.
type Sample = ((u64, u64), u64, i128);

impl Tracker {
    /// `settle`: how long a file must hold still. `quiet`: after how long without a write it is no
    /// longer believed that it is open.
    pub fn new(settle: Duration, quiet: Duration) -> Self {
        Self { settle, quiet, entries: HashMap::new(), due: BTreeSet::new(), moving: None }
    }

    /// Whether `key` is not finished.
    pub fn contains(&self, key: &MediaKey) -> bool {
        self.entries.contains_key(key)
    }

    /// The name appeared.
    pub fn created(&mut self, key: MediaKey, now: Instant) {
        self.set(key, State::Created { opened: false }, now + LINK_GRACE);
    }

    /// Somebody opened it, perhaps only for reading.
    pub fn opened(&mut self, key: &MediaKey) {
        if let Some(Entry { state: State::Created { opened }, .. }) = self.entries.get_mut(key) {
            *opened = true;
        }
    }

    /// Somebody wrote to it.
    pub fn written(&mut self, key: MediaKey, now: Instant) {
        if let Some(Entry { state: State::Open { last_write }, .. }) = self.entries.get_mut(&key) {
            // Writes are many. When it comes due, the last one is looked at.
            *last_write = now;
            return;
        }
        self.set(key, State::Open { last_write: now }, now + self.quiet);
    }

    /// It was closed, or is gone.
    pub fn remove(&mut self, key: &MediaKey) {
        self.take(key);
    }

    /// It is to be reported once it held still. Somebody who writes to it is waited for all the same.
    pub fn settle(&mut self, key: MediaKey, now: Instant) {
        if !self.contains(&key) {
            self.set(key, State::Settling { seen: None }, now);
        }
    }

    /// It was renamed away in the rename of this number.
    pub fn moved_away(&mut self, key: &MediaKey, rename: Option<usize>) {
        let entry = self.take(key).filter(|entry| matches!(entry.state, State::Open { .. }));
        self.moving = rename.zip(entry);
    }

    /// Something was renamed to `key` in the rename of this number. Answers whether somebody still
    /// writes to it.
    pub fn moved_here(&mut self, key: MediaKey, rename: Option<usize>) -> bool {
        self.take(&key);
        match self.moving.take() {
            Some((number, entry)) if Some(number) == rename => {
                self.set(key, entry.state, entry.due);
                true
            }
            _ => false,
        }
    }

    /// Events were lost, perhaps those that say that files were closed.
    pub fn distrust(&mut self, now: Instant) {
        let keys: Vec<MediaKey> = self.entries.keys().cloned().collect();
        for key in keys {
            self.set(key, State::Settling { seen: None }, now);
        }
    }

    /// When there is something to look at.
    pub fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// What is to be looked at, at most `limit` keys. They stay due until [`Self::judge`] was told.
    pub fn due(&self, now: Instant, limit: usize) -> Vec<MediaKey> {
        let due = self.due.iter().take_while(|(due, _)| *due <= now);
        due.take(limit).map(|(_, key)| key.clone()).collect()
    }

    /// Takes in what `key` looked like, nothing if it is no plain file or cannot be seen. Answers
    /// whether it is to be reported now.
    pub fn judge(&mut self, key: &MediaKey, file: Option<&FileIdentity>, now: Instant) -> bool {
        let Some(entry) = self.entries.get(key).filter(|entry| entry.due <= now) else { return false };
        let Some(file) = file else {
            self.take(key);
            return true;
        };
        match self.verdict(&entry.state, file, now) {
            Some((state, due)) => self.set(key.clone(), state, due),
            None => {
                self.take(key);
                return true;
            }
        }
        false
    }

    /// How it goes on; `None`: it is finished.
    fn verdict(&self, state: &State, file: &FileIdentity, now: Instant) -> Option<(State, Instant)> {
        let sample = (file.inode, file.size_bytes, file.mtime_ns);
        let settling = Some((State::Settling { seen: Some(sample) }, now + self.settle));
        match state {
            // Nobody links empty files into place; rather, it was made and nothing is in it yet.
            State::Created { .. } if file.size_bytes == 0 => {
                Some((State::Open { last_write: now }, now + self.quiet))
            }
            State::Created { opened: false } => None,
            State::Created { opened: true } => settling,
            State::Open { last_write } if now < *last_write + self.quiet => {
                Some((state.clone(), *last_write + self.quiet))
            }
            State::Open { .. } => settling,
            State::Settling { seen } if *seen == Some(sample) => None,
            State::Settling { .. } => settling,
        }
    }

    fn set(&mut self, key: MediaKey, state: State, due: Instant) {
        self.take(&key);
        self.due.insert((due, key.clone()));
        self.entries.insert(key, Entry { state, due });
    }

    fn take(&mut self, key: &MediaKey) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.due.remove(&(entry.due, key.clone()));
        Some(entry)
    }
}

#[cfg(test)]
mod tests;
