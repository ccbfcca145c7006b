//! The store on real files.

mod damage;
mod full;
mod year;

use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::blob::Root;
use crate::names::{MediaKey, ObjectPath, TargetName};
use crate::object::Receipt;
use crate::version::Version;

fn key(text: &str) -> MediaKey {
    MediaKey::new(text).unwrap()
}

fn seen(name: &str, version: &str, priority: u8) -> ItemChange {
    ItemChange::Seen {
        root: Root::Media,
        key: key(name),
        version: Version(version.into()),
        size_bytes: 3,
        modified_ms: 0,
        priority,
    }
}

async fn arrive(store: &Store, changes: Vec<ItemChange>, now_ms: i64) {
    store.arrive(changes, Vec::new(), |_, _, _| Vec::new(), now_ms).await.unwrap();
}

struct Fixture {
    _dir: TempDir,
    store: Store,
    target: TargetId,
    name: TargetName,
}

impl Fixture {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let name = TargetName::new("web").unwrap();
        let target = store.register_target(&name, "{}").await.unwrap().id;
        Self { _dir: dir, store, target, name }
    }

    /// An item that is wanted on the target since `queued_ms`.
    async fn want(&self, name: &str, version: &str, priority: u8, queued_ms: i64) -> ItemRow {
        arrive(&self.store, vec![seen(name, version, priority)], queued_ms).await;
        let item = self.store.media_item(key(name)).await.unwrap().unwrap();
        let change = ReplicaChange::Want {
            path: ObjectPath::of_media(&item.key),
            item: item.id,
            version: item.version.clone(),
            priority,
            queued_ms,
        };
        self.apply(vec![change], queued_ms).await;
        item
    }

    async fn apply(&self, changes: Vec<ReplicaChange>, now_ms: i64) {
        let plan = Planned { changes, delete_delay_ms: 10_000, complete: None };
        self.store.apply_plan(self.target, plan, now_ms).await.unwrap();
    }

    async fn take(&self, now_ms: i64, limit: usize) -> Vec<Due> {
        let take = Take {
            now_ms,
            limit,
            running: Vec::new(),
            urgent_since_ms: now_ms - 600_000,
            reserved: limit / 4,
            queued_since_ms: None,
            below_priority: None,
        };
        self.store.take(self.target, self.name.clone(), take).await.unwrap().0
    }

    async fn finish(&self, due: &Due, finish: Finish) {
        self.store.finish(self.target, due.clone(), finish, None, None, 0).await.unwrap();
    }

    async fn replica(&self) -> ReplicaRow {
        let mut rows = self.store.replicas(self.target).await.unwrap();
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }
}

fn names(due: &[Due]) -> Vec<&str> {
    due.iter().map(|due| due.item.key.as_str()).collect()
}

fn held(due: &Due) -> Finish {
    Finish::Held {
        version: due.work.version().unwrap().clone(),
        receipt: Some(Receipt("r".into())),
        ask_link: true,
    }
}

#[tokio::test]
async fn what_is_taken_is_uncertain_until_it_is_finished() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    let due = booth.take(0, 1).await;
    let making = Some(Version("1".into()));
    assert_eq!(booth.replica().await.held, Held::Uncertain { making, before: None });
    booth.finish(&due[0], held(&due[0])).await;
    assert_eq!(booth.replica().await.held, Held::Version(Version("1".into())));
    assert!(booth.take(1, 1).await.is_empty());
}

#[tokio::test]
async fn an_abandoned_put_of_the_same_version_is_resolved_and_of_another_repeated() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    assert_eq!(booth.take(0, 1).await[0].work, Work::Put(Version("1".into())));
    assert_eq!(booth.take(1, 1).await[0].work, Work::Resolve(Version("1".into())));
    booth.want("a.jpg", "2", 9, 2).await;
    assert_eq!(booth.take(2, 1).await[0].work, Work::Put(Version("2".into())));
}

