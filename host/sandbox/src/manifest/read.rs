//! Reads a manifest, and says what is wrong with it and where.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Kind, Manifest, Permissions, SecretWish, any_object};
use crate::egress::Allow;
use crate::text::escape;

const KEYS: &str = "`plugin`, `permissions`, `secrets`, `settings` and `limits`";
const PERMISSIONS: &str = "`http`, `rclone` and `folder`";
/// Longest name and version, in characters.
const NAME_CHARS: usize = 40;
/// Longest text for people, in characters.
const TEXT_CHARS: usize = 2_000;

impl Manifest {
    /// Reads a manifest; the error says what is wrong with it and where.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let mut document: Map<String, Value> =
            serde_json::from_slice(json).map_err(|error| format!("it is no JSON object: {error}"))?;
        check_texts(&document)?;
        let manifest = Self {
            plugin: part(&mut document, "plugin", "[plugin]")?
                .ok_or("it has no table [plugin] with `name`, `version` and `kind`")?,
            permissions: permissions(table(&mut document, "permissions", "[permissions]")?)?,
            secrets: secrets(table(&mut document, "secrets", "[secrets]")?)?,
            settings: document.remove("settings").unwrap_or_else(any_object),
            limits: part(&mut document, "limits", "[limits]")?.unwrap_or_default(),
        };
        if let Some(key) = document.keys().next() {
            return Err(format!("there is no key `{key}`; known are {KEYS}"));
        }
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        let name = &self.plugin.name;
        if !is_name(name, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(format!("[plugin] name `{name}` must be 1 to {NAME_CHARS} of a-z, 0-9 and `-`"));
        }
        let version = &self.plugin.version;
        if !is_name(version, |b| b.is_ascii_alphanumeric() || b".-+".contains(&b)) {
            return Err(format!(
                "[plugin] version `{version}` must be 1 to {NAME_CHARS} of letters, digits, `.`, `-` and `+`, such as `1.2.0`"
            ));
        }
        if self.plugin.kind == Kind::Page && self.asks_for_anything() {
            return Err(
                "a page generator gets no network, secrets or folder, so it cannot ask for any; take [permissions] and [secrets] out"
                    .into(),
            );
        }
        let bad = |(_, pointer): &(&str, &str)| !pointer.is_empty() && !pointer.starts_with('/');
        self.pointers().into_iter().find(bad).map_or(Ok(()), |(place, bad)| {
            Err(format!("{place} `{bad}` is no JSON pointer into the settings; write it as `/{bad}`"))
        })
    }

    /// What an operator is owed before a plugin is taken in: a reason for each wish, and wishes that
    /// mean what they say.
    pub(crate) fn check_for_operator(&self) -> Result<(), String> {
        let asked = &self.permissions;
        let reasons = [
            ("http", asked.http.as_ref().map(|wish| &wish.reason)),
            ("rclone", asked.rclone.as_ref().map(|wish| &wish.reason)),
            ("folder", asked.folder.as_ref().map(|wish| &wish.reason)),
        ];
        for (name, reason) in reasons {
            if reason.is_some_and(|reason| reason.trim().is_empty()) {
                return Err(format!(
                    "[permissions.{name}] has no `reason`; write one sentence that tells the operator what it is for"
                ));
            }
        }
        for origin in asked.http.iter().flat_map(|wish| &wish.allow) {
            Allow::parse(origin).map_err(|error| format!("[permissions.http] allow: {error}"))?;
        }
        self.check_pointers()
    }

    fn check_pointers(&self) -> Result<(), String> {
        for (place, pointer) in self.pointers() {
            if !names_a_setting(&self.settings, pointer) {
                return Err(format!(
                    "{place} `{pointer}` names no setting: settings.schema.json has no such property"
                ));
            }
        }
        Ok(())
    }

    fn asks_for_anything(&self) -> bool {
        self.permissions != Permissions::default() || !self.secrets.is_empty()
    }

    /// Everything that points into the settings, with its place in the manifest.
    fn pointers(&self) -> Vec<(&'static str, &str)> {
        let asked = &self.permissions;
        let mut found: Vec<(&'static str, &str)> = Vec::new();
        if let Some(wish) = &asked.http {
            found.extend(wish.settings.iter().map(|at| ("[permissions.http] settings:", at.as_str())));
        }
        if let Some(wish) = &asked.rclone {
            found.push(("[permissions.rclone] remote:", &wish.remote));
            found.extend(wish.subdir.iter().map(|at| ("[permissions.rclone] subdir:", at.as_str())));
        }
        if let Some(wish) = &asked.folder {
            found.push(("[permissions.folder] path:", &wish.path));
        }
        found
    }
}

fn permissions(mut wishes: Map<String, Value>) -> Result<Permissions, String> {
    let permissions = Permissions {
        http: part(&mut wishes, "http", "[permissions.http]")?,
        rclone: part(&mut wishes, "rclone", "[permissions.rclone]")?,
        folder: part(&mut wishes, "folder", "[permissions.folder]")?,
    };
    match wishes.keys().next() {
        None => Ok(permissions),
        Some(key) => Err(format!("there is no permission `{key}`; this host knows {PERMISSIONS}")),
    }
}

