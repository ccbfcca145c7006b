//! A failing target is tried again, one that is left alone goes on by itself, and no other notices.

use std::time::Duration;

use super::{Booth, object, until};
use crate::failure::Failure;
use crate::settings::Mode;
use crate::view::LaneState;

fn retry() -> Failure {
    Failure::Retry("connection reset".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upload_is_tried_again() {
    let mut booth = Booth::new();
    booth.target().fail_puts([retry(), retry()]);
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    until("the first attempt failed", || !booth.target().puts().is_empty()).await;
    booth.until_status("it waits", |status| status.running == 0 && status.pending == 1).await;
    let queue = booth.engine().queue(None, 10).await.unwrap();
    assert_eq!(queue[0].last_error.as_deref(), Some("connection reset"));
    booth.pass(60).await;
    until("the second attempt failed", || booth.target().puts().len() == 2).await;
    booth.until_status("it waits again", |status| status.running == 0).await;
    booth.pass(60).await;
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_target_says_why_and_resumes_after_a_probe() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.fail_puts([Failure::Blocked("the password is wrong".into())]);
    target.fail_probe(Some(Failure::Blocked("the password is wrong".into())));
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth
        .until_status("it is blocked", |s| {
            s.state == LaneState::Blocked && s.reason == "the password is wrong"
        })
        .await;
    booth.pass(3600).await;
    booth.shoot("b.jpg", b"two");
    booth.until_status("both wait", |s| s.pending == 2).await;
    assert_eq!(target.puts().len(), 1);
    target.fail_probe(None);
    booth.pass(60).await;
    booth.until_held(&target, &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_object_is_parked_and_tried_again_on_demand() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.refuse(object("a.jpg"), Some(Failure::Rejected("too large".into())));
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.shoot("b.jpg", b"two");
    booth.until_status("one is parked", |s| s.rejected == 1 && s.held == 1).await;
    booth.pass(3600).await;
    assert_eq!(target.puts().iter().filter(|path| **path == object("a.jpg")).count(), 1);
    target.refuse(object("a.jpg"), None);
    assert_eq!(booth.engine().retry(None, None).await.unwrap(), 1);
    booth.until_held(&target, &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_on_which_the_plugin_breaks_twice_is_parked() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.refuse(object("a.jpg"), Some(Failure::Faulted("it trapped".into())));
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    until("it broke once", || target.puts().len() == 1).await;
    booth.until_status("it waits", |s| s.running == 0).await;
    booth.pass(60).await;
    booth.until_status("it is parked", |s| s.rejected == 1).await;
    assert_eq!(target.puts().len(), 2);
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_hangs_does_not_hold_up_another() {
    let mut booth = Booth::new();
    let usb = booth.add_target("usb", Mode::Copy);
    booth.target().hang(true, false);
    booth.start().await;
    booth.sync().await;
    for n in 0..20 {
        booth.shoot(&format!("{n}.jpg"), b"picture");
    }
    until("the other has everything", || usb.held().len() == 20).await;
    assert!(booth.target().held().is_empty());
    booth.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_finished_as_the_power_failed_is_not_repeated() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.hang(true, true);
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    until("it is stored, but nobody was told", || target.held().len() == 1).await;
    booth.kill().await;
    target.hang(false, false);
    booth.start().await;
    booth.until_status("it is known to be there", |s| s.held == 1 && s.pending == 0).await;
    booth.stop().await;
    assert_eq!((target.puts().len(), target.stats()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_put_as_the_power_failed_is_deleted_if_its_file_is_gone_since() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.hang(true, true);
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    booth.shoot("b.jpg", b"two");
    until("both are stored", || target.held().len() == 2).await;
    booth.kill().await;
    std::fs::remove_file(booth.media("a.jpg")).unwrap();
    target.hang(false, false);
    booth.start().await;
    booth.sync().await;
    booth.pass(11).await;
    booth.until_held(&target, &[("b.jpg", b"two")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_stop_finishes_what_runs() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.hang(true, false);
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    until("the upload has begun", || target.running() == 1).await;
    let running = booth.running.take().unwrap();
    running.soft.cancel();
    let stopped = tokio::spawn(async move { running.engine.stopped().await });
    assert!(
        tokio::time::timeout(Duration::from_millis(200), async {
            while !stopped.is_finished() {
                tokio::task::yield_now().await
            }
        })
        .await
        .is_err()
    );
    target.hang(false, false);
    stopped.await.unwrap();
    assert_eq!(target.held().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_target_stays_paused_over_a_restart() {
    let mut booth = Booth::new();
    let web = "web".parse().unwrap();
    booth.start().await;
    booth.engine().pause(&web).await.unwrap();
    booth.until_status("it is paused", |s| s.state == LaneState::Paused).await;
    booth.stop().await;
    booth.start().await;
    booth.shoot("a.jpg", b"one");
    booth.until_status("it waits", |s| s.state == LaneState::Paused && s.pending == 1).await;
    booth.engine().resume(&web).await.unwrap();
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    booth.stop().await;
}
