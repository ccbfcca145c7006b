//! What a plugin says of itself: the JSON document in its `boothsync:plugin` section.

mod read;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::units::{parse_bytes, show_bytes};

/// A plugin's own description, its requested permissions and the schema of its settings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Who it is.
    pub plugin: About,
    /// What it asks for. Nothing else is within its reach.
    pub permissions: Permissions,
    /// The secrets it knows by name.
    pub secrets: BTreeMap<String, SecretWish>,
    /// JSON Schema (draft 2020-12) of its settings.
    pub settings: serde_json::Value,
    /// Limits it wishes for.
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
    /// Under which licence, as SPDX writes it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub license: String,
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// One directory, read and write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderWish {
    /// JSON pointer to the setting that holds the directory's absolute path.
    pub path: String,
    /// Why, for the operator.
    #[serde(default, skip_serializing_if = "String::is_empty")]
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

impl Kind {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Page => "page generator",
        }
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
