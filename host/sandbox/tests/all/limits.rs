use std::time::{Duration, Instant};

use engine::{Failure, Target};
use sandbox::LimitSettings;
use serde_json::json;

use crate::support::Booth;

#[tokio::test]
async fn a_call_that_does_not_stop_when_told_is_dropped() {
    let booth = Booth::with_guest("hostile", json!({"http": {}}));
    let target = booth.target(json!({"verb": "sleeps_for_an_hour"})).await;
    booth.cancel.cancel();
    let start = Instant::now();
    assert_eq!(target.probe(&booth.call()).await, Err(Failure::Cancelled));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_call_ends_its_guest() {
    let mut booth = Booth::new();
    booth.limits = LimitSettings { cpu: Some(Duration::from_secs(3600)), ..Default::default() };
    let target = booth.target(json!({"verb": "progress-until-told"})).await;
    let call = booth.call();
    tokio::select! {
        end = target.probe(&call) => panic!("{end:?}"),
        () = async {
            while call.progress.get().0 < 3 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    // Once it is gone nothing counts any more: the same number for as long as many steps would take.
    let until = Instant::now() + Duration::from_secs(10);
    let (mut last, mut since) = (call.progress.get(), Instant::now());
    while since.elapsed() < Duration::from_millis(300) {
        assert!(Instant::now() < until, "the guest is still alive");
        tokio::task::yield_now().await;
        if call.progress.get() != last {
            (last, since) = (call.progress.get(), Instant::now());
        }
    }
}
