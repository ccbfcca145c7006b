//! Lines that are bad all the time: everything arrives in spite of them.

use std::time::Duration;

use booth_tests::{Fault, Kind, Refusal};

use super::far::{AFTER_OUTAGE, Far};

/// Waits until everything is there although the line stays as it is.
fn everything_arrives_meanwhile(far: &Far) {
    far.watch(AFTER_OUTAGE, "everything is there", |target| {
        target["pending"] == 0 && target["running"] == 0 && target["held"] == target["wanted"]
    });
    far.booth.wait_until_same_after_a_crash(&far.server, AFTER_OUTAGE);
}

#[test]
fn over_a_very_long_line_everything_arrives_and_the_target_stays_up() {
    let mut far = Far::new(Kind::RcloneFtp);
    far.line.set(Fault::Latency(Duration::from_millis(150)));
    far.shoot("picture", 12, 200_000);
    far.booth.start();
    far.watch(AFTER_OUTAGE, "everything is there", |target| {
        assert_eq!(target["state"], "up", "{target}");
        target["pending"] == 0 && target["running"] == 0 && target["held"] == target["wanted"]
    });
    everything_arrives_meanwhile(&far);
}

/// There is a limit to standing still, and none to how long an upload takes. What the system takes of it
/// at once, some five megabytes, goes its way unseen, so the limit must be longer than that takes.
#[test]
fn an_upload_may_take_longer_than_it_may_stand_still() {
    let mut far = Far::new(Kind::RcloneFtp);
    far.give_up_after(12);
    far.start_well();
    far.line.set(Fault::Drip { bytes_per_second: 1_000_000 });
    far.shoot("video", 1, 24_000_000);
    far.watch(AFTER_OUTAGE, "the video is there", |target| {
        assert_eq!(target["state"], "up", "{target}");
        target["pending"] == 0 && target["running"] == 0 && target["held"] == target["wanted"]
    });
    assert!(!far.booth.log().contains("could not put"), "it was not given up on the way");
    everything_arrives_meanwhile(&far);
}

fn a_crowded_server(refusal: Refusal) {
    let mut far = Far::adapting(Kind::RcloneFtp);
    far.line.set(Fault::Crowd { most: 2, refusal });
    far.shoot("picture", 40, 100_000);
    far.booth.start();
    everything_arrives_meanwhile(&far);
    assert!(far.line.met() > 0, "nobody was refused");
    // How often rclone itself asks again for what was begun is not ours to say. But what was learned is
    // kept: the number of calls follows what the server bears.
    let learned = far.line.met();
    far.shoot("later", 20, 100_000);
    everything_arrives_meanwhile(&far);
    let again = far.line.met() - learned;
    assert!(again < 5, "refused {again} times after it was refused {learned} times");
}

#[test]
fn a_server_that_takes_two_connections_gets_everything() {
    a_crowded_server(Refusal::Greeting);
}

#[test]
fn a_server_that_refuses_the_login_of_a_third_gets_everything() {
    a_crowded_server(Refusal::Login);
}
