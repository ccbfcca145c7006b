//! `<data>/plugins.lock`: which plugins are installed, and what the operator granted to each.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use sandbox::{Approval, Kind, Package};
use serde::{Deserialize, Serialize};

use super::ShelfError;
use crate::private_file;

const FILE_NAME: &str = "plugins.lock";
const HEAD: &str = "\
# Which plugins are installed, and what each was granted, by the digest of its file.\n\
# Written by `boothsync plugin`; what is not granted in here, no plugin has.\n\n";

/// All installed plugins, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    #[serde(default, rename = "plugin")]
    pub plugins: BTreeMap<String, Locked>,
}

/// One installed plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    pub version: String,
    pub kind: Kind,
    /// Of the file that is used.
    pub digest: String,
    /// A newer file that asks for more than what is granted, and waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// What the file with this digest may do; nothing before it is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Approval>,
}

/// A file that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    pub version: String,
    pub digest: String,
}

impl Lock {
    /// Reads the lock of a data folder; without a file nothing is installed.
    pub fn load(data: &Path) -> Result<Self, ShelfError> {
        let path = data.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(ShelfError::Read(path, error)),
        };
        toml::from_str(&text).map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let line = 1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
            let message = error.message().trim().replace('\n', ", ");
            ShelfError::Damaged { path, line, message }
        })
    }

    /// Replaces the file.
    pub fn save(&self, data: &Path) -> Result<(), ShelfError> {
        let path = data.join(FILE_NAME);
        let text = toml::to_string(self).expect("names, texts and lists can be written as TOML");
        private_file::replace(&path, format!("{HEAD}{text}").as_bytes())
            .map_err(|error| ShelfError::Write(path, error))
    }
}

impl Locked {
    /// The entry of a package with these grants.
    pub fn new(package: &Package, granted: Option<Approval>) -> Self {
        let about = &package.manifest().plugin;
        let (version, kind) = (about.version.clone(), about.kind);
        Self { version, kind, digest: package.digest().into(), pending: None, granted }
    }
}

impl Locked {
    /// Of the file that is used and the one that waits.
    pub fn digests(&self) -> impl Iterator<Item = &str> {
        let pending = self.pending.iter().map(|pending| pending.digest.as_str());
        std::iter::once(self.digest.as_str()).chain(pending)
    }
}

impl Pending {
    /// The entry of a package that waits.
    pub fn new(package: &Package) -> Self {
        Self { version: package.manifest().plugin.version.clone(), digest: package.digest().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let granted = Approval {
            secrets: ["token".to_owned()].into(),
            http: Some(sandbox::HttpWish {
                allow: vec!["https://a.example".into()],
                settings: vec!["/url".into()],
                reason: String::new(),
            }),
            ..Approval::default()
        };
        let pending = Some(Pending { version: "2.0.0".into(), digest: "sha256:bb".into() });
        let locked = Locked {
            version: "1.0.0".into(),
            kind: Kind::Target,
            digest: "sha256:aa".into(),
            pending,
            granted: Some(granted),
        };
        Lock { plugins: BTreeMap::from([("acme".to_owned(), locked)]) }
    }

    #[test]
    fn what_was_kept_is_read_again_and_people_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Lock::load(dir.path()).unwrap(), Lock::default());
        lock().save(dir.path()).unwrap();
        assert_eq!(Lock::load(dir.path()).unwrap(), lock());
        insta::assert_snapshot!(std::fs::read_to_string(dir.path().join(FILE_NAME)).unwrap(), @r#"
        # Which plugins are installed, and what each was granted, by the digest of its file.
        # Written by `boothsync plugin`; what is not granted in here, no plugin has.

        [plugin.acme]
        version = "1.0.0"
        kind = "target"
        digest = "sha256:aa"

        [plugin.acme.pending]
        version = "2.0.0"
        digest = "sha256:bb"

        [plugin.acme.granted]
        secrets = ["token"]

        [plugin.acme.granted.http]
        allow = ["https://a.example"]
        settings = ["/url"]
        "#);
    }

    #[test]
    fn a_key_that_nobody_knows_grants_nothing_and_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[plugin.acme]\nversion = \"1\"\nkind = \"target\"\ndigest = \"x\"\ngranted = { everything = true }\n";
        std::fs::write(dir.path().join(FILE_NAME), text).unwrap();
        let error = Lock::load(dir.path()).unwrap_err().to_string();
        assert!(
            error.contains("plugins.lock` is damaged in line 5") && error.contains("everything"),
            "{error}"
        );
    }
}
