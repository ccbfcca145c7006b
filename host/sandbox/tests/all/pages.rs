use std::time::Duration;

use engine::{Call, Failure, PageGenerator, PageName, Share};
use sandbox::{LimitSettings, PackageError, PageSetup, PluginPage};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{guest, pack, sandbox};

fn manifest() -> Value {
    json!({"plugin": {"name": "page", "version": "1", "kind": "page"}})
}

async fn page(settings: Value) -> PluginPage {
    let plugin = sandbox().load(pack(&guest("page"), &manifest())).await.unwrap();
    let limits = LimitSettings { cpu: Some(Duration::from_millis(200)), ..Default::default() };
    plugin.page(PageSetup { name: PageName::new("sharepage").unwrap(), settings, limits }).unwrap()
}

async fn render(settings: Value) -> Result<String, Failure> {
    let share = Share { title: "Party".into(), locale: "de".into(), ..Default::default() };
    let files = page(settings).await.render(&Call::new(CancellationToken::new()), &share).await?;
    assert_eq!(files[0].path.as_str(), "index.html");
    Ok(String::from_utf8(files[0].content.clone()).unwrap())
}

#[tokio::test]
async fn a_page_is_rendered_from_a_share() {
    assert_eq!(render(json!({})).await.unwrap(), "Party [de] ");
}

#[tokio::test]
async fn a_page_generator_finds_an_empty_world_and_ends() {
    let look = render(json!({"verb": "look-around"})).await.unwrap();
    assert!(look.starts_with("env 0, root Err("), "{look}");
    assert_eq!(render(json!({"verb": "loop"})).await.unwrap_err().kind(), "faulted");
    let failure = render(json!({"verb": "no-index"})).await.unwrap_err();
    assert!(failure.to_string().contains("index.html"), "{failure}");
}

#[tokio::test]
async fn a_fingerprint_changes_with_the_settings() {
    let (one, same, other) =
        (page(json!({"a": 1})).await, page(json!({"a": 1})).await, page(json!({"a": 2})).await);
    assert_eq!(one.fingerprint(), same.fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
}

#[tokio::test]
async fn a_target_cannot_pose_as_a_page() {
    let refused = sandbox().load(pack(&guest("probe"), &manifest())).await.err().unwrap();
    assert!(matches!(refused, PackageError::Export { .. }), "{refused}");
}
