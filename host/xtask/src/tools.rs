//! What tasks need beside the compiler: the program itself, rclone, and servers written in Python.
//! Each is made available once, below cargo's folder of results; nothing is installed into the system.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{places, step};

/// The servers that tests start with Python.
const PYTHON_PACKAGES: &[&str] = &["pyftpdlib==2.2.0"];

/// How the program is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Ready sooner.
    Dev,
    /// As it is shipped.
    Release,
}

/// Builds the program. The components must have been built.
pub fn boothsync(profile: Profile) -> Result<PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--package", "boothsync"]);
    let (folder, doing) = match profile {
        Profile::Dev => ("debug", "building the program, not optimised: that would take minutes more"),
        Profile::Release => ("release", "building the program as it is shipped"),
    };
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    step::run_shown(&mut cargo, doing)?;
    Ok(places::results()?.join(folder).join("boothsync"))
}

/// The rclone that the program finds, or fetches, by itself.
pub fn rclone(boothsync: &Path) -> Result<PathBuf> {
    let folder = places::tools("rclone")?;
    let config = folder.join("boothsync.toml");
    std::fs::create_dir_all(folder.join("media"))?;
    std::fs::write(&config, "data = \"data\"\n[media]\nfolder = \"media\"\n")?;
    let mut ask = Command::new(boothsync);
    ask.arg("--config").arg(&config).args(["rclone", "version"]).stdin(Stdio::null());
    let said = ask.output().context("the program could not be started")?;
    ensure!(said.status.success(), "no rclone: {}", String::from_utf8_lossy(&said.stderr).trim());
    let fetched = folder.join("data/rclone/rclone");
    let found = if fetched.is_file() { Some(fetched) } else { on_path("rclone") };
    found.context("the program found an rclone that is neither on PATH nor in its data folder")
}

/// A Python that has the servers which tests start with it.
pub fn python() -> Result<PathBuf> {
    let folder = places::tools("python")?;
    let (python, ready) = (folder.join("bin/python"), folder.join("packages.txt"));
    let wanted = PYTHON_PACKAGES.join("\n");
    if std::fs::read_to_string(&ready).is_ok_and(|installed| installed == wanted) && python.is_file() {
        return Ok(python);
    }
    let doing = format!("preparing Python servers for the tests ({})", PYTHON_PACKAGES.join(", "));
    step::during(&doing, || install_into(&folder, &python))?;
    std::fs::write(&ready, wanted)?;
    Ok(python)
}

/// Debian's Python cannot put pip into such an environment, but its pip can install into one.
fn install_into(folder: &Path, python: &Path) -> Result<()> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear", "--without-pip"]).arg(folder);
    step::run_quietly(&mut venv, "making a virtual environment with python3")?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "--python"]).arg(python);
    step::run_quietly(pip.arg("install").args(PYTHON_PACKAGES), "installing Python servers with pip")
}

/// The cargo that runs this task, in the root of the workspace, with the toolchain pinned there.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(places::root());
    // What cargo told this program about its own package would make crates that look at it be built again.
    for (name, _) in std::env::vars_os() {
        let about_us = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(about_us) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The first file of this name in the folders of `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
