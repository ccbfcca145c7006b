//! `plugin pack`: builds a plugin's component and makes one file of it.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anyhow::{Context as _, Result};
use packing::{PackError, Project};
use sandbox::Package;

use super::say;
use crate::exit::{Exit, Unmet};
use crate::show::bytes;
use crate::text::io_words;

/// `plugin pack`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The plugin's folder, with its plugin.toml
    pub dir: PathBuf,
}

/// A packed plugin.
pub struct Packed {
    pub file: PathBuf,
    pub package: Package,
}

pub async fn run(args: &Args) -> Result<Exit> {
    let packed = pack(&args.dir).await?;
    let (file, size) = (packed.file.display(), bytes(packed.package.size_bytes()));
    eprintln!("packed `{file}` ({size}, {})", packed.package.digest());
    Ok(Exit::Well)
}

/// Runs the build command of the project's manifest and writes `<name>-<version>.wasm` into its folder.
/// What no host would take is not written.
pub async fn pack(dir: &Path) -> Result<Packed> {
    let project = Project::read(dir).map_err(unmet)?;
    let component = build(dir, &project).await?;
    let bytes = project.pack(&component).map_err(unmet)?;
    let file = dir.join(format!("{}-{}.wasm", project.name(), project.version()));
    let package = say::examine(&file, &bytes)?;
    write(&file, &bytes)
        .map_err(|error| Unmet(format!("`{}` cannot be written: {}", file.display(), io_words(&error))))?;
    Ok(Packed { file, package })
}

/// The component that the build command leaves behind.
async fn build(dir: &Path, project: &Project) -> Result<Vec<u8>> {
    let Some(build) = project.build() else {
        let example = "`[build]` with `command = \"cargo build --release --target wasm32-wasip2\"` and \
                       `component = \"target/wasm32-wasip2/release/NAME.wasm\"`";
        let file = dir.join(packing::MANIFEST);
        return Err(Unmet(format!("`{}` does not say how it is built; add {example}", file.display())).into());
    };
    let status = shell(dir, &build.command).await.context("the build command cannot be started")?;
    if !status.success() {
        let how =
            status.code().map_or("was ended by a signal".into(), |code| format!("ended with code {code}"));
        return Err(
            Unmet(format!("the build command `{}` {how}; what it says stands above", build.command)).into()
        );
    }
    let component = dir.join(&build.component);
    std::fs::read(&component).map_err(|error| {
        let (path, words) = (component.display(), io_words(&error));
        Unmet(format!("the build left no component at `{path}` ({words}): correct `component` in `[build]`"))
            .into()
    })
}

/// What it says goes to the terminal; standard output stays for what commands answer.
async fn shell(dir: &Path, command: &str) -> std::io::Result<ExitStatus> {
    let mut shell = tokio::process::Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .kill_on_drop(true);
    shell.status().await
}

/// Whoever reads the file meanwhile gets the old or the new one.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = file.with_extension(format!("wasm.{}", std::process::id()));
    std::fs::write(&aside, bytes).and_then(|()| std::fs::rename(&aside, file)).inspect_err(|_| {
        // It was never finished.
        let _ = std::fs::remove_file(&aside);
    })
}

/// What is wrong with a project is said as it is, with its cause.
fn unmet(error: PackError) -> anyhow::Error {
    let refused = Unmet(error.to_string());
    match std::error::Error::source(&error) {
        Some(source) if !refused.0.contains(&source.to_string()) => {
            anyhow::Error::new(Unmet(format!("{}: {source}", refused.0)))
        }
        _ => anyhow::Error::new(refused),
    }
}
