//! An open booth: everything that works together, wired.

use std::sync::Arc;
use std::time::Duration;

use engine::{Engine, Parts, Store, SystemClock};
use sandbox::{Sandbox, SandboxSettings};
use tracing::warn;

use crate::config::Config;
use crate::plugins::{Plugins, PluginsError};
use crate::rclone_host::RcloneHost;
use crate::secrets::Secrets;
use crate::stops::{Ended, Stops};
use crate::targets::{self, EngineTarget, TargetMaker};

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
    stops: Stops,
}

/// What is there before the engine starts.
pub struct Workshop {
    pub config: Arc<Config>,
    pub store: Store,
    pub plugins: Plugins,
    secrets: Secrets,
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

    /// The targets, and the rclone that some of them need. That is started in the background.
    pub fn targets(self) -> (Vec<EngineTarget>, Option<RcloneHost>, Store, Plugins) {
        let rclone = self.plugins.need_rclone(&self.config).then(|| RcloneHost::start(&self.config));
        let parts = targets::Parts {
            config: self.config,
            plugins: self.plugins.clone(),
            store: self.store.clone(),
            secrets: self.secrets,
            rclone: rclone.clone(),
        };
        (TargetMaker::new(parts).all(), rclone, self.store, self.plugins)
    }
}

/// Loads the plugins that the configuration names; precompiled code is kept in the data folder.
pub async fn load_plugins(config: &Config) -> anyhow::Result<Plugins> {
    let code_cache = config.data.join("cache").join("code");
    let bandwidth = config.file.rclone.bandwidth_limit.0.clone();
    let make = move || Sandbox::new(SandboxSettings { code_cache, bandwidth });
    let sandbox = tokio::task::spawn_blocking(make).await.expect("making the sandbox does not panic")?;
    Plugins::load(&sandbox, config).await.map_err(|error| match error {
        // By itself, so that it is shown with its place in the file.
        PluginsError::Config(error) => error.into(),
        other => other.into(),
    })
}

impl Booth {
    /// Opens everything. Returns as soon as the media folder is watched; nothing on the network and
    /// no rclone is waited for.
    pub async fn open(config: &Arc<Config>, purpose: Purpose, stops: &Stops) -> anyhow::Result<Self> {
        let workshop = Workshop::open(config).await?;
        let pages = workshop.plugins.pages(config)?;
        let (targets, rclone, store, _) = workshop.targets();
        let mut settings = config.engine_settings();
        settings.sync.enabled &= purpose == Purpose::Work;
        let parts = Parts {
            store,
            settings,
            targets,
            pages,
            clock: Arc::new(SystemClock),
            soft_stop: stops.soft.clone(),
            hard_stop: stops.hard.clone(),
        };
        match Engine::start(parts).await {
            Ok(engine) => Ok(Self { engine, rclone, stops: stops.clone() }),
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
