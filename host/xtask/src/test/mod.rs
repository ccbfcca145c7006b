//! `cargo xtask test`: sets up what it can without touching the system, then runs every test.

mod outcome;
mod skips;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::tools::{self, Profile};
use crate::{places, plugins, step, wasm_env};
use outcome::Outcome;
use skips::Skips;

/// Options of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A test that is skipped because something is not installed counts as failed
    #[arg(long)]
    require_all: bool,
    /// Only tests whose name contains this
    filter: Option<String>,
}

/// Runs the tests; fails when one fails.
pub fn run(options: &Options) -> Result<ExitCode> {
    let skips = Skips::begin()?;
    let environment = prepare(options, &skips)?;
    let with_environment = |runner: &mut Command| {
        runner.envs(environment.iter().map(|(name, value)| (*name, value)));
    };
    let filter = options.filter.as_deref();
    step::say("running the tests of the host");
    let mut outcome = outcome::of(&places::root().join("Cargo.toml"), filter, with_environment)?;
    step::say("running the tests of the components, natively");
    outcome += outcome::of(&places::root().join("plugins/Cargo.toml"), filter, |_| {})?;
    close(outcome, &skips.read()?, options.require_all)
}

/// Everything that tests need, as the variables under which they look for it.
fn prepare(options: &Options, skips: &Skips) -> Result<Vec<(&'static str, String)>> {
    plugins::build(places::root())?;
    let guests = plugins::build_guests()?;
    let boothsync = tools::boothsync(Profile::Dev)?;
    let rclone = tools::rclone(&boothsync)?;
    let mut environment = vec![
        ("BOOTHSYNC_GUESTS", text(&guests)?),
        ("BOOTHSYNC_BIN", text(&boothsync)?),
        ("BOOTHSYNC_RCLONE", text(&rclone)?),
        ("BOOTHSYNC_PYTHON", text(&tools::python()?)?),
        ("BOOTHSYNC_WASM_ENV", wasm_env::ensure()?.exports().join("\n")),
        ("BOOTHSYNC_SKIPS", text(skips.file())?),
    ];
    if options.require_all {
        environment.push(("BOOTHSYNC_REQUIRE_ALL", "1".into()));
    }
    Ok(environment)
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("{} is not UTF-8", path.display()))
}

/// Lists what was skipped and why, and says in one last line how it went.
fn close(outcome: Outcome, skipped: &[skips::Skip], require_all: bool) -> Result<ExitCode> {
    for skip in skipped {
        eprintln!("skipped {}: needs the Debian package `{}`", skip.test, skip.package);
    }
    for name in &outcome.failed {
        eprintln!("failed {name}");
    }
    let (skips, failed) = (skipped.len() as u64, outcome.failed.len());
    let passed = outcome.passed.saturating_sub(if require_all { 0 } else { skips });
    println!("{passed} passed, {failed} failed, {skips} skipped");
    let good = outcome.succeeded && failed == 0 && !(require_all && skips > 0);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
