//! What happens to single files.

use super::*;

#[tokio::test]
async fn a_file_that_is_written_slowly_in_place_is_reported_only_when_it_is_closed() {
    let mut booth = Booth::open();
    let mut slow = File::create(booth.path("slow.jpg")).unwrap();
    for _ in 0..3 {
        slow.write_all(b"part").unwrap();
        booth.caught_up_with_links().await;
        assert!(booth.is_open("slow.jpg"));
        assert!(booth.reported().is_empty());
    }
    drop(slow);
    booth.until_file("slow.jpg").await;
    assert!(!booth.is_open("slow.jpg"));
}

#[tokio::test]
async fn a_file_that_is_renamed_into_place_is_reported_at_once_under_its_final_name() {
    let mut booth = Booth::open();
    booth.write("a.jpg.tmp");
    fs::rename(booth.path("a.jpg.tmp"), booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    assert_eq!(booth.reported(), ["a.jpg"]);
}

#[tokio::test]
async fn a_file_that_is_renamed_before_it_is_closed_is_reported_when_it_is_closed() {
    let mut booth = Booth::open();
    let mut file = File::create(booth.path("b.jpg.tmp")).unwrap();
    file.write_all(b"half").unwrap();
    fs::rename(booth.path("b.jpg.tmp"), booth.path("b.jpg")).unwrap();
    booth.caught_up().await;
    assert!(booth.is_open("b.jpg"));
    assert!(booth.reported().is_empty());
    drop(file);
    booth.until_file("b.jpg").await;
}

#[tokio::test]
async fn a_file_that_is_linked_into_place_is_reported() {
    let mut booth = Booth::with(|media| {
        fs::create_dir(media.join(".work")).unwrap();
        fs::write(media.join(".work/a"), "picture").unwrap();
    });
    fs::hard_link(booth.path(".work/a"), booth.path("a.jpg")).unwrap();
    booth.write("b.jpg.tmp");
    fs::hard_link(booth.path("b.jpg.tmp"), booth.path("b.jpg")).unwrap();
    fs::remove_file(booth.path("b.jpg.tmp")).unwrap();
    booth.until_file("a.jpg").await;
    booth.until_file("b.jpg").await;
}

#[tokio::test]
async fn a_copy_over_an_existing_file_is_reported() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "old").unwrap());
    fs::write(booth.dir.path().join("new"), "new picture").unwrap();
    fs::copy(booth.dir.path().join("new"), booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    booth.reported();
    fs::rename(booth.dir.path().join("new"), booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_file_that_is_deleted_and_made_again_is_reported_each_time() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "old").unwrap());
    fs::remove_file(booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    booth.reported();
    booth.write("a.jpg");
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    booth.reported();
    fs::rename(booth.path("a.jpg"), booth.dir.path().join("recycled")).unwrap();
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_file_that_is_truncated_and_written_again_is_open_until_it_is_closed() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "old").unwrap());
    let mut file = OpenOptions::new().write(true).truncate(true).open(booth.path("a.jpg")).unwrap();
    booth.caught_up().await;
    assert!(booth.is_open("a.jpg"));
    file.write_all(b"new").unwrap();
    booth.caught_up().await;
    assert!(booth.reported().is_empty());
    drop(file);
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn a_file_whose_permissions_or_times_change_is_reported() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "x").unwrap());
    let past = std::time::SystemTime::UNIX_EPOCH;
    let file = File::open(booth.path("a.jpg")).unwrap();
    file.set_times(fs::FileTimes::new().set_accessed(past).set_modified(past)).unwrap();
    booth.until_file("a.jpg").await;
    booth.caught_up().await;
    booth.reported();
    file.set_permissions(fs::Permissions::from_mode(0o600)).unwrap();
    booth.until_file("a.jpg").await;
}

#[tokio::test]
async fn reading_a_file_is_not_reported() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "x").unwrap());
    fs::read(booth.path("a.jpg")).unwrap();
    booth.folder.open(&key("a.jpg")).unwrap();
    booth.folder.scan(&Filter::new(&[], &[]).unwrap());
    booth.caught_up_with_links().await;
    assert!(booth.reported().is_empty());
    assert!(!booth.is_open("a.jpg"));
}

#[tokio::test]
async fn of_thousands_of_files_at_once_none_is_missed() {
    const FILES: usize = 5000;
    let mut booth = Booth::with(|media| fs::create_dir(media.join("sub")).unwrap());
    let media = booth.folder.path().to_owned();
    let writer = std::thread::spawn(move || {
        for number in 0..FILES {
            let name = media.join(format!("sub/{number}.jpg"));
            if number % 2 == 0 {
                fs::write(&name, "in place").unwrap();
            } else {
                fs::write(name.with_extension("tmp"), "beside").unwrap();
                fs::rename(name.with_extension("tmp"), &name).unwrap();
            }
        }
    });
    booth.until("every file", |booth| booth.files.len() == FILES).await;
    writer.join().unwrap();
    assert!(booth.rescans.is_empty(), "{:?}", booth.rescans);
}

#[tokio::test]
async fn a_file_to_settle_is_reported_once_it_held_still() {
    let mut booth = Booth::with(|media| fs::write(media.join("a.jpg"), "x").unwrap());
    booth.watch.settle_later(key("a.jpg"));
    booth.watch.settle_later(key("none.jpg"));
    assert!(booth.is_open("a.jpg"));
    booth.until_file("a.jpg").await;
    booth.until_file("none.jpg").await;
    assert!(!booth.is_open("a.jpg"));
}