#[tokio::test]
async fn a_drop_forgets_what_was_never_sent_and_deletes_what_may_be_there() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    let path = ObjectPath::of_media(&key("a.jpg"));
    let drop = || vec![ReplicaChange::Drop { path: path.clone(), reason: DropReason::Gone, hold: None }];
    booth.apply(drop(), 0).await;
    assert!(booth.store.replicas(booth.target).await.unwrap().is_empty());

    booth.want("a.jpg", "1", 9, 0).await;
    booth.take(0, 1).await;
    booth.apply(drop(), 0).await;
    assert!(booth.take(9_999, 1).await.is_empty());
    let due = booth.take(10_000, 1).await;
    assert_eq!((due[0].work.clone(), due[0].guarded), (Work::Delete, true));
    booth.finish(&due[0], Finish::Deleted).await;
    assert!(booth.store.replicas(booth.target).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_that_came_back_during_its_delete_is_sent_again() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    let put = booth.take(0, 1).await;
    booth.finish(&put[0], held(&put[0])).await;
    let path = ObjectPath::of_media(&key("a.jpg"));
    booth.apply(vec![ReplicaChange::Drop { path, reason: DropReason::Gone, hold: None }], 0).await;
    let delete = booth.take(10_000, 1).await;
    booth.want("a.jpg", "2", 9, 10_001).await;
    booth.finish(&delete[0], Finish::Deleted).await;
    assert_eq!(booth.take(10_002, 1).await[0].work, Work::Put(Version("2".into())));
}

#[tokio::test]
async fn a_failure_of_an_old_version_says_nothing_about_the_new_one() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    let old = booth.take(0, 1).await;
    booth.want("a.jpg", "2", 9, 1).await;
    let failed = Finish::Failed {
        making: Some(Version("1".into())),
        not_before_ms: 60_000,
        counts: true,
        fault: false,
        park: true,
        message: "too large".into(),
    };
    booth.finish(&old[0], failed).await;
    assert!(!booth.replica().await.parked);
    assert_eq!(booth.take(2, 1).await.len(), 1);
}

#[tokio::test]
async fn if_no_call_was_made_the_row_is_as_it_was() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    let due = booth.take(0, 1).await;
    booth.finish(&due[0], Finish::NotCalled { not_before_ms: 5 }).await;
    assert_eq!(booth.replica().await.held, Held::Nothing);
    assert!(booth.take(4, 1).await.is_empty());
    assert_eq!(booth.take(5, 1).await.len(), 1);
}

#[tokio::test]
async fn a_row_whose_file_went_before_its_first_call_was_made_is_forgotten() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    let due = booth.take(0, 1).await;
    let path = ObjectPath::of_media(&key("a.jpg"));
    booth.apply(vec![ReplicaChange::Drop { path, reason: DropReason::Gone, hold: None }], 1).await;
    booth.finish(&due[0], Finish::NotCalled { not_before_ms: 5 }).await;
    assert!(booth.store.replicas(booth.target).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_longest_has_its_share_however_little_it_matters() {
    let booth = Fixture::new().await;
    booth.want("later.jpg", "1", 200, 0).await;
    for n in 0..20 {
        booth.want(&format!("visitor{n:02}.jpg"), "1", 9, 1_000 + n).await;
    }
    let due = booth.take(2_000, 4).await;
    assert_eq!(names(&due), ["visitor00.jpg", "visitor01.jpg", "visitor02.jpg", "later.jpg"]);
}

#[tokio::test]
async fn what_was_queued_by_a_clock_that_was_ahead_does_not_wait_behind_what_comes_next() {
    let booth = Fixture::new().await;
    let ahead_ms = 40_000_000_000;
    booth.want("a.jpg", "1", 9, ahead_ms).await;
    booth.want("b.jpg", "1", 9, ahead_ms + 5).await;
    booth.store.bring_forward(booth.target, 1_000, 61_000).await.unwrap();
    booth.want("c.jpg", "1", 9, 1_001).await;
    assert_eq!(names(&booth.take(2_000, 3).await), ["a.jpg", "b.jpg", "c.jpg"]);

    // Planned only now, but seen by the clock as it was.
    let item = booth.store.media_item(key("a.jpg")).await.unwrap().unwrap();
    let path = ObjectPath::new("media/d.jpg").unwrap();
    let version = item.version.clone();
    let want = ReplicaChange::Want { path, item: item.id, version, priority: 9, queued_ms: ahead_ms };
    booth.apply(vec![want], 1_002).await;
    booth.want("e.jpg", "1", 9, 1_003).await;
    let due = booth.take(2_000, 5).await;
    let paths: Vec<_> = due.iter().map(|due| due.path.as_str()).collect();
    assert_eq!(paths[3..], ["media/d.jpg", "media/e.jpg"]);
}

#[tokio::test]
async fn pictures_of_the_last_minutes_go_first_and_the_longest_waiting_is_not_starved() {
    let booth = Fixture::new().await;
    let now = 100 * 60_000_000;
    for n in 0..50 {
        booth.want(&format!("old{n:02}.jpg"), "1", 9, n).await;
    }
    for n in 0..50 {
        booth.want(&format!("new{n:02}.jpg"), "1", 9, now - 1000 + n).await;
    }
    let due = booth.take(now, 8).await;
    assert_eq!(
        names(&due)[..6],
        ["new00.jpg", "new01.jpg", "new02.jpg", "new03.jpg", "new04.jpg", "new05.jpg"]
    );
    assert_eq!(names(&due)[6..], ["old00.jpg", "old01.jpg"]);
}

#[tokio::test]
async fn urgent_goes_before_less_urgent_until_that_has_waited_long_enough() {
    let booth = Fixture::new().await;
    booth.want("original.jpg", "1", 12, 0).await;
    booth.want("finished.jpg", "1", 9, 1).await;
    assert_eq!(names(&booth.take(2, 1).await), ["finished.jpg"]);
    let later = Fixture::new().await;
    later.want("original.jpg", "1", 12, 0).await;
    later.want("finished.jpg", "1", 9, 3 * replica::STEP_MS + 1).await;
    let due = later.take(3 * replica::STEP_MS + 900_000, 1).await;
    assert_eq!(names(&due), ["original.jpg"]);
}

#[tokio::test]
async fn held_back_deletes_wait_for_their_confirmation() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    let put = booth.take(0, 1).await;
    booth.finish(&put[0], held(&put[0])).await;
    let path = ObjectPath::of_media(&key("a.jpg"));
    booth.apply(vec![ReplicaChange::Drop { path, reason: DropReason::Gone, hold: Some(7) }], 0).await;
    assert!(booth.take(1_000_000, 1).await.is_empty());
    assert_eq!(booth.store.confirm(booth.target, 6).await.unwrap(), 0);
    assert_eq!(booth.store.confirm(booth.target, 7).await.unwrap(), 1);
    let due = booth.take(0, 1).await;
    assert_eq!((due[0].work.clone(), due[0].guarded), (Work::Delete, false));
}

