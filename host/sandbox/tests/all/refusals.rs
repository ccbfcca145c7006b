//! Every refusal of a package, in the words that are shown. The words lie in `tests/refusals`, one file
//! each; `BOOTHSYNC_BLESS=1` writes them anew, for a person to read.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sandbox::Package;
use serde_json::{Value, json};

use crate::support::pack;

const TARGET: &str = "boothsync:plugin/target@0.1.0";
const WHOLE: (&str, &[&str]) = (TARGET, &["probe", "put", "delete"]);

/// A component that imports these names and exports instances with these functions.
fn component(imports: &[&str], exports: &[(&str, &[&str])]) -> Vec<u8> {
    let mut text = String::from("(component\n");
    for import in imports {
        text.push_str(&format!("(import \"{import}\" (instance))\n"));
    }
    text.push_str("(core module $m (func (export \"f\")))\n(core instance $i (instantiate $m))\n");
    text.push_str("(func $f (canon lift (core func $i \"f\")))\n");
    for (number, (name, functions)) in exports.iter().enumerate() {
        let functions: String =
            functions.iter().map(|name| format!("(export \"{name}\" (func $f))")).collect();
        text.push_str(&format!("(instance $x{number} {functions})\n"));
        text.push_str(&format!("(export \"{name}\" (instance $x{number}))\n"));
    }
    text.push(')');
    wat::parse_str(text).unwrap()
}

fn manifest() -> Value {
    json!({"plugin": {"name": "acme", "version": "1.0.0", "kind": "target"}})
}

fn page() -> Value {
    json!({"plugin": {"name": "acme", "version": "1.0.0", "kind": "page"}})
}

/// A sound target with this manifest.
fn with_manifest(manifest: &Value) -> Vec<u8> {
    pack(&component(&[], &[WHOLE]), manifest).to_vec()
}

/// A sound target whose manifest has this in place of what it has.
fn with(key: &str, value: Value) -> Vec<u8> {
    let mut document = manifest();
    *document.pointer_mut(key).expect("the manifest has it") = value;
    with_manifest(&document)
}

/// A sound target whose manifest has this as well.
fn and(key: &str, value: Value) -> Vec<u8> {
    let mut document = manifest();
    document[key] = value;
    with_manifest(&document)
}

fn asking(permission: &str, wish: Value) -> Vec<u8> {
    let mut document = manifest();
    document["permissions"][permission] = wish;
    document["settings"] = json!({"type": "object", "properties": {"url": {"type": "string"}}});
    with_manifest(&document)
}

/// `outer` with `inner` as a nested section of this kind.
fn nested(kind: u8, inner: &[u8]) -> Vec<u8> {
    let mut outer = b"\0asm\x0d\0\x01\0".to_vec();
    outer.push(kind);
    let size = u8::try_from(inner.len() & 0x7f).unwrap() | 0x80;
    outer.extend([size, u8::try_from(inner.len() >> 7).unwrap()]);
    outer.extend(inner);
    outer
}

fn precompiled() -> Vec<u8> {
    wasmtime::Engine::default().precompile_component(&component(&[], &[WHOLE])).unwrap()
}

fn cut_off() -> Vec<u8> {
    let mut bytes = with_manifest(&manifest());
    bytes.truncate(bytes.len() - 5);
    bytes
}

/// Packages that are refused before anybody looks into a manifest, or for what their code is.
fn of_code() -> Vec<(&'static str, Vec<u8>)> {
    let sound = component(&[], &[WHOLE]);
    let importing = |name: &str| pack(&component(&[name], &[WHOLE]), &manifest()).to_vec();
    let core = wat::parse_str("(module)").unwrap();
    let twice = pack(&pack(&sound, &manifest()), &manifest()).to_vec();
    let of_page = ("boothsync:plugin/pages@0.1.0", &["render"][..]);
    vec![
        ("empty", Vec::new()),
        ("not-wasm", b"<!doctype html>".to_vec()),
        ("too-large", vec![0; (64 << 20) + 1]),
        ("core-module", core.clone()),
        ("precompiled", precompiled()),
        ("cut-off", cut_off()),
        ("damaged", [b"\0asm\x0d\0\x01\0".as_slice(), &[99, 1, 0]].concat()),
        (
            "not-sound",
            pack(
                &wat::parse_str("(component (export \"boothsync:plugin/target@0.1.0\" (instance 7)))")
                    .unwrap(),
                &manifest(),
            )
            .to_vec(),
        ),
        ("no-manifest", sound.clone()),
        ("two-manifests", twice),
        ("manifest-in-a-module", nested(1, &pack(&core, &manifest()))),
        ("manifest-in-a-component", nested(4, &pack(b"\0asm\x0d\0\x01\0", &manifest()))),
        ("wasi-0.3", importing("wasi:cli/environment@0.3.0")),
        ("wasi-http", importing("wasi:http/outgoing-handler@0.2.6")),
        ("unknown-import", importing("acme:own/thing@1.0.0")),
        ("newer-contract", importing("boothsync:plugin/http@0.2.0")),
        ("older-contract", importing("boothsync:plugin/http@0.0.3")),
        ("missing-export", pack(&component(&[], &[]), &manifest()).to_vec()),
        ("missing-export-of-a-page", pack(&sound, &page()).to_vec()),
        ("half-export", pack(&component(&[], &[(TARGET, &["probe"])]), &manifest()).to_vec()),
        (
            "half-optional-export",
            pack(&component(&[], &[WHOLE, ("boothsync:plugin/inventory@0.1.0", &["scan"])]), &manifest())
                .to_vec(),
        ),
        ("two-kinds", pack(&component(&[], &[WHOLE, of_page]), &manifest()).to_vec()),
        ("undeclared-http", importing("boothsync:plugin/http@0.1.0")),
        (
            "page-with-network",
            pack(&component(&["boothsync:plugin/http@0.1.0"], &[of_page]), &page()).to_vec(),
        ),
    ]
}

