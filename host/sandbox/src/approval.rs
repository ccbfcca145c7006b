//! What the operator granted to a plugin, and what is left of its wishes under that. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::limits::DEFAULT_MEMORY_BYTES;
use crate::manifest::{FolderWish, HttpWish, LimitWishes, Manifest, Permissions, RcloneWish};

/// What the operator granted to one plugin. What runs gets what it asks for and what is in here, and
/// nothing that is only one of both. The default grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Approval {
    /// Names of the secrets it may read, each of its own target only.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<String>,
    /// Hosts on the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpWish>,
    /// Calls to the supervised rclone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rclone: Option<RcloneWish>,
    /// One directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<FolderWish>,
    /// More than what every plugin gets.
    #[serde(skip_serializing_if = "is_usual")]
    pub limits: LimitWishes,
}

impl Approval {
    /// Everything that a manifest asks for.
    pub fn of(manifest: &Manifest) -> Self {
        let asked = manifest.permissions.clone();
        Self {
            secrets: manifest.secrets.keys().cloned().collect(),
            http: asked.http.map(|wish| HttpWish { reason: String::new(), ..wish }),
            rclone: asked.rclone.map(|wish| RcloneWish { reason: String::new(), ..wish }),
            folder: asked.folder.map(|wish| FolderWish { reason: String::new(), ..wish }),
            limits: LimitWishes { memory_bytes: beyond_usual(&manifest.limits) },
        }
    }

    /// What a manifest asks for beyond this; the default if it asks for nothing more.
    pub fn lacks(&self, manifest: &Manifest) -> Self {
        let wanted = Self::of(manifest);
        Self {
            secrets: wanted.secrets.difference(&self.secrets).cloned().collect(),
            http: wanted.http.and_then(|wish| more_hosts(wish, self.http.as_ref())),
            rclone: wanted.rclone.and_then(|wish| more_methods(wish, self.rclone.as_ref())),
            folder: wanted.folder.filter(|wish| !same_folder(wish, self.folder.as_ref())),
            limits: LimitWishes {
                memory_bytes: wanted.limits.memory_bytes.filter(|bytes| *bytes > self.memory_bytes()),
            },
        }
    }

    /// The manifest with those of its wishes that are granted; reasons stay.
    pub fn narrow(&self, manifest: &Manifest) -> Manifest {
        let asked = manifest.permissions.clone();
        let mut narrow = manifest.clone();
        narrow.permissions = Permissions {
            http: asked.http.zip(self.http.as_ref()).map(|(wish, granted)| HttpWish {
                allow: both(wish.allow, &granted.allow),
                settings: both(wish.settings, &granted.settings),
                ..wish
            }),
            rclone: asked.rclone.zip(self.rclone.as_ref()).and_then(|(wish, granted)| {
                same_remote(&wish, granted)
                    .then(|| RcloneWish { methods: both(wish.methods.clone(), &granted.methods), ..wish })
            }),
            folder: asked.folder.filter(|wish| same_folder(wish, self.folder.as_ref())),
        };
        narrow.secrets.retain(|name, _| self.secrets.contains(name));
        let memory_bytes = &mut narrow.limits.memory_bytes;
        *memory_bytes = memory_bytes.map(|wish| wish.min(self.memory_bytes()));
        narrow
    }

    fn memory_bytes(&self) -> u64 {
        self.limits.memory_bytes.unwrap_or_default().max(DEFAULT_MEMORY_BYTES)
    }
}

fn is_usual(limits: &LimitWishes) -> bool {
    *limits == LimitWishes::default()
}

fn beyond_usual(limits: &LimitWishes) -> Option<u64> {
    limits.memory_bytes.filter(|bytes| *bytes > DEFAULT_MEMORY_BYTES)
}

fn both(wished: Vec<String>, granted: &[String]) -> Vec<String> {
    wished.into_iter().filter(|one| granted.contains(one)).collect()
}

fn without(wished: Vec<String>, granted: &[String]) -> Vec<String> {
    wished.into_iter().filter(|one| !granted.contains(one)).collect()
}

fn more_hosts(wish: HttpWish, granted: Option<&HttpWish>) -> Option<HttpWish> {
    let Some(granted) = granted else { return Some(wish) };
    let allow = without(wish.allow, &granted.allow);
    let settings = without(wish.settings, &granted.settings);
    let more = !allow.is_empty() || !settings.is_empty();
    more.then_some(HttpWish { allow, settings, reason: wish.reason })
}

fn more_methods(wish: RcloneWish, granted: Option<&RcloneWish>) -> Option<RcloneWish> {
    // Another remote is another world: nothing of what was granted says anything about it.
    let Some(granted) = granted.filter(|granted| same_remote(&wish, granted)) else { return Some(wish) };
    let methods = without(wish.methods, &granted.methods);
    (!methods.is_empty()).then_some(RcloneWish { methods, ..wish })
}

