//! One process at a time works with a data folder.

use std::fs::{File, OpenOptions};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::StoreError;

/// Held as long as the database is open. The kernel lets go of it when the process ends, however it ends.
pub struct FolderLock(#[expect(dead_code, reason = "held for its lock")] File);

impl FolderLock {
    /// Takes the lock, or says who cannot.
    pub fn take(data: &Path) -> Result<Self, StoreError> {
        let folder = |source| StoreError::Folder { path: data.to_path_buf(), source };
        let path = data.join("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(folder)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::Locked(data.to_path_buf())),
            Err(errno) => Err(folder(errno.into())),
        }
    }
}
