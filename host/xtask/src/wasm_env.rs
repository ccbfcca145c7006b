//! Makes sure that cargo can build for wasm32-wasip2, and says how.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::debian::{self, Toolchain};
use crate::{places, step};

/// The target of every component.
pub const TARGET: &str = "wasm32-wasip2";
const LINKER_VARIABLE: &str = "CARGO_TARGET_WASM32_WASIP2_LINKER";

/// What to do when nothing else helps.
const INSTALL: &str = "no Rust compiler here builds for wasm32-wasip2: install the target with \
                       `rustup target add wasm32-wasip2`, or on Debian with `apt install libstd-rust-dev-wasm32`";

/// What cargo needs to be told; nothing where the toolchain has the target itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WasmEnv {
    fetched: Option<Fetched>,
}

/// A compiler that was fetched, and the linker tools of the installed toolchain.
#[derive(Debug, PartialEq, Eq)]
struct Fetched {
    rustc: PathBuf,
    linker: PathBuf,
    /// Leads `PATH`: the linker looks for its own parts there.
    tools: PathBuf,
}

impl WasmEnv {
    /// Makes a cargo command build components with the compiler that was found.
    pub fn apply(&self, command: &mut Command) -> Result<()> {
        let Some(fetched) = &self.fetched else { return Ok(()) };
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = [fetched.tools.clone()].into_iter().chain(env::split_paths(&path));
        command.env("RUSTC", &fetched.rustc).env(LINKER_VARIABLE, &fetched.linker);
        command.env("PATH", env::join_paths(folders).context("PATH holds a folder that it cannot hold")?);
        Ok(())
    }

    /// The same as lines for a POSIX shell.
    pub fn exports(&self) -> Vec<String> {
        let Some(Fetched { rustc, linker, tools }) = &self.fetched else { return vec![] };
        vec![
            format!("export RUSTC={}", quoted(rustc)),
            format!("export {LINKER_VARIABLE}={}", quoted(linker)),
            format!("export PATH={}:\"$PATH\"", quoted(tools)),
        ]
    }
}

/// Options of `cargo xtask wasm-env`.
#[derive(Debug, Args)]
pub struct Options {}

/// Prints `export` lines and nothing else on standard output.
pub fn run(_options: &Options) -> Result<ExitCode> {
    for line in ensure()?.exports() {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Finds a compiler with the target, or fetches one. Does nothing but look where there is one already.
pub fn ensure() -> Result<WasmEnv> {
    if env::var_os("BOOTHSYNC_WASM").is_some_and(|forced| forced == "debian") {
        return from_debian();
    }
    if toolchain_has_target() {
        return Ok(WasmEnv::default());
    }
    if debian::is_fetched(&tools_folder()) {
        return from_debian();
    }
    let mut reasons = Vec::new();
    if rustup_may_fetch() {
        match add_with_rustup() {
            Ok(()) => return Ok(WasmEnv::default()),
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
    if debian::is_possible() {
        match from_debian() {
            Ok(found) => return Ok(found),
            Err(error) => reasons.push(format!("{error:#}")),
        }
    }
    bail!([vec![INSTALL.to_owned()], reasons].concat().join("\n  what was tried: "));
}

fn toolchain_has_target() -> bool {
    let folder = step::answer(rustc().args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_some_and(|folder| has_libraries(Path::new(&folder)))
}

fn has_libraries(folder: &Path) -> bool {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

fn rustup_may_fetch() -> bool {
    env::var_os("RUSTUP_AUTO_INSTALL").is_none_or(|may| may != "0")
        && step::answer(Command::new("rustup").arg("--version")).is_some()
}

fn add_with_rustup() -> Result<()> {
    step::during("adding the wasm32-wasip2 target with rustup", || {
        step::run_quietly(
            Command::new("rustup").args(["target", "add", TARGET]).current_dir(places::root()),
            "rustup target add",
        )
    })?;
    if toolchain_has_target() { Ok(()) } else { bail!("rustup added the target to another toolchain") }
}

/// Where what was fetched is kept.
fn tools_folder() -> PathBuf {
    places::root().join("target/tools")
}

fn from_debian() -> Result<WasmEnv> {
    let tools = linker_tools()?;
    let Toolchain { rustc } = debian::ensure(&tools_folder())?;
    let fetched = Fetched { rustc, linker: tools.join("wasm-component-ld"), tools: tools.join("gcc-ld") };
    Ok(WasmEnv { fetched: Some(fetched) })
}

/// The installed toolchain brings the linker that Debian's packages lack.
fn linker_tools() -> Result<PathBuf> {
    let sysroot =
        step::answer(rustc().args(["--print", "sysroot"])).context("no rustc was found: install Rust")?;
    let tools = Path::new(&sysroot).join("lib/rustlib/x86_64-unknown-linux-gnu/bin");
    if tools.join("wasm-component-ld").is_file() {
        return Ok(tools);
    }
    bail!("the installed Rust toolchain has no wasm-component-ld: install Rust with rustup");
}

/// The active toolchain's compiler, also where `RUSTC` already names the one that this task provides.
fn rustc() -> Command {
    let mut command = Command::new("rustc");
    command.current_dir(places::root());
    command
}

/// A word for a POSIX shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_and_quotes_survives_the_shell() {
        let path = "/home/o'neil/my tools/$HOME";
        let echo = format!("printf %s {}", quoted(Path::new(path)));
        assert_eq!(step::answer(Command::new("sh").args(["-c", &echo])).as_deref(), Some(path));
    }

    #[test]
    fn a_shell_can_take_the_lines() {
        let tools = PathBuf::from("/opt/my tools");
        let fetched = Fetched { rustc: tools.join("rustc"), linker: tools.join("ld"), tools };
        let lines = WasmEnv { fetched: Some(fetched) }.exports().join("\n");
        let echo =
            format!("PATH=/bin; {lines}; printf '%s|%s|%s' \"$RUSTC\" \"${LINKER_VARIABLE}\" \"$PATH\"");
        let echoed = step::answer(Command::new("/bin/sh").args(["-c", &echo]));
        assert_eq!(echoed.as_deref(), Some("/opt/my tools/rustc|/opt/my tools/ld|/opt/my tools:/bin"));
        assert!(WasmEnv::default().exports().is_empty());
    }

    #[test]
    fn a_folder_without_a_standard_library_is_no_target() {
        assert!(!has_libraries(Path::new("/nonexistent")));
        assert!(!has_libraries(Path::new(env!("CARGO_MANIFEST_DIR"))));
    }
}