fn same_remote(wish: &RcloneWish, granted: &RcloneWish) -> bool {
    wish.remote == granted.remote && wish.subdir == granted.subdir
}

fn same_folder(wish: &FolderWish, granted: Option<&FolderWish>) -> bool {
    granted.is_some_and(|granted| granted.path == wish.path)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn manifest(permissions: Value, secrets: Value, memory: &str) -> Manifest {
        let document = json!({"plugin": {"name": "a", "version": "1", "kind": "target"},
            "permissions": permissions, "secrets": secrets, "limits": {"memory": memory}});
        Manifest::parse(document.to_string().as_bytes()).unwrap()
    }

    fn everything() -> Manifest {
        manifest(
            json!({
                "http": {"allow": ["https://a.example", "https://b.example"], "settings": ["/url"], "reason": "r"},
                "rclone": {"methods": ["operations/list", "operations/stat"], "remote": "/remote", "reason": "r"},
                "folder": {"path": "/path", "reason": "r"}
            }),
            json!({"token": {"title": "T"}, "user": {}}),
            "128MiB",
        )
    }

    #[test]
    fn nothing_approved_is_nothing_granted() {
        let narrow = Approval::default().narrow(&everything());
        assert_eq!(narrow.permissions, Permissions::default());
        assert!(narrow.secrets.is_empty());
        assert_eq!(narrow.limits.memory_bytes, Some(DEFAULT_MEMORY_BYTES));
        assert_eq!(narrow.plugin, everything().plugin);
    }

    #[test]
    fn everything_approved_is_everything_asked_for() {
        let approval = Approval::of(&everything());
        assert_eq!(approval.narrow(&everything()), everything());
        assert_eq!(approval.lacks(&everything()), Approval::default());
        assert_eq!(Approval::default().lacks(&everything()), approval);
    }

    #[test]
    fn what_was_approved_and_is_not_asked_for_is_not_granted() {
        let modest = manifest(json!({"http": {"allow": ["https://b.example"]}}), json!({}), "1MiB");
        let narrow = Approval::of(&everything()).narrow(&modest);
        assert_eq!(narrow, modest);
        assert_eq!(Approval::of(&everything()).lacks(&modest), Approval::default());
    }

    #[test]
    fn only_what_is_both_is_granted() {
        let approved = Approval::of(&manifest(
            json!({
                "http": {"allow": ["https://b.example", "https://c.example"]},
                "rclone": {"methods": ["operations/stat"], "remote": "/remote"},
                "folder": {"path": "/elsewhere"}
            }),
            json!({"token": {}}),
            "96MiB",
        ));
        let narrow = approved.narrow(&everything());
        let asked = narrow.permissions;
        assert_eq!(asked.http.as_ref().unwrap().allow, ["https://b.example"]);
        assert!(asked.http.unwrap().settings.is_empty());
        assert_eq!(asked.rclone.unwrap().methods, ["operations/stat"]);
        assert!(asked.folder.is_none());
        assert_eq!(narrow.secrets.keys().collect::<Vec<_>>(), ["token"]);
        assert_eq!(narrow.limits.memory_bytes, Some(96 << 20));

        let more = approved.lacks(&everything());
        assert_eq!(more.http.as_ref().unwrap().allow, ["https://a.example"]);
        assert_eq!(more.http.unwrap().settings, ["/url"]);
        assert_eq!(more.rclone.unwrap().methods, ["operations/list"]);
        assert_eq!(more.folder.unwrap().path, "/path");
        assert_eq!(more.secrets.into_iter().collect::<Vec<_>>(), ["user"]);
        assert_eq!(more.limits.memory_bytes, Some(128 << 20));
    }

    #[test]
    fn methods_on_another_remote_are_another_wish() {
        let asks = |remote: &str| {
            manifest(json!({"rclone": {"methods": ["operations/stat"], "remote": remote}}), json!({}), "1MiB")
        };
        let approved = Approval::of(&asks("/a"));
        assert!(approved.narrow(&asks("/b")).permissions.rclone.is_none());
        assert_eq!(approved.lacks(&asks("/b")).rclone.unwrap().remote, "/b");
    }

    #[test]
    fn less_memory_than_every_plugin_gets_is_no_wish() {
        assert_eq!(Approval::of(&manifest(json!({}), json!({}), "32MiB")), Approval::default());
        let narrow = Approval::default().narrow(&manifest(json!({}), json!({}), "32MiB"));
        assert_eq!(narrow.limits.memory_bytes, Some(32 << 20));
    }
}
