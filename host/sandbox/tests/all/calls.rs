use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::{Failure, ObjectPath, Receipt, Target};
use serde_json::json;
use tokio::sync::mpsc;

use crate::support::{Booth, object};

#[tokio::test]
async fn a_put_carries_the_object_and_brings_back_its_receipt() {
    let booth = Booth::new();
    let target = booth.target(json!({"verb": "object"})).await;
    let blob = booth.blob("a b.jpg", b"picture");
    let previous = Receipt("old".into());
    let receipt = target.put(&booth.call(), &object("media/a b.jpg", &blob), Some(&previous), blob).await;
    assert_eq!(receipt.unwrap().0, r#"media/a b.jpg 7 image/jpeg Some("old")"#);
}

#[tokio::test]
async fn each_failure_arrives_as_what_the_plugin_meant() {
    let booth = Booth::new();
    let fail = async |failure: &str| {
        let settings = json!({"verb": "fail", "failure": failure, "text": "why", "milliseconds": 1500});
        booth.probe(settings).await.unwrap_err()
    };
    assert_eq!(fail("retry").await, Failure::Retry("why".into()));
    assert_eq!(fail("blocked").await, Failure::Blocked("why".into()));
    assert_eq!(fail("rejected").await, Failure::Rejected("why".into()));
    assert_eq!(fail("unsupported").await, Failure::Unsupported("why".into()));
    assert_eq!(fail("cancelled").await, Failure::Cancelled);
    let wait = Failure::Wait { pause: Duration::from_millis(1500), reason: "why".into() };
    assert_eq!(fail("wait").await, wait);
}

#[tokio::test]
async fn bytes_of_the_object_are_read_whole_and_hashed_once() {
    let booth = Booth::new();
    let content: Vec<u8> = (0..3_000_000u32).map(|n| n as u8).collect();
    let sum: u64 = content.iter().map(|byte| u64::from(*byte)).sum();
    let read = booth.put_bytes(json!({"verb": "read", "length": 4_000_000}), &content).await.unwrap();
    assert_eq!(read, format!("3000000 bytes, sum {sum}, 3 reads"));
    let empty = booth.put_bytes(json!({"verb": "read", "length": 10}), b"").await.unwrap();
    assert_eq!(empty, "0 bytes, sum 0, 0 reads");
    let hash = booth.put_bytes(json!({"verb": "sha256"}), b"abc").await.unwrap();
    assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let origin = booth.put(json!({"verb": "origin"})).await.unwrap();
    assert_eq!(origin, r#"Some(("media", "a b.jpg"))"#);
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_read_is_tried_again() {
    let booth = Booth::new();
    let target = booth.target(json!({"verb": "read", "length": 1000})).await;
    let blob = booth.blob("a.jpg", &[1; 5000]);
    std::fs::write(booth.path("media/a.jpg"), [1; 1500]).unwrap();
    let failure = target.put(&booth.call(), &object("media/a.jpg", &blob), None, blob).await.unwrap_err();
    assert!(matches!(&failure, Failure::Retry(text) if text.contains("shorter")), "{failure}");
}

#[tokio::test]
async fn state_is_swapped_only_from_the_value_that_was_expected() {
    let booth = Booth::new();
    let swap = async |expected: Option<&str>, value: &str| {
        booth
            .probe(json!({"verb": "state-swap", "name": "ticket", "expected": expected, "value": value}))
            .await
    };
    assert_eq!(swap(None, "one").await.unwrap(), "true");
    assert_eq!(swap(None, "two").await.unwrap(), "false");
    assert_eq!(swap(Some("one"), "two").await.unwrap(), "true");
    assert_eq!(booth.state.values()["ticket"], b"two");
    let get = booth.probe(json!({"verb": "state-get", "name": "absent"})).await.unwrap();
    assert_eq!(get, "None");
}

#[tokio::test]
async fn state_that_is_too_large_or_the_hosts_own_is_refused() {
    let booth = Booth::new();
    let large = json!({"verb": "state-swap", "name": "x", "size": 65 * 1024});
    assert!(matches!(booth.probe(large).await, Err(Failure::Rejected(_))));
    let reserved = json!({"verb": "state-swap", "name": "host/drive", "value": "mine"});
    assert!(matches!(booth.probe(reserved).await, Err(Failure::Rejected(_))));
    booth.state.values().insert("host/drive".into(), b"id".into());
    let read = booth.probe(json!({"verb": "state-get", "name": "host/drive"})).await.unwrap();
    assert_eq!(read, "None");
}

#[tokio::test]
async fn state_that_cannot_be_read_is_no_fault_of_the_plugin() {
    let booth = Booth::new();
    booth.state.broken.store(true, Ordering::SeqCst);
    let failure = booth.probe(json!({"verb": "state-get", "name": "x"})).await.unwrap_err();
    assert!(matches!(&failure, Failure::Retry(text) if text.contains("disk I/O error")), "{failure}");
}

#[tokio::test]
async fn a_secret_is_there_only_if_the_plugin_declared_it() {
    let booth = Booth::new();
    let get = async |name: &str| booth.put(json!({"verb": "secret", "name": name})).await.unwrap();
    assert_eq!(get("token").await, r#"Some("hunter2-hunter2")"#);
    assert_eq!(get("other").await, "None");
    assert_eq!(get("absent").await, "None");
}

#[tokio::test]
async fn a_scan_brings_everything_that_can_be_an_object() {
    let booth = Booth::new();
    let target = booth.target(json!({"entries": 2500, "portion": 1000})).await;
    let (into, mut found) = mpsc::channel(1);
    let call = booth.call();
    let (scanned, count) = tokio::join!(target.scan(&call, into), async {
        let mut count = 0;
        while let Some(portion) = found.recv().await {
            count += portion.len();
        }
        count
    });
    scanned.unwrap();
    assert_eq!(count, 2501, "the marker is hidden from folder targets only");
    let (into, _found) = mpsc::channel(1);
    let too_many = booth.target(json!({"entries": 2500, "portion": 2500})).await;
    assert!(matches!(too_many.scan(&call, into).await, Err(Failure::Rejected(_))));
}

#[tokio::test]
async fn a_scan_ends_when_nobody_listens_any_more() {
    let booth = Booth::new();
    let target = booth.target(json!({"entries": 1_000_000, "portion": 100})).await;
    let (into, found) = mpsc::channel(1);
    drop(found);
    assert_eq!(target.scan(&booth.call(), into).await, Err(Failure::Cancelled));
}

#[tokio::test]
async fn stat_and_link_are_asked_of_the_plugin() {
    let booth = Booth::new();
    let path = ObjectPath::new("media/a.jpg").unwrap();
    let target = booth.target(json!({})).await;
    let entry = target.stat(&booth.call(), &path, Some(&Receipt("r".into()))).await.unwrap().unwrap();
    assert_eq!(
        (entry.path.as_str(), entry.size_bytes, entry.receipt),
        ("media/a.jpg", Some(3), Some(Receipt("r".into())))
    );
    let link = target.public_link(&booth.call(), &path, None).await.unwrap().unwrap();
    assert_eq!(link.url, "https://a.example/media/a.jpg");
    let none = booth.target(json!({"verb": "no-link"})).await;
    assert!(none.public_link(&booth.call(), &path, None).await.unwrap().is_none());
    let bad = booth.target(json!({"verb": "bad-link"})).await;
    assert_eq!(bad.public_link(&booth.call(), &path, None).await.unwrap_err().kind(), "faulted");
    let absent = booth.target(json!({"verb": "absent"})).await;
    assert!(absent.stat(&booth.call(), &path, None).await.unwrap().is_none());
    target.delete(&booth.call(), &path, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_asks_learns_that_it_should_stop() {
    let booth = Booth::new();
    let target = booth.target(json!({"verb": "progress-until-told"})).await;
    let call = booth.call();
    let (result, ()) = tokio::join!(target.probe(&call), async {
        while call.progress.get().0 < 3 {
            tokio::task::yield_now().await;
        }
        booth.cancel.cancel();
    });
    assert_eq!(result, Err(Failure::Cancelled));
}

#[tokio::test]
async fn the_job_id_is_the_calls_own() {
    let booth = Booth::new();
    let target = booth.target(json!({"verb": "job"})).await;
    let call = booth.call();
    assert_eq!(target.probe(&call).await.unwrap().summary, call.id);
}
