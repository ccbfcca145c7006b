//! What answers as no target does.

use engine::Failure;
use sandbox::LimitSettings;

use super::attack::Attack;

fn few_entries(verb: &str) -> Attack {
    Attack::new(verb).under(LimitSettings { scan_entries: Some(10_000), ..Default::default() })
}

async fn finds_too_much(attack: &Attack, says: &str) -> usize {
    let (end, found) = attack.scan().await;
    assert!(matches!(&end, Err(Failure::Rejected(text)) if text.contains(says)), "{end:?}");
    found.len()
}

#[tokio::test]
pub async fn returns_a_receipt_of_ten_megabytes() {
    let text = Attack::new("returns_a_receipt_of_ten_megabytes").faulted().await;
    assert!(text.contains("10485760 bytes"), "{text}");
}

#[tokio::test]
pub async fn finds_a_million_objects() {
    let found = finds_too_much(&few_entries("finds_a_million_objects"), "more than 10000 objects").await;
    assert_eq!(found, 10_000);
}

#[tokio::test]
pub async fn finds_the_same_portion_for_ever() {
    finds_too_much(&few_entries("finds_the_same_portion_for_ever"), "more than 10000 objects").await;
}

#[tokio::test]
pub async fn finds_objects_with_endless_facts() {
    let found = finds_too_much(&Attack::new("finds_objects_with_endless_facts"), "longer than 128 MiB").await;
    assert!(found < 3_000, "{found}");
}

#[tokio::test]
pub async fn finds_names_that_lead_elsewhere() {
    let (end, found) = Attack::new("finds_names_that_lead_elsewhere").scan().await;
    end.unwrap();
    let names: Vec<_> = found.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(names, ["\u{202e}gpj.exe"]);
}

#[tokio::test]
pub async fn answers_in_broken_text() {
    let text = Attack::new("answers_in_broken_text").faulted().await;
    assert!(text.contains("broke a rule"), "{text}");
}

#[tokio::test]
pub async fn answers_with_escape_sequences() {
    let report = Attack::new("answers_with_escape_sequences").probe().await.unwrap();
    assert!(report.summary.contains("all is well") && report.facts.len() == 2, "{report:?}");
    let facts = report.facts.iter().flat_map(|(name, value)| [name, value]);
    for text in facts.chain([&report.summary]) {
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
}

#[tokio::test]
pub async fn keeps_the_hosts_own_values() {
    let attack = Attack::new("keeps_the_hosts_own_values");
    attack.booth.state.values().insert("host/drive".into(), b"id".into());
    let said = attack.put().await.unwrap();
    assert_eq!(said, "read false, names that begin with `host/` are the host's own");
    assert_eq!(attack.booth.state.values()["host/drive"], b"id");
}
