//! Looks for a usable rclone.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tracing::info;

use crate::fetch::{FetchError, fetch};
use crate::probe::{ProbeError, version_of};
use crate::version::Version;

/// Name of the binary on `PATH` and in the data folder.
pub(crate) const BINARY: &str = "rclone";

/// Where to look.
#[derive(Debug, Clone)]
pub struct FindSettings {
    /// The configured binary. It is used or refused, never silently replaced.
    pub binary: Option<PathBuf>,
    /// Folder of a fetched rclone, made when one is fetched.
    pub data: PathBuf,
    /// Whether rclone may be fetched when there is no usable one.
    pub fetch: bool,
}

/// A usable rclone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The binary.
    pub path: PathBuf,
    /// Its version, at least [`Version::OLDEST_USABLE`].
    pub version: Version,
    /// What the operator should know about the choice, in one sentence.
    pub note: Option<String>,
}

/// Why there is no usable rclone.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The configured binary is no rclone.
    #[error("the rclone set as [rclone] binary cannot be used: {0}")]
    Configured(#[source] ProbeError),
    /// The configured binary is too old.
    #[error(
        "rclone {version} at `{path}`, set as [rclone] binary, is too old: before 1.63 visitors would see half-written \
         files; install rclone 1.75 or newer there, or leave [rclone] binary empty so that one is found or fetched"
    )]
    ConfiguredTooOld {
        /// The binary.
        path: PathBuf,
        /// What it is.
        version: Version,
    },
    /// The only one is too old.
    #[error(
        "rclone {version} at `{path}` is too old: before 1.63 visitors would see half-written files; install rclone 1.75 \
         or newer, or set [rclone] binary to one{}", because(.fetch.as_ref())
    )]
    TooOld {
        /// The binary on `PATH` or in the data folder.
        path: PathBuf,
        /// What it is.
        version: Version,
        /// Why no other one could be fetched; `None` when it was not allowed to be.
        fetch: Option<FetchError>,
    },
    /// There is none.
    #[error(
        "there is no rclone on this machine: install rclone 1.75 or newer, or set [rclone] binary to one{}",
        because(.0.as_ref())
    )]
    Missing(Option<FetchError>),
}

fn because(fetch: Option<&FetchError>) -> String {
    fetch.map_or_else(String::new, |error| format!(" (it could not be fetched: {error})"))
}

