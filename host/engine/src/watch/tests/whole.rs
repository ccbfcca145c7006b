//! What happens to the media folder itself, and to the watch.

use super::*;

#[tokio::test]
async fn a_media_folder_that_is_replaced_is_watched_again() {
    let mut booth = Booth::open();
    fs::rename(booth.folder.path(), booth.dir.path().join("old")).unwrap();
    fs::create_dir(booth.folder.path()).unwrap();
    booth.until("a rescan", |booth| !booth.rescans.is_empty()).await;
    // What is written before the new folder is watched is found by the scan; this is after it.
    booth.write("a.jpg");
    booth
        .until("the new folder's file, or one more scan", |booth| {
            booth.files.contains("a.jpg") || booth.rescans.len() > 1
        })
        .await;
    booth.caught_up().await;
    fs::write(booth.dir.path().join("old/b.jpg"), "x").unwrap();
    booth.caught_up().await;
    assert!(!booth.files.contains("b.jpg"));
}

#[tokio::test]
async fn a_media_folder_that_vanishes_is_waited_for_and_reported_once() {
    let mut booth = Booth::open();
    fs::rename(booth.folder.path(), booth.dir.path().join("away")).unwrap();
    booth.until("a rescan", |booth| !booth.rescans.is_empty()).await;
    fs::rename(booth.dir.path().join("away"), booth.folder.path()).unwrap();
    booth.until("it to be back", |booth| booth.rescans.contains(&"the media folder is there again")).await;
    assert_eq!(booth.rescans, ["the media folder is gone", "the media folder is there again"]);
    booth.write("a.jpg");
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_symbolic_link_to_the_folder_that_is_turned_elsewhere_is_followed() {
    let mut booth = Booth::open();
    let (one, two) = (booth.dir.path().join("one"), booth.dir.path().join("two"));
    fs::rename(booth.folder.path(), &one).unwrap();
    fs::create_dir(&two).unwrap();
    std::os::unix::fs::symlink(&one, booth.folder.path()).unwrap();
    booth.until("a rescan", |booth| !booth.rescans.is_empty()).await;
    booth.caught_up().await;
    booth.rescans.clear();
    fs::remove_file(booth.folder.path()).unwrap();
    std::os::unix::fs::symlink(&two, booth.folder.path()).unwrap();
    booth.until("another rescan", |booth| !booth.rescans.is_empty()).await;
    booth.caught_up().await;
}

#[tokio::test]
async fn lost_events_cause_a_rescan_and_open_files_are_reported_when_they_hold_still() {
    let mut booth = Booth::open();
    let mut file = File::create(booth.path("a.jpg")).unwrap();
    file.write_all(b"all there is").unwrap();
    booth.caught_up().await;
    assert!(booth.is_open("a.jpg"));
    let lost = notify::Event::new(notify::EventKind::Other).set_flag(notify::event::Flag::Rescan);
    booth.watch.thread.send(Message::Event(Ok(lost))).unwrap();
    booth.until("a rescan", |booth| booth.rescans == ["events were lost"]).await;
    booth.until_file("a.jpg").await;
    assert!(!booth.is_open("a.jpg"));
    booth.write("after.jpg");
    booth.until_file("after.jpg").await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_watched_is_refused_in_words() {
    let dir = TempDir::new().unwrap();
    let folder = MediaFolder::new(dir.path().join("none"), Root::Media);
    let settings = WatchSettings { settle: SETTLE, poll: None };
    let refused = Watch::start(&folder, settings, CancellationToken::new()).err().unwrap();
    assert!(
        refused.to_string().ends_with("/none` does not exist; make it or correct media.folder"),
        "{refused}"
    );
}

#[tokio::test]
async fn the_wakes_end_when_it_is_stopped() {
    let dir = TempDir::new().unwrap();
    let folder = MediaFolder::new(dir.path().to_owned(), Root::Media);
    let stop = CancellationToken::new();
    let settings = WatchSettings { settle: SETTLE, poll: None };
    let (watch, mut wakes) = Watch::start(&folder, settings, stop.clone()).unwrap();
    stop.cancel();
    assert_eq!(tokio::time::timeout(PATIENCE, wakes.recv()).await.unwrap(), None);
    watch.settle_later(key("a"));
}

/// Watches by looking, although the file system has events.
fn polled(path: &Path, retry: Option<Instant>, stop: CancellationToken) -> (MediaFolder, Watch, Wakes) {
    let folder = MediaFolder::new(path.to_owned(), Root::Media);
    let interval = Duration::from_millis(20);
    let started = Started {
        root: root::RootState::see(&folder).unwrap(),
        mode: mode::Mode::Polling { next: Instant::now(), interval, retry },
        kind: WatchKind::Polling { interval, why: "it is a test".into() },
    };
    let settings = WatchSettings { settle: SETTLE, poll: Some(interval) };
    let (watch, wakes) = Watch::launch(folder.clone(), settings, stop, channel(), started).unwrap();
    (folder, watch, wakes)
}

#[tokio::test]
async fn without_events_a_scan_is_asked_for_each_interval_and_files_settle() {
    let dir = TempDir::new().unwrap();
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let (folder, watch, mut wakes) = polled(dir.path(), None, stop);
    let mut file = File::create(folder.path().join("a.jpg")).unwrap();
    file.write_all(b"there is more to come").unwrap();
    watch.settle_later(key("a.jpg"));
    let (mut rescans, mut settled) = (0, false);
    while rescans < 3 || !settled {
        match tokio::time::timeout(PATIENCE, wakes.recv()).await.unwrap().unwrap() {
            Wake::Rescan("it was time to look again") => rescans += 1,
            Wake::Files(keys) if keys == [key("a.jpg")] => settled = true,
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(watch.kind(), WatchKind::Polling { .. }));
}

#[tokio::test]
async fn events_are_used_as_soon_as_the_system_lets_us() {
    let dir = TempDir::new().unwrap();
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let (folder, watch, mut wakes) = polled(dir.path(), Some(Instant::now()), stop);
    let next = tokio::time::timeout(PATIENCE, wakes.recv()).await.unwrap();
    assert_eq!(next, Some(Wake::Rescan("it was time to look again")));
    assert_eq!(watch.kind(), WatchKind::Events);
    fs::write(folder.path().join("a.jpg"), "x").unwrap();
    let next = tokio::time::timeout(PATIENCE, wakes.recv()).await.unwrap();
    assert_eq!(next, Some(Wake::Files(vec![key("a.jpg")])));
}
