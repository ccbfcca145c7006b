//! What a plugin says of itself: the JSON document in its `boothsync:plugin` section.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::units::{parse_bytes, show_bytes};

/// A plugin's own description, its requested permissions and the schema of its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Who it is.
    pub plugin: About,
    /// What it asks for. Nothing else is within its reach.
    #[serde(default)]
    pub permissions: Permissions,
    /// The secrets it knows by name.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretWish>,
    /// JSON Schema (draft 2020-12) of its settings.
    #[serde(default = "any_object")]
    pub settings: serde_json::Value,
    /// Limits it wishes for.
    #[serde(default)]
    pub limits: LimitWishes,
}

/// Name, version and kind of a plugin. Further keys are allowed and ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// `a-z`, `0-9` and `-`; what the configuration calls it.
    pub name: String,
    /// Semantic version, for people.
    pub version: String,
    /// What it is.
    pub kind: Kind,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// A few lines for people.
    #[serde(default)]
    pub description: String,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
}

/// What a plugin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A place to copy objects to.
    Target,
    /// A generator of share pages.
    Page,
}

/// Everything a plugin can ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permissions {
    /// Requests to hosts on the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpWish>,
    /// Calls to the supervised rclone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rclone: Option<RcloneWish>,
    /// One directory, read and write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderWish>,
}

/// Requests to hosts on the network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpWish {
    /// Fixed by the vendor: `https://api.example.com`, `https://*.example.com`, with a port if not the usual.
    #[serde(default)]
    pub allow: Vec<String>,
    /// JSON pointers into the settings: the hosts of the addresses that the operator typed there.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Why, for the operator.
    #[serde(default)]
    pub reason: String,
}

/// Calls to the supervised rclone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RcloneWish {
    /// Methods of the rc API, such as `operations/copyfile`. Many are never granted.
    pub methods: Vec<String>,
    /// JSON pointer to the setting that holds the remote.
    pub remote: String,
    /// JSON pointer to the setting that holds the folder in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdir: Option<String>,
    /// Why, for the operator.
    #[serde(default)]
    pub reason: String,
}

/// One directory, read and write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderWish {
    /// JSON pointer to the setting that holds the directory's absolute path.
    pub path: String,
    /// Why, for the operator.
    #[serde(default)]
    pub reason: String,
}

/// A secret that a plugin knows by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretWish {
    /// What the operator is asked for.
    #[serde(default)]
    pub title: String,
}

/// Limits a plugin wishes for; the operator may give less or more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitWishes {
    /// Memory of one call in bytes, written `64MiB`.
    #[serde(
        default,
        rename = "memory",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "size",
        serialize_with = "show_size"
    )]
    pub memory_bytes: Option<u64>,
}

impl Manifest {
    /// Reads a manifest; the text says what is wrong with it and where.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        let name = &self.plugin.name;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > 40 || !name.bytes().all(plain) {
            return Err(format!("plugin.name `{name}` must be 1 to 40 of a-z, 0-9 and `-`"));
        }
        if self.plugin.version.is_empty() || self.plugin.version.len() > 40 {
            return Err("plugin.version must be 1 to 40 characters long".into());
        }
        if self.plugin.kind == Kind::Page && self.asks_for_anything() {
            return Err(
                "a page generator gets no network, secrets or folder, so it cannot ask for any".into()
            );
        }
        self.pointers()
            .find(|pointer| !pointer.is_empty() && !pointer.starts_with('/'))
            .map_or(Ok(()), |bad| {
                Err(format!("`{bad}` is not a JSON pointer into the settings; write it as `/{bad}`"))
            })
    }

    fn asks_for_anything(&self) -> bool {
        self.permissions != Permissions::default() || !self.secrets.is_empty()
    }

    fn pointers(&self) -> impl Iterator<Item = &str> {
        let asked = &self.permissions;
        let http = asked.http.iter().flat_map(|wish| wish.settings.iter());
        let rclone = asked.rclone.iter().flat_map(|wish| std::iter::once(&wish.remote).chain(&wish.subdir));
        let folder = asked.folder.iter().map(|wish| &wish.path);
        http.chain(rclone).chain(folder).map(String::as_str)
    }
}

fn any_object() -> serde_json::Value {
    serde_json::json!({ "type": "object" })
}

fn size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    match parse_bytes(&text) {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(serde::de::Error::custom(format!("`{text}` is not a size; write it like `64MiB`"))),
    }
}

fn show_size<S: Serializer>(bytes: &Option<u64>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&show_bytes(bytes.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(permissions: &str) -> Result<Manifest, String> {
        let json = format!(
            r#"{{"plugin":{{"name":"a","version":"1","kind":"target"}},"permissions":{permissions},"limits":{{"memory":"32MiB"}}}}"#
        );
        Manifest::parse(json.as_bytes())
    }

    #[test]
    fn a_permission_that_this_host_does_not_know_is_refused() {
        let error = parse(r#"{"process":{"exec":"*"}}"#).unwrap_err();
        assert!(error.contains("process"), "{error}");
    }

    #[test]
    fn a_pointer_without_its_slash_is_named() {
        let error = parse(r#"{"folder":{"path":"path"}}"#).unwrap_err();
        assert!(error.contains("`/path`"), "{error}");
    }

    #[test]
    fn a_page_generator_cannot_ask_for_the_network() {
        let json =
            r#"{"plugin":{"name":"a","version":"1","kind":"page"},"permissions":{"http":{"allow":[]}}}"#;
        assert!(Manifest::parse(json.as_bytes()).unwrap_err().contains("page generator"));
    }

    #[test]
    fn what_was_read_can_be_written_and_read_again() {
        let manifest = parse(r#"{"http":{"allow":["https://a.example"],"reason":"x"}}"#).unwrap();
        assert_eq!(manifest.limits.memory_bytes, Some(32 << 20));
        let again = Manifest::parse(&serde_json::to_vec(&manifest).unwrap()).unwrap();
        assert_eq!(again, manifest);
    }
}
