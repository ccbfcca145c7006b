//! The media folder, read only.
//!
//! A path is walked one part at a time from a handle on the folder, each with `O_NOFOLLOW`. So no
//! symbolic link is ever followed below the folder, even one that is put there while we look, and it
//! needs nothing of the kernel that containers like to forbid (`openat2`). `cap-std` would follow
//! links that stay inside, and then one file would have two keys.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::blob::{Blob, FileIdentity, Origin, Root};
use crate::blocking::Blocking;
use crate::filter::Filter;
use crate::names::MediaKey;
use crate::scan::Scan;

pub(crate) mod file_system;
pub(crate) mod mounts;
mod volume;

pub use volume::Volume;

/// A folder that objects come from. Nothing in it is ever written. It is opened afresh for each
/// operation, so that one that was mounted again is seen.
#[derive(Debug, Clone)]
pub struct MediaFolder {
    path: PathBuf,
    root: Root,
    blocking: Blocking,
}

/// What lies under a key.
#[derive(Debug)]
pub enum Look {
    /// A plain file.
    Present(FileIdentity),
    /// Nothing, in a folder that could be looked into.
    Absent,
    /// Something that is not a plain file: a folder, symbolic link, pipe, socket or device.
    NotPlain,
    /// It cannot be said; also when the media folder itself is gone.
    Failed(io::Error),
}

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("the file is gone")]
    Gone,
    /// It is a folder, a symbolic link, a pipe, a socket or a device.
    #[error("it is not a plain file")]
    NotPlain,
    /// The file system refused, or the media folder itself is gone.
    #[error("the file cannot be opened")]
    Io(#[source] io::Error),
}

impl MediaFolder {
    /// The folder at `path`, absolute; it need not exist yet.
    pub fn new(path: PathBuf, root: Root) -> Self {
        Self { path, root, blocking: Blocking::default() }
    }

    /// The same folder, looked into elsewhere.
    pub(crate) fn looked_into(self, blocking: Blocking) -> Self {
        Self { blocking, ..self }
    }

    /// Does work on this folder that blocks. The error: it panicked, or the program is going down.
    pub(crate) async fn off_task<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let folder = self.clone();
        self.blocking.run(move || work(&folder)).await
    }

    /// Where it is. For messages and for watching; files are reached through this type's functions.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a folder that can be read; the error is the rest of a sentence.
    pub fn check(&self) -> Result<(), String> {
        let readable = self.open_root().and_then(|folder| {
            // Without the right to search, names could be listed and nothing else.
            rustix::fs::statat(&folder, ".", AtFlags::empty())?;
            rustix::fs::Dir::new(folder)?.next().transpose()?;
            Ok(())
        });
        readable.map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => "does not exist; make it or correct media.folder".to_owned(),
            io::ErrorKind::NotADirectory => "is not a folder".to_owned(),
            _ => format!("cannot be read: {e}"),
        })
    }

    /// The file system the folder is on now.
    pub fn volume(&self) -> io::Result<Volume> {
        Volume::of(&self.open_root()?)
    }

    /// What lies under `key`. Opens no file.
    pub fn look(&self, key: &MediaKey) -> Look {
        let root = match self.open_root() {
            Ok(root) => root,
            Err(e) => return Look::Failed(e),
        };
        match stat_below(&root, key) {
            Ok((_, _, stat)) if is_plain(&stat) => Look::Present(identity_of(&stat)),
            Ok(_) => Look::NotPlain,
            Err(e) if is_absence(e) => absence(&root, key).map_or_else(Look::Failed, |()| Look::Absent),
            Err(e) => Look::Failed(e.into()),
        }
    }

    /// Opens the plain file under `key`. Nothing else is opened: a pipe would wake its writer, and a
    /// device can do anything. The blob's identity is the opened file's.
    pub fn open(&self, key: &MediaKey) -> Result<Blob, OpenError> {
        let root = self.open_root().map_err(OpenError::Io)?;
        let found = stat_below(&root, key).map_err(OpenError::from);
        let (folder, name, stat) = match found {
            Err(OpenError::Gone) => {
                return Err(absence(&root, key).err().map_or(OpenError::Gone, OpenError::Io));
            }
            found => found?,
        };
        if !is_plain(&stat) {
            return Err(OpenError::NotPlain);
        }
        let file = open_plain(&folder, name)?;
        // It may have been replaced since it was looked at.
        let meta = file.metadata().map_err(OpenError::Io)?;
        if !meta.is_file() {
            return Err(OpenError::NotPlain);
        }
        let origin = Origin { root: self.root, path: key.clone() };
        Ok(Blob::new(origin, FileIdentity::of(&meta), file))
    }

    /// Lists every file that `filter` matches. Blocks.
    pub fn scan(&self, filter: &Filter) -> Scan {
        Scan::walk(self.open_root(), None, filter)
    }

    /// Lists every file below `dir` that `filter` matches. Blocks. A `dir` that does not exist, or is
    /// no folder, has no files; that is not an error.
    pub fn scan_below(&self, dir: &MediaKey, filter: &Filter) -> Scan {
        Scan::walk(self.open_root(), Some(dir), filter)
    }

    pub(crate) fn open_root(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(rustix::fs::open(&self.path, flags, Mode::empty())?)
    }
}

