//! The installed plugins on disk: `<data>/plugins/<name>.wasm`, and `plugins.lock`, which says which
//! file is meant and what it may do.
//!
//! A file is exchanged in three steps: the new one is written to `plugins/waiting/`, the lock names its
//! digest, the file moves into its place. Whatever the power cut leaves is either the old state, or one
//! in which the file that the lock names still waits; then it is taken from there.

mod lock;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use sandbox::{Approval, Package};

pub use self::lock::{Lock, Locked, Pending};
use crate::private_file;
use crate::text::io_words;

/// Why the installed plugins cannot be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    #[error("`{}` cannot be read: {}", .0.display(), io_words(.1))]
    Read(PathBuf, io::Error),
    #[error("`{}` cannot be written: {}", .0.display(), io_words(.1))]
    Write(PathBuf, io::Error),
    #[error("`{}` is damaged in line {line} ({message}): move it away, then install and approve the plugins again", path.display())]
    Damaged { path: PathBuf, line: usize, message: String },
    #[error("the plugins are being changed by another command; try again when it is done")]
    Busy,
    /// The file that the lock names is not there.
    #[error("the file of the plugin `{name}` is gone (`{}`): install it again with `boothsync plugin install FILE`", path.display())]
    Gone { name: String, path: PathBuf },
    /// Something else lies in its place.
    #[error(
        "the file of the plugin `{name}` is not the one that was installed: something changed `{}`; install it again \
         from where it came, with `boothsync plugin install FILE`", path.display()
    )]
    Changed { name: String, path: PathBuf },
}

/// The installed plugins of one data folder.
#[derive(Debug, Clone)]
pub struct Shelf {
    data: PathBuf,
}

