//! A target is never emptied by accident.

use std::fs;

use super::Booth;

async fn booth_with(pictures: usize) -> Booth {
    let mut booth = Booth::new();
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

#[tokio::test(flavor = "multi_thread")]
async fn renaming_a_whole_folder_needs_no_confirmation() {
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
    assert_eq!(booth.status().await.held_deletes, 0);
    booth.stop().await;
}
