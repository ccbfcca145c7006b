//! A target is never emptied by accident.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Booth, object, until};
use crate::failure::Failure;
use crate::settings::Mode;

async fn booth_with(pictures: usize) -> Booth {
    started_with(Booth::new(), pictures).await
}

async fn started_with(mut booth: Booth, pictures: usize) -> Booth {
    for n in 0..pictures {
        booth.old(&format!("{n:03}.jpg"), format!("picture {n}").as_bytes());
    }
    booth.start().await;
    booth.until_status("all is there", |status| status.held == pictures as u64).await;
    booth
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_folder_deletes_nothing_until_the_operator_says_so() {
    let mut booth = booth_with(3).await;
    for n in 0..3 {
        fs::remove_file(booth.media(&format!("{n:03}.jpg"))).unwrap();
    }
    booth.stop().await;
    booth.start().await;
    booth.until_status("the deletes are held", |status| status.held_deletes == 3).await;
    booth.pass(60).await;
    booth.sync().await;
    assert!(booth.target().deletes().is_empty());
    let target = "web".parse().unwrap();
    assert_eq!(booth.engine().confirm_deletes(&target, None).await.unwrap(), 3);
    booth.until_held(&booth.target(), &[]).await;
    assert!(booth.engine().confirm_deletes(&target, None).await.is_err());
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_deletes_at_once_are_held_as_one_set_over_a_restart() {
    let mut booth = booth_with(60).await;
    for n in 0..30 {
        fs::remove_file(booth.media(&format!("{n:03}.jpg"))).unwrap();
    }
    booth.sync().await;
    booth.until_status("the deletes are held", |status| status.held_deletes == 30).await;
    booth.stop().await;
    booth.start().await;
    booth.pass(60).await;
    booth.until_status("they are held still", |status| status.held_deletes == 30).await;
    assert!(booth.target().deletes().is_empty());
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bringing_the_files_back_makes_the_confirmation_needless() {
    let mut booth = booth_with(3).await;
    let aside = booth.dir.path().join("aside");
    fs::rename(booth.dir.path().join("media"), &aside).unwrap();
    fs::create_dir(booth.dir.path().join("media")).unwrap();
    booth.stop().await;
    booth.start().await;
    booth.until_status("the deletes are held", |status| status.held_deletes == 3).await;
    for n in 0..3 {
        let name = format!("{n:03}.jpg");
        fs::rename(aside.join(&name), booth.media(&name)).unwrap();
    }
    booth.sync().await;
    booth.until_status("all is as it was", |status| status.held == 3 && status.held_deletes == 0).await;
    booth.sync().await;
    assert!(booth.engine().identity().holds().is_empty());
    booth.stop().await;
    assert_eq!((booth.target().deletes().len(), booth.target().puts().len()), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_folder_deletes_nothing() {
    let mut booth = booth_with(3).await;
    let aside = booth.dir.path().join("aside");
    fs::rename(booth.dir.path().join("media"), &aside).unwrap();
    booth.sync().await;
    booth.pass(60).await;
    booth.sync().await;
    booth.until_status("all is still wanted", |status| status.wanted == 3 && status.held_deletes == 0).await;
    assert!(booth.target().deletes().is_empty());
    fs::rename(&aside, booth.dir.path().join("media")).unwrap();
    booth.shoot("new.jpg", b"new");
    booth.sync().await;
    booth.until_status("it goes on", |status| status.held == 4).await;
    booth.stop().await;
}

/// 40 pictures whose folder was renamed: the new names are there, the old ones gone.
async fn renamed_folder() -> Booth {
    let mut booth = Booth::new();
    for n in 0..40 {
        booth.old(&format!("one/{n:03}.jpg"), format!("picture {n}").as_bytes());
    }
    booth.start().await;
    booth.until_status("all is there", |status| status.held == 40).await;
    fs::rename(booth.media("one"), booth.media("two")).unwrap();
    booth.sync().await;
    booth.until_status("the new names are there", |status| status.held == 40 && status.pending == 40).await;
    booth.pass(11).await;
    booth.until_status("the old names are gone", |status| status.held == 40 && status.pending == 0).await;
    booth
}

#[tokio::test(flavor = "multi_thread")]
async fn renaming_a_whole_folder_needs_no_confirmation() {
    let mut booth = renamed_folder().await;
    assert_eq!(booth.status().await.held_deletes, 0);
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_renamed_as_soon_as_it_is_full_needs_no_confirmation() {
    let mut booth = Booth::new();
    booth.start().await;
    for n in 0..40 {
        // Dated ahead, so that a scan alone cannot tell that nobody writes it any more.
        booth.dated(&format!("one/{n:03}.jpg"), format!("picture {n}").as_bytes(), 3600);
    }
    booth.until_status("all is there", |status| status.held == 40).await;
    fs::rename(booth.media("one"), booth.media("two")).unwrap();
    booth.sync().await;
    let target = booth.target();
    let new = |n: usize| object(&format!("two/{n:03}.jpg"));
    until("the new names are there", || (0..40).all(|n| target.held().contains_key(&new(n)))).await;
    assert_eq!(booth.status().await.held_deletes, 0);
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_uploaded_is_forgotten_without_asking() {
    let mut booth = booth_with(3).await;
    let target = booth.target();
    target.fail_all(Some(Failure::Retry("no network".into())));
    for n in 0..40 {
        booth.shoot(&format!("new/{n:03}.jpg"), b"new");
    }
    booth.until_status("they are known", |status| status.wanted == 43).await;
    fs::remove_dir_all(booth.media("new")).unwrap();
    booth.sync().await;
    booth.until_status("they are forgotten", |status| status.wanted == 3).await;
    assert_eq!(booth.status().await.held_deletes, 0);
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_told_gone_before_their_new_names_are_known_need_no_confirmation() {
    let mut booth = booth_with(60).await;
    fs::create_dir(booth.media("linked")).unwrap();
    let name = |n: usize| format!("{n:03}.jpg");
    // Whether somebody will write to a name that appeared is known only a little later.
    for n in 0..40 {
        fs::hard_link(booth.media(&name(n)), booth.media("linked").join(name(n))).unwrap();
    }
    for n in 0..40 {
        fs::remove_file(booth.media(&name(n))).unwrap();
    }
    let target = booth.target();
    let new = |n: usize| object(&format!("linked/{}", name(n)));
    until("the new names are there", || (0..40).all(|n| target.held().contains_key(&new(n)))).await;
    booth.until_status("nothing waits for the operator", |status| status.wanted == 60).await;
    assert_eq!(booth.status().await.held_deletes, 0);
    booth.stop().await;
}

const DAY: i64 = 24 * 3600;

async fn booth_with_expiry(pictures: usize) -> Booth {
    let mut booth = Booth::new();
    booth.targets[0].0.expire_after = Some(Duration::from_secs(86_400));
    started_with(booth, pictures).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_while_the_booth_was_off_is_deleted_without_asking() {
    let mut booth = booth_with_expiry(40).await;
    booth.stop().await;
    booth.clock.0.fetch_add(2 * DAY * 1000, Ordering::AcqRel);
    booth.start().await;
    booth.pass(60).await;
    booth.until_held(&booth.target(), &[]).await;
    assert!(booth.media("000.jpg").exists());
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_expires_by_a_clock_that_jumped() {
    let mut booth = booth_with_expiry(40).await;
    booth.pass(2 * DAY).await;
    booth.sync().await;
    booth.pass(60).await;
    assert_eq!((booth.status().await.held, booth.target().deletes().len()), (40, 0));
    booth.pass(-2 * DAY).await;
    booth.sync().await;
    assert_eq!((booth.status().await.held, booth.target().deletes().len()), (40, 0));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_time_in_the_settings_deletes_nothing_until_the_operator_says_so() {
    let mut booth = booth_with_expiry(40).await;
    booth.stop().await;
    booth.targets[0].0.expire_after = Some(Duration::from_secs(1));
    booth.clock.0.fetch_add(10_000, Ordering::AcqRel);
    booth.start().await;
    booth.until_status("the deletes are held", |status| status.held_deletes == 40).await;
    booth.sync().await;
    booth.pass(60).await;
    assert!(booth.target().deletes().is_empty());
    let holds = booth.engine().identity().holds();
    assert!(holds[0].reason.ends_with("because expire_after was changed"), "{}", holds[0].reason);
    booth.engine().confirm_deletes(&"web".parse().unwrap(), None).await.unwrap();
    booth.until_held(&booth.target(), &[]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_that_becomes_mirror_deletes_nothing_until_the_operator_says_so() {
    let mut booth = Booth::new();
    booth.targets[0].0.mode = Mode::Copy;
    let mut booth = started_with(booth, 40).await;
    for n in 0..39 {
        fs::remove_file(booth.media(&format!("{n:03}.jpg"))).unwrap();
    }
    booth.sync().await;
    booth.pass(60).await;
    assert_eq!((booth.status().await.held_deletes, booth.target().deletes().len()), (0, 0));
    booth.stop().await;
    booth.targets[0].0.mode = Mode::Mirror;
    booth.start().await;
    booth.until_status("the deletes are held", |status| status.held_deletes == 39).await;
    booth.pass(60).await;
    assert!(booth.target().deletes().is_empty());
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn held_deletes_are_confirmed_set_by_set() {
    let mut booth = Booth::new();
    booth.max_delete_percent = 10;
    let mut booth = started_with(booth, 100).await;
    for (from, to) in [(0, 30), (30, 55)] {
        // While it is off, so that each set is seen at once.
        booth.stop().await;
        (from..to).for_each(|n| fs::remove_file(booth.media(&format!("{n:03}.jpg"))).unwrap());
        booth.start().await;
        booth.until_status("the set is held", |status| status.held_deletes == to).await;
    }
    let (target, holds) = ("web".parse().unwrap(), booth.engine().identity().holds());
    assert_eq!(holds.iter().map(|hold| hold.count).collect::<Vec<_>>(), [30, 25]);
    assert_eq!(booth.engine().confirm_deletes(&target, Some(holds[1].set)).await.unwrap(), 25);
    super::until("one set is gone", || booth.target().deletes().len() == 25).await;
    booth.sync().await;
    booth.pass(60).await;
    assert_eq!((booth.target().deletes().len(), booth.status().await.held_deletes), (25, 30));
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_that_finds_nothing_deletes_nothing() {
    let mut booth = booth_with(40).await;
    for n in 0..40 {
        booth.target().lose(&super::object(&format!("{n:03}.jpg")));
    }
    booth.stop().await;
    booth.start().await;
    super::until("all is put again", || booth.target().held().len() == 40).await;
    assert!(booth.target().deletes().is_empty());
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_folder_does_not_make_later_deletes_suspicious() {
    let mut booth = renamed_folder().await;
    (0..3).for_each(|n| fs::remove_file(booth.media(&format!("two/{n:03}.jpg"))).unwrap());
    booth.sync().await;
    booth.until_status("they are to go", |status| status.pending == 3 && status.held_deletes == 0).await;
    booth.pass(11).await;
    booth.until_status("they are gone", |status| status.pending == 0 && status.held == 37).await;
    booth.stop().await;
}
