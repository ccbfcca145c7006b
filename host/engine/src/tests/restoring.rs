//! A database from last week, put back by the program or by a person, converges: nothing that is right
//! is sent again, and nothing that is newer is deleted.

use std::fs;
use std::path::PathBuf;

use super::{Booth, object};
use crate::store::{FILE_NAME, Store};

impl Booth {
    fn database(&self) -> PathBuf {
        self.dir.path().join("data").join(FILE_NAME)
    }

    /// Keeps the database as it is now. The booth must be stopped.
    fn keep_database(&self) -> Vec<u8> {
        fs::read(self.database()).unwrap()
    }

    /// Puts an old database in the place of the present one, as an operator does.
    fn put_back(&self, old: &[u8]) {
        fs::write(self.database(), old).unwrap();
        for companion in ["boothsync.db-wal", "boothsync.db-shm"] {
            let _ = fs::remove_file(self.dir.path().join("data").join(companion));
        }
    }

    /// Objects put and deleted so far.
    fn calls(&self) -> (usize, usize) {
        (self.target().puts().len(), self.target().deletes().len())
    }
}

/// Four pictures that the target holds, last week.
async fn last_week() -> (Booth, Vec<u8>) {
    let mut booth = Booth::new();
    for name in ["same.jpg", "rewritten.jpg", "deleted.jpg", "again.jpg"] {
        booth.old(name, format!("{name} of last week").as_bytes());
    }
    booth.start().await;
    booth.until_status("all is there", |status| status.held == 4).await;
    booth.stop().await;
    let kept = booth.keep_database();
    (booth, kept)
}

/// What happens in the days after; the booth is stopped again.
async fn a_week_passes(booth: &mut Booth) {
    booth.start().await;
    booth.until_status("it has looked", |status| status.held == 4 && status.pending == 0).await;
    booth.shoot("rewritten.jpg", b"rewritten with a filter");
    booth.shoot("new.jpg", b"new");
    booth.shoot("deleted with its database row.jpg", b"x");
    fs::remove_file(booth.media("deleted.jpg")).unwrap();
    fs::remove_file(booth.media("again.jpg")).unwrap();
    booth.sync().await;
    booth.pass(11).await;
    let there = |held| move |status: &crate::view::TargetStatus| status.held == held && status.pending == 0;
    booth.until_status("the changes are there", there(4)).await;
    fs::remove_file(booth.media("deleted with its database row.jpg")).unwrap();
    booth.shoot("again.jpg", b"taken again");
    booth.sync().await;
    booth.pass(11).await;
    booth.until_status("these too", there(4)).await;
    booth.stop().await;
}

const NOW: [(&str, &[u8]); 4] = [
    ("same.jpg", b"same.jpg of last week"),
    ("rewritten.jpg", b"rewritten with a filter"),
    ("new.jpg", b"new"),
    ("again.jpg", b"taken again"),
];

