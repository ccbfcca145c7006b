//! What takes all there is.

use engine::Failure;
use sandbox::LimitSettings;

use super::attack::Attack;

const CAP: u64 = 16 << 20;

fn capped(verb: &str) -> Attack {
    Attack::new(verb).under(LimitSettings { memory_bytes: Some(CAP), ..Default::default() })
}

#[tokio::test]
pub async fn grows_to_the_cap() {
    let bytes: u64 = capped("grows_to_the_cap").put().await.unwrap().parse().unwrap();
    assert!((CAP / 2..=CAP).contains(&bytes), "{bytes}");
}

#[tokio::test]
pub async fn allocates_without_end() {
    let text = capped("allocates_without_end").faulted().await;
    assert!(text.contains("more than 16 MiB of memory"), "{text}");
}

#[tokio::test]
pub async fn recurses_without_end() {
    let text = Attack::new("recurses_without_end").faulted().await;
    assert!(text.contains("crashed") || text.contains("panicked"), "{text}");
}

#[tokio::test]
pub async fn hands_over_three_gigabytes() {
    let text = Attack::new("hands_over_three_gigabytes").faulted().await;
    assert!(text.contains("broke a rule") || text.contains("crashed"), "{text}");
}

#[tokio::test]
pub async fn hands_over_twenty_megabytes() {
    let text = Attack::new("hands_over_twenty_megabytes").faulted().await;
    assert!(text.contains("broke a rule"), "{text}");
}

#[tokio::test]
pub async fn saves_a_gigabyte() {
    let attack = Attack::new("saves_a_gigabyte");
    let text = attack.faulted().await;
    assert!(text.contains("broke a rule") || text.contains("crashed"), "{text}");
    assert!(attack.booth.state.values().is_empty());
}

#[tokio::test]
pub async fn asks_for_a_terabyte_of_random_bytes() {
    let end = Attack::new("asks_for_a_terabyte_of_random_bytes").put().await;
    assert!(matches!(&end, Err(Failure::Faulted(text)) if text.contains("broke a rule")), "{end:?}");
}
