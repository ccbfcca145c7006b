//! The folders that are watched.
//!
//! Each is watched by itself instead of letting `notify` do it recursively: its walk ends at the first
//! folder that it may not read or that vanishes, and leaves all others unwatched without a word. And
//! so the order is known: a folder is watched first and listed then, so that what appears in it is
//! either reported or listed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::{ErrorKind, EventHandler, RecommendedWatcher, RecursiveMode, Watcher};

use crate::filter::REFUSED;
use crate::names::MediaKey;

/// A media folder and all folders in it, watched as long as this lives.
pub(super) struct Folders {
    watcher: RecommendedWatcher,
    root: PathBuf,
    watched: BTreeSet<PathBuf>,
}

impl Folders {
    /// Watches `root`, which is no symbolic link, and everything below it.
    pub fn watch(root: PathBuf, handler: impl EventHandler) -> notify::Result<Self> {
        let watcher =
            RecommendedWatcher::new(handler, notify::Config::default().with_follow_symlinks(false))?;
        let mut folders = Self { watcher, root: root.clone(), watched: BTreeSet::new() };
        folders.add_all(root, &mut |_| {})?;
        Ok(folders)
    }

    /// The media folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where `key` lies.
    pub fn path(&self, key: &MediaKey) -> PathBuf {
        self.root.join(key.as_str())
    }

    /// Watches a folder that appeared and all below it, and returns the files that are in them
    /// already. Fails if no more can be watched.
    pub fn add(&mut self, dir: &MediaKey) -> notify::Result<Vec<MediaKey>> {
        let mut files = Vec::new();
        let root = self.root.clone();
        self.add_all(self.path(dir), &mut |file| files.extend(key_below(&root, file)))?;
        Ok(files)
    }

    /// Forgets a folder that is gone, with all below it. Answers whether it was one.
    pub fn forget(&mut self, dir: &MediaKey) -> bool {
        let path = self.path(dir);
        let gone = self.watched.range(path.clone()..).take_while(|below| below.starts_with(&path));
        let gone: Vec<PathBuf> = gone.cloned().collect();
        for below in &gone {
            self.watched.remove(below);
        }
        !gone.is_empty()
    }

    fn add_all(&mut self, start: PathBuf, on_file: &mut dyn FnMut(&Path)) -> notify::Result<()> {
        let mut open = vec![start];
        while let Some(dir) = open.pop() {
            match self.watcher.watch(&dir, RecursiveMode::NonRecursive) {
                Ok(()) => list(&dir, &mut open, on_file),
                Err(e) if dir == self.root || matches!(e.kind, ErrorKind::MaxFilesWatch) => return Err(e),
                // It is gone again, or may not be read, which the next scan tells the operator.
                Err(e) => {
                    tracing::debug!(object.path = %dir.display(), error = %e, "a folder cannot be watched");
                    continue;
                }
            }
            self.watched.insert(dir);
        }
        Ok(())
    }
}

/// Tells of the files in `dir` and adds the folders in it to `folders`. One that cannot be listed has none.
fn list(dir: &Path, folders: &mut Vec<PathBuf>, on_file: &mut dyn FnMut(&Path)) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let refused = entry.file_name().to_str().is_none_or(|name| REFUSED.folder(name));
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !refused => folders.push(entry.path()),
            Ok(kind) if kind.is_file() => on_file(&entry.path()),
            _ => {}
        }
    }
}

fn key_below(root: &Path, path: &Path) -> Option<MediaKey> {
    MediaKey::new(path.strip_prefix(root).ok()?.to_str()?).ok()
}
