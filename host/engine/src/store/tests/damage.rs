//! Damaged databases, their backups, and copies that somebody put back.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use uuid::Uuid;

use super::*;

/// A data folder with a filled database and, once it was asked for, its backup.
struct Folder(TempDir);

impl Folder {
    async fn filled() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let store = folder.open();
        let many = (0..2_000).map(|n| seen(&format!("{n}.jpg"), "1", 9)).collect();
        arrive(&store, many, 0).await;
        folder
    }

    fn open(&self) -> Store {
        Store::open(self.0.path()).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn database(&self) -> PathBuf {
        self.file(FILE_NAME)
    }

    fn backup(&self) -> PathBuf {
        backup::path(self.0.path())
    }
}

fn damage_middle(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xA5);
    std::fs::write(path, bytes).unwrap();
}

async fn items(store: &Store) -> usize {
    store.items(Root::Media).await.unwrap().len()
}

/// A target that holds `a.jpg`, wants a newer `b.jpg`, and has a confirmed delete of `c.jpg` waiting.
async fn with_replicas(store: &Store) -> TargetId {
    let name = TargetName::new("web").unwrap();
    let target = store.register_target(&name, "{}").await.unwrap().id;
    arrive(store, vec![seen("a.jpg", "1", 9), seen("b.jpg", "1", 9), seen("c.jpg", "1", 9)], 0).await;
    store
        .write(move |transaction| {
            transaction.execute_batch(
                "UPDATE target SET inventory_ms = 5, rules = 'r', planned = 7;
                 INSERT INTO replica (target, path, item, wanted, held, held_ms, priority, rank_ms, queued_ms,
                                      drop_reason, confirmed, hold, receipt)
                 SELECT 1, 'media/' || key, id, iif(key = 'c.jpg', NULL, iif(key = 'b.jpg', '2', '1')), '1', 5, 9, 0, 0,
                        iif(key = 'c.jpg', 'gone', NULL), key = 'c.jpg', NULL, 'r'
                 FROM item WHERE key IN ('a.jpg', 'b.jpg', 'c.jpg')",
            )?;
            Ok(())
        })
        .await
        .unwrap();
    target
}

async fn assert_distrusted(store: &Store, target: TargetId) {
    let row = store.target(&TargetName::new("web").unwrap()).await.unwrap().unwrap();
    assert_eq!((row.inventory_ms, row.rules.as_str(), row.planned), (None, "", 0));
    let mut rows = store.replicas(target).await.unwrap();
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    let version = |text: &str| Some(Version(text.into()));
    let wanted: Vec<_> = rows.iter().map(|row| row.wanted.clone()).collect();
    assert_eq!(wanted, [version("1"), version("2"), version("1")], "what was to be deleted is wanted again");
    for row in rows {
        assert_eq!((row.held, row.held_ms, row.hold), (Held::Version(Version("1".into())), 0, None));
        assert_eq!(row.receipt, Some(Receipt("r".into())), "what is needed to delete it stays known");
    }
}

#[tokio::test]
async fn a_damaged_database_without_a_backup_is_set_aside_and_begun_anew() {
    let folder = Folder::filled().await;
    damage_middle(&folder.database());
    let store = folder.open();
    let mended = store.mended().expect("the damage is found").clone();
    assert!(mended.kept.exists() && mended.kept.to_string_lossy().contains("damaged-1"));
    assert_eq!((mended.backup_of, items(&store).await), (None, 0));
    assert!(mended.to_string().contains("rebuilt"), "{mended}");
}

#[tokio::test]
async fn the_backup_takes_the_place_of_a_damaged_database_and_is_not_believed_as_it_stands() {
    let folder = Folder::filled().await;
    let store = folder.open();
    let target = with_replicas(&store).await;
    store.back_up(86_400_000).await.unwrap();
    arrive(&store, vec![seen("later.jpg", "1", 9)], 0).await;
    drop(store);
    for number in 1..3 {
        damage_middle(&folder.database());
        let store = folder.open();
        let mended = store.mended().expect("the damage is found").clone();
        assert!(mended.kept.ends_with(format!("boothsync.db.damaged-{number}")));
        assert_eq!(mended.backup_of.unwrap().as_millisecond(), 86_400_000);
        assert!(mended.to_string().contains("the backup of 1970-01-02 00:00 UTC"), "{mended}");
        assert_eq!(items(&store).await, 2_003);
        assert_distrusted(&store, target).await;
    }
    assert!(!folder.file("boothsync.db.restored").exists());
    assert!(folder.open().mended().is_none(), "once is enough");
}

