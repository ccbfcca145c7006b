//! Puts a plugin's manifest and the schema of its settings into its component, so that one file, and one
//! digest, is the whole plugin.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// Name of the custom section that holds the manifest.
pub const SECTION: &str = "boothsync:plugin";
const PREAMBLE: &[u8] = b"\0asm";
/// Version 13, layer 1: a component, not a core module.
const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];
const CUSTOM: u8 = 0;

/// The part of the manifest that every plugin has. The host reads and judges all of it.
#[derive(Deserialize)]
struct Manifest {
    plugin: Plugin,
}

#[derive(Deserialize)]
struct Plugin {
    name: String,
    version: String,
    kind: String,
}

/// The component with the manifest of `folder` (`plugin.toml`, `settings.schema.json`) behind it.
pub fn package(component: &[u8], folder: &Path) -> Result<Vec<u8>> {
    if !component.starts_with(PREAMBLE) || component.get(4..8) != Some(COMPONENT) {
        bail!("what was built is not a component");
    }
    let manifest = manifest(folder)?;
    let mut packed = component.to_vec();
    packed.extend(section(serde_json::to_string(&manifest)?.as_bytes()));
    Ok(packed)
}

/// One JSON document: plugin.toml as it is, and the schema under `settings`.
fn manifest(folder: &Path) -> Result<Value> {
    let (path, schema_path) = (folder.join("plugin.toml"), folder.join("settings.schema.json"));
    let text = read(&path)?;
    let known: Manifest =
        toml::from_str(&text).with_context(|| format!("{} is not a manifest", path.display()))?;
    check(&known.plugin).with_context(|| format!("{} is not usable", path.display()))?;
    let mut document: Value =
        toml::from_str(&text).with_context(|| format!("{} is not TOML", path.display()))?;
    let schema: Value = serde_json::from_str(&read(&schema_path)?)
        .with_context(|| format!("{} is not JSON", schema_path.display()))?;
    if document.get("settings").is_some() {
        bail!("{} has a table `settings`, which belongs into settings.schema.json", path.display());
    }
    document["settings"] = schema;
    Ok(document)
}

fn check(plugin: &Plugin) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if plugin.name.is_empty() || !plugin.name.chars().all(is_plain) {
        bail!("`name` has to be small letters, digits and hyphens, not `{}`", plugin.name);
    }
    if plugin.version.is_empty() {
        bail!("`version` is empty");
    }
    if !["target", "page"].contains(&plugin.kind.as_str()) {
        bail!("`kind` has to be `target` or `page`, not `{}`", plugin.kind);
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))
}

/// A custom section as WebAssembly writes it: id, size, length of the name, name, content.
fn section(content: &[u8]) -> Vec<u8> {
    let mut body = leb128(SECTION.len());
    body.extend(SECTION.as_bytes());
    body.extend(content);
    [vec![CUSTOM], leb128(body.len()), body].concat()
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn in_folder<T>(name: &str, toml: &str, check: impl FnOnce(&Path) -> T) -> T {
        let folder = std::env::temp_dir().join(format!("xtask-pack-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("writable");
        fs::write(folder.join("plugin.toml"), toml).expect("writable");
        fs::write(folder.join("settings.schema.json"), r#"{"type": "object"}"#).expect("writable");
        let result = check(&folder);
        fs::remove_dir_all(&folder).expect("removable");
        result
    }

    #[test]
    fn numbers_are_written_in_sevens() {
        assert_eq!(leb128(0), [0]);
        assert_eq!(leb128(127), [0x7f]);
        assert_eq!(leb128(624_485), [0xe5, 0x8e, 0x26]);
    }

    #[test]
    fn the_manifest_and_the_schema_become_one_document_in_one_section() {
        let toml =
            "[plugin]\nname = \"x\"\nversion = \"1.0.0\"\nkind = \"page\"\n[secrets.token]\ntitle = \"T\"\n";
        let packed = in_folder("one", toml, |folder| package(EMPTY_COMPONENT, folder)).expect("packed");
        let [CUSTOM, low, high, name_length, rest @ ..] = &packed[EMPTY_COMPONENT.len()..] else {
            panic!("no section of two-byte length")
        };
        assert_eq!(usize::from(low & 0x7f) | usize::from(*high) << 7, rest.len() + 1, "all that follows");
        assert_eq!(usize::from(*name_length), SECTION.len());
        let json = rest.strip_prefix(SECTION.as_bytes()).expect("the name first");
        let document: Value = serde_json::from_slice(json).expect("then one JSON document");
        assert_eq!(
            document,
            serde_json::json!({
                "plugin": {"name": "x", "version": "1.0.0", "kind": "page"},
                "secrets": {"token": {"title": "T"}},
                "settings": {"type": "object"},
            })
        );
    }

    #[test]
    fn a_core_module_is_refused() {
        assert!(package(b"\0asm\x01\0\0\0", Path::new("/nonexistent")).is_err());
    }

    #[test]
    fn a_manifest_that_the_host_would_refuse_is_refused_at_once() {
        for toml in [
            "[plugin]\nname = \"X Y\"\nversion = \"1\"\nkind = \"page\"\n",
            "[plugin]\nname = \"x\"\nversion = \"1\"\nkind = \"other\"\n",
            "[plugin]\nname = \"x\"\n",
            "[plugin]\nname = \"x\"\nversion = \"1\"\nkind = \"page\"\n[settings]\na = 1\n",
        ] {
            assert!(in_folder("bad", toml, |folder| package(EMPTY_COMPONENT, folder)).is_err(), "{toml}");
        }
    }
}
