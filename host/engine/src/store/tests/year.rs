//! A booth's year in the store, with a clock that runs ahead.

use super::*;
use crate::view::EventKind;

/// Evenings in a year.
const EVENINGS: i64 = 150;
/// Pictures of a busy evening.
const BUSY: usize = 400;
/// And of a quiet one.
const QUIET: usize = 40;
const TARGETS: [&str; 2] = ["web", "usb"];
const DAY_MS: i64 = 24 * 3600 * 1000;

struct Year {
    dir: TempDir,
    store: Store,
    targets: Vec<(TargetId, TargetName)>,
    now_ms: i64,
}

impl Year {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let mut targets = Vec::new();
        for name in TARGETS {
            let name = TargetName::new(name).unwrap();
            targets.push((store.register_target(&name, "{}").await.unwrap().id, name));
        }
        Self { dir, store, targets, now_ms: 1_800_000_000_000 }
    }

    /// Pictures come in and go to every target; each tenth fails three times before.
    async fn evening(&mut self, number: i64, pictures: usize) {
        let now_ms = self.now_ms;
        let name = |n| format!("processed_full/20270101-{number:03}{n:03}-123456.jpg");
        let arriving = (0..pictures).map(|n| ItemChange::Seen {
            root: Root::Media,
            key: key(&name(n)),
            version: Version(format!("2000{n:03}-{}000000", now_ms + n as i64)),
            size_bytes: 2_000_000 + n as u64,
            modified_ms: now_ms,
            priority: 9,
        });
        let plan = move |_: TargetId, items: &[ItemRow], _: &[ReplicaRow]| {
            let want = |item: &ItemRow| ReplicaChange::Want {
                path: ObjectPath::of_media(&item.key),
                item: item.id,
                version: item.version.clone(),
                priority: 9,
                queued_ms: now_ms,
            };
            items.iter().map(want).collect()
        };
        let ids = self.targets.iter().map(|(id, _)| *id).collect();
        self.store.arrive(arriving.collect(), ids, plan, now_ms).await.unwrap();
        self.work_off().await;
    }

    /// The folder is emptied and the deletes are confirmed, as at the end of a month.
    async fn clear_out(&mut self) {
        let items = self.store.items(Root::Media).await.unwrap();
        let gone = items.iter().filter(|item| item.present).map(|item| ItemChange::Gone(item.id)).collect();
        self.store.mark_gone(gone).await.unwrap();
        for (target, _) in &self.targets {
            let drops =
                self.store.replicas(*target).await.unwrap().into_iter().map(|row| ReplicaChange::Drop {
                    path: row.path,
                    reason: DropReason::Gone,
                    hold: None,
                });
            let plan = Planned { changes: drops.collect(), delete_delay_ms: 0, complete: None };
            self.store.apply_plan(*target, plan, self.now_ms).await.unwrap();
        }
        self.work_off().await;
    }

    async fn work_off(&mut self) {
        for (target, name) in &self.targets {
            loop {
                let take = Take {
                    now_ms: self.now_ms,
                    limit: 64,
                    running: Vec::new(),
                    urgent_since_ms: self.now_ms - 600_000,
                    reserved: 16,
                    queued_since_ms: None,
                    below_priority: None,
                };
                let (due, _) = self.store.take(*target, name.clone(), take).await.unwrap();
                if due.is_empty() {
                    break;
                }
                let ended = due.into_iter().enumerate().map(|(n, due)| self.end(*target, name, due, n));
                ended.collect::<tokio::task::JoinSet<()>>().join_all().await;
            }
        }
    }

    fn end(
        &self,
        target: TargetId,
        name: &TargetName,
        due: Due,
        n: usize,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (store, now_ms, name) = (self.store.clone(), self.now_ms, name.clone());
        let fails = n.is_multiple_of(10) && due.attempts < 3;
        let message = "the server did not answer within 30 s: dial tcp 192.0.2.7:21: i/o timeout".to_owned();
        let finish = match &due.work {
            _ if fails => Finish::Failed {
                making: due.work.version().cloned(),
                not_before_ms: now_ms,
                counts: true,
                fault: false,
                park: false,
                message: message.clone(),
            },
            Work::Delete => Finish::Deleted,
            Work::Put(version) | Work::Resolve(version) => Finish::Held {
                version: version.clone(),
                receipt: Some(Receipt(r#"{"id":"0123456789"}"#.into())),
                ask_link: false,
            },
        };
        let attempt = AttemptRow {
            work: due.work.as_str(),
            started_ms: now_ms,
            took_ms: 800,
            outcome: if fails { "retry" } else { "ok" },
            message: fails.then(|| message.clone()),
            guarded: false,
        };
        let (path, key) = (due.path.clone(), due.key());
        let told = if fails {
            EventKind::Failed { target: name, path, outcome: "retry".into(), message, next_try: None }
        } else {
            EventKind::Online { target: name, path, key, size_bytes: 2_000_000, call_ms: 800 }
        };
        async move {
            store.finish(target, due, finish, Some(attempt), Some(told), now_ms).await.unwrap();
        }
    }

    /// Two evenings and three quiet days in five days, tidied up as the service does it.
    async fn pass(&mut self) {
        self.now_ms += 365 * DAY_MS / EVENINGS;
        self.store.prune(self.now_ms).await.unwrap();
    }

    /// Bytes of the database and of what lies beside it while it is open.
    fn size(&self) -> u64 {
        let size = |name: &str| std::fs::metadata(self.dir.path().join(name)).map_or(0, |meta| meta.len());
        size(FILE_NAME) + size("boothsync.db-wal") + size("boothsync.db-shm")
    }

    async fn rows(&self, table: &'static str) -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.store
            .read(move |connection| Ok(connection.query_row(&sql, [], |row| row.get(0))?))
            .await
            .unwrap()
    }
}

/// Bytes that do not depend on how many pictures there are: 20,000 attempts of 160 bytes, 20,000 events
/// of 250, the write-ahead log of 4 MB and its index, and freed pages that are given back in the next hour.
const HISTORY_BYTES: u64 = 20 * 1024 * 1024;
/// Bytes for each picture that lies in the folder: 350 for the item with its two indexes, 250 for each
/// replica with its own; the pages of an index are never quite full.
const PICTURE_BYTES: u64 = (350 + 250 * TARGETS.len() as u64) * 6 / 5;

#[tokio::test]
async fn a_year_of_pictures_that_all_stay_takes_a_bounded_room_for_each() {
    let mut year = Year::new().await;
    for evening in 0..EVENINGS {
        year.evening(evening, BUSY).await;
        year.pass().await;
    }
    let pictures = EVENINGS as u64 * BUSY as u64;
    assert_eq!(year.rows("item").await, pictures);
    let (size, most) = (year.size(), HISTORY_BYTES + pictures * PICTURE_BYTES);
    println!("{pictures} pictures on {} targets: {size} bytes, at most {most}", TARGETS.len());
    assert!(size <= most, "{size} bytes for {pictures} pictures, more than {most}");
    // Thirty days of history are left of twelve months.
    let (attempts, events) = (year.rows("attempt").await, year.rows("event").await);
    assert!(
        attempts * 10 < pictures * 3 && events * 10 < pictures * 8,
        "{attempts} attempts, {events} events"
    );
}

#[tokio::test]
async fn a_booth_that_is_cleared_out_every_month_stays_as_small_as_after_the_first() {
    let mut year = Year::new().await;
    let mut after = Vec::new();
    for evening in 0..EVENINGS {
        year.evening(evening, QUIET).await;
        if evening % 12 == 11 {
            year.clear_out().await;
            year.pass().await;
            year.pass().await;
            after.push(year.size());
        }
        year.pass().await;
    }
    assert_eq!(
        (year.rows("replica").await, year.rows("item").await),
        (6 * QUIET as u64 * 2, 6 * QUIET as u64)
    );
    println!("after each month: {after:?}");
    let (first, last) = (after[1], after[after.len() - 1]);
    assert!(last <= first + first / 4, "{after:?}");
}

#[tokio::test]
async fn history_is_bounded_by_count_too() {
    let mut year = Year::new().await;
    let notice = |n: usize| EventKind::Notice { message: format!("{n}") };
    year.store.log((0..45_000).map(notice).collect(), year.now_ms).await.unwrap();
    year.store.prune(year.now_ms).await.unwrap();
    assert_eq!(year.rows("event").await, 20_000);
    let newest = year.store.recent_events(1).await.unwrap().remove(0);
    assert_eq!(newest.kind, notice(44_999));
    year.pass().await;
    year.now_ms += 31 * DAY_MS;
    year.store.prune(year.now_ms).await.unwrap();
    assert_eq!(year.rows("event").await, 0);
}
