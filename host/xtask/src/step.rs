//! How the tasks tell what they do: one line per step on standard error, and the steps' own output only
//! where a person looks at it or something fails.

use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Says in one line what is being done.
pub fn say(line: &str) {
    // Nobody to tell is no reason to stop.
    let _ = writeln!(io::stderr(), "xtask: {line}");
}

/// Says why the task failed: what, then each cause.
pub fn failed(error: &anyhow::Error) {
    say(&format!("error: {error:#}"));
}

/// Says what is done while it is done: a line with a moving sign on a terminal, else one plain line.
/// The time it took is added at the end.
pub fn during<T>(doing: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    if !io::stderr().is_terminal() {
        say(doing);
        return work();
    }
    let spinner = indicatif::ProgressBar::new_spinner().with_message(format!("xtask: {doing}"));
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    let done = work();
    spinner.finish_and_clear();
    if done.is_ok() {
        say(&format!("{doing} ({:.1} s)", started.elapsed().as_secs_f32()));
    }
    done
}

/// Runs a command quietly. If it fails, its output and what it was for become the error.
pub fn run_quietly(command: &mut Command, doing: &str) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start {command:?} for {doing}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    bail!("{doing} failed ({}):\n{}", output.status, String::from_utf8_lossy(&said).trim());
}

/// Runs a command whose own progress is worth seeing: cargo's. All of it goes to standard error, because
/// a task's standard output may be meant for a shell.
pub fn run_shown(command: &mut Command, doing: &str) -> Result<()> {
    if !io::stderr().is_terminal() {
        say(doing);
    }
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::from(io::stderr()))
        .status()
        .with_context(|| format!("could not start {command:?} for {doing}"))?;
    if status.success() {
        return Ok(());
    }
    bail!("{doing} failed ({status})");
}

/// The trimmed standard output of a command, or nothing if it could not be had.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
}
