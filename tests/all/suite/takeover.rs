//! A web space that another program filled.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use booth_tests::{Booth, Kind, Server, Tree, picture};

pub fn a_filled_web_space_is_taken_over_without_uploading_twice(kind: Kind) {
    let server = Server::start(kind);
    let booth = Booth::with(&server);
    booth.write_config();
    let (media, space) = (booth.media(), server.place().join("photos"));
    for seed in 0..12 {
        let name = format!("processed_full/image_{seed:02}.jpg");
        picture(&media.join(&name), seed, 10_000 + seed as usize);
        make_old(&media.join(&name));
        picture(&space.join("media").join(&name), seed, 10_000 + seed as usize);
    }
    picture(&space.join("media/processed_full/of another booth.jpg"), 77, 700);
    picture(&space.join("about.html"), 78, 70);
    let before = Tree::identities(&space);

    picture(&media.join("processed_full/new.jpg"), 50, 5_000);
    booth.run(&["sync"]).expect(0);

    let mut after = Tree::identities(&space);
    assert!(after.remove("media/processed_full/new.jpg").is_some(), "what was missing is uploaded");
    assert!(after.remove("index.html").is_some(), "the share page is put");
    assert_eq!(after, before, "what was there is not touched");

    let target = booth.target_status("web");
    assert_eq!((&target["pending"], &target["held"]), (&0.into(), &14.into()), "{target}");
}

/// A picture of yesterday's party: what was taken only now does not wait for a look at the target.
fn make_old(path: &Path) {
    let yesterday = SystemTime::now() - Duration::from_secs(24 * 3600);
    File::options().write(true).open(path).unwrap().set_modified(yesterday).unwrap();
}
