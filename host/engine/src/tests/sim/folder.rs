//! The media folder of a simulation: a real one in memory, and beside it what ought to be known of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::schedule::Age;
use crate::blob::FileIdentity;
use crate::names::{MediaKey, ObjectPath};
use crate::version::Version;

/// The files that the steps name. Two of them differ in spelling alone.
pub(super) const KEYS: [&str; 9] = [
    "full/a.jpg",
    "full/b.jpg",
    "orig/a.jpg",
    "c.jpg",
    "x/\u{fc}.jpg",
    "x/u\u{308}.jpg",
    "x/y/d.jpg",
    "e.gif",
    "orig/b.jpg",
];
/// The folders that are moved.
const FOLDERS: [&str; 4] = ["full", "orig", "x", "old"];
/// Where a card is copied to.
pub(super) const CARD: &str = "sd";
/// What is there of a file that is being written.
const HALF: usize = 5;

pub(super) fn key(file: usize) -> MediaKey {
    MediaKey::new(KEYS[file]).unwrap()
}

#[derive(Debug, Clone)]
struct Picture {
    content: Vec<u8>,
    modified: SystemTime,
}

/// What is in the folder, and what ever was.
pub(super) struct SimFolder {
    root: PathBuf,
    away: PathBuf,
    files: BTreeMap<MediaKey, Picture>,
    known: BTreeMap<(ObjectPath, Version), Vec<u8>>,
    changes: BTreeMap<ObjectPath, u32>,
    /// Files that vanished all at once, since when nothing came.
    emptied: BTreeSet<MediaKey>,
    pub open: BTreeSet<MediaKey>,
    pub unplugged: bool,
    made: u32,
}

impl SimFolder {
    pub fn new(dir: &Path) -> Self {
        let root = dir.join("media");
        fs::create_dir(&root).unwrap();
        Self {
            root,
            away: dir.join("away"),
            files: BTreeMap::new(),
            known: BTreeMap::new(),
            changes: BTreeMap::new(),
            emptied: BTreeSet::new(),
            open: BTreeSet::new(),
            unplugged: false,
            made: 0,
        }
    }

    pub fn path(&self) -> PathBuf {
        self.root.clone()
    }

    /// What the targets should hold, by path. Of two that are spelled alike it is the first.
    pub fn wanted(&self) -> BTreeMap<ObjectPath, (&MediaKey, &[u8])> {
        let mut wanted = BTreeMap::new();
        for (key, picture) in &self.files {
            wanted.entry(ObjectPath::of_media(key)).or_insert((key, &*picture.content));
        }
        wanted
    }

    /// Whether a file belongs there now.
    pub fn has(&self, path: &ObjectPath) -> bool {
        self.files.keys().any(|key| ObjectPath::of_media(key) == *path)
    }

    /// Whether that path is only missing because everything is.
    pub fn is_emptied(&self, path: &ObjectPath) -> bool {
        self.emptied.iter().any(|key| ObjectPath::of_media(key) == *path)
    }

    /// The content that a version of a path had.
    pub fn content_of(&self, path: &ObjectPath, version: &Version) -> Option<&[u8]> {
        self.known.get(&(path.clone(), version.clone())).map(Vec::as_slice)
    }

    /// Whether a file of that path ever had this content.
    pub fn ever_had(&self, path: &ObjectPath, content: &[u8]) -> bool {
        self.known.iter().any(|((other, _), known)| other == path && known == content)
    }

    /// What lies at a path now.
    pub fn content_at(&self, path: &ObjectPath) -> Option<Vec<u8>> {
        self.wanted().get(path).map(|(_, content)| content.to_vec())
    }

    /// How often a file of that path became another one.
    pub fn changes(&self, path: &ObjectPath) -> u32 {
        self.changes.get(path).copied().unwrap_or(0)
    }

    /// As apps do that write beside and rename.
    pub fn shoot(&mut self, key: &MediaKey, size: usize, age: Age, now: Timestamp) {
        let (content, modified) = (self.next(size), self.dated(age, now));
        self.place(key, content, modified);
    }

