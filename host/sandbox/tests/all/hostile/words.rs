//! What says too much.

use engine::Failure;

use super::attack::Attack;
use crate::support::LogLines;

/// Lines of the hostile plugin's.
fn lines() -> Vec<String> {
    let all = LogLines::of_the_process().all().into_iter().map(|(_, line)| line);
    all.filter(|line| line.contains("hostile")).collect()
}

/// A burst for each of two targets, and what comes to it while they run.
async fn is_held_back(verb: &str) {
    assert_eq!(Attack::new(verb).put().await.unwrap(), "done");
    let lines = lines();
    assert!(lines.len() < 4_000, "{}", lines.len());
    assert!(lines.iter().all(|line| line.len() < 5_000));
}

#[tokio::test]
pub async fn floods_the_log() {
    is_held_back("floods_the_log").await;
}

#[tokio::test]
pub async fn floods_standard_error() {
    is_held_back("floods_standard_error").await;
}

#[tokio::test]
pub async fn writes_a_line_of_a_megabyte() {
    is_held_back("writes_a_line_of_a_megabyte").await;
    assert!(lines().iter().any(|line| line.contains("zzzz")));
}

#[tokio::test]
pub async fn writes_escape_sequences() {
    is_held_back("writes_escape_sequences").await;
    let lines = lines();
    assert!(lines.iter().any(|line| line.contains(r"up\u{1b}[2Jload\nERROR boothsync")), "{lines:?}");
    assert!(!lines.concat().chars().any(|c| c.is_control() || c == '\u{202e}'));
}

#[tokio::test]
pub async fn prints_its_secret() {
    assert_eq!(Attack::new("prints_its_secret").put().await.unwrap(), "done");
    assert!(lines().iter().any(|line| line.contains("a=1&token=***&b=2")), "{:?}", lines());
}

#[tokio::test]
pub async fn panics_with_a_megabyte() {
    let text = Attack::new("panics_with_a_megabyte").faulted().await;
    assert!(text.contains("the plugin panicked") && text.len() < 3_000, "{text}");
}

#[tokio::test]
pub async fn fails_with_its_secret() {
    let end = Attack::new("fails_with_its_secret").put().await;
    assert_eq!(end, Err(Failure::Retry(r"could not log in as ***\u{1b}[2J".into())));
}
