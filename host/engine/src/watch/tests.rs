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
                let scan = self.folder.scan_below(&dir, &Filter::new(&[], &[]).unwrap());
                let finished = scan.files.into_iter().filter(|file| !self.watch.is_open(&file.key));
                self.files.extend(finished.map(|file| file.key.into()));
                self.trees.insert(dir.into());
            }
            Wake::Rescan(reason) => self.rescans.push(reason),
        }
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

#[tokio::test]
async fn a_file_that_is_written_slowly_in_place_is_reported_only_when_it_is_closed() {
    let mut booth = Booth::open();
    let mut slow = File::create(booth.path("slow.jpg")).unwrap();
    for _ in 0..3 {
        slow.write_all(b"part").unwrap();
        booth.caught_up_with_links().await;
        assert!(booth.is_open("slow.jpg"));
        assert!(booth.reported().is_empty());
    }
    drop(slow);
    booth.until_file("slow.jpg").await;
    assert!(!booth.is_open("slow.jpg"));
}

#[tokio::test]
async fn a_file_that_is_renamed_into_place_is_reported_at_once_under_its_final_name() {
    let mut booth = Booth::open();
    booth.write("a.jpg.tmp");
    fs::rename(booth.path("a.jpg.tmp"), booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    assert_eq!(booth.reported(), ["a.jpg"]);
}

#[tokio::test]
async fn a_file_that_is_renamed_before_it_is_closed_is_reported_when_it_is_closed() {
    let mut booth = Booth::open();
    let mut file = File::create(booth.path("b.jpg.tmp")).unwrap();
    file.write_all(b"half").unwrap();
    fs::rename(booth.path("b.jpg.tmp"), booth.path("b.jpg")).unwrap();
    booth.caught_up().await;
    assert!(booth.is_open("b.jpg"));
    assert!(booth.reported().is_empty());
    drop(file);
    booth.until_file("b.jpg").await;
}

#[tokio::test]
async fn a_file_that_is_linked_into_place_is_reported() {
    let mut booth = Booth::with(|media| {
        fs::create_dir(media.join(".work")).unwrap();
        fs::write(media.join(".work/a"), "picture").unwrap();
    });
    fs::hard_link(booth.path(".work/a"), booth.path("a.jpg")).unwrap();
    booth.write("b.jpg.tmp");
    fs::hard_link(booth.path("b.jpg.tmp"), booth.path("b.jpg")).unwrap();
    fs::remove_file(booth.path("b.jpg.tmp")).unwrap();
    booth.until_file("a.jpg").await;
    booth.until_file("b.jpg").await;
}

#[tokio::test]
async fn a_copy_over_an_existing_file_is_reported() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "old").unwrap());
    fs::write(booth.dir.path().join("new"), "new picture").unwrap();
    fs::copy(booth.dir.path().join("new"), booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    booth.reported();
    fs::rename(booth.dir.path().join("new"), booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_file_that_is_deleted_and_made_again_is_reported_each_time() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "old").unwrap());
    fs::remove_file(booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    booth.reported();
    booth.write("a.jpg");
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    booth.reported();
    fs::rename(booth.path("a.jpg"), booth.dir.path().join("recycled")).unwrap();
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_file_that_is_truncated_and_written_again_is_open_until_it_is_closed() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "old").unwrap());
    let mut file = OpenOptions::new().write(true).truncate(true).open(booth.path("a.jpg")).unwrap();
    booth.caught_up().await;
    assert!(booth.is_open("a.jpg"));
    file.write_all(b"new").unwrap();
    booth.caught_up().await;
    assert!(booth.reported().is_empty());
    drop(file);
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_file_whose_permissions_or_times_change_is_reported() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "x").unwrap());
    let past = std::time::SystemTime::UNIX_EPOCH;
    let file = File::open(booth.path("a.jpg")).unwrap();
    file.set_times(fs::FileTimes::new().set_accessed(past).set_modified(past)).unwrap();
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    booth.reported();
    file.set_permissions(fs::Permissions::from_mode(0o600)).unwrap();
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn reading_a_file_is_not_reported() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "x").unwrap());
    fs::read(booth.path("a.jpg")).unwrap();
    booth.folder.open(&key("a.jpg")).unwrap();
    booth.folder.scan(&Filter::new(&[], &[]).unwrap());
    booth.caught_up_with_links().await;
    assert!(booth.reported().is_empty());
    assert!(!booth.is_open("a.jpg"));
}

