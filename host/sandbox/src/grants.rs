//! What one target is granted: what its plugin asked for, applied to this target's settings.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::doors::Roots;
use crate::egress::{Allow, AllowList, RcGrant, target_fs};
use crate::manifest::{FolderWish, HttpWish, Permissions, RcloneWish};
use crate::resolve::resolve;

/// Everything within reach of one target.
pub(crate) struct Grants {
    pub hosts: AllowList,
    pub rclone: Option<RcGrant>,
    pub folder: Option<PathBuf>,
}

impl Grants {
    /// Fails with a sentence if the settings lead where a target must not go.
    pub fn of(asked: &Permissions, settings: &Value, roots: &Roots) -> Result<Self, String> {
        let hosts = asked.http.as_ref().map_or(Ok(Vec::new()), |wish| hosts(wish, settings))?;
        let rclone = asked.rclone.as_ref().map(|wish| rclone(wish, settings, roots)).transpose()?;
        let folder = asked.folder.as_ref().map(|wish| folder(wish, settings, roots)).transpose()?;
        Ok(Self { hosts: AllowList::new(hosts), rclone, folder })
    }
}

/// The vendor's fixed hosts and those that the operator typed.
fn hosts(wish: &HttpWish, settings: &Value) -> Result<Vec<Allow>, String> {
    let fixed = wish.allow.iter().map(|text| Allow::parse(text));
    let typed = wish.settings.iter().filter_map(|pointer| typed_host(pointer, settings));
    fixed.chain(typed).collect()
}

fn typed_host(pointer: &str, settings: &Value) -> Option<Result<Allow, String>> {
    let text = settings.pointer(pointer)?.as_str()?.trim();
    if text.is_empty() {
        return None;
    }
    let url = url::Url::parse(text).ok();
    let plain = url.filter(|url| url.username().is_empty() && url.password().is_none());
    let allow = plain.and_then(|url| Allow::of(&url));
    let name = pointer.trim_start_matches('/').replace('/', ".");
    Some(allow.ok_or_else(|| {
        format!("settings.{name} must be an address like `https://cloud.example.com`, without user name and password")
    }))
}

fn rclone(wish: &RcloneWish, settings: &Value, roots: &Roots) -> Result<RcGrant, String> {
    let text = |pointer: &str| settings.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let target = target_fs(text(&wish.remote), wish.subdir.as_deref().map_or("", text))?;
    if target.starts_with('/') {
        check_apart(Path::new(&target), roots)?;
    }
    Ok(RcGrant {
        methods: wish.methods.clone(),
        target,
        media: utf8(&roots.media)?,
        pages: utf8(&roots.pages)?,
    })
}

fn folder(wish: &FolderWish, settings: &Value, roots: &Roots) -> Result<PathBuf, String> {
    let text = settings.pointer(&wish.path).and_then(Value::as_str).unwrap_or_default().trim();
    let path = PathBuf::from(text);
    let name = wish.path.trim_start_matches('/').replace('/', ".");
    if !path.is_absolute() {
        return Err(format!(
            "settings.{name} must be an absolute path like `/media/usb/booth`, not `{text}`"
        ));
    }
    check_apart(&path, roots)?;
    Ok(path)
}

/// A target that is, contains or lies in one of our own folders would feed itself, or be fed to itself.
fn check_apart(path: &Path, roots: &Roots) -> Result<(), String> {
    let real = real(path);
    for root in [&roots.media, &roots.pages] {
        let root = self::real(root);
        if real.starts_with(&root) || root.starts_with(&real) {
            let (path, root) = (path.display(), root.display());
            return Err(format!(
                "the target {path} and the folder {root} lie in one another; choose another place"
            ));
        }
    }
    Ok(())
}

/// The path with links followed as far as it exists, and answers.
fn real(path: &Path) -> PathBuf {
    match (resolve(path), path.parent(), path.file_name()) {
        (Ok(real), ..) => real,
        (Err(_), Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

fn utf8(path: &Path) -> Result<String, String> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("{} is not UTF-8, rclone cannot use it", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(json: Value) -> Permissions {
        serde_json::from_value(json).unwrap()
    }

    fn roots(at: &Path) -> Roots {
        Roots { media: at.join("media"), pages: at.join("data/pages") }
    }

    fn grants(asked_for: Value, settings: Value) -> Result<Grants, String> {
        let temp = tempfile::tempdir().unwrap();
        Grants::of(&asked(asked_for), &settings, &roots(temp.path()))
    }

    fn reaches(grants: &Grants, url: &str) -> bool {
        grants.hosts.check(&url.parse().unwrap()).is_ok()
    }

    #[test]
    fn a_host_that_the_operator_typed_is_granted_and_no_other() {
        let wish = json!({"http": {"allow": ["https://auth.example.com"], "settings": ["/url", "/absent"]}});
        let grants = grants(wish, json!({"url": "http://nas.lan:8080/dav/x"})).unwrap();
        assert!(reaches(&grants, "http://nas.lan:8080/other"));
        assert!(reaches(&grants, "https://auth.example.com/"));
        assert!(!reaches(&grants, "http://nas.lan/"));
    }

    #[test]
    fn nothing_asked_for_is_nothing_granted() {
        let grants = grants(json!({}), json!({"url": "https://a.example"})).unwrap();
        assert!(!reaches(&grants, "https://a.example/"));
        assert!(grants.rclone.is_none() && grants.folder.is_none());
    }

    #[test]
    fn an_address_with_a_password_in_it_is_refused_by_name() {
        let error = grants(json!({"http": {"settings": ["/url"]}}), json!({"url": "https://u:p@a.example"}));
        assert!(error.err().unwrap().contains("settings.url"));
    }

    #[test]
    fn a_target_within_the_media_folder_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let roots = roots(temp.path());
        std::fs::create_dir_all(&roots.media).unwrap();
        std::os::unix::fs::symlink(&roots.media, temp.path().join("link")).unwrap();
        let folder = asked(json!({"folder": {"path": "/path"}}));
        for bad in ["media", "media/sub/dir", "link", "link/new", "", "data"] {
            let settings = json!({"path": temp.path().join(bad)});
            assert!(Grants::of(&folder, &settings, &roots).is_err(), "{bad}");
        }
        let fine = json!({"path": temp.path().join("media-usb")});
        assert!(Grants::of(&folder, &fine, &roots).is_ok());
        let rclone = asked(json!({"rclone": {"methods": [], "remote": "/remote"}}));
        assert!(Grants::of(&rclone, &json!({"remote": roots.media}), &roots).is_err());
    }

    #[test]
    fn a_relative_folder_is_refused() {
        assert!(grants(json!({"folder": {"path": "/path"}}), json!({"path": "usb"})).is_err());
        assert!(grants(json!({"folder": {"path": "/path"}}), json!({})).is_err());
    }
}
