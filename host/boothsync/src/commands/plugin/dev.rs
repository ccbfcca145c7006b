//! `plugin dev`: builds, packs and tries a plugin at every change of its project.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result};
use packing::Project;

use super::pack;
use super::test::Workbench;
use crate::conformance::{self, Wanted};
use crate::exit::{Exit, Unmet};
use crate::show::{self, Style};
use crate::text::chain;

/// `plugin dev`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// What it is tried with; see `plugin test`
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

/// Between two looks at the project.
const LOOK: Duration = Duration::from_millis(250);
/// Folders that hold what tools make.
const MADE: [&str; 5] = ["target", "dist", "node_modules", "wit_world", "__pycache__"];
/// Endings of files that tools write while they build.
const WRITTEN: [&str; 2] = [".lock", "package-lock.json"];

pub async fn run(args: &Args) -> Result<Exit> {
    // What is no project now does not become one by waiting.
    Project::read(&args.folder).map_err(|error| Unmet(chain(&error.into())))?;
    let workbench = Workbench::make().await?;
    let style = Style::of(&std::io::stdout());
    let mut seen = Sources::of(&args.folder);
    loop {
        let line = match round(args, &workbench).await {
            Ok(line) => format!("{}  {line}\n", style.good("ok   ")),
            Err(error) => format!("{}  {}\n", style.bad("WRONG"), chain(&error)),
        };
        show::print(&line)?;
        show::print(&style.dim("waiting for changes; Ctrl-C ends\n"))?;
        tokio::select! {
            now = changed(&args.folder, &seen) => seen = now,
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Well),
        }
    }
}

/// Builds, packs, loads and asks the plugin once. What the compiler says is shown as it comes.
async fn round(args: &Args, workbench: &Workbench) -> Result<String> {
    let began = Instant::now();
    let packed = pack::pack(&args.folder).await?;
    let built = Instant::now();
    let name = packed.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wanted = Wanted::read(args.settings.as_deref(), &packed.file)?;
    let package = fs::read(&packed.file).with_context(|| format!("{name} cannot be read"))?;
    let plugin = workbench.load(package).await.map_err(|refusal| Unmet(format!("{name}: {refusal}")))?;
    let probed = conformance::probe(&plugin, &wanted).await;
    // The next build is another one.
    workbench.forget(&plugin);
    let probed = probed?;
    let said = probed
        .map_err(|failure| Unmet(format!("{name} is built, and when it is asked it fails: {failure}")))?;
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f32());
    Ok(format!(
        "{name}: {said} (built in {}, shown {} later)",
        seconds(built - began),
        seconds(built.elapsed())
    ))
}

/// Waits until the project is another. Polled: notices of changes do not come through every mount.
async fn changed(folder: &Path, seen: &Sources) -> Sources {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = Sources::of(folder);
        if now != *seen {
            return now;
        }
    }
}

/// What a person edits: every file with its size and time.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sources(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Sources {
    fn of(folder: &Path) -> Self {
        let mut sources = Self::default();
        sources.add(folder);
        sources
    }

    fn add(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(meta) = entry.metadata() else { continue };
            let hidden = name.starts_with('.');
            if meta.is_dir() && !hidden && !MADE.contains(&name.as_str()) {
                self.add(&entry.path());
            } else if meta.is_file() && !hidden && !is_written(&name) {
                self.0.insert(entry.path(), (meta.len(), meta.modified().ok()));
            }
        }
    }
}

fn is_written(name: &str) -> bool {
    name.contains(".wasm") || WRITTEN.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_writes_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("src/lib.rs", "one");
        let before = Sources::of(folder.path());
        for made in
            ["target/x.rs", "node_modules/a.js", "a-1.wasm", "Cargo.lock", ".git/HEAD", "a-1.wasm.4711"]
        {
            write(made, "x");
        }
        assert_eq!(Sources::of(folder.path()), before);
        write("src/lib.rs", "three");
        assert_ne!(Sources::of(folder.path()), before);
        assert!(!is_written("conformance.toml"));
    }
}
