//! What happens to folders in the media folder.

use super::*;

#[tokio::test]
async fn files_written_into_folders_in_the_moment_they_are_made_are_all_found() {
    const FOLDERS: usize = 200;
    let mut booth = Booth::open();
    for number in 0..FOLDERS {
        let dir = booth.path(&format!("d{number}/deeper"));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("a.jpg"), "x").unwrap();
        fs::write(dir.join("../b.jpg"), "x").unwrap();
    }
    booth.until("2 files in each folder", |booth| booth.files.len() >= 2 * FOLDERS).await;
    // From now on the folders are watched like any other.
    booth.reported();
    for number in 0..FOLDERS {
        booth.write(&format!("d{number}/deeper/late.jpg"));
    }
    let late = |booth: &Booth| booth.files.iter().filter(|file| file.ends_with("late.jpg")).count();
    booth.until("a late file in each folder", |booth| late(booth) == FOLDERS).await;
}

#[tokio::test]
async fn a_file_that_is_still_written_to_in_a_new_folder_is_not_taken_for_finished() {
    let mut booth = Booth::open();
    fs::create_dir(booth.path("new")).unwrap();
    let mut file = File::create(booth.path("new/slow.jpg")).unwrap();
    file.write_all(b"part").unwrap();
    booth.until_tree("new").await;
    file.write_all(b"part").unwrap();
    assert!(!booth.files.contains("new/slow.jpg"));
    drop(file);
    booth.until_file("new/slow.jpg").await;
}

#[tokio::test]
async fn a_renamed_folder_is_reported_under_both_names_and_watched_under_the_new_one() {
    let mut booth = Booth::with(|media| {
        fs::create_dir_all(media.join("old/sub")).unwrap();
        fs::write(media.join("old/sub/a.jpg"), "x").unwrap();
    });
    fs::rename(booth.path("old"), booth.path("new")).unwrap();
    booth.until_tree("old").await;
    booth.until_tree("new").await;
    assert!(booth.reported().contains(&"new/sub/a.jpg".to_owned()));
    booth.write("new/sub/b.jpg");
    booth.until_file("new/sub/b.jpg").await;
    assert!(!booth.files.contains("old/sub/b.jpg"));
}

#[tokio::test]
async fn a_deleted_folder_is_reported_and_one_of_the_same_name_is_watched() {
    let mut booth = Booth::with(|media| {
        fs::create_dir(media.join("sub")).unwrap();
        fs::write(media.join("sub/a.jpg"), "x").unwrap();
    });
    for _ in 0..20 {
        fs::remove_dir_all(booth.path("sub")).unwrap();
        booth.until_tree("sub").await;
        fs::create_dir(booth.path("sub")).unwrap();
        booth.write("sub/a.jpg");
        booth.until_file("sub/a.jpg").await;
        booth.caught_up().await;
        booth.reported();
        booth.trees.clear();
        booth.write("sub/a.jpg");
        booth.until_file("sub/a.jpg").await;
        booth.caught_up().await;
        booth.reported();
    }
}

#[tokio::test]
async fn a_folder_moved_in_from_elsewhere_is_reported_whole() {
    let mut booth = Booth::open();
    let outside = booth.dir.path().join("card");
    fs::create_dir_all(outside.join("dcim/100")).unwrap();
    fs::write(outside.join("dcim/100/a.jpg"), "x").unwrap();
    fs::rename(&outside, booth.path("card")).unwrap();
    booth.until_file("card/dcim/100/a.jpg").await;
    booth.write("card/dcim/100/b.jpg");
    booth.until_file("card/dcim/100/b.jpg").await;
}

#[tokio::test]
async fn hidden_folders_are_not_watched() {
    let mut booth = Booth::with(|media| fs::create_dir(media.join(".cache")).unwrap());
    fs::create_dir_all(booth.path(".new/sub")).unwrap();
    for file in [".cache/a.jpg", ".new/sub/b.jpg", ".c.jpg", "d.jpg.part"] {
        booth.write(file);
    }
    booth.caught_up().await;
    assert!(booth.reported().is_empty());
    assert!(booth.trees.is_empty());
    fs::rename(booth.path(".cache/a.jpg"), booth.path("a.jpg")).unwrap();
    booth.until_file("a.jpg").await;
}
