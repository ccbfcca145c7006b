//! Whatever happens in the folder, the target ends up like it.

use std::fs;

use super::{Booth, object};
use crate::settings::Mode;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_picture_reaches_the_target() {
    let mut booth = Booth::new();
    booth.start().await;
    booth.sync().await;
    booth.shoot("full/a.jpg", b"one");
    booth.until_held(&booth.target(), &[("full/a.jpg", b"one")]).await;
    booth.stop().await;
    assert_eq!(booth.target().puts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_from_before_the_start_reach_the_target_too() {
    let mut booth = Booth::new();
    booth.old("a.jpg", b"one");
    booth.old("b.jpg", b"two");
    booth.start().await;
    booth.until_held(&booth.target(), &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewritten_picture_replaces_what_was_there() {
    let mut booth = Booth::new();
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    booth.shoot("a.jpg", b"another");
    booth.until_held(&booth.target(), &[("a.jpg", b"another")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_again_after_a_restart() {
    let mut booth = Booth::new();
    booth.old("a.jpg", b"one");
    booth.start().await;
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    booth.stop().await;
    booth.start().await;
    booth.sync().await;
    booth.until_status("it is up and idle", |status| status.held == 1 && status.pending == 0).await;
    booth.stop().await;
    assert_eq!(booth.target().puts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_changed_during_its_upload_is_sent_again() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.hang(true, false);
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    super::until("the upload has begun", || target.running() == 1).await;
    booth.shoot("a.jpg", b"second");
    target.hang(false, false);
    booth.until_held(&target, &[("a.jpg", b"second")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_picture_is_deleted_in_mirror_mode_after_ten_seconds() {
    let mut booth = Booth::new();
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.shoot("b.jpg", b"two");
    booth.until_held(&booth.target(), &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    fs::remove_file(booth.media("a.jpg")).unwrap();
    booth.until_status("the delete is planned", |status| status.wanted == 1 && status.pending == 1).await;
    assert!(booth.target().deletes().is_empty());
    booth.pass(11).await;
    booth.until_held(&booth.target(), &[("b.jpg", b"two")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_mode_keeps_what_was_removed_here() {
    let mut booth = Booth::new();
    booth.targets[0].0.mode = Mode::Copy;
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    fs::remove_file(booth.media("a.jpg")).unwrap();
    booth.sync().await;
    booth.pass(60).await;
    booth.sync().await;
    booth.stop().await;
    assert_eq!(booth.target().deletes(), []);
    assert_eq!(booth.target().held().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_is_put_before_it_is_deleted() {
    let mut booth = Booth::new();
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    fs::rename(booth.media("a.jpg"), booth.media("b.jpg")).unwrap();
    booth.until_held(&booth.target(), &[("a.jpg", b"one"), ("b.jpg", b"one")]).await;
    booth.pass(11).await;
    booth.until_held(&booth.target(), &[("b.jpg", b"one")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_taken_offline_goes_from_every_target_and_stays_off() {
    let mut booth = Booth::new();
    let usb = booth.add_target("usb", Mode::Copy);
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    booth.until_held(&usb, &[("a.jpg", b"one")]).await;
    booth.engine().offline(&"a.jpg".parse().unwrap()).await.unwrap();
    booth.pass(11).await;
    booth.until_held(&booth.target(), &[]).await;
    booth.until_held(&usb, &[]).await;
    booth.shoot("a.jpg", b"rewritten");
    booth.sync().await;
    booth.stop().await;
    booth.start().await;
    booth.sync().await;
    booth.stop().await;
    assert!(booth.target().held().is_empty() && usb.held().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_new_filter_leaves_out_stays_where_it_is() {
    let mut booth = Booth::new();
    booth.old("raw/a.jpg", b"one");
    booth.old("b.jpg", b"two");
    booth.start().await;
    booth.until_held(&booth.target(), &[("raw/a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
    booth.targets[0].0.exclude = vec!["raw/**".into()];
    booth.start().await;
    booth.sync().await;
    booth.pass(60).await;
    booth.sync().await;
    booth.stop().await;
    assert!(booth.target().deletes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn finished_pictures_go_before_camera_originals() {
    let mut booth = Booth::new();
    booth.targets[0].0.concurrency = Some(1);
    for n in 0..5 {
        booth.old(&format!("original/{n}.jpg"), b"raw");
    }
    booth.old("full/x.jpg", b"done");
    booth.start().await;
    booth.until_status("all is there", |status| status.held == 6).await;
    booth.stop().await;
    assert_eq!(booth.target().puts()[0], object("full/x.jpg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_settings_put_elsewhere_is_listed_and_cleaned_up_only_on_demand() {
    let mut booth = Booth::new();
    booth.old("a.jpg", b"one");
    booth.start().await;
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    booth.stop().await;
    booth.targets[0].0.placement = r#"{"path":"b"}"#.into();
    booth.start().await;
    booth.until_status("the old place is listed", |status| status.left_behind == 1 && status.held == 1).await;
    booth.stop().await;
    assert!(booth.target().deletes().is_empty());
    booth.targets[0].0.placement = r#"{"path":"a"}"#.into();
    booth.start().await;
    booth.until_status("it is its own again", |status| status.left_behind == 1 && status.held == 1).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_whose_plugin_cannot_be_used_leaves_nothing_behind() {
    let mut booth = Booth::new();
    booth.old("a.jpg", b"one");
    booth.start().await;
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    booth.stop().await;
    let placement = std::mem::take(&mut booth.targets[0].0.placement);
    booth.start().await;
    booth.until_status("it is as it was", |status| status.left_behind == 0 && status.held == 1).await;
    booth.stop().await;
    booth.targets[0].0.placement = placement;
    booth.start().await;
    booth.until_status("and stays so", |status| status.left_behind == 0 && status.held == 1).await;
    booth.stop().await;
    assert_eq!(booth.target().puts().len(), 1);
}
