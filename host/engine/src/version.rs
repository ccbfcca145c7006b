//! What tells one content of a file from another without reading it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::blob::FileIdentity;

/// A text that changes whenever content changes. For media it is size and time of the last write, as
/// rclone compares files: inode numbers and the time of the last inode change differ after a restored
/// backup or a `chmod`, and would upload everything again. For rendered pages it is their digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub String);

impl Version {
    /// The version of a file in this state.
    pub fn of(identity: &FileIdentity) -> Self {
        Self(format!("{}-{}", identity.size_bytes, identity.mtime_ns))
    }

    /// Size in bytes of the media file that has this version; `None` for pages.
    pub(crate) fn size_bytes(&self) -> Option<u64> {
        self.0.split_once('-')?.0.parse().ok()
    }

    /// What a target holds when the file changed under the upload: equal to no version of any file.
    pub(crate) fn overtaken(&self) -> Self {
        Self(format!("{}?", self.0))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
