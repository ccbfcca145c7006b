//! What a plugin is set up with: the vendor's own file, or values made from the schema.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sandbox::Manifest;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::peer::Kind;

/// Lies beside a plugin's package and says what it is tested with.
pub const FILE: &str = "conformance.toml";
/// Stands for the address of the kit's own server.
pub const PEER: &str = "{peer}";
/// Stands for an empty folder that the kit makes.
pub const FOLDER: &str = "{folder}";

/// What a plugin is tested with. `.toml` or `.json`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// How the kit's own server behaves.
    #[serde(default)]
    pub peer: Kind,
    /// Settings, in which [`PEER`] and [`FOLDER`] may stand. Made from the schema if there are none.
    pub settings: Option<Map<String, Value>>,
    /// Secrets by name. Those that are not given are made up.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
}

impl Wanted {
    /// Reads `file`, or what lies beside the package, or nothing.
    pub fn read(file: Option<&Path>, package: &Path) -> Result<Self> {
        let beside = package.with_file_name(FILE);
        let file: Option<PathBuf> = file.map(Path::to_owned).or_else(|| beside.is_file().then_some(beside));
        let Some(file) = file else { return Ok(Self::default()) };
        let shown = file.display();
        let text = std::fs::read_to_string(&file).with_context(|| format!("{shown} cannot be read"))?;
        let is_json = file.extension().is_some_and(|extension| extension == "json");
        let parsed = if is_json {
            serde_json::from_str(&text).map_err(anyhow::Error::from)
        } else {
            toml::from_str(&text).map_err(anyhow::Error::from)
        };
        parsed.with_context(|| {
            format!("{shown} does not say what the plugin is tested with (tables `settings` and `secrets`)")
        })
    }

    /// The settings as the vendor wrote them, or made from the plugin's schema.
    pub fn template(&self, manifest: &Manifest) -> Value {
        Value::Object(self.settings.clone().unwrap_or_else(|| made(manifest)))
    }
}

/// Every default, an address of the kit's server where the plugin wants to reach one, a folder where it
/// wants one, and for what else is required an example or something of its type.
fn made(manifest: &Manifest) -> Map<String, Value> {
    let schema = &manifest.settings;
    let names = schema.get("required").and_then(Value::as_array);
    let required = |name: &str| names.is_some_and(|names| names.iter().any(|wanted| wanted == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let value = |(name, property): (&String, &Value)| {
        let value = place(manifest, name)
            .or_else(|| property.get("default").cloned())
            .or_else(|| required(name).then(|| something(property)));
        Some((name.clone(), value?))
    };
    properties.into_iter().flatten().filter_map(value).collect()
}

fn place(manifest: &Manifest, name: &str) -> Option<Value> {
    let asked = &manifest.permissions;
    let is = |pointer: &String| pointer.strip_prefix('/') == Some(name);
    if asked.http.as_ref().is_some_and(|wish| wish.settings.iter().any(is)) {
        return Some(format!("{PEER}/conformance").into());
    }
    asked.folder.as_ref().is_some_and(|wish| is(&wish.path)).then(|| FOLDER.into())
}

fn something(property: &Value) -> Value {
    let first = |key: &str| property.get(key).and_then(Value::as_array).and_then(|values| values.first());
    if let Some(value) = first("examples").or_else(|| first("enum")) {
        return value.clone();
    }
    match property.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => property.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("conformance"),
    }
}

/// The defaults of the schema alone.
pub fn defaults(schema: &Value) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let default =
        |(name, property): (&String, &Value)| Some((name.clone(), property.get("default")?.clone()));
    properties.into_iter().flatten().filter_map(default).collect()
}

/// Whether `what` stands anywhere in these settings.
pub fn mentions(settings: &Value, what: &str) -> bool {
    match settings {
        Value::String(text) => text.contains(what),
        Value::Array(items) => items.iter().any(|item| mentions(item, what)),
        Value::Object(entries) => entries.values().any(|item| mentions(item, what)),
        _ => false,
    }
}

/// The settings with `what` replaced wherever it stands.
pub fn filled(settings: &Value, what: &str, with: &str) -> Value {
    match settings {
        Value::String(text) => text.replace(what, with).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, what, with)).collect(),
        Value::Object(entries) => {
            let entry = |(name, value): (&String, &Value)| (name.clone(), filled(value, what, with));
            Value::Object(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}

/// Every text in these settings.
pub fn texts(settings: &Value) -> Vec<&str> {
    match settings {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(entries) => entries.values().flat_map(texts).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let json = json!({
            "plugin": {"name": "a", "version": "1", "kind": "target"},
            "permissions": {"http": {"settings": ["/url"]}},
            "settings": {"required": ["url", "bucket", "size"], "properties": {
                "url": {"type": "string", "default": "https://a.example"},
                "bucket": {"type": "string", "examples": ["photos"]},
                "size": {"type": "integer", "minimum": 5},
                "quality": {"type": "integer", "default": 3},
                "note": {"type": "string"}
            }}
        });
        Manifest::parse(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn settings_are_made_from_the_schema() {
        let settings = Wanted::default().template(&manifest());
        assert_eq!(
            settings,
            json!({"url": "{peer}/conformance", "bucket": "photos", "size": 5, "quality": 3})
        );
        let filled = filled(&settings, PEER, "http://127.0.0.1:9");
        assert_eq!(filled["url"], "http://127.0.0.1:9/conformance");
        assert!(mentions(&settings, PEER) && !mentions(&filled, PEER));
    }

    #[test]
    fn the_vendors_own_file_goes_first_and_lies_beside_the_package() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("a-1.wasm");
        assert_eq!(Wanted::read(None, &package).unwrap(), Wanted::default());
        let text = "peer = \"store\"\n[settings]\nurl = \"{peer}/x\"\n[secrets]\ntoken = \"t\"\n";
        std::fs::write(folder.path().join(FILE), text).unwrap();
        let wanted = Wanted::read(None, &package).unwrap();
        assert_eq!(wanted.peer, Kind::Store);
        assert_eq!(wanted.template(&manifest()), json!({"url": "{peer}/x"}));
        let json = folder.path().join("other.json");
        std::fs::write(&json, r#"{"secrets": {"token": "u"}}"#).unwrap();
        assert_eq!(Wanted::read(Some(&json), &package).unwrap().secrets["token"], "u");
    }

    #[test]
    fn a_key_that_means_nothing_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("my.toml");
        std::fs::write(&file, "setings = {}\n").unwrap();
        let error = format!("{:#}", Wanted::read(Some(&file), Path::new("a.wasm")).unwrap_err());
        assert!(error.contains("my.toml") && error.contains("setings"), "{error}");
        let missing = Wanted::read(Some(Path::new("/nonexistent.toml")), Path::new("a.wasm")).unwrap_err();
        assert!(missing.to_string().contains("/nonexistent.toml"));
    }
}
