//! A booth to measure: a folder of its own, a configuration, and the program as it is shipped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http;
use crate::servers::{self, Running};
use crate::service_log::{self, Uploaded};

/// A booth that is set up and not running.
pub struct Booth {
    folder: tempfile::TempDir,
    boothsync: PathBuf,
}

/// A running service.
pub struct Service {
    /// Its process.
    pub running: Running,
    /// Every upload, at the moment its line was read.
    uploads: Receiver<(Uploaded, Instant)>,
    /// Time from the start of the process until it watched and answered.
    pub ready_after: Duration,
}

impl Booth {
    /// Sets one up. `rest` is what its configuration holds beside folders and addresses; in it `{folder}`
    /// stands for the booth's own folder.
    pub fn new(boothsync: &Path, rest: &str) -> Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("boothsync-bench-").tempdir().context("no temporary folder")?;
        std::fs::create_dir(folder.path().join("media"))?;
        let listen = servers::free_address()?;
        let head = format!("data = \"data\"\n[media]\nfolder = \"media\"\n[web]\nlisten = \"{listen}\"\n");
        let path = folder.path().to_str().context("the temporary folder is not UTF-8")?;
        std::fs::write(folder.path().join("boothsync.toml"), head + &rest.replace("{folder}", path))?;
        Ok(Self { folder, boothsync: boothsync.to_owned() })
    }

    /// A path in the booth's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a picture of 200 kB and tells when it was closed.
    pub fn take_picture(&self, name: &str, content: &[u8]) -> Result<Instant> {
        std::fs::write(self.path("media").join(name), content)?;
        Ok(Instant::now())
    }

    /// Starts the service and waits until it watches.
    pub fn start(&self) -> Result<Service> {
        let (tell, uploads) = channel();
        let mut command = self.command(&["run"]);
        let begun = Instant::now();
        let mut running = Running::start_heard(
            "boothsync run",
            &mut command,
            &self.path("boothsync.log"),
            move |line, now| {
                if let Some(uploaded) = service_log::uploaded(line) {
                    let _ = tell.send((uploaded, now));
                }
            },
        )?;
        let socket = self.path("data/control.sock");
        running.wait_until(Duration::from_secs(60), || healthy(&socket))?;
        Ok(Service { running, uploads, ready_after: begun.elapsed() })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.boothsync);
        command.arg("--config").arg(self.path("boothsync.toml")).args(arguments);
        command.env_remove("RUST_LOG").env_remove("BOOTHSYNC_LOG");
        command
    }
}

fn healthy(socket: &Path) -> bool {
    let patience = Some(Duration::from_secs(2));
    http::over_socket(socket, "GET", "/healthz", patience).is_ok_and(|answer| answer.status == 200)
}

impl Service {
    /// When this object was on the target.
    pub fn wait_for(&mut self, path: &str) -> Result<Instant> {
        loop {
            let (uploaded, when) = self.next()?;
            if uploaded.path == path {
                return Ok(when);
            }
        }
    }

    /// When this object was on each of these targets, in their order; it has not been there before.
    pub fn wait_for_all(&mut self, path: &str, targets: &[&str]) -> Result<Vec<Instant>> {
        let mut there = vec![None; targets.len()];
        while there.contains(&None) {
            let (uploaded, when) = self.next()?;
            let place = targets.iter().position(|target| *target == uploaded.target);
            if let Some(place) = place.filter(|_| uploaded.path == path) {
                there[place] = Some(when);
            }
        }
        Ok(there.into_iter().flatten().collect())
    }

    /// When the next picture was on the target. Pages do not count.
    pub fn next_picture(&mut self) -> Result<Instant> {
        loop {
            let (uploaded, when) = self.next()?;
            if uploaded.path.starts_with("media/") {
                return Ok(when);
            }
        }
    }

    fn next(&mut self) -> Result<(Uploaded, Instant)> {
        let next = self.uploads.recv_timeout(Duration::from_secs(60));
        next.or_else(|_| self.running.check().and_then(|()| bail!("nothing was uploaded for 60 s")))
    }
}
