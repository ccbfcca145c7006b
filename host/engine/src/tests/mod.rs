//! The engine as a whole, on real folders and a real database, with a target that lives in memory.

mod booth_apps;
mod converging;
mod failing;
mod fake;
mod guarding;
mod lessons;
mod linking;
mod offline;
mod resting;
mod restoring;
mod sim;
mod sweeping;
mod taking_over;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SystemClock};
use crate::handle::{Engine, Parts};
use crate::names::{MediaKey, ObjectPath, PageName, TargetName};
use crate::page::PageGenerator;
use crate::settings::{
    MediaSettings, Mode, Naming, Settings, ShareSettings, SyncSettings, TargetSettings, TargetShare,
};
use crate::store::Store;
use crate::target::Target;
use crate::view::TargetStatus;
pub(crate) use fake::{FakePage, FakeTarget};

/// The machine's clock, moved ahead at will.
#[derive(Default)]
struct MovedClock(AtomicI64);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_millis(self.0.load(Ordering::Acquire))
    }
}

/// A booth in a temporary folder.
struct Booth {
    dir: TempDir,
    clock: Arc<MovedClock>,
    targets: Vec<(TargetSettings, Arc<FakeTarget>)>,
    max_delete_percent: u8,
    quiet_hours: Option<(u16, u16)>,
    metered: bool,
    pages: Vec<(PageName, Arc<dyn PageGenerator>)>,
    share: ShareSettings,
    running: Option<Running>,
}

struct Running {
    engine: Engine,
    store: Store,
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Booth {
    /// With one mirror target named `web`.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("media")).unwrap();
        let mut booth = Self {
            dir,
            clock: Arc::default(),
            targets: Vec::new(),
            max_delete_percent: 30,
            quiet_hours: None,
            metered: false,
            pages: Vec::new(),
            share: ShareSettings::default(),
            running: None,
        };
        booth.add_target("web", Mode::Mirror);
        booth
    }

    fn add_target(&mut self, name: &str, mode: Mode) -> Arc<FakeTarget> {
        let target = Arc::new(FakeTarget::default());
        self.targets.push((target_settings(name, mode), Arc::clone(&target)));
        target
    }

    /// Gives the first target share links by a pattern, or by asking it.
    fn share_by(&mut self, pattern: &str) {
        let share = TargetShare { public_link: pattern.into(), sharepage_url: None };
        self.targets[0].0.share = Some(share);
        self.share = ShareSettings { enabled: true, ..ShareSettings::default() };
    }

    fn target(&self) -> Arc<FakeTarget> {
        Arc::clone(&self.targets[0].1)
    }

    fn media(&self, key: &str) -> PathBuf {
        self.dir.path().join("media").join(key)
    }

    /// Writes a file as booth apps do that rename into place.
    fn shoot(&self, key: &str, content: &[u8]) {
        let path = self.media(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("tmp");
        fs::write(&beside, content).unwrap();
        fs::rename(beside, path).unwrap();
    }

    /// Writes a file that has been there for an hour.
    fn old(&self, key: &str, content: &[u8]) {
        self.dated(key, content, -3600);
    }

    /// Writes a file that says it was written so many seconds from now.
    fn dated(&self, key: &str, content: &[u8], seconds: i64) {
        let path = self.media(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("tmp");
        fs::write(&beside, content).unwrap();
        let time = SystemClock.now() + SignedDuration::from_secs(seconds);
        fs::File::options().append(true).open(&beside).unwrap().set_modified(time.into()).unwrap();
        fs::rename(beside, path).unwrap();
    }

    async fn start(&mut self) {
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let targets = self
            .targets
            .iter()
            .map(|(settings, target)| (settings.clone(), Ok(Arc::clone(target) as Arc<dyn Target>)));
        let store = Store::open(&self.dir.path().join("data")).unwrap();
        let parts = Parts {
            store: store.clone(),
            settings: self.settings(),
            targets: targets.collect(),
            pages: self.pages.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            soft_stop: soft.clone(),
            hard_stop: hard.clone(),
        };
        let engine = Engine::start(parts).await.unwrap();
        self.running = Some(Running { engine, store, soft, hard });
    }

    /// Finishes what runs.
    async fn stop(&mut self) {
        let running = self.running.take().expect("it runs");
        running.soft.cancel();
        running.engine.stopped().await;
    }

    /// Drops what runs, as a second signal does.
    async fn kill(&mut self) {
        let running = self.running.take().expect("it runs");
        running.soft.cancel();
        running.hard.cancel();
        running.engine.stopped().await;
    }

    fn engine(&self) -> &Engine {
        &self.running.as_ref().expect("it runs").engine
    }

    fn store(&self) -> Store {
        self.running.as_ref().expect("it runs").store.clone()
    }

    async fn status(&self) -> TargetStatus {
        self.engine().status().await.unwrap().targets.remove(0)
    }

    /// Moves the clock ahead and has every lane look at it.
    async fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::AcqRel);
        self.engine().nudge().await;
    }

    /// Moves the clock, and nobody looks at it for that.
    fn pass_unseen(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::AcqRel);
    }

    async fn sync(&self) {
        self.engine().sync(None).await.unwrap();
    }

    /// Waits until the target holds exactly these objects, given as (path below `media`, content).
    async fn until_held(&self, target: &FakeTarget, wanted: &[(&str, &[u8])]) {
        let wanted: Vec<(ObjectPath, Vec<u8>)> =
            wanted.iter().map(|(key, content)| (object(key), content.to_vec())).collect();
        until("the target holds what it should", || {
            let held = target.held();
            held.len() == wanted.len() && wanted.iter().all(|(path, content)| held.get(path) == Some(content))
        })
        .await;
    }

    /// Waits until the first target's status is as wanted.
    async fn until_status(&self, what: &str, wanted: impl Fn(&TargetStatus) -> bool) {
        let mut last = None;
        for _ in 0..3_000 {
            let status = self.status().await;
            if wanted(&status) {
                return;
            }
            last = Some(status);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("waited in vain until {what}: {last:?}");
    }

    fn settings(&self) -> Settings {
        Settings {
            media: MediaSettings {
                folder: self.dir.path().join("media"),
                include: vec!["**/*.{jpg,gif}".into()],
                exclude: Vec::new(),
                settle: Duration::from_millis(100),
                poll_interval: None,
                priority: vec![("full/**".into(), 9)],
            },
            sync: SyncSettings {
                enabled: true,
                full_sync_interval: Duration::from_secs(300),
                verify_interval: Duration::from_secs(86_400),
                max_delete_percent: self.max_delete_percent,
                quiet_hours: self.quiet_hours,
                metered: self.metered,
            },
            data: self.dir.path().join("data"),
            share: self.share.clone(),
        }
    }
}

fn target_settings(name: &str, mode: Mode) -> TargetSettings {
    TargetSettings {
        name: TargetName::new(name).unwrap(),
        enabled: true,
        mode,
        immediate: true,
        full: true,
        pages: Vec::new(),
        concurrency: None,
        include: Vec::new(),
        exclude: Vec::new(),
        naming: Naming::Plain,
        expire_after: None,
        placement: r#"{"path":"a"}"#.into(),
        share: None,
    }
}

fn object(key: &str) -> ObjectPath {
    ObjectPath::of_media(&MediaKey::new(key).unwrap())
}

/// Waits for a state, for a minute at most.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain until {what}");
}