/// Packages that are refused for their manifest or schema.
fn of_manifest() -> Vec<(&'static str, Vec<u8>)> {
    let reason = "It uploads.";
    let http = |wish: Value| asking("http", wish);
    vec![
        ("manifest-list", with_manifest(&json!([]))),
        ("manifest-no-plugin", with_manifest(&json!({}))),
        ("manifest-large", and("x", json!("x".repeat(300 << 10)))),
        ("manifest-unknown-key", and("permisions", json!({}))),
        ("manifest-name", with("/plugin/name", json!("Acme Cloud"))),
        ("manifest-name-missing", with("/plugin", json!({"version": "1", "kind": "target"}))),
        ("manifest-version", with("/plugin/version", json!("1.0 beta"))),
        ("manifest-kind", with("/plugin/kind", json!("both"))),
        ("manifest-control-characters", with("/plugin/name", json!("a\u{1b}[2J"))),
        ("manifest-long-text", and("secrets", json!({"token": {"title": "x".repeat(3_000)}}))),
        (
            "manifest-page-asks",
            pack(&component(&[], &[("boothsync:plugin/pages@0.1.0", &["render"])]), &{
                let mut document = page();
                document["secrets"] = json!({"token": {}});
                document
            })
            .to_vec(),
        ),
        ("manifest-unknown-permission", asking("process", json!({"reason": reason}))),
        ("manifest-unknown-wish", http(json!({"alow": [], "reason": reason}))),
        ("manifest-reason", http(json!({"settings": ["/url"]}))),
        ("manifest-origin", http(json!({"allow": ["api.example.com/v1"], "reason": reason}))),
        ("manifest-pointer", http(json!({"settings": ["url"], "reason": reason}))),
        ("manifest-pointer-to-nothing", http(json!({"settings": ["/uri"], "reason": reason}))),
        ("manifest-secret-name", and("secrets", json!({"my token": {}}))),
        ("manifest-memory", and("limits", json!({"memory": "64 megabytes"}))),
        ("schema-type", and("settings", json!({"type": "nonsense"}))),
        ("schema-elsewhere", and("settings", json!({"$ref": "https://example.com/schema.json"}))),
        ("schema-number", and("settings", json!(3))),
    ]
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/refusals")
}

#[test]
fn every_refusal_says_what_is_wrong_and_what_to_do() {
    let cases: Vec<_> = of_code().into_iter().chain(of_manifest()).collect();
    let mut wrong = Vec::new();
    for (name, package) in &cases {
        let said = match Package::examine(package) {
            Ok(_) => panic!("{name} was not refused"),
            Err(error) => error.to_string() + "\n",
        };
        let file = folder().join(format!("{name}.txt"));
        if std::env::var_os("BOOTHSYNC_BLESS").is_some() {
            std::fs::write(&file, &said).unwrap();
        }
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        if said != golden {
            wrong.push(format!("{name}:\n  says {said}  not  {golden}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<_> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let named: BTreeSet<_> = cases.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, named, "each refusal has its words, and no words are left over");
}

#[test]
fn a_sound_package_is_read_with_what_it_can_use() {
    let asks = json!({"http": {"settings": ["/url"], "reason": "It uploads."}});
    let mut document = manifest();
    document["permissions"] = asks;
    document["settings"] = json!({"properties": {"url": {}}});
    let component = component(&["boothsync:plugin/http@0.1.3", "wasi:sockets/tcp@0.2.6"], &[WHOLE]);
    let package = Package::examine(&pack(&component, &document)).unwrap();
    assert!(package.imports("http") && !package.imports("secrets"));
    assert!(package.exports("target") && !package.exports("inventory"));
    assert_eq!(package.manifest().plugin.name, "acme");
    assert!(package.digest().starts_with("sha256:") && package.size_bytes() > 100);
}
