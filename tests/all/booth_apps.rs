//! A folder in which everything happens at once that booth apps, cameras and people do to files.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use booth_tests::{Booth, Kind, PATIENCE, Server, Tree, comes_true, picture, wait_until};

/// What of the folder a target should hold: plain files with the names of pictures.
fn wanted(media: &Path) -> Tree {
    Tree::of(media).without(|path| !path.ends_with(".jpg") || path.contains(".recycle/"))
}

fn holds(booth: &Booth, server: &Server, what: &str) {
    let same = || server.tree("photos/media") == wanted(&booth.media());
    if !comes_true(PATIENCE, same) {
        let (held, wanted) = (server.tree("photos/media"), wanted(&booth.media()));
        let differs = |(path, state): &(&String, &(u64, u64))| wanted.0.get(*path) != Some(*state);
        let more: Vec<_> = held.0.iter().filter(differs).collect();
        let missing: Vec<_> = wanted.paths().into_iter().filter(|path| !held.0.contains_key(*path)).collect();
        panic!("not until {what}: {more:?} and missing {missing:?}, {}", booth.target_status("web"));
    }
    wait_until(PATIENCE, "the program knows that all is there", || {
        let target = booth.target_status("web");
        target["pending"] == 0 && target["running"] == 0 && target["rejected"] == 0
    });
}

#[test]
fn whatever_is_done_to_files_the_target_holds_what_the_folder_has_in_the_end() {
    let server = Server::start(Kind::RcloneFtp);
    let mut booth = Booth::with(&server);
    // What the wipe guard makes of so much at once is not asked here.
    booth.sync_lines = "max_delete_percent = 100".into();
    let media = booth.media();
    let at = |key: &str| media.join(key);
    for number in 0..8 {
        picture(&at(&format!("full/{number}.jpg")), number, 20_000);
    }
    booth.start();
    holds(&booth, &server, "what was there before the start is there");

    // Slowly and in place, while everything else goes on.
    let mut slow = File::create(at("full/slow.jpg")).unwrap();
    slow.write_all(&[1; 10_000]).unwrap();
    let mut again = OpenOptions::new().write(true).truncate(true).open(at("full/0.jpg")).unwrap();
    again.write_all(&[2; 500]).unwrap();

    let elsewhere = booth.path_of("elsewhere.jpg");
    picture(&elsewhere, 77, 30_000);
    fs::copy(&elsewhere, at("full/1.jpg")).unwrap();
    fs::hard_link(&elsewhere, at("full/linked.jpg")).unwrap();
    fs::rename(at("full/2.jpg"), at("full/renamed.jpg")).unwrap();
    fs::remove_file(at("full/3.jpg")).unwrap();
    picture(&at("full/3.jpg"), 33, 9_000);
    fs::create_dir(at(".recycle")).unwrap();
    fs::rename(at("full/4.jpg"), at(".recycle/4.jpg")).unwrap();
    fs::rename(at("full/5.jpg"), booth.path_of("5.jpg")).unwrap();
    for number in 0..200 {
        picture(&at(&format!("DCIM/100CANON/IMG_{number:04}.jpg")), number, 300);
    }
    fs::rename(at("DCIM/100CANON"), at("DCIM/101CANON")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("full/pipe.jpg"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();

    wait_until(PATIENCE, "the card is there", || server.tree("photos/media/DCIM/101CANON").0.len() == 200);
    let held = server.tree("photos/media/full");
    assert!(!held.0.contains_key("slow.jpg"), "it is still being written");
    assert_ne!(held.0["0.jpg"].0, 500, "it is still being written");

    again.write_all(&[3; 700]).unwrap();
    slow.write_all(&[4; 10_000]).unwrap();
    drop((again, slow));
    holds(&booth, &server, "all of it is there");
    assert_eq!(booth.stop(), 0);
}
