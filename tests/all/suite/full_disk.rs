//! The server's disk is full.

use std::time::Duration;

use booth_tests::{Booth, Kind, PATIENCE, Server, SmallDisk, Tree, comes_true, picture, wait_until};

const SIZE: usize = 700_000;
const PICTURES: u64 = 12;

/// What a server says when its disk is full is often what others say for other reasons, so the target
/// may be blocked, wait, or have refused objects. It must say something, and lose nothing.
pub fn a_full_disk_is_told_and_everything_arrives_once_there_is_room(kind: Kind) {
    let disk = SmallDisk::mount(4).expect("the test said that it needs it");
    let server = Server::start_in(kind, disk.path());
    let mut booth = Booth::with(&server);
    for seed in 0..PICTURES {
        picture(&booth.media().join(format!("{seed:02}.jpg")), seed, SIZE);
    }
    booth.start();
    wait_until(PATIENCE, "the booth says that something is wrong", || {
        let target = booth.target_status("web");
        let told = target["state"] != "up" && target["reason"] != "";
        told || target["rejected"].as_u64().unwrap_or(0) > 0
    });
    assert!(nothing_is_cut(&booth, &server), "{:#?}", server.tree("photos"));

    disk.resize(64);
    // Refusals that were under way when room was made come in late, so the button is pressed again.
    let all_there = || Tree::of(&booth.media()) == server.tree("photos/media");
    let pressed = (0..6).any(|_| {
        booth.run(&["retry"]).expect(0);
        comes_true(Duration::from_secs(20), all_there)
    });
    assert!(pressed, "status {:#}\nheld {:#?}", booth.status(), server.tree("photos"));
    booth.wait_until_same(&server, PATIENCE);
}

/// Whether every picture under its own name is a whole one.
fn nothing_is_cut(booth: &Booth, server: &Server) -> bool {
    let wanted = Tree::of(&booth.media());
    let held = server.tree("photos/media");
    held.0
        .iter()
        .filter(|(path, _)| path.ends_with(".jpg"))
        .all(|(path, state)| wanted.0.get(path) == Some(state))
}
