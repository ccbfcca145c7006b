//! The rc firewall: takes a call's input apart and lets through what is surely harmless. Pure.

use engine::{MediaKey, Origin, Root};
use serde_json::{Map, Value};

use super::methods::{self, Field, Method};
use crate::text::{cut, escape};

/// What one call may name.
pub(super) struct Scope<'a> {
    pub methods: &'a [String],
    /// What `@target` stands for.
    pub target: &'a str,
    /// What `@media` stands for.
    pub media: &'a str,
    /// What `@pages` stands for.
    pub pages: &'a str,
    /// The call's own id.
    pub group: &'a str,
    /// Where the call's own blob lies, if it has one.
    pub origin: Option<&'a Origin>,
}

/// A call that may be made.
#[derive(Debug)]
pub(super) struct Admitted {
    pub method: &'static Method,
    pub input: Value,
}

/// The input with real names in it, or a sentence on what is refused.
pub(super) fn admit(scope: &Scope<'_>, name: &str, body: &[u8]) -> Result<Admitted, String> {
    let method = granted(scope, name)?;
    let input = parse(body)?;
    let mut admitted = Map::new();
    for (key, value) in &input {
        let Some(field) = method.field(key) else {
            return Err(format!("`{name}` does not take `{}` from a plugin", shown(key)));
        };
        let value =
            check(scope, field, value).map_err(|why| format!("`{}` of `{name}` {why}", shown(key)))?;
        admitted.insert(key.clone(), value);
    }
    check_source(scope, method, &input)?;
    if method.changes || method.long {
        admitted.insert("_group".into(), scope.group.into());
    }
    Ok(Admitted { method, input: admitted.into() })
}

fn granted(scope: &Scope<'_>, name: &str) -> Result<&'static Method, String> {
    let Some(method) = methods::find(name) else {
        return Err(format!("rclone's `{}` is never granted to a plugin", shown(name)));
    };
    if !scope.methods.iter().any(|granted| granted == name) {
        return Err(format!(
            "rclone's `{name}` is not granted to this plugin; its manifest needs it in `methods` of [permissions.rclone]"
        ));
    }
    Ok(method)
}

fn parse(body: &[u8]) -> Result<Map<String, Value>, String> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(input)) => Ok(input),
        _ => Err("the input of an rclone call must be a JSON object".into()),
    }
}

fn check(scope: &Scope<'_>, field: Field, value: &Value) -> Result<Value, String> {
    match field {
        Field::SourceFs => source_fs(scope, value),
        Field::TargetFs => match value.as_str() {
            Some("@target") => Ok(scope.target.into()),
            _ => Err("must be `@target`".into()),
        },
        Field::Path | Field::PathOrRoot => path(value, field == Field::PathOrRoot),
        Field::Group if value.as_str() == Some(scope.group) => Ok(value.clone()),
        Field::Group => Err("must be the call's own id, as `job.id` gives it".into()),
        Field::Config => config(value),
        Field::ListOptions => list_options(value),
        Field::Text => text(value),
        Field::Flag if value.is_boolean() => Ok(value.clone()),
        Field::Flag => Err("must be true or false".into()),
    }
}

fn source_fs(scope: &Scope<'_>, value: &Value) -> Result<Value, String> {
    match value.as_str() {
        Some("@media") => Ok(scope.media.into()),
        Some("@pages") => Ok(scope.pages.into()),
        Some("@target") => Ok(scope.target.into()),
        _ => Err("must be `@media`, `@pages` or `@target`".into()),
    }
}

/// From the host's folders only the very file that this call is about can be copied.
fn check_source(scope: &Scope<'_>, method: &Method, input: &Map<String, Value>) -> Result<(), String> {
    let missing = method.fields.iter().find(|(key, field)| {
        matches!(field, Field::SourceFs | Field::TargetFs | Field::Path) && !input.contains_key(*key)
    });
    if let Some((key, _)) = missing {
        return Err(format!("`{}` needs `{key}`", method.name));
    }
    let root = match input.get("srcFs").and_then(Value::as_str) {
        Some("@media") => Root::Media,
        Some("@pages") => Root::Pages,
        _ => return Ok(()),
    };
    let own = scope.origin.is_some_and(|origin| {
        origin.root == root && input.get("srcRemote").and_then(Value::as_str) == Some(origin.path.as_str())
    });
    if own {
        Ok(())
    } else {
        Err("the source must be the file of this call, as `blob.origin` gives it".into())
    }
}

