//! A stream of changes to a media folder: the same for the same seed, whenever and however fast it is
//! made.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::pictures::{content, picture};

/// The folders that pictures lie in. Made once and never removed.
pub const FOLDERS: [&str; 3] = ["processed_full", "camera_original", "processed_full/Gäste 1"];

/// Fewer pictures than this are not made fewer.
const FEW: usize = 150;
/// More than this are not made more.
const MANY: usize = 250;
/// A booth that takes longer to write a file has left half of one lying around.
const QUICKLY: Duration = Duration::from_millis(300);

/// Size and a hash of a whole content.
pub type Fingerprint = (u64, u64);

/// What each file has held as a whole, by its path below the media folder.
#[derive(Clone, Default)]
pub struct Versions(Arc<Mutex<HashMap<String, HashSet<Fingerprint>>>>);

impl Versions {
    /// Whether the booth has ever written this.
    pub fn knows(&self, key: &str, content: Fingerprint) -> bool {
        self.0.lock().unwrap().get(key).is_some_and(|known| known.contains(&content))
    }

    fn note(&self, key: &str, bytes: &[u8]) {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        let content = (bytes.len() as u64, hasher.finish());
        self.0.lock().unwrap().entry(key.to_owned()).or_default().insert(content);
    }
}

/// What is done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It appears, or is written again: aside and renamed into place.
    Place,
    /// The same, but written where it lies.
    Write,
    /// It comes from this other key, and may replace a file that is there.
    Rename(String),
    /// It is deleted.
    Delete,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path below the media folder.
    pub key: String,
    /// What is done.
    pub act: Act,
    seed: u64,
    size: usize,
}

impl Change {
    /// Whether a target has something to upload after it.
    pub fn needs_upload(&self) -> bool {
        self.act != Act::Delete
    }

    /// Makes the change below `media`, after noting in `versions` what it will have written.
    pub fn make(&self, media: &Path, versions: &Versions) {
        let path = media.join(&self.key);
        if self.act == Act::Delete {
            return fs::remove_file(path).unwrap();
        }
        let bytes = content(self.seed, self.size);
        versions.note(&self.key, &bytes);
        match &self.act {
            Act::Place => picture(&path, self.seed, self.size),
            Act::Write => {
                write_in_place(&path, &bytes, || versions.note(&self.key, &bytes[..bytes.len() / 2]))
            }
            Act::Rename(from) => fs::rename(media.join(from), path).unwrap(),
            Act::Delete => unreachable!("returned above"),
        }
    }
}

/// Writes as a simple booth app does. `held_still` is told when half of it lay there for so long that
/// anybody would take it for the whole.
fn write_in_place(path: &Path, bytes: &[u8], held_still: impl FnOnce()) {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut file = File::create(path).unwrap();
    file.write_all(first).unwrap();
    let since = Instant::now();
    file.write_all(second).unwrap();
    if since.elapsed() > QUICKLY {
        held_still();
    }
}

/// A picture that is there after the changes so far.
#[derive(Debug, Clone)]
struct Live {
    key: String,
    seed: u64,
    size: usize,
}

/// The changes, one after the other.
pub struct Stream {
    rng: StdRng,
    live: Vec<Live>,
    deleted: Option<String>,
    number: u64,
}

impl Stream {
    /// Begins with an empty folder.
    pub fn new(seed: u64) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), live: Vec::new(), deleted: None, number: 0 }
    }

    fn create(&mut self) -> Change {
        // A booth that takes a picture again uses its name again, before the delete has got through.
        let again = self.deleted.take_if(|_| self.rng.random_ratio(1, 3));
        let key = again.unwrap_or_else(|| self.fresh_key());
        self.write(key)
    }

    fn rewrite(&mut self) -> Change {
        let old = self.take_any();
        self.write(old.key)
    }

    fn write(&mut self, key: String) -> Change {
        let (seed, size) = (self.rng.random(), self.size());
        let act = if self.rng.random_ratio(1, 3) { Act::Write } else { Act::Place };
        self.live.push(Live { key: key.clone(), seed, size });
        Change { key, act, seed, size }
    }

    fn rename(&mut self) -> Change {
        let from = self.take_any();
        let key = if self.rng.random_ratio(1, 5) { self.take_any().key } else { self.fresh_key() };
        let (seed, size) = (from.seed, from.size);
        self.live.push(Live { key: key.clone(), seed, size });
        Change { key, act: Act::Rename(from.key), seed, size }
    }

    fn delete(&mut self) -> Change {
        let Live { key, seed, size } = self.take_any();
        self.deleted = Some(key.clone());
        Change { key, act: Act::Delete, seed, size }
    }

    fn take_any(&mut self) -> Live {
        let index = self.rng.random_range(0..self.live.len());
        self.live.swap_remove(index)
    }

    fn fresh_key(&mut self) -> String {
        self.number += 1;
        let folder = FOLDERS[self.rng.random_range(0..FOLDERS.len())];
        format!("{folder}/{:05}.jpg", self.number)
    }

    /// Mostly small, so that many go through between two kills, and now and then one that takes a while.
    fn size(&mut self) -> usize {
        match self.rng.random_range(0..100) {
            0..70 => self.rng.random_range(0..40_000),
            70..95 => self.rng.random_range(40_000..400_000),
            _ => self.rng.random_range(400_000..2_500_000),
        }
    }
}

impl Iterator for Stream {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let roll = self.rng.random_range(0..100);
        Some(match (self.live.len(), roll) {
            (..FEW, _) | (..MANY, 0..35) => self.create(),
            (_, 35..65) => self.rewrite(),
            (_, 65..80) => self.rename(),
            _ => self.delete(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{self, Tree};

    #[test]
    fn the_same_seed_gives_the_same_changes_and_another_one_others() {
        let changes = |seed| Stream::new(seed).take(500).collect::<Vec<_>>();
        assert_eq!(changes(7), changes(7));
        assert_ne!(changes(7), changes(8));
    }

    #[test]
    fn the_stream_can_be_made_and_every_file_holds_what_was_noted() {
        let media = tempfile::tempdir().unwrap();
        for folder in FOLDERS {
            fs::create_dir_all(media.path().join(folder)).unwrap();
        }
        let versions = Versions::default();
        let mut stream = Stream::new(1);
        stream.by_ref().take(1200).for_each(|change| change.make(media.path(), &versions));
        let tree = Tree::of(media.path());
        let live: HashSet<&str> = stream.live.iter().map(|live| live.key.as_str()).collect();
        assert_eq!(tree.paths().into_iter().collect::<HashSet<_>>(), live);
        assert!((FEW..=MANY + 1).contains(&live.len()), "{}", live.len());
        for (key, content) in &tree.0 {
            assert!(versions.knows(key, *content), "{key}");
            assert_eq!(*content, tree::read(&media.path().join(key)).unwrap());
            assert!(!versions.knows(key, (content.0, content.1 ^ 1)));
        }
    }
}
