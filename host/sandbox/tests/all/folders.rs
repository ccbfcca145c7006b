use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;

use engine::{Failure, Target};
use rustix::fs::{CWD, FileType, Mode, OFlags, openat};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::{Booth, object};

fn booth() -> Booth {
    Booth::with_permissions(json!({"folder": {"path": "/path"}, "http": {}}))
}

fn order(booth: &Booth, verb: &str) -> Value {
    json!({"verb": verb, "path": booth.path("usb")})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_written_and_read_by_the_guest() {
    let booth = booth();
    let content = vec![7; 3_000_000];
    assert_eq!(booth.put_bytes(order(&booth, "folder-write"), &content).await.unwrap(), "written");
    assert_eq!(std::fs::read(booth.path("usb/picture.jpg")).unwrap(), content);
    assert_eq!(booth.probe(order(&booth, "folder-list")).await.unwrap(), ".boothsync-target picture.jpg");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_of_the_folder_is_reached() {
    let booth = Booth::with_permissions(json!({"folder": {"path": "/folder"}, "http": {}}));
    let (secret, usb) = (booth.path("secret.txt"), booth.path("usb"));
    std::fs::write(&secret, "secret").unwrap();
    std::os::unix::fs::symlink(&secret, usb.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(booth.path("media"), usb.join("dir")).unwrap();
    for path in [
        "/target/../secret.txt",
        "../secret.txt",
        secret.to_str().unwrap(),
        "/target/link.txt",
        "/target/dir/new.txt",
        "/proc/self/environ",
        "/etc/passwd",
    ] {
        let settings = json!({"verb": "folder-escape", "folder": usb, "path": path});
        let said = booth.probe(settings).await.unwrap();
        assert!(said.starts_with("refused refused"), "{path}: {said}");
    }
    let meta = std::fs::metadata(&secret).unwrap();
    assert_eq!((std::fs::read(secret).unwrap().as_slice(), meta.nlink()), (b"secret".as_slice(), 1));
    assert_eq!(std::fs::read_dir(booth.path("media")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unplugged_drive_blocks_the_target_and_nothing_is_written() {
    let booth = booth();
    booth.put(order(&booth, "folder-write")).await.unwrap();
    std::fs::rename(booth.path("usb"), booth.path("unplugged")).unwrap();
    std::fs::create_dir(booth.path("usb")).unwrap();
    let end = booth.put(order(&booth, "folder-write")).await;
    assert!(
        matches!(&end, Err(Failure::Blocked(text)) if text.contains("Plug the right drive in")),
        "{end:?}"
    );
    assert_eq!(std::fs::read_dir(booth.path("usb")).unwrap().count(), 0);
    std::fs::remove_dir(booth.path("usb")).unwrap();
    let end = booth.probe(order(&booth, "folder-list")).await;
    assert!(matches!(&end, Err(Failure::Blocked(text)) if text.contains("is not there")), "{end:?}");
    std::fs::rename(booth.path("unplugged"), booth.path("usb")).unwrap();
    booth.put(order(&booth, "folder-write")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_own_file_is_not_part_of_a_scan() {
    let booth = booth();
    let mut settings = order(&booth, "");
    settings["entries"] = 2.into();
    let (into, mut found) = mpsc::channel(8);
    booth.target(settings).await.scan(&booth.call(), into).await.unwrap();
    let mut names = Vec::new();
    while let Some(portion) = found.recv().await {
        names.extend(portion.into_iter().map(|entry| entry.path.to_string()));
    }
    assert_eq!(names, ["media/0.jpg", "media/1.jpg"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_on_a_thread_of_its_own_is_bounded_as_well() {
    let mut booth = Booth::with_guest("hostile", json!({"folder": {"path": "/path"}, "http": {}}));
    booth.limits.cpu = Some(std::time::Duration::from_millis(200));
    booth.limits.stall = Some(std::time::Duration::from_millis(500));
    let end = booth.put(order(&booth, "spins_for_ever")).await;
    assert!(matches!(&end, Err(Failure::Faulted(text)) if text.contains("processor time")), "{end:?}");
    let end = booth.put(order(&booth, "sleeps_for_an_hour")).await;
    assert!(matches!(&end, Err(Failure::Retry(text)) if text.contains("no byte was moved")), "{end:?}");
    let around = booth.put(order(&booth, "looks_around")).await;
    assert_eq!(around.unwrap(), "0 variables, 0 arguments");
}

/// Opening a pipe for writing waits for a reader, as everything does on a dead mount.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_does_not_answer_keeps_its_own_calls_and_no_others() {
    let mut booth = booth();
    booth.limits.stall = Some(Duration::from_millis(500));
    let (dead, good) = (order(&booth, "folder-write"), booth.path("good"));
    // Where the host writes its marker before the first upload.
    let pipe = booth.path("usb/.boothsync-target.new");
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();

    let target = Arc::new(booth.target(dead).await);
    let blob = booth.blob("a b.jpg", b"picture");
    // More than there are threads for.
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let (target, call, blob) = (target.clone(), booth.call(), blob.clone());
            tokio::spawn(async move { target.put(&call, &object("media/a b.jpg", &blob), None, blob).await })
        })
        .collect();
    std::fs::create_dir(&good).unwrap();
    for _ in 0..3 {
        booth.put(json!({"verb": "folder-write", "path": good})).await.unwrap();
        tokio::task::spawn_blocking(|| ()).await.unwrap();
    }
    assert!(calls.iter().any(|call| !call.is_finished()), "the dead folder still hangs");
    for call in calls {
        let end = call.await.unwrap();
        assert!(matches!(&end, Err(Failure::Retry(_))), "{end:?}");
    }
    let blob = booth.blob("a b.jpg", b"picture");
    let end = target.put(&booth.call(), &object("media/a b.jpg", &blob), None, blob.clone()).await;
    assert!(matches!(&end, Err(Failure::Retry(text)) if text.contains("does not answer")), "{end:?}");

    // It answers again: whoever hung is let go, and the folder is used as before.
    let reader = openat(CWD, &pipe, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap();
    std::fs::remove_file(&pipe).unwrap();
    while target.put(&booth.call(), &object("media/a b.jpg", &blob), None, blob.clone()).await.is_err() {
        tokio::task::yield_now().await;
    }
    drop(reader);
    assert_eq!(std::fs::read(booth.path("usb/picture.jpg")).unwrap(), b"picture");
}

#[tokio::test]
async fn a_folder_in_the_media_folder_makes_no_target() {
    let booth = booth();
    let error = booth.try_target(json!({"path": booth.path("media/usb")})).await.err().unwrap();
    assert!(error.to_string().contains("lie in one another"), "{error}");
}