/// Looks for rclone: the configured binary, `PATH`, the data folder; the last resort is to fetch it.
/// One that is too old is passed over if a good one is found later in this order.
pub async fn find(settings: &FindSettings) -> Result<Found, FindError> {
    if let Some(path) = &settings.binary {
        return configured(path).await;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_on(&path, settings).await
}

async fn configured(path: &Path) -> Result<Found, FindError> {
    let version = version_of(path).await.map_err(FindError::Configured)?;
    if version.is_usable() {
        Ok(found(path.into(), version, None))
    } else {
        Err(FindError::ConfiguredTooOld { path: path.into(), version })
    }
}

async fn find_on(path: &OsStr, settings: &FindSettings) -> Result<Found, FindError> {
    let mut too_old = None;
    for candidate in candidates(path, &settings.data) {
        match version_of(&candidate).await {
            Ok(version) if version.is_usable() => return Ok(found(candidate, version, too_old)),
            Ok(version) => too_old = too_old.or(Some((candidate, version))),
            Err(error) => info!("{error}; looking on"),
        }
    }
    let fetched = if settings.fetch { fetch(&settings.data).await.map_err(Some) } else { Err(None) };
    match (fetched, too_old) {
        (Ok((path, version)), too_old) => Ok(found(path, version, too_old)),
        (Err(fetch), Some((path, version))) => Err(FindError::TooOld { path, version, fetch }),
        (Err(fetch), None) => Err(FindError::Missing(fetch)),
    }
}

/// The first rclone on `path`, as a shell would take it, and then the one in the data folder.
fn candidates(path: &OsStr, data: &Path) -> Vec<PathBuf> {
    let on_path = on_path(path, BINARY);
    let own = Some(data.join(BINARY)).filter(|own| own.is_file());
    on_path.into_iter().chain(own).collect()
}

/// The first `name` on `path` that can be run. Relative entries do not count.
pub(crate) fn on_path(path: &OsStr, name: &str) -> Option<PathBuf> {
    let runnable = |candidate: &PathBuf| {
        candidate.is_file() && rustix::fs::access(candidate, rustix::fs::Access::EXEC_OK).is_ok()
    };
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(runnable)
}

fn found(path: PathBuf, version: Version, passed_over: Option<(PathBuf, Version)>) -> Found {
    let note = match passed_over {
        Some((old, old_version)) => Some(format!(
            "rclone {old_version} at `{}` is too old, so rclone {version} at `{}` is used",
            old.display(),
            path.display()
        )),
        None if !version.is_recommended() => Some(format!(
            "rclone {version} at `{}` works, but 1.75 or newer is recommended: older ones leak memory over days and \
             have no web UI",
            path.display()
        )),
        None => None,
    };
    Found { path, version, note }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A stand-in that answers `version` with `first_line`.
    fn stand_in(folder: &Path, first_line: &str) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(BINARY);
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = version ] || exit 9\necho '{first_line}'\necho '- os/version: debian'\n"
        );
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    struct Machine {
        folder: tempfile::TempDir,
    }

    impl Machine {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// Looks with the folders `one` and `two` on `PATH`, and without a network.
        async fn find(&self, binary: Option<PathBuf>) -> Result<Found, FindError> {
            let path = std::env::join_paths([self.path("one"), self.path("two")]).unwrap();
            let settings = FindSettings { binary, data: self.path("data"), fetch: false };
            match &settings.binary {
                Some(_) => find(&settings).await,
                None => find_on(&path, &settings).await,
            }
        }
    }

    #[tokio::test]
    async fn the_configured_binary_wins_over_path() {
        let machine = Machine::new();
        stand_in(&machine.path("one"), "rclone v1.76.0");
        let own = stand_in(&machine.path("own"), "rclone v1.75.2");
        let found = machine.find(Some(own.clone())).await.unwrap();
        assert_eq!((found.path, found.note), (own, None));
    }

    #[tokio::test]
    async fn a_configured_binary_that_is_too_old_is_refused_and_not_replaced() {
        let machine = Machine::new();
        stand_in(&machine.path("one"), "rclone v1.75.2");
        let old = stand_in(&machine.path("own"), "rclone v1.60.1-DEV");
        let said = machine.find(Some(old.clone())).await.unwrap_err().to_string();
        assert!(said.contains("1.60.1-DEV") && said.contains(old.to_str().unwrap()), "{said}");
        assert!(said.contains("half-written") && said.contains("1.75 or newer"), "{said}");
    }

    #[tokio::test]
    async fn a_configured_binary_that_is_no_rclone_is_refused() {
        let machine = Machine::new();
        let other = stand_in(&machine.path("own"), "GNU tar 1.34");
        let error = machine.find(Some(other)).await.unwrap_err();
        assert!(
            matches!(&error, FindError::Configured(ProbeError::NotRclone { said, .. }) if said == "GNU tar 1.34")
        );
        let error = machine.find(Some(machine.path("nowhere"))).await.unwrap_err();
        assert!(matches!(error, FindError::Configured(ProbeError::Run { .. })));
    }

    #[tokio::test]
    async fn an_old_one_on_path_is_passed_over_for_a_good_one_in_the_data_folder() {
        let machine = Machine::new();
        stand_in(&machine.path("one"), "rclone v1.60.1-DEV");
        let good = stand_in(&machine.path("data"), "rclone v1.75.2");
        let found = machine.find(None).await.unwrap();
        assert_eq!(found.path, good);
        assert!(found.note.unwrap().contains("1.60.1-DEV"));
    }

    #[tokio::test]
    async fn one_between_1_63_and_1_75_is_used_with_a_note() {
        let machine = Machine::new();
        let path = stand_in(&machine.path("two"), "rclone v1.69.1");
        let found = machine.find(None).await.unwrap();
        assert_eq!(found.path, path);
        assert!(found.note.unwrap().contains("1.75 or newer is recommended"));
    }

    #[tokio::test]
    async fn without_any_usable_one_the_refusal_says_which_was_seen() {
        let machine = Machine::new();
        let said = machine.find(None).await.unwrap_err().to_string();
        assert!(said.starts_with("there is no rclone on this machine: install"), "{said}");
        let old = stand_in(&machine.path("one"), "rclone v1.62.2");
        let said = machine.find(None).await.unwrap_err().to_string();
        assert!(said.contains("1.62.2") && said.contains(old.to_str().unwrap()), "{said}");
    }

    #[test]
    fn what_cannot_be_run_is_not_found_on_path() {
        let machine = Machine::new();
        std::fs::create_dir_all(machine.path("one").join(BINARY)).unwrap();
        let plain = stand_in(&machine.path("two"), "rclone v1.75.2");
        std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o644)).unwrap();
        let path = std::env::join_paths([machine.path("one"), machine.path("two")]).unwrap();
        assert_eq!(on_path(&path, BINARY), None);
    }
}