#[tokio::test]
async fn one_failing_write_does_not_undo_the_others() {
    let booth = Fixture::new().await;
    let good = booth.store.set_meta("a", "1".into());
    let bad = booth.store.write(|transaction| {
        transaction.execute("INSERT INTO meta (name, value) VALUES ('b', '2')", [])?;
        transaction.execute("INSERT INTO nowhere VALUES (1)", [])?;
        Ok(())
    });
    let (good, bad) = tokio::join!(good, bad);
    assert!(good.is_ok() && bad.is_err());
    assert_eq!(booth.store.meta("a").await.unwrap().as_deref(), Some("1"));
    assert_eq!(booth.store.meta("b").await.unwrap(), None);
}

#[tokio::test]
async fn plugin_state_is_swapped_only_from_what_was_expected_and_within_its_bound() {
    let Fixture { store, .. } = &Fixture::new().await;
    let swap = |expected: Option<&'static [u8]>, value: Option<&'static [u8]>| {
        store.swap_plugin_state("web", "n", expected, value, 10)
    };
    assert_eq!(swap(None, Some(b"one")).await.unwrap(), Swap::Done);
    assert_eq!(swap(None, Some(b"two")).await.unwrap(), Swap::Changed);
    assert_eq!(swap(Some(b"one"), Some(b"0123456789")).await.unwrap(), Swap::TooMuch);
    assert_eq!(store.plugin_state("web", "n").await.unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(store.plugin_state("usb", "n").await.unwrap(), None);
    assert_eq!(swap(Some(b"one"), None).await.unwrap(), Swap::Done);
    assert_eq!(store.plugin_state("web", "n").await.unwrap(), None);
}

#[test]
fn a_second_process_is_refused_and_a_reader_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(StoreError::Locked(_))));
    assert!(Store::open_read_only(dir.path()).is_ok());
    drop(store);
    assert!(Store::open(dir.path()).is_ok());
}

#[test]
fn a_database_from_a_newer_version_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let path = dir.path().join(FILE_NAME);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(StoreError::Newer { found: 99, .. })));
    assert!(matches!(Store::open_read_only(dir.path()), Err(StoreError::Newer { .. })));
    assert!(path.exists());
}

#[test]
fn a_data_folder_that_cannot_be_made_is_an_error_in_words() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let error = Store::open(&dir.path().join("file/data")).err().unwrap();
    assert!(error.to_string().contains("cannot be used"), "{error}");
}
