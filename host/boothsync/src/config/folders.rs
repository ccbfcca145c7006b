//! A target that is, contains or lies in the media or data folder would eat its own pictures.

use std::path::{Component, Path, PathBuf};

use super::Config;
use super::checks::Checks;
use super::target::TargetConfig;

/// Which of our folders a place touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderPlace {
    Media,
    Data,
}

impl FolderPlace {
    /// As a sentence names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Media => "the media folder",
            Self::Data => "the data folder",
        }
    }
}

/// Refuses data in media and local targets that touch either.
pub fn check(config: &Config, checks: &mut Checks<'_>) {
    if touches(&real(&config.data), &real(&config.media)) {
        let message = "the data folder and the media folder must not lie in each other";
        checks.wrong("data", message, "put it beside the media folder");
    }
    for (index, target) in config.file.targets.iter().enumerate() {
        let Some((key, path)) = local_path(target, &config.base) else { continue };
        if let Some(place) = overlap(config, &path) {
            let message = format!(
                "target `{}` is, contains or lies in {}: it would copy its own pictures",
                target.name,
                place.as_str()
            );
            checks.item("target", index).table("settings").wrong(key, message, "choose a folder elsewhere");
        }
    }
}

/// Which of our folders `path` touches, through symbolic links too.
pub fn overlap(config: &Config, path: &Path) -> Option<FolderPlace> {
    let path = real(path);
    if touches(&path, &real(&config.media)) {
        Some(FolderPlace::Media)
    } else if touches(&path, &real(&config.data)) {
        Some(FolderPlace::Data)
    } else {
        None
    }
}

/// The folder of this machine that a target names, and the setting that does. Names of rclone remotes
/// are not looked into: what stands behind them is asked of rclone when it runs.
fn local_path(target: &TargetConfig, base: &Path) -> Option<(&'static str, PathBuf)> {
    let setting = |key| target.settings.get(key).and_then(|value| value.as_str());
    match target.plugin.as_str() {
        "folder" => Some(("path", base.join(setting("path")?))),
        "rclone" => {
            let root = local_remote(setting("remote")?)?;
            let below = setting("subdir").unwrap_or("").trim_start_matches('/');
            Some(("remote", base.join(root).join(below)))
        }
        _ => None,
    }
}

/// The path in a remote that is plainly a folder of this machine.
fn local_remote(remote: &str) -> Option<&str> {
    if remote.starts_with('/') || remote.starts_with('.') {
        return Some(remote);
    }
    let rest = remote.strip_prefix(":local")?;
    rest.split_once(':').map(|(_, path)| path)
}

fn touches(a: &Path, b: &Path) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// The path without symbolic links, as far as it exists and answers; the rest as it is written.
fn real(path: &Path) -> PathBuf {
    let mut missing = Vec::new();
    let mut existing = lexical(path);
    loop {
        if let Ok(real) = sandbox::resolve(&existing) {
            return missing.iter().rev().fold(real, |path, part| path.join(part));
        }
        let Some(name) = existing.file_name().map(ToOwned::to_owned) else { return lexical(path) };
        missing.push(name);
        existing.pop();
    }
}

/// Takes `.` out everywhere and `..` where it follows a name that does not exist as a link.
fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                let parent = sandbox::resolve(&clean).unwrap_or(clean);
                clean = parent.parent().map(Path::to_path_buf).unwrap_or(parent);
            }
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_does_not_exist_yet_is_compared_through_the_links_that_do() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("media")).unwrap();
        std::os::unix::fs::symlink(root.join("media"), root.join("link")).unwrap();
        assert_eq!(real(&root.join("link/new/deep")), root.join("media/new/deep"));
        assert_eq!(real(&root.join("link/../other")), root.join("other"));
        assert_eq!(real(&root.join("./media/.")), root.join("media"));
    }

    #[test]
    fn only_plain_paths_of_rclone_are_folders_here() {
        assert_eq!(local_remote("/srv"), Some("/srv"));
        assert_eq!(local_remote(":local:/srv"), Some("/srv"));
        assert_eq!(local_remote(":local,case_sensitive=true:/srv"), Some("/srv"));
        assert_eq!(local_remote("nas:/srv"), None);
        assert_eq!(local_remote(":ftp,host=x:"), None);
    }

    #[test]
    fn a_neighbour_with_the_same_beginning_does_not_touch() {
        assert!(touches(Path::new("/a/media"), Path::new("/a")));
        assert!(!touches(Path::new("/a/media2"), Path::new("/a/media")));
    }
}