impl From<Errno> for OpenError {
    fn from(errno: Errno) -> Self {
        match errno {
            // The last part of the path is a link, which it was not when it was looked at.
            Errno::LOOP => Self::NotPlain,
            _ if is_absence(errno) => Self::Gone,
            _ => Self::Io(errno.into()),
        }
    }
}

/// Opens a folder that is no symbolic link.
pub(crate) fn open_folder(above: &OwnedFd, name: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(above, name, flags, Mode::empty())
}

/// Opens the folder `path` below `root`, part by part.
pub(crate) fn open_below(root: &OwnedFd, path: &str) -> Result<OwnedFd, Errno> {
    let mut parts = path.split('/');
    let mut folder = open_folder(root, parts.next().unwrap_or(path))?;
    for part in parts {
        folder = open_folder(&folder, part)?;
    }
    Ok(folder)
}

/// Makes sure that a file under `key` is missing, and not just out of reach: a folder that was moved to
/// another disk and left a symbolic link behind still has its files, although links are not followed.
fn absence(root: &OwnedFd, key: &MediaKey) -> io::Result<()> {
    let folders = key.as_str().match_indices('/').map(|(end, _)| &key.as_str()[..end]);
    for folder in folders {
        match rustix::fs::statat(root, folder, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink => {
                let problem = format!("{folder} is a symbolic link, and those are not followed");
                return Err(io::Error::other(problem));
            }
            Ok(_) => {}
            Err(e) if is_absence(e) => return Ok(()),
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Whether the error says that there is nothing under a path: a part is missing, is no folder, is a
/// symbolic link, or cannot be a name here.
pub(crate) fn is_absence(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG)
}

pub(crate) fn is_plain(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

/// The same as [`FileIdentity::of`] makes of the same file.
#[allow(clippy::useless_conversion, reason = "the types of the fields differ between machines")]
pub(crate) fn identity_of(stat: &Stat) -> FileIdentity {
    let ns = |seconds: i128, rest: i128| seconds * 1_000_000_000 + rest;
    FileIdentity {
        inode: (stat.st_dev.into(), stat.st_ino.into()),
        size_bytes: u64::try_from(stat.st_size).unwrap_or(0),
        mtime_ns: ns(stat.st_mtime.into(), stat.st_mtime_nsec.into()),
        ctime_ns: ns(stat.st_ctime.into(), stat.st_ctime_nsec.into()),
    }
}

/// The folder that `key` is in (`None`: the root itself), the name in it, and what the name stands for.
fn stat_below<'k>(root: &OwnedFd, key: &'k MediaKey) -> Result<(OwnedFd, &'k str, Stat), Errno> {
    let (folder, name) = match key.as_str().rsplit_once('/') {
        Some((above, name)) => (open_below(root, above)?, name),
        None => (open_folder(root, ".")?, key.as_str()),
    };
    let stat = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok((folder, name, stat))
}

fn open_plain(folder: &OwnedFd, name: &str) -> Result<File, Errno> {
    // Should it have become a pipe or a terminal this very moment, it must not hold us up.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    // Reading must not write times to a memory card. Only the file's owner may ask for that.
    let quiet = rustix::fs::openat(folder, name, flags | OFlags::NOATIME, Mode::empty());
    let opened = match quiet {
        Err(Errno::PERM) => rustix::fs::openat(folder, name, flags, Mode::empty()),
        other => other,
    };
    opened.map(File::from)
}

#[cfg(test)]
mod tests;
