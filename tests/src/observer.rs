//! Watches the folder that a server keeps its files in, as the visitors' web server would serve it.
//!
//! Uploads over FTP go to `NAME.<hash>.partial` and are renamed. So a file under its final name may only
//! ever arrive by a rename, whole: whatever else happens to it there is written down as wrong.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::stream::{Fingerprint, Versions};
use crate::tree;

/// What happened in the folder so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Uploads whose file appeared or was begun anew.
    pub begun: usize,
    /// Uploads whose file was closed: whole, or because whoever sent it was gone.
    pub uploads: usize,
    /// Of them, uploads of pages.
    pub pages: usize,
    /// Files that appeared under their final name.
    pub arrived: usize,
    /// Files that were removed from their final name.
    pub deleted: usize,
    /// Unfinished uploads that were removed.
    pub cleaned: usize,
    /// Pictures that were replaced or gone again before they could be read.
    pub unread: usize,
    /// What must never happen.
    pub wrong: Vec<String>,
    /// Uploads under way.
    open: HashSet<PathBuf>,
    /// Every content that was seen under a final name.
    whole: HashSet<(String, Fingerprint)>,
}

impl Seen {
    /// Different contents that pictures had under their final names.
    pub fn versions(&self) -> usize {
        self.whole.len()
    }

    /// How often anything happened at all.
    pub fn events(&self) -> usize {
        self.begun + self.uploads + self.arrived + self.deleted + self.cleaned
    }
}

/// Watches a folder for as long as it lives.
pub struct Observer {
    shared: Arc<Shared>,
    _watcher: RecommendedWatcher,
}

struct Shared {
    root: PathBuf,
    versions: Versions,
    seen: Mutex<Seen>,
    news: Condvar,
}

impl Observer {
    /// Watches `root`, which holds pages and, in `media`, the pictures. Folders that are made later are
    /// watched, but what is put into them in the moment they are made may go unseen.
    pub fn of(root: &Path, versions: Versions) -> Self {
        let shared = Arc::new(Shared {
            root: root.to_owned(),
            versions,
            seen: Mutex::default(),
            news: Condvar::new(),
        });
        let (sender, events) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(sender).unwrap();
        watcher.watch(root, RecursiveMode::Recursive).unwrap();
        let taking = Arc::clone(&shared);
        std::thread::spawn(move || taking.take_all(&events));
        Self { shared, _watcher: watcher }
    }

    /// What it has seen so far.
    pub fn seen(&self) -> Seen {
        self.shared.lock().clone()
    }

