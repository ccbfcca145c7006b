use std::time::{Duration, Instant};

use engine::{Failure, Target};
use sandbox::LimitSettings;
use serde_json::{Value, json};

use crate::support::Booth;

async fn faulted(booth: &Booth, settings: Value) -> String {
    match booth.put(settings).await {
        Err(Failure::Faulted(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn booth(limits: LimitSettings) -> Booth {
    let mut booth = Booth::new();
    booth.limits = limits;
    booth
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_processor_time() {
    let booth = booth(LimitSettings { cpu: Some(Duration::from_millis(200)), ..Default::default() });
    let start = Instant::now();
    let text = faulted(&booth, json!({"verb": "bad-loop"})).await;
    assert!(text.contains("0.2 s of processor time"), "{text}");
    assert!(start.elapsed() < Duration::from_secs(20));
    let text = faulted(&booth, json!({"verb": "bad-busy-progress"})).await;
    assert!(text.contains("processor time"), "{text}");
}

#[tokio::test]
async fn an_endless_loop_does_not_keep_others_waiting() {
    let busy = booth(LimitSettings { cpu: Some(Duration::from_secs(60)), ..Default::default() });
    let looping = busy.target(json!({"verb": "bad-loop"})).await;
    let other = Booth::new();
    let call = busy.call();
    tokio::select! {
        end = looping.probe(&call) => panic!("{end:?}"),
        answer = other.probe(json!({})) => assert_eq!(answer.unwrap(), "ok"),
    }
}

#[tokio::test]
async fn a_call_that_sleeps_is_over_in_time() {
    let limits = LimitSettings {
        call: Some(Duration::from_millis(200)),
        stall: Some(Duration::from_millis(200)),
        ..Default::default()
    };
    let booth = booth(limits);
    let sleep = json!({"verb": "bad-sleep", "seconds": 3600});
    let probe = booth.probe(sleep.clone()).await.unwrap_err();
    assert!(matches!(&probe, Failure::Retry(text) if text == "no answer within 0.2 s"), "{probe}");
    let put = booth.put(sleep).await.unwrap_err();
    assert!(matches!(&put, Failure::Retry(text) if text == "no byte was moved for 0.2 s"), "{put}");
}

#[tokio::test]
async fn a_call_that_does_not_stop_when_told_is_dropped() {
    let booth = Booth::new();
    let target = booth.target(json!({"verb": "bad-sleep", "seconds": 3600})).await;
    booth.cancel.cancel();
    let start = Instant::now();
    assert_eq!(target.probe(&booth.call()).await, Err(Failure::Cancelled));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn reading_the_same_byte_for_ever_is_not_progress() {
    let limits = LimitSettings { cpu: Some(Duration::from_millis(300)), ..Default::default() };
    let text = faulted(&booth(limits), json!({"verb": "bad-reread"})).await;
    assert!(text.contains("processor time"), "{text}");
}

#[tokio::test]
async fn memory_ends_at_its_cap_and_the_operator_reads_which() {
    let booth = booth(LimitSettings { memory_bytes: Some(16 << 20), ..Default::default() });
    let text = faulted(&booth, json!({"verb": "bad-allocate"})).await;
    assert!(text.contains("more than 16 MiB of memory"), "{text}");
    assert_eq!(booth.put(json!({})).await.unwrap(), "ok");
}

#[tokio::test]
async fn a_panic_is_contained_and_its_last_words_are_kept() {
    let booth = Booth::new();
    let text = faulted(&booth, json!({"verb": "bad-panic"})).await;
    assert!(text.contains("the plugin panicked") && text.contains("at the disco"), "{text}");
    let text = faulted(&booth, json!({"verb": "bad-panic", "size": 1_000_000})).await;
    assert!(text.len() < 3000, "{}", text.len());
    let text = faulted(&booth, json!({"verb": "bad-recursion"})).await;
    assert!(text.contains("crashed") || text.contains("panicked"), "{text}");
    let text = faulted(&booth, json!({"verb": "bad-exit"})).await;
    assert!(text.contains("ended itself"), "{text}");
    assert_eq!(booth.put(json!({})).await.unwrap(), "ok");
}

#[tokio::test]
async fn results_and_arguments_are_bounded() {
    let booth = Booth::new();
    let text = faulted(&booth, json!({"verb": "bad-receipt", "size": 1025})).await;
    assert!(text.contains("1025 bytes"), "{text}");
    let text = faulted(&booth, json!({"verb": "bad-receipt", "size": 20_000_000})).await;
    assert!(text.contains("broke a rule"), "{text}");
    let text = faulted(&booth, json!({"verb": "bad-long-line", "size": 20_000_000})).await;
    assert!(text.contains("broke a rule"), "{text}");
}

#[tokio::test]
async fn a_guest_finds_an_empty_world() {
    let look = Booth::new().probe(json!({"verb": "bad-environment"})).await.unwrap();
    assert_eq!(look, "vars 0, args 0, /etc/passwd nothing, / nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_call_ends_its_guest() {
    let booth = booth(LimitSettings { cpu: Some(Duration::from_secs(3600)), ..Default::default() });
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
