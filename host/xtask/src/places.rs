//! Where things lie in this workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the workspace.
pub fn root() -> &'static Path {
    let this = Path::new(env!("CARGO_MANIFEST_DIR"));
    this.parent().and_then(Path::parent).unwrap_or(this)
}

/// Cargo's folder of results. This program lies two levels below it.
pub fn results() -> Result<PathBuf> {
    let this = std::env::current_exe().context("this program does not know where it lies")?;
    let folder = this.parent().and_then(Path::parent);
    Ok(folder.context("this program does not lie in a folder of cargo's")?.to_owned())
}

/// A folder for what tasks fetch and keep, made when it is not there.
pub fn tools(name: &str) -> Result<PathBuf> {
    let folder = root().join("target/tools").join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    Ok(folder)
}