#[tokio::test]
async fn files_written_into_folders_in_the_moment_they_are_made_are_all_found() {
    const FOLDERS: usize = 200;
    let mut booth = Booth::open();
    for number in 0..FOLDERS {
        let dir = booth.path(&format!("d{number}/deeper"));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("a.jpg"), "x").unwrap();
        fs::write(dir.join("../b.jpg"), "x").unwrap();
    }
    booth.until("2 files in each folder", |booth| booth.files.len() >= 2 * FOLDERS).await;
    // From now on the folders are watched like any other.
    booth.reported();
    for number in 0..FOLDERS {
        booth.write(&format!("d{number}/deeper/late.jpg"));
    }
    let late = |booth: &Booth| booth.files.iter().filter(|file| file.ends_with("late.jpg")).count();
    booth.until("a late file in each folder", |booth| late(booth) == FOLDERS).await;
}

#[tokio::test]
async fn a_file_that_is_still_written_to_in_a_new_folder_is_not_taken_for_finished() {
    let mut booth = Booth::open();
    fs::create_dir(booth.path("new")).unwrap();
    let mut file = File::create(booth.path("new/slow.jpg")).unwrap();
    file.write_all(b"part").unwrap();
    booth.until_tree("new").await;
    file.write_all(b"part").unwrap();
    assert!(!booth.files.contains("new/slow.jpg"));
    drop(file);
    booth.until_file("new/slow.jpg").await;
}

#[tokio::test]
async fn of_thousands_of_files_at_once_none_is_missed() {
    const FILES: usize = 5000;
    let mut booth = Booth::with(|media| fs::create_dir(media.join("sub")).unwrap());
    let media = booth.folder.path().to_owned();
    let writer = std::thread::spawn(move || {
        for number in 0..FILES {
            let name = media.join(format!("sub/{number}.jpg"));
            if number % 2 == 0 {
                fs::write(&name, "in place").unwrap();
            } else {
                fs::write(name.with_extension("tmp"), "beside").unwrap();
                fs::rename(name.with_extension("tmp"), &name).unwrap();
            }
        }
    });
    booth.until("every file", |booth| booth.files.len() == FILES).await;
    writer.join().unwrap();
    assert!(booth.rescans.is_empty(), "{:?}", booth.rescans);
}

#[tokio::test]
async fn a_renamed_folder_is_reported_under_both_names_and_watched_under_the_new_one() {
    let mut booth = Booth::with(|media| {
        fs::create_dir_all(media.join("old/sub")).unwrap();
        fs::write(media.join("old/sub/a.jpg"), "x").unwrap();
    });
    fs::rename(booth.path("old"), booth.path("new")).unwrap();
    booth.until_tree("old").await;
    booth.until_tree("new").await;
    assert!(booth.reported().contains(&"new/sub/a.jpg".to_owned()));
    booth.write("new/sub/b.jpg");
    booth.until_file("new/sub/b.jpg").await;
    assert!(!booth.files.contains("old/sub/b.jpg"));
}

#[tokio::test]
async fn a_deleted_folder_is_reported_and_one_of_the_same_name_is_watched() {
    let mut booth = Booth::with(|media| {
        fs::create_dir(media.join("sub")).unwrap();
        fs::write(media.join("sub/a.jpg"), "x").unwrap();
    });
    for _ in 0..20 {
        fs::remove_dir_all(booth.path("sub")).unwrap();
        booth.until_tree("sub").await;
        fs::create_dir(booth.path("sub")).unwrap();
        booth.write("sub/a.jpg");
        booth.until_file("sub/a.jpg").await;
        booth.caught_up().await;
        booth.reported();
        booth.trees.clear();
        booth.write("sub/a.jpg");
        booth.until_file("sub/a.jpg").await;
        booth.caught_up().await;
        booth.reported();
    }
}

#[tokio::test]
async fn a_folder_moved_in_from_elsewhere_is_reported_whole() {
    let mut booth = Booth::open();
    let outside = booth.dir.path().join("card");
    fs::create_dir_all(outside.join("dcim/100")).unwrap();
    fs::write(outside.join("dcim/100/a.jpg"), "x").unwrap();
    fs::rename(&outside, booth.path("card")).unwrap();
    booth.until_file("card/dcim/100/a.jpg").await;
    booth.write("card/dcim/100/b.jpg");
    booth.until_file("card/dcim/100/b.jpg").await;
}

