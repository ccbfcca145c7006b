//! `<data>/secrets.toml`: what the operator entrusted to one target's plugin, never shown again.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use engine::TargetName;
use sandbox::Secret;

use crate::private_file;
use crate::text::io_words;

/// Longest secret that is kept, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// All secrets, by target and name.
pub struct Secrets {
    path: PathBuf,
    values: BTreeMap<String, BTreeMap<String, String>>,
}

/// Why the secrets could not be used. Holds none of them.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error("cannot read the secrets in `{}`: {}", .0.display(), io_words(.1))]
    Read(PathBuf, io::Error),
    #[error("cannot keep the secret in `{}`: {}", .0.display(), io_words(.1))]
    Write(PathBuf, io::Error),
    #[error(
        "the secrets in `{}` cannot be read as TOML (line {line}): move the file away and enter them again \
         with `boothsync secret set`", path.display()
    )]
    Damaged { path: PathBuf, line: usize },
}

impl Secrets {
    /// Reads the secrets of a data folder; without a file there are none.
    pub fn load(data: &Path) -> Result<Self, SecretsError> {
        let path = data.join("secrets.toml");
        let values = match std::fs::read_to_string(&path) {
            Ok(text) => {
                tighten(&path)?;
                toml::from_str(&text).map_err(|error| damaged(&path, &text, &error))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(SecretsError::Read(path, error)),
        };
        Ok(Self { path, values })
    }

    /// What a target's plugin may ask for: of its secrets, those that it declares.
    pub fn of<'a>(
        &self,
        target: &TargetName,
        declared: impl IntoIterator<Item = &'a String>,
    ) -> BTreeMap<String, Secret> {
        let Some(all) = self.values.get(target.as_str()) else { return BTreeMap::new() };
        declared
            .into_iter()
            .filter_map(|name| all.get(name).map(|value| (name.clone(), Secret::new(value.clone()))))
            .collect()
    }

    /// The names of all targets that have secrets.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Keeps a secret, in place of an earlier one of that name.
    pub fn set(&mut self, target: &TargetName, name: &str, value: String) -> Result<(), SecretsError> {
        self.values.entry(target.to_string()).or_default().insert(name.into(), value);
        let text = toml::to_string(&self.values).expect("maps of texts can be written as TOML");
        private_file::replace(&self.path, text.as_bytes())
            .map_err(|error| SecretsError::Write(self.path.clone(), error))
    }
}

/// A file that was copied from elsewhere may be readable for all.
fn tighten(path: &Path) -> Result<(), SecretsError> {
    let mend = || -> io::Result<()> {
        let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            tracing::warn!(file.path = %path.display(), "other users could read the secrets; now they cannot");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(())
    };
    mend().map_err(|error| SecretsError::Read(path.into(), error))
}

/// Says where, never what: the parser's own message would quote the line.
fn damaged(path: &Path, text: &str, error: &toml::de::Error) -> SecretsError {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    SecretsError::Damaged { path: path.into(), line: 1 + text[..at].matches('\n').count() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> TargetName {
        TargetName::new("webspace").unwrap()
    }

    #[test]
    fn a_secret_is_kept_for_its_target_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mut secrets = Secrets::load(dir.path()).unwrap();
        secrets.set(&target(), "token", "s3cret \"quoted\"\n".into()).unwrap();
        let again = Secrets::load(dir.path()).unwrap();
        let names = ["token".to_string(), "other".to_string()];
        assert_eq!(again.of(&target(), &names)["token"].expose(), "s3cret \"quoted\"\n");
        assert_eq!(again.of(&target(), &names).len(), 1);
        assert!(again.of(&target(), &[]).is_empty(), "undeclared secrets are not handed out");
        assert!(again.of(&TargetName::new("usb").unwrap(), &names).is_empty());
    }

    #[test]
    fn a_file_that_others_could_read_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.toml");
        std::fs::write(&path, "[a]\nb = \"c\"\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        Secrets::load(dir.path()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_reported_without_its_content() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("secrets.toml"), "[a]\nb = hunter2\n").unwrap();
        let error = Secrets::load(dir.path()).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
