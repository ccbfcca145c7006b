//! Real files in real folders. Each test waits for a state; where something must not have happened, a
//! later change that is reported proves that the earlier one would have been.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::blob::Root;
use crate::filter::Filter;
use crate::scan::Scan;

mod files;
mod folders;
mod whole;

const PATIENCE: Duration = Duration::from_secs(30);
const SETTLE: Duration = Duration::from_millis(200);

/// A watched folder and what its reader knows, who scans when told to as the engine does.
struct Booth {
    dir: TempDir,
    folder: MediaFolder,
    watch: Watch,
    wakes: Wakes,
    files: BTreeSet<String>,
    trees: BTreeSet<String>,
    rescans: Vec<&'static str>,
    _stop: tokio_util::sync::DropGuard,
}

impl Booth {
    fn open() -> Self {
        Self::with(|_| {})
    }

    fn with(prepare: impl FnOnce(&Path)) -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("media");
        fs::create_dir(&path).unwrap();
        prepare(&path);
        let folder = MediaFolder::new(path, Root::Media);
        let stop = CancellationToken::new();
        let settings = WatchSettings { settle: SETTLE, poll: None };
        let (watch, wakes) = Watch::start(&folder, settings, stop.clone()).unwrap();
        assert_eq!(watch.kind(), WatchKind::Events);
        let (files, trees, rescans) = Default::default();
        Self { dir, folder, watch, wakes, files, trees, rescans, _stop: stop.drop_guard() }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(key)
    }

    fn write(&self, key: &str) {
        fs::write(self.path(key), key).unwrap();
    }

    fn is_open(&self, file: &str) -> bool {
        self.watch.is_open(&key(file))
    }

    /// Takes wakes until `enough` holds.
    async fn until(&mut self, what: &str, enough: impl Fn(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !enough(self) {
            let wake = tokio::time::timeout_at(deadline, self.wakes.recv()).await;
            let wake = wake.unwrap_or_else(|_| panic!("{what}, but only {:?}", (&self.files, &self.rescans)));
            self.take(wake.expect("the watch goes on"));
        }
    }

    fn take(&mut self, wake: Wake) {
        match wake {
            Wake::Files(keys) => self.files.extend(keys.into_iter().map(String::from)),
            Wake::Tree(dir) => {
                self.find(self.folder.scan_below(&dir, &Filter::new(&[], &[]).unwrap()));
                self.trees.insert(dir.into());
            }
            Wake::Rescan(reason) => {
                self.find(self.folder.scan(&Filter::new(&[], &[]).unwrap()));
                self.rescans.push(reason);
            }
        }
    }

    fn find(&mut self, scan: Scan) {
        let finished = scan.files.into_iter().filter(|file| !self.watch.is_open(&file.key));
        self.files.extend(finished.map(|file| file.key.into()));
    }

    async fn until_file(&mut self, file: &str) {
        self.until(&format!("{file} is to be reported"), |booth| booth.files.contains(file)).await;
    }

    async fn until_tree(&mut self, dir: &str) {
        self.until(&format!("{dir} is to be reported"), |booth| booth.trees.contains(dir)).await;
    }

    /// Waits until everything that happened so far was reported.
    async fn caught_up(&mut self) {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let name = format!("mark{}", NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        self.write(&name);
        self.until_file(&name).await;
        self.files.remove(&name);
    }

    /// As [`Self::caught_up`], and what needs the grace of a link is reported too.
    async fn caught_up_with_links(&mut self) {
        fs::create_dir_all(self.path(".marks")).unwrap();
        self.write(".marks/origin");
        fs::hard_link(self.path(".marks/origin"), self.path("linked-mark")).unwrap();
        self.until_file("linked-mark").await;
        fs::remove_file(self.path("linked-mark")).unwrap();
        self.caught_up().await;
        self.files.remove("linked-mark");
    }

    /// What was reported since the last call.
    fn reported(&mut self) -> Vec<String> {
        std::mem::take(&mut self.files).into_iter().collect()
    }
}

fn key(text: &str) -> MediaKey {
    MediaKey::new(text).unwrap()
}
