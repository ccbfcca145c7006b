//! Visitors' links that a target's service makes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Booth, object, until};
use crate::clock::{Clock, SystemClock};
use crate::failure::Failure;
use crate::handle::LanItem;
use crate::names::MediaKey;
use crate::object::PublicLink;
use crate::view::LinkState;

fn link(url: &str, expires: Option<Timestamp>) -> PublicLink {
    PublicLink { url: url.into(), expires }
}

/// The addresses of an item's links that can be given out.
async fn links_of(booth: &Booth, key: &str) -> Vec<String> {
    let links = booth.engine().links(&MediaKey::new(key).unwrap()).await.unwrap();
    links.into_iter().filter(|link| link.state == LinkState::Online).map(|link| link.url).collect()
}

async fn until_link(booth: &Booth, key: &str, url: &str) {
    for _ in 0..3_000 {
        if links_of(booth, key).await == [url] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain for {url}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_not_given_is_asked_for_again() {
    let mut booth = Booth::new();
    booth.share_by("");
    let target = booth.target();
    target.give_links(Err(Failure::Retry("502 Bad Gateway".into())));
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    until("it was asked for", || target.links() > 0).await;
    target.give_links(Ok(link("https://cloud.example.com/s/a", None)));
    // The service is left alone for a second, the object for a few.
    for _ in 0..3_000 {
        booth.pass(60).await;
        if !links_of(&booth, "a.jpg").await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(links_of(&booth, "a.jpg").await, ["https://cloud.example.com/s/a"]);
    assert_eq!(target.puts().len(), 1);
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_uploaded_before_links_were_wanted_gets_one() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.give_links(Ok(link("https://cloud.example.com/s/a", None)));
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.until_status("it is there", |status| status.held == 1).await;
    booth.stop().await;
    assert_eq!(target.links(), 0);
    booth.share_by("");
    booth.start().await;
    until_link(&booth, "a.jpg", "https://cloud.example.com/s/a").await;
    booth.stop().await;
    assert_eq!((target.links(), target.puts().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_made_anew_before_it_expires() {
    let mut booth = Booth::new();
    booth.share_by("");
    let target = booth.target();
    let soon = SystemClock.now() + SignedDuration::from_secs(600);
    target.give_links(Ok(link("https://cloud.example.com/s/1", Some(soon))));
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    until_link(&booth, "a.jpg", "https://cloud.example.com/s/1").await;
    target.give_links(Ok(link("https://cloud.example.com/s/2", None)));
    booth.pass(200).await;
    booth.sync().await;
    assert_eq!(target.links(), 1);
    booth.pass(200).await;
    until_link(&booth, "a.jpg", "https://cloud.example.com/s/2").await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_answers_for_links_takes_no_slot() {
    let mut booth = Booth::new();
    booth.share_by("");
    booth.targets[0].0.concurrency = Some(1);
    let target = booth.target();
    target.hang_links();
    booth.start().await;
    for n in 0..10 {
        booth.shoot(&format!("{n}.jpg"), b"picture");
    }
    until("all are stored", || target.held().len() == 10).await;
    until("links were asked for", || target.links() == 2).await;
    booth.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_goes_with_what_it_led_to() {
    let mut booth = Booth::new();
    booth.share_by("");
    let target = booth.target();
    target.give_links(Ok(link("https://cloud.example.com/s/1", None)));
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    until_link(&booth, "a.jpg", "https://cloud.example.com/s/1").await;
    let key = MediaKey::new("a.jpg").unwrap();
    booth.engine().offline(&key).await.unwrap();
    until("it is gone", || !target.held().contains_key(&object("a.jpg"))).await;
    assert_eq!(links_of(&booth, "a.jpg").await, Vec::<String>::new());
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_has_its_link_sees_a_picture_in_the_booth_s_network() {
    let mut booth = Booth::new();
    booth.share_by("https://photos.example.com/{filename}");
    booth.share.lan_url = Some("http://booth.local:8088".into());
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.shoot("b.jpg", b"two");
    booth.until_status("both are there", |status| status.held == 2).await;
    let token = async |key: &str| {
        let links = booth.engine().links(&MediaKey::new(key).unwrap()).await.unwrap();
        links.last().unwrap().url.split('/').nth(4).unwrap().to_owned()
    };
    let (a, b) = (token("a.jpg").await, token("b.jpg").await);
    let found = async |token: &str| booth.engine().lan_item(token).await.unwrap();
    match found(&a).await {
        Some(LanItem::Here { key, content }) => {
            assert_eq!((key.as_str(), content.read_at(0, 9).unwrap().as_slice()), ("a.jpg", &b"one"[..]));
        }
        other => panic!("{other:?}"),
    }
    let forged = format!("{}{}", &a[..32], &b[32..]);
    for wrong in [&forged, &a[..32], &a[..55], "", "a.jpg", "../a.jpg", &a.to_uppercase()] {
        assert!(found(wrong).await.is_none(), "{wrong}");
    }
    booth.engine().offline(&MediaKey::new("a.jpg").unwrap()).await.unwrap();
    assert!(matches!(found(&a).await, Some(LanItem::Gone)));
    std::fs::remove_file(booth.media("b.jpg")).unwrap();
    assert!(matches!(found(&b).await, Some(LanItem::Gone)));
    assert!(booth.engine().lan_page().await.unwrap().is_none());
    booth.stop().await;
}
