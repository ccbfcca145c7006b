//! From start to stop, with everything in between that goes wrong.

use std::time::Duration;

use rclone::{NotReady, RcError, State};
use serde_json::json;

use crate::support::{Bench, PATIENCE, is_alive, pid, signal, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn a_started_rclone_answers_calls() {
    let bench = Bench::new().await;
    let rclone = bench.up().await;
    let answer = rclone.client().call("rc/noop", &json!({"echo": "ü🎉"})).await.unwrap();
    assert_eq!(answer, json!({"echo": "ü🎉"}));
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_child_is_restarted_with_a_new_endpoint() {
    let bench = Bench::new().await;
    let rclone = bench.up().await;
    let (old, old_pid) = (rclone.endpoint().unwrap(), pid(&rclone));
    signal("KILL", old_pid);
    wait_for(&rclone, "a restart", |state| matches!(state, State::Up(running) if running.pid != old_pid))
        .await;
    let new = rclone.endpoint().unwrap();
    assert!(new.password != old.password && new.user != old.user);
    rclone.client().call("rc/noop", &json!({})).await.unwrap();
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_of_a_restart_is_told() {
    let bench = Bench::new().await;
    let rclone = bench.up().await;
    let mut changes = rclone.changes();
    signal("KILL", pid(&rclone));
    let state = changes.wait_for(|state| matches!(state, State::Restarting { .. })).await.unwrap().clone();
    let State::Restarting { reason, failures, .. } = state else { unreachable!() };
    assert!(reason.contains("signal: 9"), "{reason}");
    assert_eq!(failures, 1);
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_on_demand_resolves_when_the_new_child_answers() {
    let bench = Bench::new().await;
    let rclone = bench.up().await;
    let old = pid(&rclone);
    rclone.restart(PATIENCE).await;
    assert_ne!(pid(&rclone), old);
    assert!(!is_alive(old));
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_nothing_over() {
    let bench = Bench::new().await;
    let rclone = bench.up().await;
    let (child, addr) = (pid(&rclone), rclone.endpoint().unwrap().addr);
    rclone.stop(PATIENCE).await;
    assert!(!is_alive(child));
    assert_eq!((rclone.state(), rclone.endpoint()), (State::Stopped, None));
    std::net::TcpListener::bind(addr).expect("its port is free again");
    assert_eq!(std::fs::read_dir(bench.path("empty")).unwrap().count(), 0);
    let error = rclone.client().call("rc/noop", &json!({})).await.unwrap_err();
    assert!(matches!(error, RcError::NotRunning(_)));
    assert_eq!(rclone.ready(PATIENCE).await, Err(NotReady::Stopped));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_token_and_a_dropped_handle_end_the_child_too() {
    let bench = Bench::new().await;
    let cancel = tokio_util::sync::CancellationToken::new();
    let rclone = rclone::Rclone::start(bench.settings.clone(), cancel.clone());
    rclone.ready(PATIENCE).await.unwrap();
    let child = pid(&rclone);
    cancel.cancel();
    wait_for(&rclone, "a stop", |state| *state == State::Stopped).await;
    assert!(!is_alive(child));

    let rclone = bench.up().await;
    let child = pid(&rclone);
    drop(rclone);
    crate::support::wait_until("the end of the child", || !is_alive(child)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_does_not_listen_is_ended_after_its_grace() {
    let bench = Bench::new().await;
    let rclone = bench.up().await;
    let child = pid(&rclone);
    signal("STOP", child);
    rclone.stop(Duration::from_millis(200)).await;
    assert!(!is_alive(child));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_calls_are_told_apart() {
    let bench = Bench::new().await;
    let rclone = bench.up().await;
    let client = rclone.client();
    let error = client.call("no/such", &json!({})).await.unwrap_err();
    assert!(
        matches!(&error, RcError::NotFound { text, .. } if text.contains("couldn't find method")),
        "{error}"
    );
    let input = json!({"fs": "nosuch:", "remote": "a.jpg"});
    let error = client.call("operations/stat", &input).await.unwrap_err();
    assert!(
        matches!(&error, RcError::Failed { status: 500, text, .. } if text.contains("didn't find section")),
        "{error}"
    );
    let error = client.call("operations/stat", &json!({"fs": 7})).await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
    let everything = json!({"fs": "/", "remote": "usr", "opt": {"recurse": true}});
    let slow = client.call_within(Duration::from_millis(20), "operations/list", &everything);
    assert!(matches!(slow.await, Err(RcError::NotRunning(text)) if text.contains("no answer")));
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binary_that_vanished_is_waited_for() {
    let mut bench = Bench::new().await;
    let real = bench.settings.found.path.clone();
    bench.settings.found.path = bench.path("rclone");
    let rclone = bench.start();
    let state =
        wait_for(&rclone, "a failed start", |state| matches!(state, State::Restarting { failures: 2.., .. }))
            .await;
    assert!(state.note().unwrap().contains("could not be started"), "{state:?}");
    let error = rclone.ready(Duration::from_millis(10)).await.unwrap_err();
    assert!(matches!(error, NotReady::Timeout { .. }));
    std::os::unix::fs::symlink(real, bench.path("rclone")).unwrap();
    rclone.ready(PATIENCE).await.unwrap();
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rclone_said_at_a_failed_start_is_the_reason() {
    let mut bench = Bench::new().await;
    bench.settings.bandwidth_limit = "nonsense".into();
    let rclone = bench.start();
    let state = wait_for(&rclone, "a failed start", |state| matches!(state, State::Restarting { .. })).await;
    let reason = state.note().unwrap();
    assert!(reason.contains("exit status") && reason.contains("nonsense"), "{reason}");
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_much_rclone_writes_it_never_waits_for_a_reader() {
    let mut bench = Bench::new().await;
    // At this level it repeats what it is asked.
    bench.settings.log_level = "DEBUG".into();
    let rclone = bench.up().await;
    let (client, input) = (rclone.client(), json!({"echo": "x".repeat(16 << 10)}));
    // A pipe holds 64 KiB.
    for _ in 0..64 {
        client.call_within(PATIENCE, "rc/noop", &input).await.unwrap();
    }
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rclone_follows_the_bandwidth_limit_from_its_start() {
    let mut bench = Bench::new().await;
    bench.settings.bandwidth_limit = "00:00,3145728B:102400B 12:00,3145728B:102400B".into();
    let rclone = bench.up().await;
    let limit = rclone.client().call("core/bwlimit", &json!({})).await.unwrap();
    assert_eq!(
        (&limit["bytesPerSecondTx"], &limit["bytesPerSecondRx"]),
        (&json!(3_145_728), &json!(102_400))
    );
    rclone.stop(PATIENCE).await;
}
