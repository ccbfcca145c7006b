//! Things break in the middle.

use std::time::Duration;

use booth_tests::{Booth, Kind, PASSWORD, PATIENCE, Server, picture, wait_until};

/// Slow enough that something is under way for seconds, on any machine.
const SLOW: &str = "bandwidth_limit = \"2M\"";
const PICTURES: u64 = 16;
const SIZE: usize = 500_000;

/// After an outage a target is probed at most 30 s apart, and some servers are slow to say no.
const AFTER_OUTAGE: Duration = Duration::from_secs(120);

fn busy_booth(server: &Server) -> Booth {
    let mut booth = Booth::with(server);
    booth.rclone_lines = SLOW.into();
    for seed in 0..PICTURES {
        picture(&booth.media().join(format!("{seed:02}.jpg")), seed, SIZE);
    }
    booth.start();
    wait_until(PATIENCE, "some pictures have arrived and others have not", || {
        (1..PICTURES as usize).contains(&whole(server))
    });
    booth
}

/// How many pictures lie on the server as a whole.
fn whole(server: &Server) -> usize {
    let held = server.tree("photos/media");
    held.0.iter().filter(|(path, (size, _))| path.ends_with(".jpg") && *size == SIZE as u64).count()
}

pub fn a_server_that_was_killed_in_the_middle_gets_the_rest_when_it_is_back(kind: Kind) {
    let mut server = Server::start(kind);
    let booth = busy_booth(&server);
    server.stop();
    wait_until(PATIENCE, "the booth has noticed", || booth.target_status("web")["state"] != "up");
    picture(&booth.media().join("taken meanwhile.jpg"), 100, 1_000);
    server.resume();
    booth.wait_until_same(&server, AFTER_OUTAGE);
    booth.wait_for_state("web", "up");
}

pub fn a_booth_that_is_killed_in_the_middle_goes_on_where_it_was(kind: Kind) {
    let server = Server::start(kind);
    let mut booth = busy_booth(&server);
    booth.kill();
    picture(&booth.media().join("00.jpg"), 200, SIZE);
    booth.rclone_lines.clear();
    booth.start();
    booth.wait_until_same_after_a_crash(&server, AFTER_OUTAGE);
}

pub fn a_wrong_password_blocks_the_target_until_it_is_mended(kind: Kind) {
    let server = Server::start(kind);
    let mut booth = Booth::with(&server);
    booth.remote("web", &server.section("not-the-password"));
    picture(&booth.media().join("one.jpg"), 1, 5_000);
    booth.start();
    let reason = booth.wait_for_state("web", "blocked");
    let names_the_cause = ["login", "access"].iter().any(|word| reason.contains(word));
    assert!(names_the_cause && !reason.contains("not-the-password"), "{reason}");

    // Nothing but the file is touched: the program has to notice by itself.
    booth.remote("web", &server.section(PASSWORD));
    booth.wait_until_same(&server, PATIENCE);
    booth.wait_for_state("web", "up");
    assert!(!booth.log().contains(PASSWORD) && !booth.log().contains("not-the-password"));
}
