//! Times and connections on which not everything flows.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Booth, FakePage, object, until};
use crate::clock::{Clock, SystemClock};
use crate::failure::Failure;
use crate::names::{MediaKey, ObjectPath, PageName};
use crate::settings::Mode;
use crate::view::{LaneState, TargetStatus};

/// Quiet hours that began an hour ago and go on for another.
fn now_is_quiet() -> (u16, u16) {
    let local = SystemClock.now().to_zoned(TimeZone::system());
    let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
    ((minute + 1440 - 60) % 1440, (minute + 60) % 1440)
}

fn is_quiet(status: &TargetStatus) -> bool {
    status.state == LaneState::Waiting && status.reason.starts_with("quiet hours until ")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_in_quiet_hours_and_everything_once_they_are_over() {
    let mut booth = Booth::new();
    booth.quiet_hours = Some(now_is_quiet());
    booth.start().await;
    booth.shoot("full/a.jpg", b"a");
    booth
        .until_status("it waits because of the hour", |status| is_quiet(status) && status.pending == 1)
        .await;
    let outcome = booth.engine().sync_once(None).await.unwrap();
    assert_eq!(outcome.left, 1);
    assert!(outcome.unusable[0].1.starts_with("quiet hours until "), "{outcome:?}");
    assert_eq!(booth.target().puts(), []);

    booth.pass(2 * 3600).await;
    booth.until_held(&booth.target(), &[("full/a.jpg", b"a")]).await;
    booth.until_status("it works again", |status| status.state == LaneState::Up && status.pending == 0).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_in_quiet_hours_with_nothing_to_do_is_well() {
    let mut booth = Booth::new();
    booth.shoot("full/a.jpg", b"a");
    booth.start().await;
    booth.until_held(&booth.target(), &[("full/a.jpg", b"a")]).await;
    booth.stop().await;
    booth.quiet_hours = Some(now_is_quiet());
    booth.start().await;
    let outcome = booth.engine().sync_once(None).await.unwrap();
    assert_eq!((outcome.left, outcome.unusable), (0, Vec::new()));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_has_to_mend_is_shown_in_quiet_hours_too() {
    let mut booth = Booth::new();
    booth.target().fail_puts([Failure::Blocked("wrong password".into())]);
    booth.target().fail_probe(Some(Failure::Blocked("wrong password".into())));
    booth.shoot("full/a.jpg", b"a");
    let (_, end) = now_is_quiet();
    // They begin in an hour.
    booth.quiet_hours = Some((end, (end + 60) % 1440));
    booth.start().await;
    booth.until_status("it is blocked", |status| status.state == LaneState::Blocked).await;
    booth.pass(90 * 60).await;
    booth.until_status("it stays blocked", |status| status.state == LaneState::Blocked).await;
    assert_eq!(booth.status().await.reason, "wrong password");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_show_as_soon_as_they_begin() {
    let mut booth = Booth::new();
    let (_, end) = now_is_quiet();
    booth.quiet_hours = Some((end, (end + 60) % 1440));
    booth.start().await;
    booth.until_status("it works", |status| status.state == LaneState::Up).await;
    booth.pass(90 * 60).await;
    booth.until_status("it waits because of the hour", is_quiet).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metered_connection_carries_what_visitors_need_and_says_what_it_keeps_back() {
    let mut booth = Booth::new();
    booth.metered = true;
    booth.pages.push((PageName::new("sharepage").unwrap(), Arc::new(FakePage)));
    booth.targets[0].0.pages.push(PageName::new("sharepage").unwrap());
    booth.shoot("camera/raw.jpg", b"raw");
    booth.shoot("camera/other.jpg", b"raw");
    booth.shoot("full/a.jpg", b"a");
    booth.start().await;
    let target = booth.target();
    let wanted = [object("full/a.jpg"), ObjectPath::new("index.html").unwrap()];
    until("the picture and its page are there", || {
        let held = target.held();
        wanted.iter().all(|path| held.contains_key(path))
    })
    .await;
    let reason = "metered: 2 objects that no visitor waits for are kept back";
    booth.until_status("it says what it keeps back", |status| status.reason == reason).await;
    let status = booth.status().await;
    assert_eq!((status.state, status.pending, status.wanted), (LaneState::Up, 2, 4));
    assert_eq!(booth.engine().sync_once(None).await.unwrap().left, 2);
    assert_eq!(target.held().len(), 2);
    booth.stop().await;

    booth.metered = false;
    booth.start().await;
    until("the rest is there", || target.held().len() == 4).await;
    booth
        .until_status("nothing is kept back", |status| status.pending == 0 && status.reason.is_empty())
        .await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_off_an_item_does_not_wait_for_a_better_connection() {
    let mut booth = Booth::new();
    booth.shoot("camera/raw.jpg", b"raw");
    booth.shoot("camera/stays.jpg", b"raw");
    booth.start().await;
    let target = booth.target();
    until("all is there", || target.held().len() == 2).await;
    booth.stop().await;
    booth.metered = true;
    booth.start().await;
    booth.engine().offline(&MediaKey::new("camera/raw.jpg").unwrap()).await.unwrap();
    // A delete waits a moment, because it may be half of a rename.
    booth.pass(15).await;
    booth.until_held(&target, &[("camera/stays.jpg", b"raw")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_says_what_is_under_way() {
    let mut booth = Booth::new();
    booth.targets[0].0.concurrency = Some(1);
    booth.target().hang(true, false);
    booth.shoot("full/a.jpg", b"a");
    booth.start().await;
    until("an upload is under way", || booth.target().running() == 1).await;
    booth.shoot("full/b.jpg", b"b");
    booth.until_status("both wait", |status| status.pending == 2 && status.running == 1).await;
    let mut rows = booth.engine().queue(None, 10).await.unwrap();
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    let shown: Vec<_> =
        rows.iter().map(|row| (row.path.as_str(), row.work.as_str(), row.state.as_str())).collect();
    assert_eq!(shown, [("media/full/a.jpg", "put", "running"), ("media/full/b.jpg", "put", "pending")]);
    booth.target().hang(false, false);
    booth.until_status("all is there", |status| status.pending == 0).await;
    assert_eq!(booth.engine().queue(None, 10).await.unwrap(), []);
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pulse_is_felt_only_while_the_database_is_written() {
    let mut booth = Booth::new();
    booth.start().await;
    booth.engine().pulse().await.unwrap();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let (stuck, is_stuck) = tokio::sync::oneshot::channel();
    let store = booth.store();
    let blocked = tokio::spawn(async move {
        let block = move |_: &rusqlite::Transaction<'_>| {
            let _ = stuck.send(());
            let _ = wait.recv();
            Ok(())
        };
        store.write(block).await
    });
    is_stuck.await.unwrap();
    let mut pulse = Box::pin(booth.engine().pulse());
    let felt = tokio::time::timeout(std::time::Duration::from_millis(200), &mut pulse).await;
    assert!(felt.is_err(), "the thread that writes is stuck");
    release.send(()).unwrap();
    pulse.await.unwrap();
    blocked.await.unwrap().unwrap();
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pulse_is_not_felt_once_the_tasks_have_ended() {
    let mut booth = Booth::new();
    booth.add_target("nas", Mode::Copy);
    booth.start().await;
    let engine = booth.engine().clone();
    let ended = engine.task_ended();
    tokio::pin!(ended);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(100), &mut ended).await.is_err());
    booth.stop().await;
    let name = ended.await;
    assert!(name.starts_with("the task") || name.starts_with("the lane of target `"), "{name}");
    assert!(engine.pulse().await.is_err());
}
