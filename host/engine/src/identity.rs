//! `<data>/identity.toml`: what cannot be computed again from the media folder, the targets and the
//! configuration, and is therefore kept apart from the database and survives its loss.
//!
//! Every change is on the disk before it is believed: written beside, synced, renamed over. Fields
//! that this version does not know are kept as they are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use crate::names::{MediaKey, TargetName};
use crate::naming::{NamingKey, composed};

mod document;
mod file;

pub use document::{ApiToken, Hold};
use document::{Document, HoldEntry, Takedown};

/// Why the identity could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file is there and says nothing that can be used. It is left as it is.
    #[error(
        "`{path}` is damaged: {problem}; put back a copy of it, or move it away to begin anew \
         (unguessable links already given out then stop working, and items taken offline come back)"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with line and column.
        problem: String,
    },
    /// The system refused.
    #[error("could not {action} `{path}`")]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The open identity. Cheap to clone; all clones are one. Methods that change it wait for the disk.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    path: PathBuf,
    naming_key: NamingKey,
    document: Mutex<Document>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("path", &self.0.path).finish_non_exhaustive()
    }
}

impl Identity {
    /// Reads `identity.toml` in the folder `data`, or makes it at first start, with a fresh instance
    /// id, naming key and one API token named `local`. A damaged file is never overwritten.
    pub fn open(data: &Path, now: Timestamp) -> Result<Self, IdentityError> {
        let path = data.join("identity.toml");
        let text = match file::read(&path)? {
            Some(text) => text,
            None => file::create(&path, &Document::fresh(now).to_text())?,
        };
        let damaged = |problem| IdentityError::Damaged { path: path.clone(), problem };
        let document = Document::parse(&text).map_err(damaged)?;
        let naming_key = NamingKey::new(document.naming_key.0);
        Ok(Self(Arc::new(Inner { path, naming_key, document: Mutex::new(document) })))
    }

    /// Which booth this is.
    pub fn instance(&self) -> Uuid {
        self.document().instance
    }

    /// The secret behind unguessable names.
    pub fn naming_key(&self) -> &NamingKey {
        &self.0.naming_key
    }

    /// The last era of the booth, 0 before the first. See `store::restore`.
    pub(crate) fn era(&self) -> u64 {
        self.document().era
    }

    /// Remembers that an era has begun. One that is past already changes nothing.
    pub(crate) fn set_era(&self, era: u64) -> Result<(), IdentityError> {
        self.change(|document| document.era = document.era.max(era))
    }

    /// The tokens that open the API, with their names.
    pub fn api_tokens(&self) -> Vec<ApiToken> {
        self.document().api_tokens.clone()
    }

    /// The items that stay off every target, in NFC: compare with [`composed`].
    pub fn takedowns(&self) -> BTreeSet<MediaKey> {
        self.document().takedowns.iter().map(|takedown| takedown.key.clone()).collect()
    }

    /// Whether the item stays off every target.
    pub fn is_taken_down(&self, key: &MediaKey) -> bool {
        let key = composed(key);
        self.document().takedowns.iter().any(|takedown| takedown.key == key)
    }

    /// Keeps an item off every target from now on. Once more changes nothing.
    pub fn take_down(&self, key: &MediaKey, now: Timestamp) -> Result<(), IdentityError> {
        let key = composed(key);
        self.change(|document| {
            if document.takedowns.iter().all(|takedown| takedown.key != key) {
                document.takedowns.push(Takedown::new(key, now));
            }
        })
    }

    /// Lets an item go to its targets again.
    pub fn put_back(&self, key: &MediaKey) -> Result<(), IdentityError> {
        let key = composed(key);
        self.change(|document| document.takedowns.retain(|takedown| takedown.key != key))
    }

    /// The sets of deletes that wait for the operator, oldest first.
    pub fn holds(&self) -> Vec<Hold> {
        self.document().holds.iter().map(|entry| entry.hold.clone()).collect()
    }

    /// Holds `count` deletes of `target` back; returns the number of the set, never used before.
    pub fn hold(
        &self,
        target: &TargetName,
        reason: &str,
        count: u64,
        now: Timestamp,
    ) -> Result<u64, IdentityError> {
        self.change(|document| {
            let set = document.take_set();
            let hold = Hold { target: target.clone(), set, reason: reason.into(), count, at: now };
            document.holds.push(HoldEntry::new(hold));
            set
        })
    }

    /// Forgets a set; `false` if `target` holds none of this number.
    pub fn release(&self, target: &TargetName, set: u64) -> Result<bool, IdentityError> {
        self.change(|document| {
            let before = document.holds.len();
            document.holds.retain(|entry| entry.hold.set != set || entry.hold.target != *target);
            document.holds.len() != before
        })
    }

    /// Changes a copy, brings it to the disk, and only then believes it. What changes nothing is not
    /// written.
    fn change<T>(&self, edit: impl FnOnce(&mut Document) -> T) -> Result<T, IdentityError> {
        let mut document = self.document();
        let mut changed = document.clone();
        let answer = edit(&mut changed);
        if changed != *document {
            file::replace(&self.0.path, &changed.to_text())?;
            *document = changed;
        }
        Ok(answer)
    }

    /// The document is replaced whole or not at all, so a panic elsewhere cannot have broken it.
    fn document(&self) -> MutexGuard<'_, Document> {
        self.0.document.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
