//! Components that no compiler makes: what bounds a plugin bounds all of its parts together.

use std::sync::Arc;

use engine::{Failure, Target, TargetName};
use sandbox::{LimitSettings, PackageError, Roots, TargetSetup};
use serde_json::json;
use wasmparser::{Parser, Payload};

use crate::support::{Booth, guest, leb128, pack, sandbox};

/// The smallest target with these modules, each as text, in it and started.
fn with_parts(parts: &[String]) -> Arc<[u8]> {
    let mut component = guest("minimal");
    let first = modules(&component);
    for (number, module) in parts.iter().enumerate() {
        component.extend(section(1, &wat::parse_str(module).unwrap()));
        // One instance, of this module, which imports nothing.
        component.extend(section(2, &[1, 0, first + number as u8, 0]));
    }
    pack(&component, &json!({"plugin": {"name": "parts", "version": "1", "kind": "target"}}))
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb128(content.len()), content].concat()
}

/// How many core modules the component itself has.
fn modules(component: &[u8]) -> u8 {
    let (mut depth, mut count) = (0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } => {
                count += u8::from(depth == 0);
                depth += 1;
            }
            Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    count
}

fn memory(mebibytes: u64) -> String {
    format!("(module (memory {}))", mebibytes * 16)
}

async fn refused(parts: &[String]) -> String {
    match sandbox().load(with_parts(parts)).await {
        Err(PackageError::Start(text)) => text,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken"),
    }
}

#[tokio::test]
async fn ten_memories_share_one_cap() {
    let plugin = sandbox().load(with_parts(&vec![memory(1); 10])).await.unwrap();
    let booth = Booth::new();
    let probe = async |memory_bytes: u64| {
        let target = plugin.target(TargetSetup {
            name: TargetName::new("webspace").unwrap(),
            settings: json!({}),
            secrets: Default::default(),
            state: booth.state.clone(),
            rc: None,
            roots: Roots { media: booth.path("media"), pages: booth.path("pages") },
            limits: LimitSettings { memory_bytes: Some(memory_bytes), ..Default::default() },
        });
        target.unwrap().probe(&booth.call()).await
    };
    assert_eq!(probe(16 << 20).await.unwrap().summary, "here");
    let end = probe(8 << 20).await;
    assert!(matches!(&end, Err(Failure::Faulted(text)) if text.contains("more than 8 MiB")), "{end:?}");
    let text = refused(&vec![memory(8); 10]).await;
    assert!(text.contains("more than 64 MiB of memory"), "{text}");
}

#[tokio::test]
async fn more_memories_than_any_compiler_makes_are_refused() {
    let text = refused(&vec![memory(0); 20]).await;
    assert!(text.contains("broke a rule"), "{text}");
}

#[tokio::test]
async fn more_instances_than_any_compiler_makes_are_refused() {
    let text = refused(&vec!["(module)".into(); 100]).await;
    assert!(text.contains("broke a rule"), "{text}");
}

/// Grows it until it is told no, and breaks down if it has more than it may then.
#[tokio::test]
async fn a_table_grows_to_its_cap_and_no_further() {
    let grow = |too_many: u32| {
        format!(
            "(module (table 0 funcref) (func $start
                (loop (br_if 0 (i32.ne (table.grow 0 (ref.null func) (i32.const 1000)) (i32.const -1))))
                (if (i32.gt_u (table.size 0) (i32.const {too_many})) (then unreachable)))
             (start $start))"
        )
    };
    sandbox().load(with_parts(&[grow(100_000)])).await.unwrap();
    // It would have noticed.
    let text = refused(&[grow(50_000)]).await;
    assert!(text.contains("panicked"), "{text}");
    let text = refused(&["(module (table 200000 funcref))".into()]).await;
    assert!(text.contains("broke a rule"), "{text}");
}

#[tokio::test]
async fn a_plugin_that_never_ends_starting_is_refused() {
    let text = refused(&["(module (func $start (loop (br 0))) (start $start))".into()]).await;
    assert!(text.contains("5 s of processor time"), "{text}");
}
