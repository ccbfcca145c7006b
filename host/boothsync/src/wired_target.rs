//! A plugin's target as the engine gets it: behind the checks that are not the plugin's business, and
//! able to appear as it was under earlier settings.

use std::sync::Arc;

use async_trait::async_trait;
use engine::{
    Abilities, Blob, Call, Entry, Failure, Object, ObjectPath, PublicLink, Receipt, Report, Target,
};
use tokio::sync::mpsc;

use crate::config::TargetConfig;
use crate::rclone_check::RcloneCheck;
use crate::targets::TargetMaker;

/// The plugin's target, wired.
pub struct WiredTarget {
    pub inner: Arc<dyn Target>,
    /// Only behind rclone.
    pub check: Option<RcloneCheck>,
    pub config: TargetConfig,
    pub maker: TargetMaker,
}

impl WiredTarget {
    async fn pass(&self, call: &Call) -> Result<(), Failure> {
        match &self.check {
            Some(check) => check.pass(call).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Target for WiredTarget {
    fn abilities(&self) -> Abilities {
        self.inner.abilities()
    }

    async fn probe(&self, call: &Call) -> Result<Report, Failure> {
        self.pass(call).await?;
        self.inner.probe(call).await
    }

    async fn put(
        &self,
        call: &Call,
        object: &Object,
        previous: Option<&Receipt>,
        content: Arc<Blob>,
    ) -> Result<Receipt, Failure> {
        self.pass(call).await?;
        self.inner.put(call, object, previous, content).await
    }

    async fn delete(&self, call: &Call, path: &ObjectPath, receipt: Option<&Receipt>) -> Result<(), Failure> {
        self.pass(call).await?;
        self.inner.delete(call, path, receipt).await
    }

    async fn stat(
        &self,
        call: &Call,
        path: &ObjectPath,
        receipt: Option<&Receipt>,
    ) -> Result<Option<Entry>, Failure> {
        self.pass(call).await?;
        self.inner.stat(call, path, receipt).await
    }

    async fn scan(&self, call: &Call, into: mpsc::Sender<Vec<Entry>>) -> Result<(), Failure> {
        self.pass(call).await?;
        self.inner.scan(call, into).await
    }

    async fn public_link(
        &self,
        call: &Call,
        path: &ObjectPath,
        receipt: Option<&Receipt>,
    ) -> Result<Option<PublicLink>, Failure> {
        self.pass(call).await?;
        self.inner.public_link(call, path, receipt).await
    }

    fn placed_at(&self, placement: &str) -> Result<Arc<dyn Target>, String> {
        self.maker.placed_at(&self.config, placement)
    }
}