fn path(value: &Value, or_root: bool) -> Result<Value, String> {
    match value.as_str() {
        Some("") if or_root => Ok(value.clone()),
        Some(path) if MediaKey::new(path).is_ok() && !path.contains(['\r', '\n']) => Ok(value.clone()),
        _ => Err("must be a relative path without empty, `.` or `..` parts".into()),
    }
}

fn config(value: &Value) -> Result<Value, String> {
    let entries = value.as_object().ok_or("must be an object")?;
    for (key, value) in entries {
        let good = match key.as_str() {
            "IgnoreTimes" | "NoCheckDest" => value.is_boolean(),
            "LowLevelRetries" => value.as_u64().is_some_and(|n| (1..=10).contains(&n)),
            "ConnectTimeout" | "Timeout" => is_duration(value),
            _ => return Err(format!("cannot hold `{}`", shown(key))),
        };
        if !good {
            return Err(format!("holds a `{key}` of the wrong kind"));
        }
    }
    Ok(value.clone())
}

/// Up to an hour, as `30s` or in nanoseconds: less than nothing would mean no limit.
fn is_duration(value: &Value) -> bool {
    const HOUR_NS: u64 = 3_600_000_000_000;
    match value {
        Value::String(text) => {
            crate::units::parse_duration(text).is_some_and(|time| !time.is_zero() && time.as_secs() <= 3600)
        }
        value => value.as_u64().is_some_and(|ns| (1..=HOUR_NS).contains(&ns)),
    }
}

fn list_options(value: &Value) -> Result<Value, String> {
    const FLAGS: &[&str] =
        &["recurse", "filesOnly", "dirsOnly", "noModTime", "noMimeType", "showHash", "metadata"];
    let entries = value.as_object().ok_or("must be an object")?;
    for (key, value) in entries {
        let good = match key.as_str() {
            "hashTypes" => value.as_array().is_some_and(|types| types.iter().all(|name| text(name).is_ok())),
            key if FLAGS.contains(&key) => value.is_boolean(),
            _ => return Err(format!("cannot hold `{}`", shown(key))),
        };
        if !good {
            return Err(format!("holds a `{key}` of the wrong kind"));
        }
    }
    Ok(value.clone())
}

fn text(value: &Value) -> Result<Value, String> {
    match value.as_str() {
        Some(text) if text.len() <= 64 && !text.chars().any(char::is_control) => Ok(value.clone()),
        _ => Err("must be a short text".into()),
    }
}

