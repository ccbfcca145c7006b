//! What never comes to an end by itself.

use std::time::Duration;

use engine::Failure;
use sandbox::LimitSettings;

use super::attack::Attack;

async fn runs_out_of_processor_time(verb: &str) {
    let text = Attack::new(verb).with_cpu(200).faulted().await;
    assert!(text.contains("0.2 s of processor time"), "{text}");
}

#[tokio::test]
pub async fn spins_for_ever() {
    runs_out_of_processor_time("spins_for_ever").await;
    let end = Attack::new("spins_for_ever").with_cpu(200).probe().await;
    assert!(matches!(&end, Err(Failure::Faulted(text)) if text.contains("processor time")), "{end:?}");
}

#[tokio::test]
pub async fn spins_while_it_starts() {
    runs_out_of_processor_time("spins_while_it_starts").await;
}

#[tokio::test]
pub async fn spins_while_it_is_handed_something() {
    runs_out_of_processor_time("spins_while_it_is_handed_something").await;
}

#[tokio::test]
pub async fn spins_through_the_host() {
    runs_out_of_processor_time("spins_through_the_host").await;
}

#[tokio::test]
pub async fn sleeps_for_an_hour() {
    let attack = Attack::new("sleeps_for_an_hour").with_patience(200);
    let probe = attack.probe().await.unwrap_err();
    assert_eq!(probe, Failure::Retry("no answer within 0.2 s".into()));
    let put = attack.put().await.unwrap_err();
    assert_eq!(put, Failure::Retry("no byte was moved for 0.2 s".into()));
}

#[tokio::test]
pub async fn reads_nothing_a_million_times() {
    runs_out_of_processor_time("reads_nothing_a_million_times").await;
    let end = Attack::new("reads_nothing_a_million_times").with_patience(200).put().await;
    assert_eq!(end, Err(Failure::Retry("no byte was moved for 0.2 s".into())));
}

#[tokio::test]
pub async fn reads_the_same_byte_for_ever() {
    let brief = Some(Duration::from_millis(300));
    let limits = LimitSettings { cpu: brief, ..Default::default() };
    let text = Attack::new("reads_the_same_byte_for_ever").under(limits).faulted().await;
    assert!(text.contains("processor time"), "{text}");
}
