//! What kind of storage the target is, as `operations/fsinfo` tells.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The hashes that the host can compare with, strongest first.
const USEFUL_HASHES: [&str; 3] = ["sha256", "sha1", "md5"];

/// The abilities of the storage that decide how this plugin works with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// rclone's description, such as `S3 bucket photos`.
    pub description: String,
    /// Hashes that are cheap to ask for, by rclone's names; empty where they have to be computed.
    pub hashes: Vec<String>,
    /// Whether the provider gives out links.
    pub public_link: bool,
    /// Whether the provider tells how much space is left.
    pub about: bool,
    /// Whether the first folder of a path is a bucket, which rclone would create without asking.
    pub bucket_based: bool,
    /// Whether nothing stands behind the remote's colon, not even a bucket.
    pub at_root: bool,
}

impl Remote {
    /// Reads the answer of `operations/fsinfo`. What is missing counts as an ability that is not there.
    pub fn from_fsinfo(info: &Value) -> Self {
        let can = |feature: &str| info["Features"][feature].as_bool().unwrap_or(false);
        let text = |key: &str| info[key].as_str().unwrap_or_default().to_owned();
        Self {
            description: text("String"),
            hashes: if can("SlowHash") { vec![] } else { useful_hashes(&info["Hashes"]) },
            public_link: can("PublicLink"),
            about: can("About"),
            bucket_based: can("BucketBased"),
            at_root: text("Root").is_empty(),
        }
    }

    /// Whether a visitor could see a file that is half overwritten: WebDAV is written in place, while
    /// rclone renames on FTP, SFTP and local folders, and S3 shows whole objects only.
    pub fn is_written_in_place(&self) -> bool {
        self.description.starts_with("webdav root")
    }

    /// Whether a file under a path replaces the one that was there without rclone looking for it first.
    /// On storages that keep two files of one name side by side it would not.
    pub fn replaces_by_name(&self) -> bool {
        const KNOWN: [&str; 5] = ["webdav root", "ftp://", "sftp://", "S3 ", "Local file system"];
        KNOWN.iter().any(|start| self.description.starts_with(start))
    }
}

fn useful_hashes(offered: &Value) -> Vec<String> {
    let offered: Vec<&str> = offered.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    USEFUL_HASHES.iter().filter(|hash| offered.contains(hash)).map(|hash| (*hash).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn slow_hashes_are_not_asked_for() {
        let local = json!({"Features": {"SlowHash": true}, "Hashes": ["md5", "sha1", "sha256"], "String": "Local file system at @target"});
        assert!(Remote::from_fsinfo(&local).hashes.is_empty());
        let drive = json!({"Features": {"SlowHash": false}, "Hashes": ["md5", "quickxor", "sha256"], "String": "drive"});
        assert_eq!(Remote::from_fsinfo(&drive).hashes, ["sha256", "md5"]);
    }

    #[test]
    fn webdav_alone_is_written_in_place() {
        let of = |text: &str| Remote::from_fsinfo(&json!({"String": text}));
        assert!(of("webdav root 'x'").is_written_in_place());
        assert!(!of("ftp://127.0.0.1:39313/x").is_written_in_place());
        assert!(!of("Google drive root 'x'").replaces_by_name());
        assert!(of("S3 bucket b").replaces_by_name());
    }
}
