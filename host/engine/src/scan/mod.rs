//! What a walk through the media folder found.

use std::collections::HashMap;
use std::ffi::CStr;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, RawDir};
use rustix::io::Errno;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::blob::FileIdentity;
use crate::filter::{Filter, REFUSED};
use crate::media::{identity_of, is_absence, is_plain, open_below, open_folder};
use crate::names::MediaKey;

/// How deep folders may lie in each other. Each level holds one file handle.
const DEEPEST: usize = 64;
const LISTING_BYTES: usize = 32 * 1024;

/// What a walk through the media folder, or a part of it, found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The plain files that the filter matched, in no order.
    pub files: Vec<SeenFile>,
    /// What could not be read.
    pub errors: Vec<ScanError>,
    /// Names that are not UTF-8, with the folder, shown as well as they can be.
    pub unusable: Vec<String>,
    /// Pairs of files whose keys are the same text in Unicode normal form C.
    pub clashes: Vec<(MediaKey, MediaKey)>,
}

/// A plain file that a scan saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenFile {
    /// Its key.
    pub key: MediaKey,
    /// Its identity at that moment.
    pub identity: FileIdentity,
}

/// Something that a scan could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanError {
    /// Path below the media folder, empty for the folder itself.
    pub path: String,
    /// What the system said.
    pub message: String,
}

impl Scan {
    /// Whether everything could be read. Only then does absence from `files` say anything, and even
    /// then a file that was renamed meanwhile may have been missed: look again before concluding.
    pub fn complete(&self) -> bool {
        self.errors.is_empty()
    }

    /// Walks from `dir`, or from the root itself. Blocks.
    pub(crate) fn walk(root: io::Result<OwnedFd>, dir: Option<&MediaKey>, filter: &Filter) -> Self {
        let mut walk = Walk {
            filter,
            path: String::new(),
            depth: 0,
            listing: Vec::with_capacity(LISTING_BYTES),
            found: Self::default(),
        };
        match root {
            Err(e) => walk.failed("", e),
            Ok(root) => walk.start(root, dir),
        }
        walk.found.find_clashes();
        walk.found
    }

    fn find_clashes(&mut self) {
        // Where every name is in normal form, which is nearly always, none can clash.
        if self.files.iter().all(|file| is_nfc(file.key.as_str())) {
            return;
        }
        let mut first: HashMap<String, &MediaKey> = HashMap::with_capacity(self.files.len());
        let mut clashes = Vec::new();
        for file in &self.files {
            let other = first.entry(file.key.as_str().nfc().collect()).or_insert(&file.key);
            if *other != &file.key {
                clashes.push(((*other).clone(), file.key.clone()));
            }
        }
        self.clashes = clashes;
    }
}

/// A walk under way.
struct Walk<'f> {
    filter: &'f Filter,
    /// The folder being listed: empty, or ending in `/`.
    path: String,
    depth: usize,
    listing: Vec<u8>,
    found: Scan,
}

impl Walk<'_> {
    fn start(&mut self, root: OwnedFd, dir: Option<&MediaKey>) {
        let Some(dir) = dir else { return self.folder(&root) };
        if dir.as_str().split('/').any(|part| REFUSED.folder(part)) {
            return;
        }
        self.path = format!("{dir}/");
        self.depth = dir.as_str().split('/').count();
        match open_below(&root, dir.as_str()) {
            Ok(folder) => self.folder(&folder),
            Err(e) => self.refused(e),
        }
    }

    /// Lists one folder completely, then enters those in it, so that one buffer is enough.
    fn folder(&mut self, folder: &OwnedFd) {
        if self.depth > DEEPEST {
            return self.failed_here(format!("folders lie in each other more than {DEEPEST} deep"));
        }
        for name in self.list(folder) {
            let above = self.path.len();
            self.path.push_str(&name);
            self.path.push('/');
            self.depth += 1;
            match open_folder(folder, name.as_str()) {
                Ok(below) => self.folder(&below),
                Err(e) => self.refused(e),
            }
            self.depth -= 1;
            self.path.truncate(above);
        }
    }

    /// Takes in the files and returns the names of the folders.
    fn list(&mut self, folder: &OwnedFd) -> Vec<String> {
        let mut folders = Vec::new();
        let mut listing = std::mem::take(&mut self.listing);
        let mut entries = RawDir::new(folder, listing.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            match entry {
                Ok(entry) => folders.extend(self.entry(folder, entry.file_name(), entry.file_type())),
                Err(e) => {
                    self.failed_here(e);
                    break;
                }
            }
        }
        self.listing = listing;
        folders
    }

    /// Takes in a file, or returns the name of a folder that is to be entered.
    fn entry(&mut self, folder: &OwnedFd, name: &CStr, kind: FileType) -> Option<String> {
        let Ok(name) = name.to_str() else {
            self.unusable(&name.to_string_lossy(), kind);
            return None;
        };
        let kind = match kind {
            FileType::Unknown => self.kind_of(folder, name)?,
            known => known,
        };
        match kind {
            FileType::Directory => {
                (!matches!(name, "." | "..") && !REFUSED.folder(name)).then(|| name.to_owned())
            }
            FileType::RegularFile => {
                self.file(folder, name);
                None
            }
            _ => None,
        }
    }

    /// A name that can be no key is worth a word only if the file would have been synced.
    fn unusable(&mut self, shown: &str, kind: FileType) {
        let path = format!("{}{shown}", self.path);
        let concerns_us = match kind {
            FileType::RegularFile => MediaKey::new(&path).is_ok_and(|key| self.filter.matches(&key)),
            FileType::Directory => !REFUSED.folder(shown),
            other => other == FileType::Unknown,
        };
        if concerns_us {
            self.found.unusable.push(path);
        }
    }

    /// Some file systems do not tell the kind with the name.
    fn kind_of(&mut self, folder: &OwnedFd, name: &str) -> Option<FileType> {
        match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Some(FileType::from_raw_mode(stat.st_mode)),
            Err(e) => {
                self.failed_at(name, e);
                None
            }
        }
    }

    fn file(&mut self, folder: &OwnedFd, name: &str) {
        let above = self.path.len();
        self.path.push_str(name);
        let key = MediaKey::new(&self.path);
        self.path.truncate(above);
        let Some(key) = key.ok().filter(|key| self.filter.matches(key)) else { return };
        match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if is_plain(&stat) => {
                self.found.files.push(SeenFile { key, identity: identity_of(&stat) })
            }
            // Replaced by something else since it was listed.
            Ok(_) => {}
            Err(e) => self.failed_at(name, e),
        }
    }

    /// A folder that went away since it was listed is no error: its files are gone.
    fn refused(&mut self, errno: Errno) {
        if !is_absence(errno) {
            self.failed_here(errno);
        }
    }

    fn failed_at(&mut self, name: &str, errno: Errno) {
        if !is_absence(errno) {
            self.failed(&format!("{}{name}", self.path), errno);
        }
    }

    fn failed_here(&mut self, message: impl ToString) {
        let path = self.path.trim_end_matches('/').to_owned();
        self.failed(&path, message);
    }

    fn failed(&mut self, path: &str, message: impl ToString) {
        self.found.errors.push(ScanError { path: path.to_owned(), message: message.to_string() });
    }
}

#[cfg(test)]
mod tests;
