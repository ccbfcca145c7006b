use engine::Failure;
use serde_json::json;
use tracing::Level;

use crate::support::{Booth, LogLines};

#[tokio::test]
async fn lines_arrive_with_who_said_them_and_nothing_steers_the_terminal() {
    let booth = Booth::new();
    let (lines, _guard) = LogLines::collect();
    booth.probe(json!({"verb": "log", "text": "up\u{1b}[2Jload\nnext"})).await.unwrap();
    booth.probe(json!({"verb": "print", "text": "hello"})).await.unwrap();
    let text = lines.text();
    assert!(text.contains("probe: up\\u{1b}[2Jload\\nnext"), "{text}");
    assert!(text.contains(r#"plugin.name="probe""#) && text.contains(r#"target.name="webspace""#), "{text}");
    let hello: Vec<_> =
        lines.all().into_iter().filter(|(_, line)| line.contains("hello")).map(|(level, _)| level).collect();
    assert_eq!(hello, [Level::INFO, Level::WARN]);
}

#[tokio::test]
async fn a_secret_reaches_neither_log_nor_failure() {
    let booth = Booth::new();
    let (lines, _guard) = LogLines::collect();
    let failure = booth.probe(json!({"verb": "secret-in-failure"})).await.unwrap_err();
    assert_eq!(failure, Failure::Retry("login with *** failed".into()));
    booth.probe(json!({"verb": "print", "text": "hunter2-hunter2 and aHVudGVyMi1odW50ZXIy"})).await.unwrap();
    let text = lines.text();
    assert!(text.contains("*** and ***"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}