#[tokio::test]
async fn a_backup_that_is_damaged_too_is_not_used() {
    let folder = Folder::filled().await;
    folder.open().back_up(0).await.unwrap();
    damage_middle(&folder.database());
    damage_middle(&folder.backup());
    let store = folder.open();
    assert_eq!((store.mended().unwrap().backup_of, items(&store).await), (None, 0));
}

#[tokio::test]
async fn a_backup_that_somebody_put_back_is_not_believed_as_it_stands() {
    let folder = Folder::filled().await;
    let store = folder.open();
    let target = with_replicas(&store).await;
    store.back_up(0).await.unwrap();
    drop(store);
    std::fs::copy(folder.backup(), folder.database()).unwrap();
    let store = folder.open();
    assert!(store.mended().is_none());
    assert_distrusted(&store, target).await;
}

#[tokio::test]
async fn a_backup_is_whole_private_and_replaces_the_last_one() {
    let folder = Folder::filled().await;
    let store = folder.open();
    let first = store.back_up(1).await.unwrap();
    arrive(&store, (0..500).map(|n| seen(&format!("more/{n}.jpg"), "1", 9)).collect(), 0).await;
    let second = store.back_up(2).await.unwrap();
    assert!(second > first, "{second} bytes after {first}");
    let mode = std::fs::metadata(folder.backup()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let names: Vec<_> =
        std::fs::read_dir(folder.file("backup")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, [FILE_NAME]);
    let copy = Connection::open(folder.backup()).unwrap();
    let count: i64 = copy.query_row("SELECT count(*) FROM item", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2_500);
    let mode: i64 = copy.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap();
    assert_eq!(mode, 2, "it gives room back as the database does");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_and_readers_go_on_while_a_backup_is_made() {
    let folder = Folder::filled().await;
    let store = folder.open();
    let backup = tokio::spawn({
        let store = store.clone();
        async move { store.back_up(0).await }
    });
    let mut written = 0;
    while !backup.is_finished() || written < 20 {
        arrive(&store, vec![seen(&format!("during/{written}.jpg"), "1", 9)], 0).await;
        written += 1;
    }
    backup.await.unwrap().unwrap();
    assert_eq!(items(&store).await, 2_000 + written);
    drop(store);
    damage_middle(&folder.database());
    let restored = items(&folder.open()).await;
    assert!((2_000..=2_000 + written).contains(&restored), "{restored} items");
}

#[tokio::test]
async fn damage_found_while_running_is_told_and_mended_at_the_next_start_from_the_last_good_backup() {
    let folder = Folder::filled().await;
    let store = folder.open();
    store.back_up(7).await.unwrap();
    drop(store);
    let store = folder.open();
    damage_middle(&folder.database());
    assert!(matches!(store.back_up(8).await, Err(BackupError::Damaged)));
    let told = store.trouble().expect("it is told");
    assert!(told.contains("is damaged: restart Boothsync"), "{told}");
    assert!(folder.file("boothsync.db.suspect").exists());
    drop(store);
    let store = folder.open();
    assert_eq!(store.mended().unwrap().backup_of.unwrap().as_millisecond(), 7);
    assert!(store.trouble().is_none() && !folder.file("boothsync.db.suspect").exists());
}

#[tokio::test]
async fn a_copy_that_somebody_made_is_known_to_be_older_than_the_booth() {
    let folder = Folder::filled().await;
    let booth = Uuid::new_v4();
    let store = folder.open();
    let target = with_replicas(&store).await;
    let first = store.begin_era(booth, 0).await.unwrap();
    assert!(!first.stale);
    drop(store);
    let copy = folder.file("last-week.db");
    std::fs::copy(folder.database(), &copy).unwrap();
    let second = folder.open().begin_era(booth, first.now).await.unwrap();
    assert_eq!((second.now, second.stale), (first.now + 1, false));

    std::fs::copy(&copy, folder.database()).unwrap();
    let store = folder.open();
    let third = store.begin_era(booth, second.now).await.unwrap();
    assert_eq!((third.now, third.stale), (second.now + 1, true));
    assert_distrusted(&store, target).await;
    assert!(!store.begin_era(booth, third.now).await.unwrap().stale, "once is enough");
    // The identity was put back, or could not be written: the database is not the older one.
    assert!(!store.begin_era(booth, 0).await.unwrap().stale);
    assert!(store.begin_era(Uuid::new_v4(), 0).await.unwrap().stale, "another booth's database");
}

#[tokio::test]
async fn a_new_database_in_an_old_booth_is_nothing_to_be_told() {
    let folder = Folder::filled().await;
    assert!(!folder.open().begin_era(Uuid::new_v4(), 40).await.unwrap().stale);
}