/// As long as it lives, nobody else changes the installed plugins.
#[must_use]
pub struct Held(#[expect(dead_code, reason = "the lock goes with it")] File);

impl Shelf {
    pub fn of(data: &Path) -> Self {
        Self { data: data.into() }
    }

    /// What is installed.
    pub fn lock(&self) -> Result<Lock, ShelfError> {
        Lock::load(&self.data)
    }

    /// Makes the folders that are missing, and keeps others from changing anything.
    pub fn hold(&self) -> Result<Held, ShelfError> {
        let folder = self.folder();
        let waiting = folder.join("waiting");
        private_file::folder(&waiting).map_err(|error| ShelfError::Write(waiting, error))?;
        let open = File::open(&folder).map_err(|error| ShelfError::Read(folder, error))?;
        flock(&open, FlockOperation::NonBlockingLockExclusive).map_err(|_| ShelfError::Busy)?;
        Ok(Held(open))
    }

    /// The file of an installed plugin, if it is the one that the lock names.
    pub fn package(&self, name: &str, locked: &Locked) -> Result<Vec<u8>, ShelfError> {
        match self.read(name, &self.file(name), &locked.digest) {
            Ok(bytes) => Ok(bytes),
            // The power failed before it was moved.
            Err(error) => self.read(name, &self.waiting(name), &locked.digest).map_err(|_| error),
        }
    }

    /// The file that waits for approval.
    pub fn pending(&self, name: &str, pending: &Pending) -> Result<Vec<u8>, ShelfError> {
        self.read(name, &self.waiting(name), &pending.digest)
    }

    /// Whether somebody laid a file here without installing it.
    pub fn stray(&self, name: &str) -> Option<PathBuf> {
        Some(self.file(name)).filter(|file| file.is_file())
    }

    /// Makes `bytes` the file of a plugin, with these grants.
    pub fn put(
        &self,
        _held: &Held,
        bytes: &[u8],
        package: &Package,
        granted: Option<Approval>,
    ) -> Result<(), ShelfError> {
        let name = &package.manifest().plugin.name;
        let mut lock = self.lock()?;
        self.settle(name, &lock)?;
        self.write_waiting(name, bytes)?;
        lock.plugins.insert(name.clone(), Locked::new(package, granted));
        lock.save(&self.data)?;
        self.move_into_place(name)
    }

    /// Keeps `bytes` until they are approved; the plugin's present file stays.
    pub fn put_aside(&self, _held: &Held, bytes: &[u8], package: &Package) -> Result<(), ShelfError> {
        let name = &package.manifest().plugin.name;
        let mut lock = self.lock()?;
        self.settle(name, &lock)?;
        self.write_waiting(name, bytes)?;
        if let Some(locked) = lock.plugins.get_mut(name) {
            locked.pending = Some(Pending::new(package));
        }
        lock.save(&self.data)
    }

    /// Takes a plugin and what it was granted away. Returns what was known of it.
    pub fn remove(&self, _held: &Held, name: &str) -> Result<Option<Locked>, ShelfError> {
        let mut lock = self.lock()?;
        let Some(locked) = lock.plugins.remove(name) else { return Ok(None) };
        lock.save(&self.data)?;
        for file in [self.file(name), self.waiting(name)] {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(ShelfError::Write(file, error));
                }
                _ => {}
            }
        }
        Ok(Some(locked))
    }

    fn folder(&self) -> PathBuf {
        self.data.join("plugins")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.wasm"))
    }

    fn waiting(&self, name: &str) -> PathBuf {
        self.folder().join("waiting").join(format!("{name}.wasm"))
    }

    fn read(&self, name: &str, path: &Path, digest: &str) -> Result<Vec<u8>, ShelfError> {
        let (name, path) = (name.to_owned(), path.to_owned());
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ShelfError::Gone { name, path });
            }
            Err(error) => return Err(ShelfError::Read(path, error)),
        };
        if Package::digest_of(&bytes) == digest { Ok(bytes) } else { Err(ShelfError::Changed { name, path }) }
    }

    /// A file that the lock names and that a power cut left waiting would be overwritten.
    fn settle(&self, name: &str, lock: &Lock) -> Result<(), ShelfError> {
        let left = |locked: &Locked| self.read(name, &self.waiting(name), &locked.digest).is_ok();
        if lock.plugins.get(name).is_some_and(left) { self.move_into_place(name) } else { Ok(()) }
    }

    fn write_waiting(&self, name: &str, bytes: &[u8]) -> Result<(), ShelfError> {
        let path = self.waiting(name);
        private_file::replace(&path, bytes).map_err(|error| ShelfError::Write(path, error))
    }

    fn move_into_place(&self, name: &str) -> Result<(), ShelfError> {
        let path = self.file(name);
        let moved = fs::rename(self.waiting(name), &path);
        moved
            .and_then(|()| File::open(self.folder())?.sync_all())
            .map_err(|error| ShelfError::Write(path, error))
    }
}

/// What is to be done with a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is the first of its name, or replaces one that was never approved.
    Install,
    /// It is there already; its file is written once more.
    Again { granted: Option<Approval> },
    /// It takes the place of another one and may do what that one might, as far as it asks for it.
    Update { granted: Approval },
    /// It asks for more than what is granted.
    Wait { more: Approval },
}

/// What becomes of `package`, when `known` is installed under its name. Pure.
pub fn decide(known: Option<&Locked>, package: &Package) -> Result<Step, String> {
    let (manifest, Some(known)) = (package.manifest(), known) else { return Ok(Step::Install) };
    let about = &manifest.plugin;
    if known.digest == package.digest() {
        return Ok(Step::Again { granted: known.granted.clone() });
    }
    if known.kind != about.kind {
        let (name, is, was) = (&about.name, about.kind.words(), known.kind.words());
        return Err(format!(
            "it is a {is}, and the installed plugin `{name}` is a {was}; remove that first with `boothsync plugin remove {name}`"
        ));
    }
    let Some(granted) = &known.granted else { return Ok(Step::Install) };
    match granted.lacks(manifest) {
        more if more == Approval::default() => Ok(Step::Update { granted: Approval::of(manifest) }),
        more => Ok(Step::Wait { more }),
    }
}

#[cfg(test)]
mod tests;
