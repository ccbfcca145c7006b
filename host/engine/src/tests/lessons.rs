//! What goes wrong in the synchronisers that booths have today, and must not go wrong here.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use super::{Booth, FakePage, object, until};
use crate::failure::Failure;
use crate::names::{MediaKey, ObjectPath, PageName};
use crate::settings::Mode;
use crate::view::{LaneState, LinkState};

fn offline() -> Failure {
    Failure::Retry("connection refused".into())
}

fn key(text: &str) -> MediaKey {
    MediaKey::new(text).unwrap()
}

/// Without a full sync nothing would ever look for it again.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_the_network_survives_a_restart_without_any_full_sync() {
    let mut booth = Booth::new();
    booth.targets[0].0.full = false;
    booth.start().await;
    booth.sync().await;
    booth.shoot("gone.jpg", b"gone");
    booth.until_held(&booth.target(), &[("gone.jpg", b"gone")]).await;
    let target = booth.target();
    target.fail_all(Some(offline()));
    booth.shoot("a.jpg", b"one");
    fs::remove_file(booth.media("gone.jpg")).unwrap();
    booth.until_status("both wait", |status| status.pending == 2).await;
    booth.kill().await;

    target.fail_all(None);
    booth.start().await;
    booth.pass(120).await;
    booth.until_held(&target, &[("a.jpg", b"one")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_tried_however_often_it_failed_and_the_last_error_is_told() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.fail_all(Some(offline()));
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    for tries in 1..=12 {
        until("it was tried again", || target.puts().len() >= tries).await;
        booth.until_status("it is told", |status| status.running == 0 && status.held == 0).await;
        let queue = booth.engine().queue(None, 10).await.unwrap();
        assert_eq!(queue[0].last_error.as_deref(), Some("connection refused"));
        booth.pass(120).await;
    }
    target.fail_all(None);
    booth.pass(120).await;
    booth.until_held(&target, &[("a.jpg", b"one")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_goes_on_after_a_call_that_panicked() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.panic_once(object("a.jpg"));
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    booth.shoot("b.jpg", b"two");
    booth.until_held(&target, &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_never_called_held() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.refuse(object("a.jpg"), Some(offline()));
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    booth.shoot("b.jpg", b"two");
    booth.until_status("one is there", |status| status.held == 1 && status.running == 0).await;
    booth.sync().await;
    booth.until_status("the other is not", |status| (status.held, status.pending) == (1, 1)).await;
    booth.stop().await;
    assert_eq!(target.held().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_first_is_served_first() {
    let mut booth = Booth::new();
    booth.targets[0].0.concurrency = Some(1);
    let target = booth.target();
    target.hang(true, false);
    booth.start().await;
    booth.sync().await;
    // By name they would come the other way round.
    let keys: Vec<String> = (10..30).rev().map(|n| format!("full/{n}.jpg")).collect();
    for (number, key) in keys.iter().enumerate() {
        booth.shoot(key, b"picture");
        booth.until_status("it is known", |status| status.wanted == number as u64 + 1).await;
    }
    target.hang(false, false);
    until("all are there", || target.held().len() == keys.len()).await;
    booth.stop().await;
    assert_eq!(target.puts(), keys.iter().map(|key| object(key)).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_object_that_always_asks_for_a_pause_does_not_keep_the_others_waiting() {
    let mut booth = Booth::new();
    booth.targets[0].0.concurrency = Some(1);
    let target = booth.target();
    let wait = Failure::Wait { pause: Duration::from_millis(20), reason: "locked".into() };
    target.refuse(object("a.jpg"), Some(wait));
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    until("it was asked for", || !target.puts().is_empty()).await;
    booth.shoot("b.jpg", b"two");
    booth.shoot("c.jpg", b"three");
    booth.until_held(&target, &[("b.jpg", b"two"), ("c.jpg", b"three")]).await;
    target.refuse(object("a.jpg"), None);
    booth.pass(120).await;
    booth.until_status("all is there", |status| status.held == 3).await;
    booth.stop().await;
}

/// A finished picture and its camera original, at once and without a full sync.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_together_goes_together() {
    let mut booth = Booth::new();
    booth.targets[0].0.full = false;
    booth.start().await;
    booth.sync().await;
    for key in ["full/a.jpg", "original/a.jpg", "full/b.jpg", "original/b.jpg"] {
        booth.shoot(key, b"picture");
    }
    booth.until_status("all is there", |status| status.held == 4).await;
    fs::remove_file(booth.media("full/a.jpg")).unwrap();
    fs::rename(booth.media("original/a.jpg"), booth.dir.path().join("recycled.jpg")).unwrap();
    booth.until_status("both are to go", |status| status.pending == 2).await;
    booth.pass(11).await;
    booth.until_held(&booth.target(), &[("full/b.jpg", b"picture"), ("original/b.jpg", b"picture")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_sync_during_an_upload_deletes_nothing_and_sends_nothing_twice() {
    let mut booth = Booth::new();
    let target = booth.target();
    booth.start().await;
    booth.sync().await;
    target.hang(true, true);
    booth.shoot("a.jpg", b"one");
    until("it is stored, but not finished", || target.held().len() == 1).await;
    for _ in 0..3 {
        booth.sync().await;
    }
    booth.pass(60).await;
    target.hang(false, false);
    booth.until_status("it is known to be there", |status| status.held == 1 && status.pending == 0).await;
    booth.sync().await;
    booth.stop().await;
    assert_eq!((target.deletes(), target.puts().len(), target.held().len()), (vec![], 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_page_that_could_not_be_put_at_the_start_is_put_later() {
    let mut booth = Booth::new();
    booth.pages.push((PageName::new("sharepage").unwrap(), Arc::new(FakePage)));
    booth.targets[0].0.pages.push(PageName::new("sharepage").unwrap());
    let target = booth.target();
    target.fail_all(Some(offline()));
    target.fail_scan(Some(offline()));
    target.fail_probe(Some(offline()));
    booth.start().await;
    booth.sync().await;
    until("it was tried", || target.scans() > 0).await;
    for _ in 0..5 {
        booth.pass(120).await;
        booth.sync().await;
    }
    assert!(target.held().is_empty());

    target.fail_all(None);
    target.fail_scan(None);
    target.fail_probe(None);
    booth.pass(120).await;
    let page = ObjectPath::new("index.html").unwrap();
    until("the page is there", || target.held().get(&page) == Some(&b"wait for it".to_vec())).await;
    target.lose(&page);
    booth.pass(2 * 86_400).await;
    until("it is put again when it went missing", || target.held().contains_key(&page)).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_switched_off_gets_nothing_and_gives_no_links() {
    let mut booth = Booth::new();
    let usb = booth.add_target("usb", Mode::Copy);
    booth.share_by("https://photos.example.com/{key}");
    booth.targets[0].0.enabled = false;
    booth.shoot("early.jpg", b"early");
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.until_held(&usb, &[("a.jpg", b"one"), ("early.jpg", b"early")]).await;
    booth.sync().await;
    assert_eq!(booth.status().await.state, LaneState::Off);
    assert_eq!(booth.engine().links(&key("a.jpg")).await.unwrap(), []);
    booth.stop().await;
    let target = booth.target();
    assert_eq!((target.puts(), target.scans()), (vec![], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_noticed_and_have_links_while_every_call_hangs() {
    let mut booth = Booth::new();
    booth.share_by("https://photos.example.com/{key}");
    let target = booth.target();
    booth.start().await;
    booth.sync().await;
    target.hang(true, false);
    for number in 0..10u64 {
        let name = format!("full/{number}.jpg");
        booth.shoot(&name, b"picture");
        booth.until_status("it is noticed", |status| status.wanted == number + 1).await;
        let links = booth.engine().links(&key(&name)).await.unwrap();
        assert_eq!(links[0].url, format!("https://photos.example.com/{name}"));
        assert_eq!(links[0].state, LinkState::Pending);
    }
    assert!(target.held().is_empty());
    booth.kill().await;
}

/// The provider's own links have to be asked for; nobody who wants to see them waits for that.
#[tokio::test(flavor = "multi_thread")]
async fn links_are_answered_while_the_provider_does_not_say_its_own() {
    let mut booth = Booth::new();
    booth.share_by("");
    let target = booth.target();
    target.hang_links();
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    until("it is stored", || target.held().len() == 1).await;
    until("its link was asked for", || target.links() > 0).await;
    let key = key("a.jpg");
    let links = booth.engine().links(&key);
    let links = tokio::time::timeout(Duration::from_secs(5), links).await.expect("nothing is waited for");
    assert!(links.unwrap().iter().all(|link| link.url.is_empty()), "there is no address yet");
    // The link is not part of the upload: others go on.
    booth.shoot("b.jpg", b"two");
    until("the next one is stored", || target.held().len() == 2).await;
    booth.kill().await;
}
