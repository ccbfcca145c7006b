//! What the program costs when nothing happens: memory, and the time until it watches.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::booth::Booth;
use super::figure::{Figure, Wanted, ms, percentile};
use crate::http;
use crate::servers::{Running, pause};

const STARTS: usize = 5;
/// How long nothing happens before memory is looked at.
const REST: Duration = Duration::from_secs(5);

/// Measures a booth with a folder target alone, so that no rclone runs; its components are compiled.
pub fn measure(boothsync: &Path, rclone: &Path) -> Result<Vec<Figure>> {
    let rest = "[[target]]\nname = \"usb\"\nplugin = \"folder\"\nsettings = { path = \"{folder}/usb\" }\n";
    let booth = Booth::new(boothsync, rest)?;
    std::fs::create_dir(booth.path("usb"))?;
    let first = ms(booth.start()?.ready_after);
    let mut ready = Vec::new();
    for _ in 0..STARTS {
        ready.push(ms(booth.start()?.ready_after));
    }
    let service = booth.start()?;
    pause(REST);
    let memory = resident_mb(service.running.id())?;
    let (rclone_ready, rclone_memory) = rclone_alone(rclone, &booth)?;
    let starts = format!("rclone rcd until it answers, median of {STARTS}");
    Ok(vec![
        Figure::new(
            "resident memory, idle, without rclone",
            (memory, "MB"),
            (rclone_memory, "an idle rclone rcd"),
            Wanted::ValueAtMost(30.0),
        ),
        Figure::new(
            "watching, second start on, median",
            (percentile(&ready, 50.0), "ms"),
            (rclone_ready, starts.clone()),
            Wanted::ValueAtMost(300.0),
        ),
        Figure::new("watching, very first start", (first, "ms"), (rclone_ready, starts), Wanted::Nothing),
    ])
}

fn rclone_alone(rclone: &Path, booth: &Booth) -> Result<(f64, f64)> {
    let (socket, log) = (booth.path("alone.sock"), booth.path("alone.log"));
    let start = || {
        // One that was ended before it had set up its clean-up leaves its socket behind.
        let _ = std::fs::remove_file(&socket);
        let mut command = Command::new(rclone);
        command.args(["rcd", "--rc-no-auth", "--config", "/dev/null", "--rc-addr"]);
        command.arg(format!("unix://{}", socket.display())).env("RCLONE_BUFFER_SIZE", "0");
        let begun = Instant::now();
        let mut running = Running::start("rclone rcd", &mut command, &log)?;
        let ask = || http::over_socket(&socket, "POST", "/rc/noop", Some(Duration::from_secs(5)));
        running.wait_until(Duration::from_secs(10), || ask().is_ok())?;
        anyhow::Ok((running, ms(begun.elapsed())))
    };
    let mut ready = Vec::new();
    for _ in 0..STARTS {
        ready.push(start()?.1);
    }
    let (running, _) = start()?;
    pause(REST);
    Ok((percentile(&ready, 50.0), resident_mb(running.id())?))
}

/// Resident memory of a process in MB (a million bytes).
fn resident_mb(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: f64 =
        line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?.trim().parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}
