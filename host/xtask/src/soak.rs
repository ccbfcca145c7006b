//! `cargo xtask soak`: the kill test for as long as is wished.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::tools::{self, Profile};
use crate::{places, plugins, step};

/// The test, which is part of `cargo xtask test` with fewer rounds.
const TEST: &str = "kill::a_booth_that_is_killed_again_and_again_loses_nothing_and_uploads_little_twice";

/// Options of `cargo xtask soak`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How often the program is killed and started again
    #[arg(long, default_value_t = 1000)]
    rounds: u64,
    /// Which changes are made and when the kills come; chosen and told if not given
    #[arg(long)]
    seed: Option<u64>,
    /// Where it uploads to
    #[arg(long, value_enum, default_value_t = Server::RcloneFtp)]
    server: Server,
    /// Kill the program as it is shipped, which has to be built first
    #[arg(long)]
    release: bool,
}

/// The FTP servers that can be had.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Server {
    RcloneFtp,
    Vsftpd,
    Pyftpdlib,
}

/// Runs the test; fails when it does.
pub fn run(options: &Options) -> Result<ExitCode> {
    let mut test = prepare(options)?;
    step::say(&format!("killing the program {} times", options.rounds));
    let began = Instant::now();
    let status = test.status().context("could not start the test")?;
    let verdict = if status.success() { "passed" } else { "FAILED" };
    step::say(&format!("soak {verdict} after {:.0} s", began.elapsed().as_secs_f32()));
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The test as a command, with everything built that it needs.
fn prepare(options: &Options) -> Result<Command> {
    plugins::build(places::root())?;
    let profile = if options.release { Profile::Release } else { Profile::Dev };
    let built = tools::boothsync(profile)?;
    let mut test = tools::cargo();
    test.args(["test", "--package", "booth-tests", "--test", "all", "--", "--exact", TEST, "--nocapture"]);
    test.env("BOOTHSYNC_RCLONE", tools::rclone(&built)?).env("BOOTHSYNC_BIN", aside(&built)?);
    test.env("BOOTHSYNC_PYTHON", tools::python()?).env("BOOTHSYNC_REQUIRE_ALL", "1");
    test.env("BOOTHSYNC_KILL_KEEP", "1").env("BOOTHSYNC_KILL_ROUNDS", options.rounds.to_string());
    test.env("BOOTHSYNC_KILL_SERVER", format!("{:?}", options.server));
    if let Some(seed) = options.seed {
        test.env("BOOTHSYNC_KILL_SEED", seed.to_string());
    }
    test.stdin(Stdio::null());
    Ok(test)
}

/// A copy of the program, so that whoever builds it anew meanwhile does not change what is tested.
fn aside(built: &Path) -> Result<std::path::PathBuf> {
    let copy = places::tools("soak")?.join("boothsync");
    // Another soak may run the old one.
    let new = copy.with_extension(std::process::id().to_string());
    std::fs::copy(built, &new).context("could not copy the program")?;
    std::fs::rename(&new, &copy).context("could not put the copy of the program in place")?;
    Ok(copy)
}
