use arbitrary::Unstructured;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::manifest::Manifest;
use crate::package::Package;

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const SECTION: &str = "boothsync:plugin";

fn manifest() -> Value {
    json!({
        "plugin": {"name": "acme", "version": "1.0.0", "kind": "target", "title": "Acme"},
        "permissions": {
            "http": {"allow": ["https://a.example"], "settings": ["/url"], "reason": "to upload"},
            "folder": {"path": "/path"},
            "rclone": {"methods": ["operations/copyfile"], "remote": "/remote", "subdir": "/subdir"},
        },
        "secrets": {"token": {"title": "Token"}},
        "settings": {"type": "object"},
        "limits": {"memory": "64MiB"},
    })
}

/// A custom section at the outermost level.
fn section(name: &str, content: &[u8]) -> Vec<u8> {
    wrapped(0, &[&[name.len() as u8], name.as_bytes(), content].concat())
}

fn wrapped(id: u8, body: &[u8]) -> Vec<u8> {
    let mut section = vec![id];
    let mut size = body.len();
    while size > 0x7f {
        section.push(size as u8 | 0x80);
        size >>= 7;
    }
    section.push(size as u8);
    section.extend(body);
    section
}

/// A component with some of everything that the reader goes through.
fn component() -> Vec<u8> {
    let text = r#"(component
        (import "boothsync:plugin/types@0.1.0" (instance $types (export "f" (func (param "x" (list string))))))
        (import "wasi:io/streams@0.2.12" (instance))
        (core module $inner (memory 1) (table 1 funcref) (func (export "f")) (data (i32.const 0) "data"))
        (core instance $instance (instantiate $inner))
        (component $nested (core module (func)) (type (func (param "y" u32))))
        (type $record (record (field "a" string) (field "b" (option u64))))
        (func $lifted (canon lift (core func $instance "f")))
        (instance $exported (export "probe" (func $lifted)))
        (export "boothsync:plugin/target@0.1.0" (instance $exported)))"#;
    wat::parse_str(text).unwrap()
}

/// What a vandal does to a file.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        1 => index().prop_map(Damage::Cut),
        2 => (index(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (index(), index()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ]
}

fn damaged(mut file: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages.iter().filter(|_| !file.is_empty()).cloned().collect::<Vec<_>>() {
        if file.is_empty() {
            break;
        }
        match damage {
            Damage::Flip(at, byte) => {
                let at = at.index(file.len());
                file[at] ^= byte;
            }
            Damage::Cut(at) => file.truncate(at.index(file.len())),
            Damage::Insert(at, bytes) => {
                let at = at.index(file.len());
                file.splice(at..at, bytes);
            }
            Damage::Repeat(from, to) => {
                let (from, to) = (from.index(file.len()), to.index(file.len()));
                let part = file[from.min(to)..from.max(to)].to_vec();
                file.extend(part);
            }
        }
    }
    file
}

fn json_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        select(vec![
            "acme",
            "target",
            "page",
            "/url",
            "64MiB",
            "1",
            "",
            "https://*.a.example",
            "operations/copyfile"
        ])
        .prop_map(str::to_owned),
        ".{0,12}",
    ];
    let leaf = prop_oneof![
        4 => text.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let entries = prop::collection::vec((key(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            entries.prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let known = select(vec![
        "plugin",
        "permissions",
        "secrets",
        "settings",
        "limits",
        "name",
        "version",
        "kind",
        "http",
        "folder",
        "rclone",
        "allow",
        "methods",
        "remote",
        "subdir",
        "path",
        "memory",
        "title",
        "reason",
        "type",
        "properties",
        "$ref",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => ".{0,8}"]
}

/// Reads it in both ways: neither may panic, and what one lets through the other may not find unreadable.
fn read(bytes: &[u8]) -> Result<(), TestCaseError> {
    let (read, examined) = (Package::read(bytes), Package::examine(bytes));
    prop_assert!(examined.is_err() || read.is_ok());
    for error in [read.err(), examined.err()].into_iter().flatten() {
        let text = error.to_string();
        prop_assert!(text.len() < 4_096, "{} bytes", text.len());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read(&bytes)?;
        read(&[COMPONENT, &bytes].concat())?;
    }

    #[test]
    fn any_content_of_the_manifests_section_is_read(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read(&[COMPONENT, &section(SECTION, &bytes)].concat())?;
    }

    #[test]
    fn a_damaged_package_is_read(damages in prop::collection::vec(damage(), 1..6)) {
        let whole = [component(), section(SECTION, manifest().to_string().as_bytes())];
        read(&damaged(whole.concat(), &damages))?;
    }

    #[test]
    fn any_component_is_examined(seed in prop::collection::vec(any::<u8>(), 1_000..8_000)) {
        let component = wasm_smith::Component::new(Default::default(), &mut Unstructured::new(&seed));
        let Ok(component) = component else { return Ok(()) };
        read(&[component.to_bytes(), section(SECTION, manifest().to_string().as_bytes())].concat())?;
    }

    #[test]
    fn a_component_around_any_module_is_examined(seed in prop::collection::vec(any::<u8>(), 1_000..8_000)) {
        let module = wasm_smith::Module::new(Default::default(), &mut Unstructured::new(&seed));
        let Ok(module) = module else { return Ok(()) };
        let module = wrapped(1, &module.to_bytes());
        read(&[component(), module, section(SECTION, manifest().to_string().as_bytes())].concat())?;
    }

    #[test]
    fn a_manifest_that_is_understood_can_be_written_and_understood_again(
        changes in prop::collection::vec((key(), json_value()), 0..3),
        into in select(vec!["", "/plugin", "/permissions", "/permissions/http", "/permissions/rclone", "/limits"]),
    ) {
        let mut document = manifest();
        document.pointer_mut(into).and_then(Value::as_object_mut).unwrap().extend(changes);
        let Ok(manifest) = Manifest::parse(document.to_string().as_bytes()) else { return Ok(()) };
        let again = Manifest::parse(&serde_json::to_vec(&manifest).unwrap());
        prop_assert_eq!(again, Ok(manifest));
    }

    #[test]
    fn any_json_is_understood_or_refused(document in json_value()) {
        let _ = Manifest::parse(document.to_string().as_bytes());
    }
}

#[test]
fn an_undamaged_package_has_its_manifest() {
    let whole = [component(), section(SECTION, manifest().to_string().as_bytes())].concat();
    assert_eq!(Package::read(&whole).unwrap().manifest.plugin.name, "acme");
    // It exports one function only, which is found only after its manifest was understood.
    Package::examine(&whole).unwrap_err();
}