    /// As apps do that write in place.
    pub fn write_in_place(&mut self, key: &MediaKey, size: Option<usize>, now: Timestamp) {
        let content = self.next(size.unwrap_or(HALF));
        let modified = self.dated(Age::New, now);
        let path = self.root.join(key.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = fs::File::options().write(true).create(true).truncate(true).open(&path).unwrap();
        file.write_all(&content).unwrap();
        file.set_modified(modified).unwrap();
        self.record(key, content, modified);
    }

    /// As a rename looks from outside; the file is another one, so that nothing depends on how coarse
    /// the times of the file system are.
    pub fn rename(&mut self, from: &MediaKey, to: &MediaKey) -> bool {
        if from == to || self.open.contains(from) || self.open.contains(to) {
            return false;
        }
        let Some(picture) = self.files.get(from).cloned() else { return false };
        self.place(to, picture.content, picture.modified);
        self.delete(from)
    }

    pub fn delete(&mut self, key: &MediaKey) -> bool {
        self.open.remove(key);
        let there = self.files.remove(key).is_some();
        if there {
            fs::remove_file(self.root.join(key.as_str())).unwrap();
        }
        there
    }

    /// Moves a whole folder to where none is. Returns from where to where.
    pub fn move_folder(&mut self, from: usize, to: usize) -> Option<(MediaKey, MediaKey)> {
        let (from, to) = (FOLDERS[from], FOLDERS[to]);
        let (below, open) = (format!("{from}/"), self.open.iter().any(|key| key.as_str().starts_with(from)));
        let moved: Vec<MediaKey> =
            self.files.keys().filter(|key| key.as_str().starts_with(&below)).cloned().collect();
        let taken = self.files.keys().any(|key| key.as_str().starts_with(&format!("{to}/")));
        if from == to || moved.is_empty() || taken || open {
            return None;
        }
        let _ = fs::remove_dir_all(self.root.join(to));
        fs::rename(self.root.join(from), self.root.join(to)).unwrap();
        for key in moved {
            let picture = self.files.remove(&key).unwrap();
            let there = MediaKey::new(&key.as_str().replacen(from, to, 1)).unwrap();
            self.record(&there, picture.content, picture.modified);
        }
        Some((MediaKey::new(from).unwrap(), MediaKey::new(to).unwrap()))
    }

    /// The operator says that what is missing is meant to be.
    pub fn confirm(&mut self) {
        self.emptied.clear();
    }

    pub fn empty(&mut self) {
        let all: BTreeSet<MediaKey> = self.files.keys().cloned().collect();
        all.iter().for_each(|key| {
            self.delete(key);
        });
        self.emptied.extend(all);
    }

    pub fn import(&mut self, count: usize, now: Timestamp) {
        for n in 0..count {
            let key = MediaKey::new(&format!("{CARD}/{n:02}.jpg")).unwrap();
            if !self.files.contains_key(&key) {
                self.shoot(&key, 16, Age::Old, now);
            }
        }
    }

    /// Deletes what was imported, but for the first few. Returns what it was.
    pub fn thin(&mut self, keep: usize) -> Vec<MediaKey> {
        let card = self.files.keys().filter(|key| key.as_str().starts_with(CARD));
        let surplus: Vec<MediaKey> = card.skip(keep).cloned().collect();
        surplus.iter().for_each(|key| {
            self.delete(key);
        });
        surplus
    }

    pub fn unplug(&mut self) {
        if !self.unplugged {
            fs::rename(&self.root, &self.away).unwrap();
            self.unplugged = true;
        }
    }

    pub fn plug(&mut self) {
        if self.unplugged {
            fs::rename(&self.away, &self.root).unwrap();
            self.unplugged = false;
        }
    }

    fn place(&mut self, key: &MediaKey, content: Vec<u8>, modified: SystemTime) {
        let path = self.root.join(key.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("tmp");
        let mut file = fs::File::create(&beside).unwrap();
        file.write_all(&content).unwrap();
        file.set_modified(modified).unwrap();
        fs::rename(beside, path).unwrap();
        self.open.remove(key);
        self.record(key, content, modified);
    }

    fn record(&mut self, key: &MediaKey, content: Vec<u8>, modified: SystemTime) {
        let path = ObjectPath::of_media(key);
        let meta = fs::symlink_metadata(self.root.join(key.as_str())).unwrap();
        let version = Version::of(&FileIdentity::of(&meta));
        *self.changes.entry(path.clone()).or_default() += 1;
        self.known.insert((path, version), content.clone());
        self.files.insert(key.clone(), Picture { content, modified });
        self.emptied.clear();
    }

    /// Content that nothing else has.
    fn next(&mut self, size: usize) -> Vec<u8> {
        self.made += 1;
        format!("{:05}", self.made).into_bytes().into_iter().cycle().take(size).collect()
    }

    /// No two files have the same time.
    fn dated(&mut self, age: Age, now: Timestamp) -> SystemTime {
        let now: SystemTime = now.into();
        let hour = Duration::from_secs(3600);
        let about = match age {
            Age::New => now,
            Age::Old => now - hour,
            Age::Future => now + hour,
        };
        about + Duration::from_nanos(u64::from(self.made))
    }
}
