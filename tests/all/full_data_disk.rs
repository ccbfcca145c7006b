//! The disk of the data folder is full.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use booth_tests::{Booth, Need, PATIENCE, SmallDisk, Target, Tree, comes_true, needs, picture, wait_until};

const MEGABYTES: u32 = 96;

/// A booth whose data folder lies on a small disk, and that copies to a folder elsewhere.
struct Crowded {
    booth: Booth,
    disk: SmallDisk,
    copies: PathBuf,
}

impl Crowded {
    fn new() -> Self {
        let disk = SmallDisk::mount(MEGABYTES).expect("the test said that it needs it");
        let mut booth = Booth::new();
        let (copies, data) = (booth.path_of("usb"), booth.data());
        fs::create_dir(&copies).unwrap();
        let settings = format!("path = {copies:?}");
        booth.target(Target { name: "usb".into(), plugin: "folder".into(), settings, lines: String::new() });
        let there = disk.path().join("data");
        if data.exists() {
            copy(&data, &there);
            fs::remove_dir_all(&data).unwrap();
        } else {
            fs::create_dir(&there).unwrap();
        }
        symlink(there, data).unwrap();
        Self { booth, disk, copies }
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let mut ballast =
            fs::File::options().create(true).append(true).open(self.disk.path().join("ballast")).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while ballast.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.disk.path().join("ballast")).unwrap();
    }

    fn take_pictures(&self, from: u64, to: u64) {
        for seed in from..to {
            // Long names, so that the room that is left in the database's pages is soon used up.
            let name = format!("{seed:03}-{}.jpg", "x".repeat(180));
            picture(&self.booth.media().join(name), seed, 20_000);
        }
    }

    fn all_there(&self) -> bool {
        Tree::of(&self.copies.join("media")) == Tree::of(&self.booth.media())
    }

    fn problem(&self) -> Option<String> {
        self.booth.status()["database"]["problem"].as_str().map(str::to_owned)
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
    let mode = fs::metadata(from).unwrap().permissions();
    fs::set_permissions(to, mode).unwrap();
}

#[test]
fn a_full_data_disk_is_told_in_one_sentence_and_everything_goes_on_once_there_is_room() {
    needs!(Need::SmallDisk);
    let mut crowded = Crowded::new();
    crowded.booth.start();
    crowded.take_pictures(0, 3);
    wait_until(PATIENCE, "the first pictures are there", || crowded.all_there());

    crowded.fill();
    crowded.take_pictures(3, 300);
    wait_until(PATIENCE, "the status tells of it", || crowded.problem().is_some());
    let problem = crowded.problem().unwrap();
    assert!(problem.contains("is full") && problem.contains("make room"), "{problem}");
    for command in ["status", "check"] {
        let shown = crowded.booth.run(&[command]).expect(1).stdout;
        assert!(shown.contains("database") && shown.contains("is full"), "{command}: {shown}");
    }
    assert!(!crowded.all_there());
    let held = Tree::of(&crowded.copies.join("media"));
    let wanted = Tree::of(&crowded.booth.media());
    assert!(held.0.iter().all(|(path, state)| wanted.0.get(path) == Some(state)), "nothing is cut");

    crowded.make_room();
    wait_until(PATIENCE, "everything is there by itself", || crowded.all_there());
    wait_until(PATIENCE, "the status is quiet again", || crowded.problem().is_none());
    let target = || crowded.booth.target_status("usb");
    let settled = comes_true(PATIENCE, || target()["pending"] == 0 && target()["held"] == target()["wanted"]);
    assert!(settled, "{:#}", crowded.booth.status());
    assert_eq!(crowded.booth.stop(), 0);
}

#[test]
fn a_start_on_a_full_disk_says_so_and_works_once_there_is_room() {
    needs!(Need::SmallDisk);
    let mut crowded = Crowded::new();
    crowded.booth.start();
    crowded.take_pictures(0, 3);
    wait_until(PATIENCE, "the first pictures are there", || crowded.all_there());
    crowded.fill();
    crowded.take_pictures(3, 40);
    crowded.booth.kill();

    // Whether it can start at all depends on what the last bytes of the disk are needed for.
    let mut service = crowded.booth.begin();
    let told = || crowded.booth.log().contains("is full") || crowded.booth.log().contains("No space left");
    assert!(comes_true(PATIENCE, told), "{}", crowded.booth.log());
    service.kill();
    drop(service);

    crowded.make_room();
    crowded.booth.start();
    wait_until(Duration::from_secs(60), "everything is there", || crowded.all_there());
    assert_eq!(crowded.booth.stop(), 0);
}