    /// Waits until what was seen satisfies `is_it`; `false` after `limit`.
    pub fn sees(&self, limit: Duration, is_it: impl Fn(&Seen) -> bool) -> bool {
        let seen = self.shared.lock();
        let waited = self.shared.news.wait_timeout_while(seen, limit, |seen| !is_it(seen));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_all(&self, events: &Receiver<notify::Result<Event>>) {
        for event in events {
            match event {
                Ok(event) if event.need_rescan() => {
                    self.wrong("events were lost: the observer is blind".into())
                }
                Ok(event) => self.take(&event),
                Err(error) => self.wrong(format!("the observer is blind: {error}")),
            }
            self.news.notify_all();
        }
    }

    fn take(&self, event: &Event) {
        let Some(path) = event.paths.first().filter(|path| !path.is_dir()) else { return };
        let unfinished = path.extension().is_some_and(|ending| ending == "partial");
        match (event.kind, unfinished) {
            (EventKind::Create(_) | EventKind::Modify(ModifyKind::Data(_)), true) => self.begun(path),
            (EventKind::Access(AccessKind::Close(AccessMode::Write)), true) => self.closed(path),
            (EventKind::Remove(_), true) => {
                self.lock().cleaned += 1;
                self.closed_if_open(path);
            }
            (EventKind::Modify(ModifyKind::Name(RenameMode::From)), true) => self.closed_if_open(path),
            (EventKind::Modify(ModifyKind::Name(RenameMode::To)), false) => self.arrived(path),
            (EventKind::Remove(_), false) => self.lock().deleted += 1,
            (EventKind::Create(_) | EventKind::Modify(ModifyKind::Data(_)), false) => {
                self.wrong(format!("{} was written under its final name", self.name(path)));
            }
            _ => {}
        }
    }

    fn begun(&self, path: &Path) {
        let mut seen = self.lock();
        if seen.open.insert(path.to_owned()) {
            seen.begun += 1;
        }
    }

    fn closed(&self, path: &Path) {
        let page = !self.name(path).starts_with("media/");
        let mut seen = self.lock();
        seen.open.remove(path);
        seen.uploads += 1;
        seen.pages += usize::from(page);
    }

    /// Some servers say that they have the whole file a moment before they close it, and then the kernel
    /// tells of the close under another name, or not at all.
    fn closed_if_open(&self, path: &Path) {
        if self.lock().open.contains(path) {
            self.closed(path);
        }
    }

    fn arrived(&self, path: &Path) {
        let name = self.name(path);
        // Told first: what waits for this moment must not wait for the file to be read.
        self.lock().arrived += 1;
        self.news.notify_all();
        let Some(key) = name.strip_prefix("media/") else { return };
        match tree::read(path) {
            Ok(content) if self.versions.knows(key, content) => {
                self.lock().whole.insert((key.to_owned(), content));
            }
            Ok((size, _)) => {
                self.wrong(format!("{name} was visible with {size} bytes that the booth never wrote so"));
            }
            Err(_) => self.lock().unread += 1,
        }
    }

    fn wrong(&self, what: String) {
        self.lock().wrong.push(what);
    }

    fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::stream::Stream;
    use crate::wait::PATIENCE;

    /// A served folder and the picture that the booth has written.
    fn folder() -> (tempfile::TempDir, Observer, PathBuf, Vec<u8>) {
        let (served, booth) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (change, versions) = (Stream::new(1).next().unwrap(), Versions::default());
        fs::create_dir_all(booth.path().join(&change.key).parent().unwrap()).unwrap();
        let place = served.path().join("media").join(&change.key);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        change.make(booth.path(), &versions);
        let bytes = fs::read(booth.path().join(&change.key)).unwrap();
        let observer = Observer::of(served.path(), versions);
        (served, observer, place, bytes)
    }

    fn upload(place: &Path, bytes: &[u8]) {
        let aside = place.with_added_extension("0badcafe.partial");
        fs::write(&aside, bytes).unwrap();
        fs::rename(aside, place).unwrap();
    }

    #[test]
    fn an_upload_is_counted_and_nothing_is_wrong_with_it() {
        let (_served, observer, place, bytes) = folder();
        upload(&place, &bytes);
        upload(&place, &bytes);
        fs::remove_file(&place).unwrap();
        assert!(observer.sees(PATIENCE, |seen| seen.deleted == 1));
        let seen = observer.seen();
        assert_eq!((seen.begun, seen.uploads, seen.arrived, seen.pages), (2, 2, 2, 0));
        assert!(seen.wrong.is_empty(), "{:?}", seen.wrong);
    }

    #[test]
    fn half_a_picture_under_its_final_name_is_wrong() {
        let (_served, observer, place, bytes) = folder();
        upload(&place, &bytes[..bytes.len() / 2]);
        assert!(observer.sees(PATIENCE, |seen| !seen.wrong.is_empty()));
    }

    #[test]
    fn a_picture_that_is_written_where_it_can_be_seen_is_wrong_even_if_it_is_whole() {
        let (_served, observer, place, bytes) = folder();
        fs::write(&place, &bytes).unwrap();
        assert!(observer.sees(PATIENCE, |seen| !seen.wrong.is_empty()));
    }
}
