//! Pictures travel.

use std::fs;
use std::time::Duration;

use booth_tests::{Booth, Kind, PATIENCE, Server, Tree, picture, sparse};

pub fn a_picture_is_put_replaced_and_deleted(kind: Kind) {
    let server = Server::start(kind);
    let mut booth = Booth::with(&server);
    let media = booth.media();
    picture(&media.join("processed_full/one.jpg"), 1, 200_000);
    picture(&media.join("processed_full/2026/two.jpg"), 2, 50_000);
    booth.start();
    booth.wait_until_same(&server, PATIENCE);

    // Of the same size: several servers show nothing else by which to tell.
    picture(&media.join("processed_full/one.jpg"), 3, 200_000);
    picture(&media.join("camera_original/three.jpg"), 4, 1_000);
    booth.wait_until_same(&server, PATIENCE);

    fs::remove_file(media.join("processed_full/2026/two.jpg")).unwrap();
    booth.wait_until_same(&server, PATIENCE);
    assert_eq!(booth.stop(), 0);
}

pub fn names_of_every_kind_arrive_as_they_are(kind: Kind) {
    let server = Server::start(kind);
    let mut booth = Booth::with(&server);
    let names = [
        "plain.jpg",
        "with spaces in it.jpg",
        "Grüße aus Österreich ß.jpg",
        "party 🎉📸.jpg",
        "100% fun.jpg",
        "50%25 and %20.jpg",
        "number #1.jpg",
        "it's \"quoted\".jpg",
        "a+b&c=d;e,f@g.jpg",
        "what?.jpg",
        "[square] {curly} (round).jpg",
        "12:30:00.jpg",
        "two..dots.jpg",
        "UPPER.JPG",
        "no ending either/way.jpg",
        "a/b c/d#e/f%g/ü🎂/\"h\"/deep.jpg",
    ];
    for (seed, name) in names.iter().enumerate() {
        picture(&booth.media().join(name), seed as u64, 3_000 + seed);
    }
    booth.start();
    booth.wait_until_same(&server, PATIENCE);
    assert_eq!(server.tree("photos/media").0.len(), names.len());

    for name in names {
        fs::remove_file(booth.media().join(name)).unwrap();
        picture(&booth.media().join("again").join(name), 99, 500);
    }
    booth.wait_until_same(&server, PATIENCE);
}

pub fn an_empty_file_arrives(kind: Kind) {
    let server = Server::start(kind);
    let mut booth = Booth::with(&server);
    picture(&booth.media().join("empty.jpg"), 0, 0);
    picture(&booth.media().join("full.jpg"), 1, 10);
    booth.start();
    booth.wait_until_same(&server, PATIENCE);
    assert_eq!(server.tree("photos/media").0["empty.jpg"].0, 0);

    // From something to nothing and back.
    picture(&booth.media().join("full.jpg"), 0, 0);
    picture(&booth.media().join("empty.jpg"), 1, 10);
    booth.wait_until_same(&server, PATIENCE);
}

pub fn a_video_of_300_mb_arrives(kind: Kind) {
    let server = Server::start(kind);
    let mut booth = Booth::with(&server);
    sparse(&booth.media().join("video.mp4"), 300_000_000);
    picture(&booth.media().join("small.jpg"), 1, 1_000);
    booth.start();
    booth.wait_until_same(&server, Duration::from_secs(150));
}

pub fn one_sync_brings_everything_and_exits_well(kind: Kind) {
    let server = Server::start(kind);
    let booth = Booth::with(&server);
    booth.write_config();
    for seed in 0..5 {
        picture(&booth.media().join(format!("{seed}.jpg")), seed, 20_000);
    }
    booth.run(&["sync"]).expect(0);
    assert_eq!(server.tree("photos").below("media"), Tree::of(&booth.media()));
    let target = booth.target_status("web");
    assert_eq!((&target["pending"], &target["held"]), (&0.into(), &target["wanted"]), "{target}");

    let before = Tree::identities(&server.place());
    booth.run(&["sync"]).expect(0);
    assert_eq!(Tree::identities(&server.place()), before, "a second sync writes nothing");
}
