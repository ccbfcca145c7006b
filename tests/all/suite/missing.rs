//! The place to upload to is not there.

use booth_tests::{Booth, Kind, PASSWORD, PATIENCE, Server, picture, wait_until};

pub fn a_missing_folder_is_made(kind: Kind) {
    let server = Server::start(kind);
    let mut booth = Booth::new();
    booth.remote("web", &server.section(PASSWORD));
    booth.rclone_target("web", &server.remote("web"), "not yet/there/at all");
    picture(&booth.media().join("one.jpg"), 1, 5_000);
    booth.start();
    wait_until(PATIENCE, "the picture lies in the new folder", || {
        server.tree("not yet/there/at all").below("media").paths() == ["one.jpg"]
    });
}

/// rclone would create one, silently and with default rights, when a name is misspelt.
pub fn a_missing_bucket_blocks_the_target_and_is_not_created(kind: Kind) {
    let mut server = Server::start(kind);
    let mut booth = Booth::new();
    booth.remote("web", &server.section(PASSWORD));
    booth.rclone_target("web", "web:no-such-bucket", "photos");
    picture(&booth.media().join("one.jpg"), 1, 5_000);
    booth.start();
    let reason = booth.wait_for_state("web", "blocked");
    assert!(reason.contains("bucket does not exist"), "{reason}");
    let created = server.place().with_file_name("no-such-bucket");
    assert!(!created.exists());
    booth.stop();
    booth.run(&["check"]).expect(1);

    // The server looks for new buckets when it starts.
    server.stop();
    std::fs::create_dir(&created).unwrap();
    server.resume();
    booth.start();
    wait_until(PATIENCE, "the picture lies in the bucket", || created.join("photos/media/one.jpg").exists());
}
