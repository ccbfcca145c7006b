//! Builds components: the bundled plugins, and the guests of the tests.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;
use packing::Project;

use crate::places;
use crate::step;
use crate::tools;
use crate::wasm_env::{self, TARGET};

/// Options of `cargo xtask plugins`.
#[derive(Debug, Args)]
pub struct Options {}

/// Builds and packs the bundled plugins.
pub fn run(_options: &Options) -> Result<ExitCode> {
    build(places::root()).map(|()| ExitCode::SUCCESS)
}

/// Builds the bundled plugins of the workspace at `root` and packs each into `plugins/dist`. What is up to
/// date is left untouched, so that nothing that embeds it is built again.
pub fn build(root: &Path) -> Result<()> {
    let workspace = root.join("plugins");
    let built = compile(&workspace, "building the plugins")?;
    let dist = workspace.join("dist");
    fs::create_dir_all(&dist).with_context(|| format!("could not create {}", dist.display()))?;
    for name in plugin_folders(&workspace)? {
        let component = built.join(format!("{}.wasm", name.replace('-', "_")));
        pack_one(&component, &workspace.join(&name), &dist.join(format!("{name}.wasm")))
            .with_context(|| format!("could not pack `{name}`"))?;
    }
    Ok(())
}

/// Builds the components that only tests use, and gives the folder that holds them, each as
/// `<crate>.wasm` without a manifest: the tests make one up for what they try.
pub fn build_guests() -> Result<PathBuf> {
    compile(&places::root().join("tests/guests"), "building the test guests")
}

/// Builds all components of a workspace and gives the folder that cargo puts them into.
fn compile(workspace: &Path, doing: &str) -> Result<PathBuf> {
    let environment = wasm_env::ensure()?;
    let mut cargo = cargo(workspace);
    environment.apply(&mut cargo)?;
    step::run_shown(&mut cargo, doing)?;
    Ok(workspace.join("target").join(TARGET).join("release"))
}

fn cargo(workspace: &Path) -> Command {
    let mut command = tools::cargo();
    command.current_dir(workspace).args(["build", "--release", "--locked", "--target", TARGET]);
    // An own folder, whatever is set for the host: two workspaces in one would build each other's crates anew.
    command.arg("--target-dir").arg(workspace.join("target"));
    if !io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    // Flags for this machine's linker or processor mean nothing to a component.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    command
}

/// The folders with a manifest, by name.
fn plugin_folders(workspace: &Path) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(workspace).with_context(|| format!("could not read {}", workspace.display()))?;
    let folders = entries.flatten().filter(|entry| entry.path().join("plugin.toml").is_file());
    let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    if names.is_empty() {
        bail!("{} holds no plugin", workspace.display());
    }
    Ok(names)
}

fn pack_one(component: &Path, plugin: &Path, packed: &Path) -> Result<()> {
    let bytes = fs::read(component).with_context(|| format!("could not read {}", component.display()))?;
    let bytes = Project::read(plugin)?.pack(&bytes)?;
    if fs::read(packed).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    write_whole(packed, &bytes)?;
    let name = packed.file_name().unwrap_or_default().to_string_lossy();
    step::say(&format!("packed {name} ({} kB)", bytes.len().div_ceil(1000)));
    Ok(())
}

/// Another task may be reading the file at this moment.
fn write_whole(file: &Path, content: &[u8]) -> Result<()> {
    let partial = file.with_extension(format!("wasm.{}", std::process::id()));
    fs::write(&partial, content)
        .and_then(|()| fs::rename(&partial, file))
        .with_context(|| format!("could not write {}", file.display()))
}
