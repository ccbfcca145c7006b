//! What has to hold before a target behind rclone is used: rclone answers, and the remote does not
//! lead back into the media or data folder. An alias, a union or an encrypted remote can hide that,
//! so rclone itself is asked what stands behind it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::{Call, Failure};
use rclone::Client;
use serde_json::{Value, json};

use crate::config::{Config, overlap};
use crate::rclone_host::{NotUsable, RcloneHost};

/// How long a call waits for rclone to come up. It takes a tenth of a second; more when busy.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// How long rclone may take to say what a remote is.
const LOOK_PATIENCE: Duration = Duration::from_secs(30);
/// Remotes behind remotes that are looked at.
const MOST_REMOTES: usize = 32;

/// The check of one target.
pub struct RcloneCheck {
    fs: String,
    host: RcloneHost,
    config: Arc<Config>,
    /// Which rclone process, with which edit of its configuration, said that the remote is harmless.
    harmless: Mutex<Option<(u32, u64)>>,
}

impl RcloneCheck {
    /// For the remote `fs`, as rclone writes it.
    pub fn new(fs: String, host: RcloneHost, config: Arc<Config>) -> Self {
        Self { fs, host, config, harmless: Mutex::new(None) }
    }

    /// Resolves when the target may be used.
    pub async fn pass(&self, call: &Call) -> Result<(), Failure> {
        call.cancel.run_until_cancelled(self.look()).await.unwrap_or(Err(Failure::Cancelled))
    }

    async fn look(&self) -> Result<(), Failure> {
        let rclone = self.host.ready(START_PATIENCE).await.map_err(|problem| match problem {
            NotUsable::Starting(reason) => Failure::Retry(reason),
            NotUsable::Missing(reason) => Failure::Blocked(reason),
        })?;
        let pid = rclone.state().running().map_or(0, |running| running.pid);
        let now = Some((pid, *rclone.config_changes().borrow()));
        if *self.harmless.lock().unwrap_or_else(PoisonError::into_inner) == now {
            return Ok(());
        }
        if self.follow(&rclone.client()).await? {
            *self.harmless.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
        Ok(())
    }

    /// Looks at the remote and at all behind it. `false` if one of them did not answer: that is not
    /// this machine's disk, and the plugin has better words for it.
    async fn follow(&self, client: &Client) -> Result<bool, Failure> {
        let mut all_answered = true;
        let mut seen = HashSet::new();
        let mut ahead = vec![self.fs.clone()];
        while let Some(fs) = ahead.pop() {
            if seen.len() >= MOST_REMOTES || !seen.insert(fs.clone()) {
                continue;
            }
            match client.call_within(LOOK_PATIENCE, "operations/fsinfo", &json!({"fs": fs})).await {
                Ok(about) => self.refuse_our_own(&about)?,
                Err(_) => all_answered = false,
            }
            if let Some((name, path)) = named(&fs) {
                let section = client.call_within(LOOK_PATIENCE, "config/get", &json!({"name": name})).await;
                ahead.extend(section.map(|section| behind(&section, path)).unwrap_or_default());
            }
        }
        Ok(all_answered)
    }

    fn refuse_our_own(&self, about: &Value) -> Result<(), Failure> {
        let part = |name| about.get(name).and_then(Value::as_str);
        let (Some("local"), Some(root)) = (part("Name"), part("Root")) else { return Ok(()) };
        match overlap(&self.config, Path::new(root)) {
            None => Ok(()),
            Some(place) => Err(Failure::Blocked(format!(
                "`{}` leads to `{root}`, which is, contains or lies in {}: it would copy its own pictures; choose \
                 another remote or folder",
                self.fs,
                place.as_str(),
            ))),
        }
    }
}

/// Name and path of a remote that rclone's configuration knows.
fn named(fs: &str) -> Option<(&str, &str)> {
    if fs.starts_with([':', '/', '.']) { None } else { fs.split_once(':') }
}

/// The remotes that a section of rclone's configuration wraps, with `path` in them.
fn behind(section: &Value, path: &str) -> Vec<String> {
    let text = |key| section.get(key).and_then(Value::as_str).unwrap_or("");
    let wrapped = Some(text("remote")).filter(|remote| !remote.is_empty());
    let upstreams = text("upstreams").split_whitespace().map(|upstream| match upstream.split_once('=') {
        // `combine` chooses by the first part of the path, so what lies behind is taken as a whole.
        Some((_, remote)) => remote.to_owned(),
        None => fs_name(upstream.trim_end_matches(":ro").trim_end_matches(":nc"), path),
    });
    wrapped.map(|remote| fs_name(remote, path)).into_iter().chain(upstreams).collect()
}

/// How rclone writes a folder of a remote.
pub fn fs_name(remote: &str, subdir: &str) -> String {
    let subdir = subdir.trim_matches('/');
    match remote {
        _ if subdir.is_empty() => remote.into(),
        _ if remote.ends_with([':', '/']) => format!("{remote}{subdir}"),
        _ => format!("{remote}/{subdir}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_joined_as_rclone_writes_them() {
        assert_eq!(fs_name("nas:", ""), "nas:");
        assert_eq!(fs_name("nas:", "a/b"), "nas:a/b");
        assert_eq!(fs_name("nas:photos", "/a/"), "nas:photos/a");
        assert_eq!(fs_name("/srv", "a"), "/srv/a");
    }

    #[test]
    fn only_configured_remotes_have_a_section() {
        assert_eq!(named("nas:photos/a"), Some(("nas", "photos/a")));
        assert_eq!(named(":local:/srv"), None);
        assert_eq!(named("/srv/a:b"), None);
    }

    #[test]
    fn what_a_wrapping_remote_wraps_is_followed() {
        assert_eq!(behind(&json!({"type": "crypt", "remote": "nas:x"}), "a"), ["nas:x/a"]);
        let union = json!({"type": "union", "upstreams": "/srv:ro nas: /mnt/b"});
        assert_eq!(behind(&union, "a"), ["/srv/a", "nas:a", "/mnt/b/a"]);
        let combine = json!({"type": "combine", "upstreams": "one=/srv two=nas:x"});
        assert_eq!(behind(&combine, "one/a"), ["/srv", "nas:x"]);
        assert!(behind(&json!({"type": "ftp", "host": "x"}), "a").is_empty());
    }
}