fn secrets(mut wishes: Map<String, Value>) -> Result<BTreeMap<String, SecretWish>, String> {
    let names: Vec<String> = wishes.keys().cloned().collect();
    let mut secrets = BTreeMap::new();
    for name in names {
        if !is_name(&name, |b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
            return Err(format!(
                "[secrets] the name `{name}` must be 1 to {NAME_CHARS} of letters, digits, `-` and `_`"
            ));
        }
        if let Some(wish) = part(&mut wishes, &name, &format!("[secrets.{name}]"))? {
            secrets.insert(name, wish);
        }
    }
    Ok(secrets)
}

fn table(document: &mut Map<String, Value>, key: &str, place: &str) -> Result<Map<String, Value>, String> {
    Ok(part(document, key, place)?.unwrap_or_default())
}

/// Takes the value of `key` out and reads it into its type.
fn part<T: DeserializeOwned>(
    document: &mut Map<String, Value>,
    key: &str,
    place: &str,
) -> Result<Option<T>, String> {
    let value = document.remove(key);
    value.map(T::deserialize).transpose().map_err(|error| format!("{place} {error}"))
}

fn is_name(text: &str, plain: impl Fn(u8) -> bool) -> bool {
    (1..=NAME_CHARS).contains(&text.len()) && text.bytes().all(plain)
}

/// No text that an operator is shown may steer a terminal or go on without end.
fn check_texts(document: &Map<String, Value>) -> Result<(), String> {
    for (key, value) in document.iter().filter(|(key, _)| *key != "settings") {
        check_text("a name", &Value::String(key.clone()))?;
        check_text(key, value)?;
    }
    Ok(())
}

fn check_text(place: &str, value: &Value) -> Result<(), String> {
    let plain = |text: &str| escape(&text.replace('\n', " ")).len() == text.len();
    match value {
        Value::String(text) if text.chars().count() > TEXT_CHARS => {
            Err(format!("the text at `{place}` is longer than {TEXT_CHARS} characters"))
        }
        Value::String(text) if !plain(text) => {
            Err(format!("the text at `{place}` holds control characters; take them out"))
        }
        Value::Array(items) => items.iter().try_for_each(|item| check_text(place, item)),
        Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
            check_text("a name", &Value::String(key.clone()))?;
            check_text(&format!("{place}.{key}"), value)
        }),
        _ => Ok(()),
    }
}

/// Whether the schema has a property at `pointer`. One that is put together of others may have any.
fn names_a_setting(schema: &Value, pointer: &str) -> bool {
    let mut at = schema;
    for name in pointer.split('/').skip(1) {
        if ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|key| at.get(key).is_some()) {
            return true;
        }
        let name = name.replace("~1", "/").replace("~0", "~");
        match at.get("properties").and_then(|properties| properties.get(&name)) {
            Some(property) => at = property,
            None => return false,
        }
    }
    !pointer.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A manifest that is fine but for what `change` says.
    fn parse(change: Value) -> Result<Manifest, String> {
        let mut document = json!({"plugin": {"name": "a", "version": "1", "kind": "target"},
            "settings": {"properties": {"url": {}, "server": {"properties": {"host": {}}}}}});
        for (key, value) in change.as_object().unwrap() {
            document[key] = value.clone();
        }
        Manifest::parse(document.to_string().as_bytes())
    }

    #[test]
    fn what_was_read_can_be_written_and_read_again() {
        let wishes = json!({"http": {"allow": ["https://a.example"], "reason": "x"}});
        let manifest = parse(json!({"permissions": wishes, "limits": {"memory": "32MiB"}})).unwrap();
        assert_eq!(manifest.limits.memory_bytes, Some(32 << 20));
        let again = Manifest::parse(&serde_json::to_vec(&manifest).unwrap()).unwrap();
        assert_eq!(again, manifest);
    }

    #[test]
    fn a_terminal_is_not_steered_by_a_manifest() {
        for text in ["\u{1b}[2J", "a\u{202e}b", "bell\u{7}"] {
            let plugin = json!({"name": "a", "version": "1", "kind": "target", "title": text});
            let error = parse(json!({"plugin": plugin})).unwrap_err();
            assert_eq!(error, "the text at `plugin.title` holds control characters; take them out");
            assert!(parse(json!({"secrets": {(text): {}}})).is_err());
        }
        let lines = json!({"name": "a", "version": "1", "kind": "target", "description": "Ünï\nläuft → 🎉"});
        assert!(parse(json!({"plugin": lines})).is_ok());
    }

    #[test]
    fn a_pointer_has_to_name_a_setting() {
        let points = |pointer: &str| {
            let wish = json!({"http": {"settings": [pointer], "reason": "x"}});
            parse(json!({"permissions": wish})).and_then(|manifest| manifest.check_for_operator())
        };
        assert!(points("/url").is_ok() && points("/server/host").is_ok());
        for bad in ["url", "/uri", "/server/port", "/url/deeper", ""] {
            assert!(points(bad).is_err(), "{bad}");
        }
    }
}