#[tokio::test]
async fn hidden_folders_are_not_watched() {
    let mut booth = Booth::with(|media| fs::create_dir(media.join(".cache")).unwrap());
    fs::create_dir_all(booth.path(".new/sub")).unwrap();
    for file in [".cache/a.jpg", ".new/sub/b.jpg", ".c.jpg", "d.jpg.part"] {
        booth.write(file);
    }
    booth.caught_up().await;
    assert!(booth.reported().is_empty());
    assert!(booth.trees.is_empty());
    fs::rename(booth.path(".cache/a.jpg"), booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_media_folder_that_is_replaced_is_watched_again() {
    let mut booth = Booth::open();
    fs::rename(booth.folder.path(), booth.dir.path().join("old")).unwrap();
    fs::create_dir(booth.folder.path()).unwrap();
    booth.until("a rescan", |booth| !booth.rescans.is_empty()).await;
    // What is written before the new folder is watched is found by the scan; this is after it.
    booth.write("a.jpg");
    booth
        .until("the new folder's file, or one more scan", |booth| {
            booth.files.contains("a.jpg") || booth.rescans.len() > 1
        })
        .await;
    booth.caught_up().await;
    fs::write(booth.dir.path().join("old/b.jpg"), "x").unwrap();
    booth.caught_up().await;
    assert!(!booth.files.contains("b.jpg"));
}

#[tokio::test]
async fn a_media_folder_that_vanishes_is_waited_for_and_reported_once() {
    let mut booth = Booth::open();
    fs::rename(booth.folder.path(), booth.dir.path().join("away")).unwrap();
    booth.until("a rescan", |booth| !booth.rescans.is_empty()).await;
    fs::rename(booth.dir.path().join("away"), booth.folder.path()).unwrap();
    booth.until("it to be back", |booth| booth.rescans.contains(&"the media folder is there again")).await;
    assert_eq!(booth.rescans, ["the media folder is gone", "the media folder is there again"]);
    booth.write("a.jpg");
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_symbolic_link_to_the_folder_that_is_turned_elsewhere_is_followed() {
    let mut booth = Booth::open();
    let (one, two) = (booth.dir.path().join("one"), booth.dir.path().join("two"));
    fs::rename(booth.folder.path(), &one).unwrap();
    fs::create_dir(&two).unwrap();
    std::os::unix::fs::symlink(&one, booth.folder.path()).unwrap();
    booth.until("a rescan", |booth| !booth.rescans.is_empty()).await;
    booth.caught_up().await;
    booth.rescans.clear();
    fs::remove_file(booth.folder.path()).unwrap();
    std::os::unix::fs::symlink(&two, booth.folder.path()).unwrap();
    booth.until("another rescan", |booth| !booth.rescans.is_empty()).await;
    booth.caught_up().await;
}

#[tokio::test]
async fn lost_events_cause_a_rescan_and_open_files_are_reported_when_they_hold_still() {
    let mut booth = Booth::open();
    let mut file = File::create(booth.path("a.jpg")).unwrap();
    file.write_all(b"all there is").unwrap();
    booth.caught_up().await;
    assert!(booth.is_open("a.jpg"));
    let lost = notify::Event::new(notify::EventKind::Other).set_flag(notify::event::Flag::Rescan);
    booth.watch.thread.send(Message::Event(Ok(lost))).unwrap();
    booth.until("a rescan", |booth| booth.rescans == ["events were lost"]).await;
    booth.until_file("a.jpg").await;
    assert!(!booth.is_open("a.jpg"));
    booth.write("after.jpg");
    booth.until_file("after.jpg").await;
}

#[tokio::test]
async fn a_file_to_settle_is_reported_once_it_held_still() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "x").unwrap());
    booth.watch.settle_later(key("a.jpg"));
    booth.watch.settle_later(key("none.jpg"));
    assert!(booth.is_open("a.jpg"));
    booth.until_file("a.jpg").await;
    booth.until_file("none.jpg").await;
    assert!(!booth.is_open("a.jpg"));
}

#[tokio::test]
async fn a_folder_that_cannot_be_watched_is_refused_in_words() {
    let dir = TempDir::new().unwrap();
    let folder = MediaFolder::new(dir.path().join("none"), Root::Media);
    let settings = WatchSettings { settle: SETTLE, poll: None };
    let refused = Watch::start(&folder, settings, CancellationToken::new()).err().unwrap();
    assert!(
        refused.to_string().ends_with("/none` does not exist; make it or correct media.folder"),
        "{refused}"
    );
}

#[tokio::test]
async fn the_wakes_end_when_it_is_stopped() {
    let dir = TempDir::new().unwrap();
    let folder = MediaFolder::new(dir.path().to_owned(), Root::Media);
    let stop = CancellationToken::new();
    let settings = WatchSettings { settle: SETTLE, poll: None };
    let (watch, mut wakes) = Watch::start(&folder, settings, stop.clone()).unwrap();
    stop.cancel();
    assert_eq!(tokio::time::timeout(PATIENCE, wakes.recv()).await.unwrap(), None);
    watch.settle_later(key("a"));
}
