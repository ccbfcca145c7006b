//! rclone never outlives its host, however the host ends.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Bench, is_alive, pid, signal, wait_until};

#[tokio::test(flavor = "multi_thread")]
async fn when_the_host_is_killed_its_child_dies() {
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "death::host", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(host.stdout.take().unwrap()).lines().map_while(Result::ok);
    let child =
        lines.find_map(|line| line.strip_prefix("child ")?.parse().ok()).expect("the host names its child");
    assert!(is_alive(child));
    signal("KILL", host.id());
    host.wait().unwrap();
    wait_until("the end of the child", || !is_alive(child)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that `when_the_host_is_killed_its_child_dies` kills"]
async fn host() {
    let bench = Bench::new().await;
    let rclone = bench.up().await;
    println!("\nchild {}", pid(&rclone));
    tokio::time::sleep(crate::support::PATIENCE).await;
}

#[test]
fn a_child_outlives_the_thread_that_asked_for_it_but_not_the_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (bench, rclone) = runtime.block_on(async {
        let bench = Bench::new().await;
        let settings = bench.settings.clone();
        let on_a_short_lived_thread = move || {
            tokio::runtime::Handle::current().block_on(async {
                rclone::Rclone::start(settings, tokio_util::sync::CancellationToken::new())
            })
        };
        let rclone = tokio::task::spawn_blocking(on_a_short_lived_thread).await.unwrap();
        rclone.ready(crate::support::PATIENCE).await.unwrap();
        (bench, rclone)
    });
    let child = pid(&rclone);
    assert!(is_alive(child));
    drop(runtime);
    let rest = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    rest.block_on(wait_until("the end of the child", || !is_alive(child)));
    drop(bench);
}
