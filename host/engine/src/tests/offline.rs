//! Two weeks without a network, then one.

use super::{Booth, object, until};
use crate::failure::Failure;
use crate::view::LaneState;

/// What a busy booth takes in two weeks.
const BACKLOG: usize = 20_000;
/// The visitors who wait while the network comes back.
const WAITING: usize = 20;
const TWO_WEEKS: i64 = 14 * 24 * 3600;

fn unreachable() -> Failure {
    Failure::Retry("no route to host".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_two_weeks_offline_the_visitors_who_wait_are_served_first_and_then_everything_drains() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.fail_scan(Some(unreachable()));
    target.fail_probe(Some(unreachable()));
    for n in 0..BACKLOG {
        booth.old(&format!("full/{n:05}.jpg"), b"a picture of the last two weeks");
    }
    booth.start().await;
    booth.until_status("all of it waits", |status| status.pending == BACKLOG as u64).await;
    booth.pass(TWO_WEEKS).await;
    booth.until_status("it is known to be offline", |status| status.state == LaneState::Waiting).await;
    assert_eq!(target.puts(), []);

    for n in 0..WAITING {
        booth.shoot(&format!("full/new{n:02}.jpg"), b"a picture of this minute");
    }
    booth.until_status("they wait too", |status| status.pending == (BACKLOG + WAITING) as u64).await;
    target.fail_scan(None);
    target.fail_probe(None);
    booth.pass(60).await;
    until("the visitors have their pictures", || {
        let held = target.held();
        (0..WAITING).all(|n| held.contains_key(&object(&format!("full/new{n:02}.jpg"))))
    })
    .await;
    let puts = target.puts();
    let last = puts.iter().rposition(|path| path.as_str().contains("/new")).unwrap();
    // One slot in four is for what waits longest.
    assert!(last < 2 * WAITING, "the last of them was number {last}");

    booth.until_status("everything is there", |status| status.pending == 0 && status.held > 20_000).await;
    assert_eq!(target.puts().len(), BACKLOG + WAITING, "nothing was sent twice");
    booth.stop().await;
}
