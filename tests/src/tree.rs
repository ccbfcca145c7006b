//! What lies in a folder, to compare two of them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

use unicode_normalization::UnicodeNormalization;

/// Every file below a folder by its path: size and a hash of its content.
#[derive(PartialEq, Eq, Clone, Default)]
pub struct Tree(pub BTreeMap<String, (u64, u64)>);

impl Tree {
    /// Reads what lies below `folder`; nothing if there is no such folder. A file that vanishes
    /// meanwhile counts as not there. Names are in NFC.
    pub fn of(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        walk(folder, "", &mut |path, name| {
            if let Ok(state) = read(path) {
                files.insert(name.nfc().collect(), state);
            }
        });
        Self(files)
    }

    /// The part below `folder`, with paths from there on.
    pub fn below(&self, folder: &str) -> Self {
        let prefix = format!("{folder}/");
        let inside =
            |(path, state): (&String, &(u64, u64))| Some((path.strip_prefix(&prefix)?.to_owned(), *state));
        Self(self.0.iter().filter_map(inside).collect())
    }

    /// The files whose path is not `left_out`.
    pub fn without(mut self, left_out: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|path, _| !left_out(path));
        self
    }

    /// The paths.
    pub fn paths(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// What tells an untouched file from one that was written again, by path: inode and mtime.
    pub fn identities(folder: &Path) -> BTreeMap<String, (u64, SystemTime)> {
        let mut files = BTreeMap::new();
        walk(folder, "", &mut |path, name| {
            let meta = fs::metadata(path).unwrap();
            files.insert(name.to_owned(), (meta.ino(), meta.modified().unwrap()));
        });
        files
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(path, (size, hash))| (path, format!("{size} bytes, {hash:08x}"))))
            .finish()
    }
}

fn walk(folder: &Path, prefix: &str, each: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), &format!("{name}/"), each),
            Ok(kind) if kind.is_file() => each(&entry.path(), &name),
            _ => {}
        }
    }
}

/// Size and a hash of one file's content.
pub(crate) fn read(path: &Path) -> std::io::Result<(u64, u64)> {
    let mut file = File::open(path)?;
    let (mut hasher, mut size, mut portion) = (DefaultHasher::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut portion)?;
        if read == 0 {
            return Ok((size, hasher.finish()));
        }
        hasher.write(&portion[..read]);
        size += read as u64;
    }
}
