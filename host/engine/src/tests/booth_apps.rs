//! Files as booth apps, cameras and people write them: what reaches the target is whole, and is the last
//! that was written.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use super::{Booth, object, until};
use crate::failure::Failure;
use crate::view::LaneState;

/// A year, in seconds.
const YEAR: i64 = 365 * 24 * 3600;

/// A running booth that has caught up with its folder.
async fn running() -> Booth {
    let mut booth = Booth::new();
    booth.start().await;
    booth.sync().await;
    booth
}

/// Waits until everything that happened in the folder so far had its effect.
async fn caught_up(booth: &Booth, mark: &str) {
    booth.shoot(mark, b"mark");
    let target = booth.target();
    until("the mark is there", || target.held().contains_key(&object(mark))).await;
}

fn puts_of(booth: &Booth, key: &str) -> usize {
    booth.target().puts().iter().filter(|path| **path == object(key)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_written_slowly_where_it_lies_is_put_once_and_whole() {
    let mut booth = running().await;
    let mut file = File::create(booth.media("a.jpg")).unwrap();
    for part in 0..3 {
        file.write_all(b"part").unwrap();
        caught_up(&booth, &format!("mark{part}.jpg")).await;
        booth.sync().await;
        assert_eq!(puts_of(&booth, "a.jpg"), 0);
    }
    drop(file);
    let target = booth.target();
    until("it is there", || target.held().get(&object("a.jpg")) == Some(&b"partpartpart".to_vec())).await;
    booth.stop().await;
    assert_eq!(puts_of(&booth, "a.jpg"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_picture_is_truncated_and_written_again_the_old_one_stays() {
    let mut booth = running().await;
    booth.shoot("a.jpg", b"old");
    booth.until_held(&booth.target(), &[("a.jpg", b"old")]).await;
    let mut file = OpenOptions::new().write(true).truncate(true).open(booth.media("a.jpg")).unwrap();
    caught_up(&booth, "empty.jpg").await;
    file.write_all(b"ne").unwrap();
    caught_up(&booth, "half.jpg").await;
    booth.sync().await;
    assert_eq!(booth.target().held()[&object("a.jpg")], b"old");
    file.write_all(b"w").unwrap();
    drop(file);
    let target = booth.target();
    until("the new one is there", || target.held()[&object("a.jpg")] == b"new").await;
    booth.stop().await;
    assert_eq!(puts_of(&booth, "a.jpg"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_linked_into_place_is_put() {
    let mut booth = running().await;
    fs::create_dir(booth.media(".work")).unwrap();
    fs::write(booth.media(".work/a"), "one").unwrap();
    fs::hard_link(booth.media(".work/a"), booth.media("a.jpg")).unwrap();
    fs::remove_file(booth.media(".work/a")).unwrap();
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_another_is_copied_over_is_put_again() {
    let mut booth = running().await;
    booth.shoot("a.jpg", b"one");
    booth.until_held(&booth.target(), &[("a.jpg", b"one")]).await;
    let elsewhere = booth.dir.path().join("edited.jpg");
    fs::write(&elsewhere, "two").unwrap();
    fs::copy(&elsewhere, booth.media("a.jpg")).unwrap();
    booth.until_held(&booth.target(), &[("a.jpg", b"two")]).await;
    booth.stop().await;
    assert_eq!(booth.target().deletes(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_deleted_and_made_again_is_replaced_and_not_deleted() {
    let mut booth = running().await;
    booth.shoot("a.jpg", b"one");
    // An empty folder would be doubted.
    booth.shoot("b.jpg", b"two");
    booth.until_held(&booth.target(), &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
    fs::remove_file(booth.media("a.jpg")).unwrap();
    booth.until_status("the delete is planned", |status| status.pending == 1).await;
    booth.shoot("a.jpg", b"again");
    booth.until_held(&booth.target(), &[("a.jpg", b"again"), ("b.jpg", b"two")]).await;
    booth.pass(60).await;
    booth.sync().await;
    booth.until_status("nothing is left to do", |status| status.pending == 0 && status.held == 2).await;
    booth.stop().await;
    assert_eq!(booth.target().deletes(), []);
}

/// Whether that is a folder that is left out, or one outside of the media folder.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_moved_to_a_recycle_folder_goes_and_nothing_else_does() {
    let mut booth = running().await;
    for name in ["hidden.jpg", "away.jpg", "stays.jpg"] {
        booth.shoot(name, b"picture");
    }
    booth.until_status("all is there", |status| status.held == 3).await;
    for folder in [booth.media(".recycle"), booth.dir.path().join("recycle")] {
        fs::create_dir(folder).unwrap();
    }
    fs::rename(booth.media("hidden.jpg"), booth.media(".recycle/hidden.jpg")).unwrap();
    fs::rename(booth.media("away.jpg"), booth.dir.path().join("recycle/away.jpg")).unwrap();
    booth.until_status("both are to go", |status| status.pending == 2).await;
    booth.pass(11).await;
    booth.until_held(&booth.target(), &[("stays.jpg", b"picture")]).await;
    booth.stop().await;
    assert_eq!(booth.target().deletes().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_card_that_is_imported_arrives_as_a_whole() {
    const FOLDERS: usize = 12;
    const EACH: usize = 100;
    let mut booth = running().await;
    for folder in 0..FOLDERS {
        let folder = booth.media(&format!("DCIM/{folder}CANON"));
        fs::create_dir_all(&folder).unwrap();
        for number in 0..EACH {
            fs::write(folder.join(format!("IMG_{number:04}.jpg")), "raw").unwrap();
        }
    }
    let target = booth.target();
    let enough = || target.held().len() == FOLDERS * EACH;
    for _ in 0..12 {
        if enough() {
            break;
        }
        // Ten seconds each, on a machine that has much to do.
        tokio::time::timeout(Duration::from_secs(10), until("it is there", enough)).await.ok();
    }
    assert_eq!(target.held().len(), FOLDERS * EACH);
    booth.until_status("and known", |status| status.pending == 0).await;
    booth.stop().await;
    assert_eq!(target.puts().len(), FOLDERS * EACH);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_media_folder_that_moved_behind_a_link_is_the_same_folder() {
    let mut booth = running().await;
    booth.shoot("full/a.jpg", b"one");
    booth.until_held(&booth.target(), &[("full/a.jpg", b"one")]).await;
    let larger = booth.dir.path().join("larger disk");
    fs::rename(booth.media(""), &larger).unwrap();
    symlink(&larger, booth.dir.path().join("media")).unwrap();
    booth.shoot("full/b.jpg", b"two");
    booth.until_held(&booth.target(), &[("full/a.jpg", b"one"), ("full/b.jpg", b"two")]).await;
    booth.pass(60).await;
    booth.sync().await;
    booth.stop().await;
    assert_eq!((booth.target().deletes(), booth.target().puts().len()), (vec![], 2));
}

/// Links are not followed below the media folder, but what was put from there was not taken away.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_moved_behind_a_link_does_not_count_as_gone() {
    let mut booth = running().await;
    booth.shoot("full/a.jpg", b"one");
    booth.shoot("b.jpg", b"two");
    booth.until_held(&booth.target(), &[("full/a.jpg", b"one"), ("b.jpg", b"two")]).await;
    let larger = booth.dir.path().join("larger disk");
    fs::rename(booth.media("full"), &larger).unwrap();
    symlink(&larger, booth.media("full")).unwrap();
    caught_up(&booth, "mark.jpg").await;
    booth.sync().await;
    booth.pass(60).await;
    booth.sync().await;
    caught_up(&booth, "another.jpg").await;
    booth.stop().await;
    assert_eq!(booth.target().deletes(), []);
}

#[test]
fn a_picture_that_cannot_be_read_is_told_and_put_as_soon_as_it_can() {
    as_ordinary_user(async {
        let mut booth = running().await;
        let secret = booth.dir.path().join("a.jpg");
        fs::write(&secret, "one").unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
        fs::rename(&secret, booth.media("a.jpg")).unwrap();
        booth.shoot("b.jpg", b"two");
        booth.until_status("the other is there", |status| (status.held, status.pending) == (1, 1)).await;
        let queue = booth.engine().queue(None, 10).await.unwrap();
        let told = queue[0].last_error.clone().unwrap_or_default();
        assert!(told.contains("cannot be read") && told.contains("ermission denied"), "{told}");
        assert_eq!(booth.status().await.state, LaneState::Up);

        fs::set_permissions(booth.media("a.jpg"), fs::Permissions::from_mode(0o644)).unwrap();
        booth.pass(60).await;
        booth.until_held(&booth.target(), &[("a.jpg", b"one"), ("b.jpg", b"two")]).await;
        booth.stop().await;
    });
}

/// Root may read everything, so every thread of this runtime is somebody else.
fn as_ordinary_user(test: impl Future<Output = ()> + Send + 'static) {
    let become_nobody = || {
        if rustix::process::geteuid().is_root() {
            let nobody = rustix::process::Uid::from_raw(65534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
        }
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().on_thread_start(become_nobody).build().unwrap();
    runtime.block_on(async { tokio::spawn(test).await }).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_makes_no_retry_wait_for_it() {
    let mut booth = Booth::new();
    let target = booth.target();
    target.fail_puts([Failure::Retry("connection reset".into())]);
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    booth.until_status("it waits", |status| status.running == 0 && status.pending == 1).await;
    booth.pass(-YEAR).await;
    booth.sync().await;
    booth.pass(61).await;
    booth.until_held(&target, &[("a.jpg", b"one")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_while_the_program_was_off_makes_nothing_wait_for_it() {
    let mut booth = running().await;
    booth.shoot("a.jpg", b"one");
    booth.shoot("b.jpg", b"two");
    booth.until_status("both are there", |status| status.held == 2).await;
    fs::remove_file(booth.media("a.jpg")).unwrap();
    booth.until_status("the delete waits", |status| status.pending == 1).await;
    booth.stop().await;
    booth.pass_unseen(-YEAR);
    booth.start().await;
    booth.sync().await;
    booth.pass(61).await;
    booth.until_held(&booth.target(), &[("b.jpg", b"two")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_rests_is_probed_after_the_clock_was_set_back() {
    let mut booth = Booth::new();
    let target = booth.target();
    let wrong = Failure::Blocked("the password is wrong".into());
    target.fail_puts([wrong.clone()]);
    target.fail_probe(Some(wrong));
    booth.start().await;
    booth.sync().await;
    booth.shoot("a.jpg", b"one");
    booth.until_status("it is blocked", |status| status.state == LaneState::Blocked).await;
    booth.pass_unseen(-YEAR);
    target.fail_probe(None);
    // It wakes up by itself when the probe was due, at most 30 s after the failure, and usually within 4 s.
    booth.until_held(&target, &[("a.jpg", b"one")]).await;
    booth.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_from_the_future_and_from_the_past_are_pictures() {
    let mut booth = running().await;
    for (key, offset) in [("future.jpg", YEAR), ("past.jpg", -40 * YEAR)] {
        let path = booth.dir.path().join(key);
        fs::write(&path, key).unwrap();
        let now = std::time::SystemTime::now();
        let shift = Duration::from_secs(offset.unsigned_abs());
        let time = if offset > 0 { now + shift } else { now - shift };
        OpenOptions::new().append(true).open(&path).unwrap().set_modified(time).unwrap();
        fs::rename(path, booth.media(key)).unwrap();
    }
    booth.until_held(&booth.target(), &[("future.jpg", b"future.jpg"), ("past.jpg", b"past.jpg")]).await;
    booth.pass(YEAR).await;
    booth.sync().await;
    booth.shoot("later.jpg", b"later");
    booth.until_status("all is there", |status| status.held == 3 && status.pending == 0).await;
    booth.stop().await;
    assert_eq!((booth.target().deletes(), booth.target().puts().len()), (vec![], 3));
}