fn shown(text: &str) -> String {
    escape(cut(text, 80))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GROUP: &str = "c0ffee";

    fn admit_on(origin: &Origin, method: &str, input: Value) -> Result<Value, String> {
        let methods =
            ["operations/copyfile", "operations/movefile", "operations/list", "core/version", "core/command"];
        let methods = methods.map(String::from);
        let scope = Scope {
            methods: &methods,
            target: "ftp:photos",
            media: "/srv/media",
            pages: "/srv/pages",
            group: GROUP,
            origin: Some(origin),
        };
        admit(&scope, method, input.to_string().as_bytes()).map(|admitted| admitted.input)
    }

    fn try_call(method: &str, input: Value) -> Result<Value, String> {
        let origin = Origin { root: Root::Media, path: MediaKey::new("a/b c.jpg").unwrap() };
        admit_on(&origin, method, input)
    }

    fn copy() -> Value {
        json!({"srcFs": "@media", "srcRemote": "a/b c.jpg", "dstFs": "@target", "dstRemote": "media/a/b c.jpg"})
    }

    fn copy_with(key: &str, value: Value) -> Result<Value, String> {
        let mut input = copy();
        input[key] = value;
        try_call("operations/copyfile", input)
    }

    #[test]
    fn names_are_replaced_by_the_real_ones_and_the_group_is_the_calls_own() {
        assert_eq!(
            try_call("operations/copyfile", copy()).unwrap(),
            json!({"srcFs": "/srv/media", "srcRemote": "a/b c.jpg", "dstFs": "ftp:photos",
                   "dstRemote": "media/a/b c.jpg", "_group": GROUP})
        );
    }

    #[test]
    fn only_the_file_of_this_call_leaves_the_media_folder() {
        for bad in ["a/other.jpg", "../identity.toml", "/etc/passwd", ""] {
            assert!(copy_with("srcRemote", json!(bad)).is_err(), "{bad}");
        }
        assert!(copy_with("srcFs", json!("@pages")).is_err());
        assert!(copy_with("srcFs", json!("@target")).is_ok());
    }

    #[test]
    fn no_other_file_system_can_be_named() {
        for bad in [
            json!("other:"),
            json!("/etc"),
            json!(":local:/etc"),
            json!("@target/../x"),
            json!("@target,inplace:"),
            json!({"type": "local", "_root": "/etc"}),
            json!(null),
            json!("@media"),
        ] {
            assert!(copy_with("dstFs", bad.clone()).is_err(), "{bad}");
        }
        assert!(copy_with("srcFs", json!({"type": "local"})).is_err());
    }

    #[test]
    fn the_media_folder_cannot_be_moved_from_or_listed() {
        assert!(try_call("operations/movefile", copy()).is_err());
        assert!(try_call("operations/list", json!({"fs": "@media", "remote": ""})).is_err());
        assert!(try_call("operations/list", json!({"fs": "@target", "remote": ""})).is_ok());
    }

    #[test]
    fn keys_that_are_not_known_are_refused() {
        for key in ["_filter", "_async", "checksum", "dst_fs", "_path", "backup-dir"] {
            assert!(copy_with(key, json!(true)).unwrap_err().contains(key), "{key}");
        }
    }

    #[test]
    fn only_harmless_configuration_passes_and_only_of_the_right_kind() {
        let good = json!({"IgnoreTimes": true, "LowLevelRetries": 1, "ConnectTimeout": "10s", "Timeout": 30_000_000_000u64});
        assert!(copy_with("_config", good).is_ok());
        for bad in [
            json!({"BackupDir": "/x"}),
            json!({"LowLevelRetries": 0}),
            json!({"LowLevelRetries": "1"}),
            json!({"Timeout": "0s"}),
            json!({"Timeout": -1}),
            json!({"IgnoreTimes": "yes"}),
            json!(["IgnoreTimes"]),
        ] {
            assert!(copy_with("_config", bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn another_calls_group_cannot_be_named() {
        assert!(copy_with("_group", json!(GROUP)).is_ok());
        assert!(copy_with("_group", json!("other")).is_err());
    }

    #[test]
    fn a_method_must_be_grantable_and_granted() {
        assert!(try_call("core/command", json!({})).unwrap_err().contains("never granted"));
        assert!(try_call("operations/stat", json!({})).unwrap_err().contains("not granted"));
        assert!(try_call("core/version", json!({})).is_ok());
    }

    #[test]
    fn what_decides_about_the_source_cannot_be_left_out() {
        for key in ["srcFs", "srcRemote", "dstFs", "dstRemote"] {
            let mut input = copy();
            input.as_object_mut().unwrap().remove(key);
            assert!(try_call("operations/copyfile", input).is_err(), "{key}");
        }
    }

    #[test]
    fn input_that_is_no_object_is_refused() {
        for bad in ["[]", "null", "{", "{\"a\":1}{"] {
            let scope = Scope {
                methods: &["rc/noop".into()],
                target: "a:",
                media: "/m",
                pages: "/p",
                group: "g",
                origin: None,
            };
            assert!(admit(&scope, "rc/noop", bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
