//! What names things that were not given to it.

use engine::Failure;

use super::attack::Attack;
use crate::support::WebServer;

async fn breaks_a_rule(attack: &Attack) {
    let text = attack.faulted().await;
    assert!(text.contains("broke a rule") || text.contains("crashed"), "{text}");
}

#[tokio::test]
pub async fn forges_handles() {
    for first in [0, 1, 2, 60, 1 << 20, u64::from(u32::MAX) - 100] {
        breaks_a_rule(&Attack::new("forges_handles").with("first", first)).await;
    }
}

#[tokio::test]
pub async fn uses_a_blob_as_a_response() {
    breaks_a_rule(&Attack::new("uses_a_blob_as_a_response")).await;
}

#[tokio::test]
pub async fn uses_a_dropped_blob() {
    breaks_a_rule(&Attack::new("uses_a_dropped_blob")).await;
}

#[tokio::test]
pub async fn uses_the_blob_of_an_earlier_call() {
    let attack = Attack::new("uses_the_blob_of_an_earlier_call");
    assert_eq!(attack.put().await.unwrap(), "kept");
    assert!(matches!(attack.probe().await, Err(Failure::Faulted(_))));
}

#[tokio::test]
pub async fn calls_the_host_from_within_its_call() {
    breaks_a_rule(&Attack::new("calls_the_host_from_within_its_call")).await;
}

#[tokio::test]
pub async fn keeps_every_response() {
    let server = WebServer::start();
    let kept = Attack::on("keeps_every_response", &server, "/").put().await;
    assert_eq!(kept.unwrap(), "32: at most 32 responses can be open at a time");
}
