//! A booth in a folder, with targets that cost nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::settings::{MediaSettings, Mode, Naming, Settings, ShareSettings, SyncSettings, TargetSettings};
use engine::view::TargetStatus;
use engine::{Engine, MaybeTarget, Parts, Store, SystemClock, TargetName};
use tokio_util::sync::CancellationToken;

/// A running engine.
pub struct Booth {
    pub engine: Engine,
    soft_stop: CancellationToken,
}

pub fn media(folder: &Path) -> PathBuf {
    folder.join("media")
}

/// Writes pictures of a few bytes, from the number `from` on, as old as an hour or as they are.
pub fn take_pictures(folder: &Path, count: usize, old: bool) -> std::io::Result<()> {
    let written = std::time::SystemTime::now() - Duration::from_secs(3600);
    for number in 0..count {
        let path = media(folder).join(format!("20260101-120000-{number:06}.jpg"));
        std::fs::write(&path, format!("picture {number}"))?;
        if old {
            let written = written + Duration::from_millis(number as u64);
            std::fs::File::options().append(true).open(&path)?.set_modified(written)?;
        }
    }
    Ok(())
}

impl Booth {
    /// Starts it; targets are named `t0`, `t1` and so on.
    pub async fn start(folder: &Path, targets: Vec<MaybeTarget>) -> Self {
        let soft_stop = CancellationToken::new();
        let targets = targets.into_iter().enumerate().map(|(n, target)| (target_settings(n), target));
        let parts = Parts {
            store: Store::open(&folder.join("data")).expect("the database can be opened"),
            settings: settings(folder),
            targets: targets.collect(),
            pages: Vec::new(),
            clock: Arc::new(SystemClock),
            soft_stop: soft_stop.clone(),
            hard_stop: CancellationToken::new(),
        };
        let engine = Engine::start(parts).await.expect("the engine starts");
        Self { engine, soft_stop }
    }

    pub async fn stop(self) {
        self.soft_stop.cancel();
        self.engine.stopped().await;
    }

    /// Waits until every target's status is as wanted.
    pub async fn until(&self, wanted: impl Fn(&TargetStatus) -> bool) {
        while !self.engine.status().await.expect("the status can be read").targets.iter().all(&wanted) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn settings(folder: &Path) -> Settings {
    Settings {
        media: MediaSettings {
            folder: media(folder),
            include: vec!["**/*.jpg".into()],
            exclude: Vec::new(),
            settle: Duration::from_millis(100),
            poll_interval: None,
            priority: Vec::new(),
        },
        sync: SyncSettings {
            enabled: true,
            full_sync_interval: Duration::from_secs(300),
            verify_interval: Duration::from_secs(86_400),
            max_delete_percent: 30,
            quiet_hours: None,
            metered: false,
        },
        data: folder.join("data"),
        share: ShareSettings::default(),
    }
}

fn target_settings(number: usize) -> TargetSettings {
    TargetSettings {
        name: TargetName::new(&format!("t{number}")).expect("a plain name"),
        enabled: true,
        mode: Mode::Mirror,
        immediate: true,
        full: true,
        pages: Vec::new(),
        concurrency: None,
        include: Vec::new(),
        exclude: Vec::new(),
        naming: Naming::Plain,
        expire_after: None,
        placement: "{}".into(),
        share: None,
    }
}
