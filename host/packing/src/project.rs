//! A plugin's project on disk, and the package that is made of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::PackError;
use crate::{MANIFEST, SCHEMA, SECTION, metadata, sections};

/// What a project says of itself.
#[derive(Debug)]
pub struct Project {
    /// The manifest with the schema under `settings`, as the package carries it.
    document: Map<String, Value>,
    build: Option<Build>,
}

/// `[build]` in `plugin.toml`: how the component is made. It does not become part of the package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// What a shell runs in the project's folder.
    pub command: String,
    /// The component that it leaves behind, seen from the project's folder.
    pub component: PathBuf,
}

impl Project {
    /// Reads the manifest and the schema of a project.
    pub fn read(folder: &Path) -> Result<Self, PackError> {
        let path = folder.join(MANIFEST);
        let text = read(&path, "is this the folder of a plugin?")?;
        let mut document: Map<String, Value> = toml::from_str(&text)
            .map_err(|error| PackError::Toml { path: path.clone(), message: place(&error, &text) })?;
        let wrong = |message: String| PackError::Manifest { path: path.clone(), message };
        if document.contains_key("settings") {
            return Err(wrong(format!("the table `settings` belongs into {SCHEMA}")));
        }
        let build = document.remove("build").map(Build::deserialize).transpose();
        let build = build.map_err(|error| wrong(format!("[build] is not understood: {error}")))?;
        for key in ["name", "version", "kind"] {
            if !document.get("plugin").and_then(|plugin| plugin.get(key)).is_some_and(Value::is_string) {
                return Err(wrong(format!("[plugin] has no text `{key}`; every plugin has one")));
            }
        }
        document.insert("settings".into(), schema(folder)?);
        Ok(Self { document, build })
    }

    /// The plugin's name, as it is written.
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// The plugin's version, as it is written.
    pub fn version(&self) -> &str {
        self.text("version")
    }

    /// How the component is made, if the manifest says so.
    pub fn build(&self) -> Option<&Build> {
        self.build.as_ref()
    }

    /// The component with the manifest and metadata behind it. Earlier ones of both are replaced.
    pub fn pack(&self, component: &[u8]) -> Result<Vec<u8>, PackError> {
        let mut ours = metadata::names();
        ours.push(SECTION);
        let mut package = sections::without(component, &ours)?;
        package.extend(metadata::sections(self.plugin()));
        let manifest = Value::Object(self.document.clone()).to_string();
        package.extend(sections::custom(SECTION, manifest.as_bytes()));
        Ok(package)
    }

    fn plugin(&self) -> &Map<String, Value> {
        self.document["plugin"].as_object().expect("it was looked into when it was read")
    }

    fn text(&self, key: &str) -> &str {
        self.plugin()[key].as_str().expect("it was looked at when it was read")
    }
}

fn schema(folder: &Path) -> Result<Value, PackError> {
    let path = folder.join(SCHEMA);
    let hint = "without settings it holds `{\"type\": \"object\", \"additionalProperties\": false}`";
    serde_json::from_str(&read(&path, hint)?).map_err(|source| PackError::Json { path, source })
}

fn read(path: &Path, hint: &'static str) -> Result<String, PackError> {
    fs::read_to_string(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => PackError::Missing { path: path.into(), hint },
        _ => PackError::Read { path: path.into(), source },
    })
}

/// Line and message; the parser's own report quotes whole lines.
fn place(error: &toml::de::Error, text: &str) -> String {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let line = 1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
    format!("line {line}: {}", error.message().trim().replace('\n', ", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";
    const PLUGIN: &str = r#"
        [plugin]
        name = "acme"
        version = "1.2.0"
        kind = "target"
        description = "Uploads to Acme."
        license = "MIT OR Apache-2.0"
        homepage = "https://acme.example/"
        authors = ["Jo <jo@acme.example>", "Kim"]
        [secrets.token]
        title = "T"
        [build]
        command = "make"
        component = "out/acme.wasm"
    "#;

    fn project(toml: &str, schema: &str) -> Result<Project, PackError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MANIFEST), toml).unwrap();
        fs::write(folder.path().join(SCHEMA), schema).unwrap();
        Project::read(folder.path())
    }

    /// The content of the last section of a package.
    fn manifest_of(package: &[u8]) -> Value {
        let at = package.windows(SECTION.len()).rposition(|part| part == SECTION.as_bytes()).unwrap();
        serde_json::from_slice(&package[at + SECTION.len()..]).unwrap()
    }

    #[test]
    fn manifest_and_schema_become_one_document_without_the_build() {
        let project = project(PLUGIN, r#"{"type": "object"}"#).unwrap();
        assert_eq!((project.name(), project.version()), ("acme", "1.2.0"));
        assert_eq!(project.build().unwrap().component, Path::new("out/acme.wasm"));
        let document = manifest_of(&project.pack(EMPTY).unwrap());
        assert_eq!(document["settings"], json!({"type": "object"}));
        assert_eq!(document["secrets"]["token"]["title"], "T");
        assert!(document.get("build").is_none());
    }

    #[test]
    fn packing_again_changes_nothing() {
        let project = project(PLUGIN, "{}").unwrap();
        let once = project.pack(EMPTY).unwrap();
        assert_eq!(project.pack(&once).unwrap(), once);
    }

    #[test]
    fn other_tools_read_the_metadata() {
        let package = project(PLUGIN, "{}").unwrap().pack(EMPTY).unwrap();
        let wasm_metadata::Payload::Component { metadata, .. } =
            wasm_metadata::Payload::from_binary(&package).unwrap()
        else {
            panic!("no component")
        };
        assert_eq!(metadata.name.unwrap(), "acme");
        assert_eq!(metadata.version.unwrap().to_string(), "1.2.0");
        assert_eq!(metadata.description.unwrap().to_string(), "Uploads to Acme.");
        assert_eq!(metadata.licenses.unwrap().to_string(), "MIT OR Apache-2.0");
        assert_eq!(metadata.homepage.unwrap().to_string(), "https://acme.example/");
        assert_eq!(metadata.authors.unwrap().to_string(), "Jo <jo@acme.example>, Kim");
    }

    #[test]
    fn what_is_wrong_with_a_project_is_said_with_its_file() {
        let said = |toml: &str, schema: &str| project(toml, schema).unwrap_err().to_string();
        let no_kind = "[plugin]\nname = \"x\"\nversion = \"1\"\n";
        assert!(said(no_kind, "{}").ends_with("[plugin] has no text `kind`; every plugin has one"));
        assert!(said("[plugin]\nname = \n", "{}").contains("plugin.toml` is not TOML: line 2"));
        assert!(said(PLUGIN, "{").contains("settings.schema.json` is not JSON"));
        let settings = format!("{PLUGIN}\n[settings]\na = 1\n");
        assert!(said(&settings, "{}").ends_with("the table `settings` belongs into settings.schema.json"));
        let build = "[plugin]\nname = \"x\"\nversion = \"1\"\nkind = \"page\"\n[build]\ncommand = \"x\"\n";
        assert!(said(build, "{}").contains("[build] is not understood: missing field `component`"));
        let nothing = Project::read(Path::new("/nonexistent")).unwrap_err().to_string();
        assert_eq!(nothing, "there is no `/nonexistent/plugin.toml`; is this the folder of a plugin?");
    }
}
