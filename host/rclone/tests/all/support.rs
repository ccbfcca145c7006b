//! What the tests share: a real rclone below a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rclone::{FindSettings, Found, Rclone, RcloneSettings, State, find};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The rclone under test.
pub async fn real_rclone() -> Found {
    let Some(path) = std::env::var_os("BOOTHSYNC_RCLONE") else {
        panic!(
            "these tests need a real rclone: run `cargo xtask test`, which provides it in BOOTHSYNC_RCLONE"
        )
    };
    let settings = FindSettings { binary: Some(path.into()), data: "/nowhere".into(), fetch: false };
    find(&settings).await.expect("BOOTHSYNC_RCLONE is a usable rclone")
}

/// A booth's folder with an rclone in it.
pub struct Bench {
    pub folder: TempDir,
    pub settings: RcloneSettings,
}

impl Bench {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = RcloneSettings {
            found: real_rclone().await,
            config: Some(folder.path().join("rclone.conf")),
            work_dir: folder.path().join("empty"),
            log_level: "NOTICE".into(),
            bandwidth_limit: "off".into(),
            web_ui: None,
        };
        Self { folder, settings }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn start(&self) -> Rclone {
        Rclone::start(self.settings.clone(), CancellationToken::new())
    }

    pub async fn up(&self) -> Rclone {
        let rclone = self.start();
        rclone.ready(PATIENCE).await.expect("rclone comes up");
        rclone
    }
}

/// The id of the running child.
pub fn pid(rclone: &Rclone) -> u32 {
    rclone.state().running().expect("rclone is up").pid
}

/// Sends a signal to a process that this test started.
pub fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap();
    assert!(status.success(), "kill -s {name} {pid}");
}

/// Whether a process exists and is no zombie.
pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'))
}

/// Waits until `state` has come.
pub async fn wait_for(rclone: &Rclone, what: &str, mut state: impl FnMut(&State) -> bool) -> State {
    let mut changes = rclone.changes();
    let waited = tokio::time::timeout(PATIENCE, changes.wait_for(|now| state(now))).await;
    match waited {
        Ok(Ok(state)) => state.clone(),
        _ => panic!("{what} did not come true; rclone is {:?}", rclone.state()),
    }
}

/// Waits until `predicate` holds.
pub async fn wait_until(what: &str, mut predicate: impl FnMut() -> bool) {
    let since = Instant::now();
    while !predicate() {
        assert!(since.elapsed() < PATIENCE, "{what} did not come true");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
