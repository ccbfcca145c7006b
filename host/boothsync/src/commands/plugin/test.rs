//! `plugin test`: the conformance kit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use sandbox::{Plugin, Sandbox, SandboxSettings};

use super::say;
use crate::conformance::{self, Finding, Printer, Wanted, summary};
use crate::exit::{Exit, Unmet};
use crate::show::{self, Style};

/// `plugin test`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 all is as the contract says, 1 something is not, 2 it could not begin."
)]
pub struct Args {
    /// The package, as `plugin pack` writes it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What it is tested with (TOML or JSON): tables `settings` and `secrets`, in which `{peer}` stands for
    /// the address of the test's own server. Else `conformance.toml` beside FILE, else values made from the
    /// schema of its settings
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

pub async fn run(args: &Args) -> Result<Exit> {
    let wanted = Wanted::read(args.settings.as_deref(), &args.file)?;
    let package = say::read(&args.file)?;
    let workbench = Workbench::make().await?;
    let plugin = workbench
        .load(package)
        .await
        .map_err(|refusal| Unmet(format!("`{}` is refused: {refusal}", args.file.display())))?;
    let style = Style::of(&std::io::stdout());
    let printer = Printer::new(style);
    let mut show = move |finding: &Finding| {
        // Whoever stopped reading still gets the exit code.
        let _ = show::print(&printer.lines(finding));
    };
    let tally = conformance::examine(&plugin, &wanted, &mut show).await?;
    show::print(&summary(tally, style))?;
    Ok(Exit::well_if(tally.bad == 0))
}

/// A sandbox of no booth.
pub struct Workbench(Sandbox);

impl Workbench {
    /// Makes one.
    pub async fn make() -> Result<Self> {
        let settings = SandboxSettings { code_cache: code_cache()?, bandwidth: Default::default() };
        let make = tokio::task::spawn_blocking(move || Sandbox::new(settings));
        Ok(Self(make.await.expect("making the sandbox does not panic")?))
    }

    /// Checks and compiles a package. The error says what is wrong with it.
    pub async fn load(&self, package: Vec<u8>) -> Result<Plugin, String> {
        let loaded = self.0.load(Arc::from(package)).await;
        loaded.map_err(|refusal| crate::text::chain(&anyhow::Error::from(refusal)))
    }

    /// Removes what was kept of a package that has had its time.
    pub fn forget(&self, plugin: &Plugin) {
        if let Err(error) = self.0.forget(plugin.digest()) {
            tracing::debug!("compiled code could not be removed: {error}");
        }
    }
}

/// How long compiled code is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Compiling takes long in some languages, so what was compiled is kept for a day: in this user's own
/// folder, for it is run as it is.
fn code_cache() -> Result<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let caches = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    let caches = caches.context("neither HOME nor XDG_CACHE_HOME says where compiled code can be kept")?;
    let own = caches.join("boothsync");
    std::fs::create_dir_all(&own).with_context(|| format!("`{}` cannot be made", own.display()))?;
    let code = own.join("code");
    remove_old(&code);
    Ok(code)
}

/// Removes what was compiled long ago.
fn remove_old(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let written = entry.metadata().and_then(|meta| meta.modified()).ok();
        let age = written.and_then(|written| written.elapsed().ok());
        if age.is_some_and(|age| age > KEPT) {
            // What cannot be removed now can be the next time.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
