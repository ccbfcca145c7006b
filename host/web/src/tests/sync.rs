//! The stream that tells how a sync goes.

use std::sync::Arc;

use engine::view::{EventKind, LaneState};
use serde_json::{Value, json};

use super::booth::{FakeBooth, target};
use super::client::Answer;
use super::{Served, Setup, control};

fn documents(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Lets `tell` happen while the sync runs, then lets it end.
async fn sync(served: &Served, path: &str, tell: impl FnOnce(&FakeBooth) + Send + 'static) -> Answer {
    let booth: Arc<FakeBooth> = served.booth.clone();
    let during = tokio::spawn(async move {
        booth.begun.notified().await;
        tell(&booth);
        booth.finish.notify_one();
    });
    let answer = served.post(path).await;
    during.await.unwrap();
    answer
}

fn lane(name: &str) -> EventKind {
    EventKind::Lane { target: target(name), state: LaneState::Up, reason: String::new() }
}

#[tokio::test]
async fn a_sync_tells_events_until_it_is_done() {
    let served = control(Setup::default()).await;
    let answer = sync(&served, "/api/v1/sync", |booth| {
        booth.tell(1, lane("web"));
        booth.tell(2, lane("cloud"));
    });
    let told = documents(&answer.await);
    assert_eq!(
        told.iter().map(|line| line["event"].as_str().unwrap()).collect::<Vec<_>>(),
        ["lane", "lane", "notice", "done"]
    );
    assert_eq!(told[0]["seq"], 1);
    let unusable = json!([{"target": "cloud", "reason": "no network"}]);
    assert_eq!(told[3], json!({"event": "done", "left": 2, "failed": 1, "unusable": unusable}));
    assert_eq!(served.booth.ordered(), ["sync_once None"]);
}

#[tokio::test]
async fn a_sync_of_one_target_tells_nothing_of_the_others() {
    let served = control(Setup::default()).await;
    let answer = sync(&served, "/api/v1/sync?target=web", |booth| {
        booth.tell(1, lane("cloud"));
        booth.tell(2, lane("web"));
    });
    let told = documents(&answer.await);
    assert_eq!(told.iter().filter_map(|line| line["seq"].as_u64()).collect::<Vec<_>>(), [2, 99]);
    assert_eq!(served.booth.ordered(), ["sync_once Some(\"web\")"]);
}

#[tokio::test]
async fn a_reader_that_is_too_slow_learns_how_much_it_missed() {
    let served = control(Setup::default()).await;
    let answer = sync(&served, "/api/v1/sync", |booth| {
        for seq in 0..10 {
            booth.tell(seq, lane("web"));
        }
    });
    let told = documents(&answer.await);
    let missed = told.iter().filter_map(|line| line["count"].as_u64()).sum::<u64>();
    let heard = told.iter().filter(|line| line["seq"].is_u64()).count() as u64;
    assert!(missed > 0, "{told:?}");
    assert_eq!(missed + heard, 11);
    assert_eq!(told.last().unwrap()["event"], "done");
}

#[tokio::test]
async fn a_sync_that_breaks_says_so_in_its_last_line() {
    let booth = FakeBooth { broken: true, ..FakeBooth::default() };
    let served = control(Setup { booth, ..Setup::default() }).await;
    let told = documents(&sync(&served, "/api/v1/sync", |_| {}).await);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0]["event"].as_str(), told[0]["error"].as_str()),
        (Some("error"), Some("the database is closed"))
    );
}

#[tokio::test]
async fn a_sync_of_an_unknown_target_is_refused_before_it_begins() {
    let served = control(Setup::default()).await;
    assert_eq!(served.post("/api/v1/sync?target=usb").await.error(404), "there is no target `usb`");
    assert!(served.booth.ordered().is_empty());
}
