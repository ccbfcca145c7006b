//! A space that another program filled is taken over, and what went missing there is repaired.

use super::{Booth, object, until};
use crate::failure::Failure;

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_there_already_is_not_sent_again() {
    let mut booth = Booth::new();
    let target = booth.target();
    booth.old("a.jpg", b"one");
    booth.old("b.jpg", b"longer than there");
    target.place(object("a.jpg"), b"one");
    target.place(object("b.jpg"), b"short");
    target.place(object("foreign.jpg"), b"not ours");
    booth.start().await;
    booth.until_status("all is held", |s| s.held == 2).await;
    booth.stop().await;
    assert_eq!(target.puts(), [object("b.jpg")]);
    assert!(target.held().contains_key(&object("foreign.jpg")));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_pictures_do_not_wait_for_the_first_inventory() {
    let mut booth = Booth::new();
    let target = booth.target();
    booth.old("old.jpg", b"old");
    target.fail_scan(Some(Failure::Retry("the listing takes too long".into())));
    booth.start().await;
    until("the listing was asked for", || target.scans() > 0).await;
    booth.sync().await;
    booth.shoot("new.jpg", b"new");
    booth.until_held(&target, &[("new.jpg", b"new")]).await;
    target.fail_scan(None);
    booth.pass(120).await;
    booth.until_held(&target, &[("new.jpg", b"new"), ("old.jpg", b"old")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_missing_or_was_damaged_there_is_sent_again() {
    let mut booth = Booth::new();
    let target = booth.target();
    booth.old("a.jpg", b"one");
    booth.old("b.jpg", b"two");
    booth.start().await;
    booth.until_held(&target, &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
    target.lose(&object("a.jpg"));
    target.place(object("b.jpg"), b"t");
    booth.start().await;
    booth.until_held(&target, &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_rebuilt_without_sending_or_deleting_anything() {
    let mut booth = Booth::new();
    let target = booth.target();
    booth.old("a.jpg", b"one");
    booth.old("b.jpg", b"two");
    booth.start().await;
    booth.until_held(&target, &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
    let database = booth.dir.path().join("data").join(crate::store::FILE_NAME);
    std::fs::write(&database, b"this is no database, only a text that stands where one was").unwrap();
    booth.start().await;
    booth.until_status("all is held", |s| s.held == 2).await;
    booth.stop().await;
    assert_eq!((target.puts().len(), target.deletes().len()), (2, 0));
    assert!(database.with_extension("db.damaged-1").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_taken_offline_goes_even_when_the_database_was_lost() {
    let mut booth = Booth::new();
    let target = booth.target();
    booth.old("a.jpg", b"one");
    booth.old("b.jpg", b"two");
    booth.start().await;
    booth.until_held(&target, &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
    let data = booth.dir.path().join("data");
    let identity = crate::identity::Identity::open(&data, jiff::Timestamp::UNIX_EPOCH).unwrap();
    identity.take_down(&"a.jpg".parse().unwrap(), jiff::Timestamp::UNIX_EPOCH).unwrap();
    std::fs::remove_file(data.join(crate::store::FILE_NAME)).unwrap();
    booth.start().await;
    booth.until_held(&target, &[("b.jpg", b"two")]).await;
    booth.stop().await;
    assert_eq!(target.puts().len(), 2);
}