async fn converges_without_a_call(booth: &mut Booth, before: (usize, usize)) {
    booth.start().await;
    booth.until_status("all is known again", |s| s.held == 4 && s.wanted == 4 && s.pending == 0).await;
    booth.pass(60).await;
    booth.sync().await;
    booth.until_status("nothing else is wanted", |s| s.held == 4 && s.pending + s.held_deletes == 0).await;
    booth.until_held(&booth.target(), &NOW).await;
    assert_eq!(booth.calls(), before, "puts and deletes: {:?}", booth.target().puts());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_somebody_put_back_costs_no_upload_and_no_delete() {
    let (mut booth, old) = last_week().await;
    a_week_passes(&mut booth).await;
    let before = booth.calls();
    booth.put_back(&old);
    converges_without_a_call(&mut booth, before).await;
    let note = booth.engine().status().await.unwrap().database.note.expect("it is told");
    assert!(note.contains("older than what this booth did since"), "{note}");
    booth.stop().await;
    booth.start().await;
    assert!(booth.engine().status().await.unwrap().database.is_well(), "once is enough");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backup_of_a_damaged_database_costs_no_upload_and_no_delete() {
    let (mut booth, _) = last_week().await;
    let store = Store::open(&booth.dir.path().join("data")).unwrap();
    store.back_up(1_800_000_000_000).await.unwrap();
    drop(store);
    a_week_passes(&mut booth).await;
    let before = booth.calls();
    fs::write(booth.database(), vec![0xA5; 300_000]).unwrap();
    converges_without_a_call(&mut booth, before).await;
    let note = booth.engine().status().await.unwrap().database.note.expect("it is told");
    assert!(note.contains("the backup of 2027-01-15 08:00 UTC took its place"), "{note}");
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_missing_and_what_is_foreign_is_still_told_apart() {
    let (mut booth, old) = last_week().await;
    a_week_passes(&mut booth).await;
    let target = booth.target();
    target.lose(&object("same.jpg"));
    target.place(object("rewritten.jpg"), b"cut off");
    target.place(object("foreign.jpg"), b"not ours");
    booth.put_back(&old);
    booth.start().await;
    booth.until_status("all is there", |s| s.held == 4 && s.wanted == 4 && s.pending == 0).await;
    let mut wanted = NOW.to_vec();
    wanted.push(("foreign.jpg", b"not ours"));
    booth.until_held(&target, &wanted).await;
    let mut sent = target.puts().split_off(target.puts().len() - 2);
    sent.sort();
    assert_eq!(sent, [object("rewritten.jpg"), object("same.jpg")]);
    booth.stop().await;
}

/// Without a hash, an object of the same size as the old version may be the old version.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_the_old_version_is_sent_again() {
    let mut booth = Booth::new();
    let target = booth.target();
    booth.old("a.jpg", b"one");
    booth.start().await;
    booth.until_held(&target, &[("a.jpg", b"one")]).await;
    booth.stop().await;
    let old = booth.keep_database();
    booth.start().await;
    booth.stop().await;
    booth.put_back(&old);
    booth.shoot("a.jpg", b"two");
    booth.start().await;
    booth.until_held(&target, &[("a.jpg", b"two")]).await;
    booth.stop().await;
}

/// The delete was due when the copy was made; since then the picture was taken again.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_delete_takes_nothing_away_that_is_there_again() {
    for blind in [false, true] {
        let mut booth = Booth::new();
        let target = booth.target();
        if blind {
            target.blind();
        }
        booth.old("a.jpg", b"one");
        booth.old("b.jpg", b"one");
        booth.start().await;
        booth.until_status("both are there", |status| status.held == 2).await;
        fs::remove_file(booth.media("a.jpg")).unwrap();
        booth.sync().await;
        booth.until_status("its delete waits", |status| status.pending == 1).await;
        booth.stop().await;
        let old = booth.keep_database();
        booth.shoot("a.jpg", b"taken again");
        booth.start().await;
        booth.until_held(&target, &[("a.jpg", b"taken again"), ("b.jpg", b"one")]).await;
        booth.stop().await;
        booth.put_back(&old);
        booth.clock.0.fetch_add(3_600_000, std::sync::atomic::Ordering::AcqRel);
        booth.start().await;
        booth.until_status("both are known", |s| s.held == 2 && s.pending == 0).await;
        booth.pass(60).await;
        booth.until_held(&target, &[("a.jpg", b"taken again"), ("b.jpg", b"one")]).await;
        assert!(target.deletes().is_empty());
        booth.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deletes_that_were_held_back_stay_so_and_can_be_confirmed() {
    let mut booth = Booth::new();
    for name in ["a.jpg", "b.jpg"] {
        booth.old(name, b"one");
    }
    booth.start().await;
    booth.until_status("both are there", |status| status.held == 2).await;
    booth.stop().await;
    for name in ["a.jpg", "b.jpg"] {
        fs::remove_file(booth.media(name)).unwrap();
    }
    booth.start().await;
    booth.until_status("the deletes are held", |status| status.held_deletes == 2).await;
    booth.stop().await;
    let old = booth.keep_database();

    // Nobody said anything since.
    booth.start().await;
    booth.stop().await;
    booth.put_back(&old);
    booth.start().await;
    booth.pass(60).await;
    booth.sync().await;
    booth.until_status("they are held still", |status| status.held_deletes == 2).await;
    assert!(booth.target().deletes().is_empty());
    assert_eq!(booth.engine().confirm_deletes(&"web".parse().unwrap(), None).await.unwrap(), 2);
    booth.until_held(&booth.target(), &[]).await;
    booth.stop().await;

    // They were confirmed since, and the target says that they are gone.
    booth.put_back(&old);
    booth.start().await;
    booth.until_status("nothing is held any more", |s| s.held_deletes + s.wanted + s.held == 0).await;
    booth.sync().await;
    assert!(booth.engine().identity().holds().is_empty());
    assert_eq!(booth.target().deletes().len(), 2);
    booth.stop().await;
}
