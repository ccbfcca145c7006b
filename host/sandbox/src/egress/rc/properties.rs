//! What must hold for any input of an rc call: it reaches no other remote, method or file system.

use engine::{MediaKey, Origin, Root};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::firewall::{Admitted, Scope, admit};

const TARGET: &str = "ftp:photos";
const MEDIA: &str = "/srv/media";
const PAGES: &str = "/srv/pages";
const GROUP: &str = "c0ffee";
const OWN: &str = "a/b c.jpg";
const METHODS: &[&str] = &[
    "operations/copyfile",
    "operations/movefile",
    "operations/deletefile",
    "operations/mkdir",
    "operations/rmdir",
    "operations/stat",
    "operations/list",
    "operations/publiclink",
    "operations/about",
    "operations/fsinfo",
    "operations/hashsumfile",
    "core/version",
    "rc/noop",
];
/// Asked for in the manifest as well, and never to be had.
const NEVER: &[&str] = &["core/command", "config/dump", "operations/purge", "sync/sync", "job/batch"];

fn try_admit(method: &str, body: &[u8]) -> Result<Admitted, String> {
    let methods: Vec<String> = METHODS.iter().chain(NEVER).map(|name| (*name).to_owned()).collect();
    let origin = Origin { root: Root::Media, path: MediaKey::new(OWN).unwrap() };
    let scope = Scope {
        methods: &methods,
        target: TARGET,
        media: MEDIA,
        pages: PAGES,
        group: GROUP,
        origin: Some(&origin),
    };
    admit(&scope, method, body)
}

/// Judges what would be sent, without any of the code that let it through.
fn is_harmless(admitted: &Admitted) -> Result<(), TestCaseError> {
    let (name, input) = (admitted.method.name, admitted.input.as_object().unwrap());
    prop_assert!(METHODS.contains(&name), "{name}");
    for (key, value) in input {
        let text = value.as_str();
        match key.as_str() {
            "fs" | "dstFs" => prop_assert_eq!(text, Some(TARGET)),
            "srcFs" if name == "operations/copyfile" => {
                prop_assert!([Some(TARGET), Some(MEDIA), Some(PAGES)].contains(&text), "{value}");
            }
            "srcFs" => prop_assert_eq!(text, Some(TARGET)),
            "remote" | "srcRemote" | "dstRemote" => prop_assert!(stays_below(text), "{key} {value}"),
            "_group" => prop_assert_eq!(text, Some(GROUP)),
            "_config" => {
                let known = ["IgnoreTimes", "LowLevelRetries", "ConnectTimeout", "Timeout", "NoCheckDest"];
                prop_assert!(value.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())));
            }
            "opt" => {
                prop_assert!(value.as_object().unwrap().values().all(|v| v.is_boolean() || v.is_array()))
            }
            "expire" | "hashType" => prop_assert!(text.is_some_and(|text| text.len() <= 64)),
            "unlink" | "base64" | "download" => prop_assert!(value.is_boolean()),
            other => prop_assert!(false, "{other} got through"),
        }
    }
    let local = [json!(MEDIA), json!(PAGES)];
    if input.get("srcFs").is_some_and(|fs| local.contains(fs)) {
        prop_assert_eq!(&input["srcFs"], MEDIA);
        prop_assert_eq!(&input["srcRemote"], OWN);
    }
    Ok(())
}

fn stays_below(path: Option<&str>) -> bool {
    path.is_some_and(|path| {
        !path.starts_with('/')
            && !path.split('/').any(|part| part == "..")
            && !path.contains(['\0', '\n', '\r'])
    })
}

fn text() -> impl Strategy<Value = String> {
    let known = select(vec![
        "@target",
        "@media",
        "@pages",
        "@target/..",
        "@TARGET",
        "@target,x=y:",
        ":local:/etc",
        "/",
        "/etc/passwd",
        "other:",
        "ftp:",
        TARGET,
        MEDIA,
        OWN,
        "../x",
        "a/../../b",
        "a//b",
        "a/b c.jpg\0",
        "a\r\nb",
        "",
        ".",
        "c0ffee",
        "30s",
        "-1s",
        "0",
        "9999h",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,20}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let nested = leaf.clone().prop_recursive(3, 12, 4, |inner| {
        let entries = prop::collection::vec((key(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            entries.prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    prop_oneof![3 => leaf, 1 => nested]
}

/// Mostly those that decide what is reached.
fn key() -> impl Strategy<Value = String> {
    let deciding = select(vec!["srcFs", "srcRemote", "dstFs", "dstRemote", "fs", "remote"]);
    let other = select(vec![
        "_group",
        "_config",
        "_filter",
        "_async",
        "_path",
        "opt",
        "expire",
        "unlink",
        "hashType",
        "srcfs",
        "dstFs ",
        "command",
        "IgnoreTimes",
        "Timeout",
        "BackupDir",
        "recurse",
        "hashTypes",
        "LowLevelRetries",
    ]);
    prop_oneof![
        12 => deciding.prop_map(str::to_owned),
        4 => other.prop_map(str::to_owned),
        1 => ".{0,8}",
    ]
}

/// A call that would be let through as it is.
fn good(method: &str) -> Map<String, Value> {
    let input = match method {
        "operations/copyfile" => {
            json!({"srcFs": "@media", "srcRemote": OWN, "dstFs": "@target", "dstRemote": "media/x.jpg"})
        }
        "operations/movefile" => {
            json!({"srcFs": "@target", "srcRemote": "a", "dstFs": "@target", "dstRemote": "b"})
        }
        "operations/about" | "operations/fsinfo" => json!({"fs": "@target"}),
        "core/version" | "rc/noop" => json!({}),
        _ => json!({"fs": "@target", "remote": "media/x.jpg"}),
    };
    input.as_object().unwrap().clone()
}

fn any_method() -> impl Strategy<Value = String> {
    let known = select(METHODS.iter().chain(NEVER).copied().collect::<Vec<_>>());
    prop_oneof![
        4 => Just("operations/copyfile".to_owned()),
        8 => known.prop_map(str::to_owned),
        1 => ".{0,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_gets_through_is_harmless(
        method in any_method(),
        changes in prop::collection::vec((key(), value()), 0..3),
    ) {
        let mut input = good(&method);
        input.extend(changes);
        if let Ok(admitted) = try_admit(&method, Value::Object(input).to_string().as_bytes()) {
            is_harmless(&admitted)?;
        }
    }

    #[test]
    fn any_bytes_are_judged(method in any_method(), body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(admitted) = try_admit(&method, &body) {
            is_harmless(&admitted)?;
        }
    }
}

#[test]
fn a_good_call_of_each_method_gets_through() {
    for method in METHODS {
        let admitted = try_admit(method, Value::Object(good(method)).to_string().as_bytes());
        is_harmless(&admitted.unwrap_or_else(|why| panic!("{method}: {why}"))).unwrap();
    }
}

/// The last of two equal keys counts, for the firewall and for what is sent: it is written anew.
#[test]
fn a_key_that_stands_there_twice_is_sent_once() {
    let body = br#"{"fs":"@target","remote":"a","fs":"/etc"}"#;
    assert!(try_admit("operations/stat", body).is_err());
    let body = br#"{"fs":"/etc","remote":"a","fs":"@target"}"#;
    is_harmless(&try_admit("operations/stat", body).unwrap()).unwrap();
}
