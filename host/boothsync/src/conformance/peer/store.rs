//! What the kit's server holds.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

/// Content that is kept whole, to be fetched again; of larger objects only size and checksum are kept.
const KEPT_BYTES: usize = 1 << 20;

/// Files and folders by their decoded paths, without a slash at either end.
#[derive(Debug, Default)]
pub struct Store {
    files: BTreeMap<String, Held>,
    folders: BTreeSet<String>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Size in bytes.
    pub size_bytes: u64,
    /// Of all bytes.
    pub checksum: Checksum,
    /// The bytes, if they are few.
    pub content: Option<Bytes>,
}

/// Tells one content from another, however it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum(u64);

impl Default for Checksum {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Checksum {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut checksum = Self::default();
        checksum.add(bytes);
        checksum
    }

    /// Takes in further bytes (FNV-1a).
    pub fn add(&mut self, bytes: &[u8]) {
        self.0 =
            bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    }

    /// As an `ETag`.
    pub fn tag(self) -> String {
        format!("\"{:016x}\"", self.0)
    }
}

/// A file that is coming in.
#[derive(Debug, Default)]
pub struct Incoming {
    size_bytes: u64,
    checksum: Checksum,
    content: Vec<u8>,
}

impl Incoming {
    /// Takes in further bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.size_bytes += bytes.len() as u64;
        self.checksum.add(bytes);
        let room = (KEPT_BYTES + 1).saturating_sub(self.content.len());
        self.content.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Bytes so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// What has come so far, as a file.
    pub fn held(&self) -> Held {
        let whole = self.content.len() <= KEPT_BYTES;
        Held {
            size_bytes: self.size_bytes,
            checksum: self.checksum,
            content: whole.then(|| Bytes::copy_from_slice(&self.content)),
        }
    }
}

impl Store {
    /// Forgets all files and folders.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// One file.
    pub fn file(&self, path: &str) -> Option<&Held> {
        self.files.get(path)
    }

    /// All files with their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Held)> {
        self.files.iter().map(|(path, held)| (path.as_str(), held))
    }

    /// Writes or replaces a file.
    pub fn write(&mut self, path: &str, held: Held) {
        self.files.insert(path.to_owned(), held);
    }

    /// Whether there is such a folder. The top is always there.
    pub fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.folders.contains(path)
    }

    /// Whether the folder that would hold `path` is there.
    pub fn has_parent(&self, path: &str) -> bool {
        self.is_folder(path.rsplit_once('/').map_or("", |(parent, _)| parent))
    }

    /// Makes a folder, and those above it.
    pub fn make_folders(&mut self, path: &str) {
        let mut folder = path;
        while !folder.is_empty() {
            self.folders.insert(folder.to_owned());
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }

    /// Removes a file, or a folder with all in it; whether there was one.
    pub fn remove(&mut self, path: &str) -> bool {
        let below = format!("{path}/");
        let (files, folders) = (self.files.len(), self.folders.len());
        self.files.retain(|name, _| name != path && !name.starts_with(&below));
        self.folders.retain(|name| name != path && !name.starts_with(&below));
        self.files.len() < files || self.folders.len() < folders
    }

    /// Gives a file another name; whether there was one.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(held) = self.files.remove(from) else { return false };
        self.files.insert(to.to_owned(), held);
        true
    }

    /// What lies directly in a folder: names of folders, and files.
    pub fn list(&self, folder: &str) -> (Vec<&str>, Vec<(&str, &Held)>) {
        let is_child = |path: &str| {
            let rest = if folder.is_empty() {
                Some(path)
            } else {
                path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
            };
            rest.is_some_and(|name| !name.is_empty() && !name.contains('/'))
        };
        let folders = self.folders.iter().map(String::as_str).filter(|path| is_child(path)).collect();
        let files = self.files().filter(|(path, _)| is_child(path)).collect();
        (folders, files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(bytes: &[u8]) -> Held {
        let mut incoming = Incoming::default();
        incoming.add(bytes);
        incoming.held()
    }

    #[test]
    fn a_checksum_does_not_depend_on_how_bytes_come_in() {
        let mut parts = Checksum::default();
        parts.add(b"ab");
        parts.add(b"c");
        assert_eq!(parts, Checksum::of(b"abc"));
        assert_ne!(parts, Checksum::of(b"acb"));
    }

    #[test]
    fn a_folder_goes_with_all_that_is_in_it() {
        let mut store = Store::default();
        store.make_folders("a/b");
        store.write("a/b/x", held(b"1"));
        store.write("ab", held(b"2"));
        assert!(store.remove("a") && !store.remove("a"));
        assert_eq!(store.files().map(|(path, _)| path).collect::<Vec<_>>(), ["ab"]);
        assert!(!store.is_folder("a/b") && store.has_parent("x") && !store.has_parent("a/x"));
    }

    #[test]
    fn a_folder_lists_what_lies_directly_in_it() {
        let mut store = Store::default();
        store.make_folders("a/b/c");
        store.write("a/x", held(b""));
        store.write("a/b/y", held(b""));
        let (folders, files) = store.list("a");
        assert_eq!((folders, files.len()), (vec!["a/b"], 1));
        assert_eq!(store.list("").0, ["a"]);
    }

    #[test]
    fn of_a_large_file_only_size_and_checksum_are_kept() {
        assert_eq!(held(&vec![1; KEPT_BYTES + 1]).content, None);
        assert_eq!(held(b"small").content.unwrap(), "small");
    }
}
