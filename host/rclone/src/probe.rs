//! Asks a binary which rclone it is.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use crate::version::Version;

/// From an SD card 85 MB of rclone take their time.
const LIMIT: Duration = Duration::from_secs(30);

/// Why a binary did not say which rclone it is.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It could not be started.
    #[error("`{path}` cannot be run: {source}")]
    Run {
        /// The binary.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It said something else.
    #[error("`{path}` does not answer like rclone: {said}")]
    NotRclone {
        /// The binary.
        path: PathBuf,
        /// The beginning of what it said instead.
        said: String,
    },
}

/// Runs `path version`, without our environment, which may hold options that do not fit it.
pub(crate) async fn version_of(path: &Path) -> Result<Version, ProbeError> {
    let mut command = Command::new(path);
    command.arg("version").env_clear().env("RCLONE_CONFIG", "");
    let output = run(command, LIMIT).await.map_err(|source| ProbeError::Run { path: path.into(), source })?;
    let said = String::from_utf8_lossy(&output.stdout);
    Version::from_output(&said)
        .ok_or_else(|| ProbeError::NotRclone { path: path.into(), said: beginning(&output) })
}

/// Runs a command to its end, at most for `limit`; it does not outlive the caller's interest.
pub(crate) async fn run(mut command: Command, limit: Duration) -> io::Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(limit, command.output()).await {
        Ok(output) => output,
        Err(_) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("no end within {} s", limit.as_secs())))
        }
    }
}

fn beginning(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    line.chars().take(120).collect()
}
