//! A plugin's target as the engine gets it: behind the checks that are not the plugin's business, able
//! to appear as it was under earlier settings, and with whichever version of its plugin is loaded. A call
//! that began ends on the code it began with.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use engine::{
    Abilities, Blob, Call, Entry, Failure, Object, ObjectPath, PublicLink, Receipt, Report, Target,
};
use sandbox::Plugin;
use tokio::sync::mpsc;
use tracing::{info, warn};

use crate::config::TargetConfig;
use crate::rclone_check::RcloneCheck;
use crate::targets::TargetMaker;

/// The plugin's target, wired.
pub struct WiredTarget {
    behind: Mutex<Behind>,
    config: TargetConfig,
    maker: TargetMaker,
    /// It keeps its plugin: under earlier settings, for a few deletes.
    fixed: bool,
}

/// What answers.
#[derive(Clone)]
pub struct Behind {
    pub plugin: Plugin,
    pub target: Arc<dyn Target>,
    /// Only behind rclone.
    pub check: Option<Arc<RcloneCheck>>,
}

impl WiredTarget {
    /// One that follows its plugin.
    pub fn new(behind: Behind, config: TargetConfig, maker: TargetMaker) -> Self {
        Self { behind: Mutex::new(behind), config, maker, fixed: false }
    }

    /// One that stays as it is.
    pub fn fixed(behind: Behind, config: TargetConfig, maker: TargetMaker) -> Self {
        Self { fixed: true, ..Self::new(behind, config, maker) }
    }

    /// Whoever answers from now on.
    fn now(&self) -> Behind {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        if self.fixed {
            return behind.clone();
        }
        if let Ok(plugin) = self.maker.plugin(&self.config)
            && !plugin.is(&behind.plugin)
        {
            self.follow(plugin, &mut behind);
        }
        behind.clone()
    }

    fn follow(&self, plugin: Plugin, behind: &mut Behind) {
        let (name, version) = (&self.config.name, plugin.manifest().plugin.version.clone());
        match self.maker.behind(&self.config, &plugin) {
            Ok(new) => {
                info!(target.name = %name, "target `{name}` runs {} {version} now", self.config.plugin);
                *behind = new;
            }
            // It was tried before it was loaded, so the world changed in between.
            Err(reason) => {
                warn!(target.name = %name, "target `{name}` stays with the plugin it has: {reason}");
                behind.plugin = plugin;
            }
        }
    }

    async fn pass(&self, call: &Call) -> Result<Arc<dyn Target>, Failure> {
        let Behind { target, check, .. } = self.now();
        if let Some(check) = check {
            check.pass(call).await?;
        }
        Ok(target)
    }
}

#[async_trait]
impl Target for WiredTarget {
    fn abilities(&self) -> Abilities {
        self.now().target.abilities()
    }

    async fn probe(&self, call: &Call) -> Result<Report, Failure> {
        self.pass(call).await?.probe(call).await
    }

    async fn put(
        &self,
        call: &Call,
        object: &Object,
        previous: Option<&Receipt>,
        content: Arc<Blob>,
    ) -> Result<Receipt, Failure> {
        self.pass(call).await?.put(call, object, previous, content).await
    }

    async fn delete(&self, call: &Call, path: &ObjectPath, receipt: Option<&Receipt>) -> Result<(), Failure> {
        self.pass(call).await?.delete(call, path, receipt).await
    }

    async fn stat(
        &self,
        call: &Call,
        path: &ObjectPath,
        receipt: Option<&Receipt>,
    ) -> Result<Option<Entry>, Failure> {
        self.pass(call).await?.stat(call, path, receipt).await
    }

    async fn scan(&self, call: &Call, into: mpsc::Sender<Vec<Entry>>) -> Result<(), Failure> {
        self.pass(call).await?.scan(call, into).await
    }

    async fn public_link(
        &self,
        call: &Call,
        path: &ObjectPath,
        receipt: Option<&Receipt>,
    ) -> Result<Option<PublicLink>, Failure> {
        self.pass(call).await?.public_link(call, path, receipt).await
    }

    fn placed_at(&self, placement: &str) -> Result<Arc<dyn Target>, String> {
        self.maker.placed_at(&self.config, placement)
    }
}
