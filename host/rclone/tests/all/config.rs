//! A changed rclone.conf is noticed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Bench, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_changes_in_the_file_is_used_as_it_is_now() {
    let bench = Bench::new().await;
    for name in ["one", "two"] {
        std::fs::create_dir(bench.path(name)).unwrap();
        std::fs::write(bench.path(name).join(format!("{name}.jpg")), "x").unwrap();
    }
    let point_to = |name: &str| {
        let text = format!("[web]\ntype = alias\nremote = {}\n", bench.path(name).display());
        std::fs::write(bench.path("rclone.conf"), text).unwrap();
    };
    point_to("one");
    let rclone = bench.up().await;
    let names = async || {
        let answer =
            rclone.client().call("operations/list", &json!({"fs": "web:", "remote": ""})).await.unwrap();
        answer["list"].as_array().unwrap().iter().map(|entry| entry["Name"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(names().await, ["one.jpg"]);

    let mut changes = rclone.config_changes();
    // The vigil may not have taken its first look yet, so the change is made until it is seen.
    let told = async {
        let mut size = 0;
        loop {
            size += 1;
            point_to("two");
            std::fs::write(bench.path("rclone.conf"), {
                let text = std::fs::read_to_string(bench.path("rclone.conf")).unwrap();
                text + &"#\n".repeat(size)
            })
            .unwrap();
            if tokio::time::timeout(Duration::from_secs(5), changes.changed()).await.is_ok() {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("the change is noticed");
    assert_eq!(names().await, ["two.jpg"]);
    rclone.stop(PATIENCE).await;
}
