//! An open booth: everything that works together, wired.

use std::sync::Arc;
use std::time::Duration;

use engine::{Engine, Parts, Store, SystemClock};
use sandbox::{Sandbox, SandboxSettings};
use tracing::warn;

use crate::config::Config;
use crate::desk::{Desk, Live};
use crate::plugins::{Plugins, PluginsError};
use crate::rclone_host::RcloneHost;
use crate::secrets::Secrets;
use crate::stops::{Ended, Stops};
use crate::targets::{self, TargetMaker};

/// How long rclone may take to remove what is half uploaded.
const RCLONE_GRACE: Duration = Duration::from_secs(5);

/// What the booth is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To bring targets up to date.
    Work,
    /// To take one order; nothing is transferred.
    Order,
}

/// The running parts.
pub struct Booth {
    pub engine: Engine,
    pub rclone: Option<RcloneHost>,
    /// Where orders about plugins are taken.
    pub desk: Arc<Desk>,
    stops: Stops,
}

/// What is there before the engine starts.
pub struct Workshop {
    pub config: Arc<Config>,
    pub store: Store,
    pub plugins: Plugins,
    secrets: Secrets,
}

/// What makes targets, and what they are made with.
pub struct Bench {
    pub maker: TargetMaker,
    pub rclone: Option<RcloneHost>,
    pub store: Store,
    pub plugins: Plugins,
}

impl Workshop {
    /// Opens the data folder and loads the plugins, side by side.
    pub async fn open(config: &Arc<Config>) -> anyhow::Result<Self> {
        let data = config.data.clone();
        let opening = tokio::task::spawn_blocking(move || Store::open(&data));
        let plugins = load_plugins(config);
        let (store, plugins) = tokio::join!(opening, plugins);
        let (store, plugins) = (store.expect("opening the database does not panic")?, plugins?);
        if let Some(mended) = store.mended() {
            warn!(file.path = %mended.kept.display(), "{mended}");
        }
        let secrets = Secrets::load(&config.data)?;
        Ok(Self { config: Arc::clone(config), store, plugins, secrets })
    }

    /// Ready to make the targets. The rclone that some of them need is started in the background.
    pub fn bench(self) -> Bench {
        let rclone = self.plugins.need_rclone(&self.config).then(|| RcloneHost::start(&self.config));
        let parts = targets::Parts {
            config: self.config,
            plugins: self.plugins.clone(),
            store: self.store.clone(),
            secrets: self.secrets,
            rclone: rclone.clone(),
        };
        Bench { maker: TargetMaker::new(parts), rclone, store: self.store, plugins: self.plugins }
    }
}

/// Loads the plugins that the configuration names; precompiled code is kept in the data folder.
pub async fn load_plugins(config: &Arc<Config>) -> anyhow::Result<Plugins> {
    Plugins::load(sandbox(config).await?, config).await.map_err(|error| match error {
        // By itself, so that it is shown with its place in the file.
        PluginsError::Config(error) => error.into(),
        other => other.into(),
    })
}

/// What runs plugins.
pub async fn sandbox(config: &Config) -> anyhow::Result<Sandbox> {
    let code_cache = config.data.join("cache").join("code");
    let bandwidth = config.file.rclone.bandwidth_limit.0.clone();
    let make = move || Sandbox::new(SandboxSettings { code_cache, bandwidth });
    Ok(tokio::task::spawn_blocking(make).await.expect("making the sandbox does not panic")?)
}

impl Booth {
    /// Opens everything. Returns as soon as the media folder is watched; nothing on the network and
    /// no rclone is waited for.
    pub async fn open(config: &Arc<Config>, purpose: Purpose, stops: &Stops) -> anyhow::Result<Self> {
        let Bench { maker, rclone, store, plugins } = Workshop::open(config).await?.bench();
        let mut settings = config.engine_settings();
        settings.sync.enabled &= purpose == Purpose::Work;
        let parts = Parts {
            store,
            settings,
            targets: maker.all(),
            pages: plugins.pages(config),
            clock: Arc::new(SystemClock),
            soft_stop: stops.soft.clone(),
            hard_stop: stops.hard.clone(),
        };
        match Engine::start(parts).await {
            Ok(engine) => {
                let live = Live { plugins, maker, engine: engine.clone() };
                let desk = Arc::new(Desk::live(Arc::clone(config), live));
                Ok(Self { engine, rclone, desk, stops: stops.clone() })
            }
            Err(error) => {
                stop_rclone(rclone.as_ref()).await;
                Err(error.into())
            }
        }
    }

    /// Ends everything, rclone last. Always returns.
    pub async fn close(self) -> Ended {
        let ended = self.stops.see_out(self.engine.stopped()).await;
        stop_rclone(self.rclone.as_ref()).await;
        ended
    }
}

async fn stop_rclone(rclone: Option<&RcloneHost>) {
    if let Some(rclone) = rclone {
        let _ = tokio::time::timeout(RCLONE_GRACE * 2, rclone.stop(RCLONE_GRACE)).await;
    }
}
