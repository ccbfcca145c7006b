//! What the API asks of a booth.

use std::sync::Arc;

use async_trait::async_trait;
use engine::view::{Backlog, Event, Link, QueueRow, Status};
use engine::{Blob, Engine, Failure, LanItem, MediaKey, OrderError, Report, SyncOutcome, TargetName};
use tokio::sync::broadcast;
use uuid::Uuid;

/// The engine's verbs, so that the API can be tested without one. See [`Engine`] for each.
#[async_trait]
#[expect(missing_docs, reason = "each method is the engine's of the same name, documented there")]
pub trait Booth: Send + Sync + 'static {
    async fn status(&self) -> Result<Status, OrderError>;
    async fn links(&self, key: &MediaKey) -> Result<Vec<Link>, OrderError>;
    async fn key_of(&self, identifier: Uuid) -> Result<MediaKey, OrderError>;
    async fn lan_item(&self, token: &str) -> Result<Option<LanItem>, OrderError>;
    async fn lan_page(&self) -> Result<Option<Arc<Blob>>, OrderError>;
    async fn queue(&self, target: Option<&TargetName>, limit: u32) -> Result<Vec<QueueRow>, OrderError>;
    fn events(&self) -> broadcast::Receiver<Event>;
    async fn events_after(&self, last: Option<u64>) -> Result<Backlog, OrderError>;
    async fn sync(&self, target: Option<&TargetName>) -> Result<(), OrderError>;
    async fn sync_once(&self, target: Option<&TargetName>) -> Result<SyncOutcome, OrderError>;
    async fn retry(&self, target: Option<&TargetName>, key: Option<&MediaKey>) -> Result<u64, OrderError>;
    async fn pause(&self, target: &TargetName) -> Result<(), OrderError>;
    async fn resume(&self, target: &TargetName) -> Result<(), OrderError>;
    async fn confirm_deletes(&self, target: &TargetName, set: Option<u64>) -> Result<u64, OrderError>;
    async fn cleanup(&self, target: &TargetName) -> Result<u64, OrderError>;
    async fn offline(&self, key: &MediaKey) -> Result<(), OrderError>;
    async fn probe(&self, target: &TargetName) -> Result<Result<Report, Failure>, OrderError>;
}

#[async_trait]
impl Booth for Engine {
    async fn status(&self) -> Result<Status, OrderError> {
        Self::status(self).await
    }

    async fn links(&self, key: &MediaKey) -> Result<Vec<Link>, OrderError> {
        Self::links(self, key).await
    }

    async fn key_of(&self, identifier: Uuid) -> Result<MediaKey, OrderError> {
        Self::key_of(self, identifier).await
    }

    async fn lan_item(&self, token: &str) -> Result<Option<LanItem>, OrderError> {
        Self::lan_item(self, token).await
    }

    async fn lan_page(&self) -> Result<Option<Arc<Blob>>, OrderError> {
        Self::lan_page(self).await
    }

    async fn queue(&self, target: Option<&TargetName>, limit: u32) -> Result<Vec<QueueRow>, OrderError> {
        Self::queue(self, target, limit).await
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        Self::events(self)
    }

    async fn events_after(&self, last: Option<u64>) -> Result<Backlog, OrderError> {
        Self::events_after(self, last).await
    }

    async fn sync(&self, target: Option<&TargetName>) -> Result<(), OrderError> {
        Self::sync(self, target).await
    }

    async fn sync_once(&self, target: Option<&TargetName>) -> Result<SyncOutcome, OrderError> {
        Self::sync_once(self, target).await
    }

    async fn retry(&self, target: Option<&TargetName>, key: Option<&MediaKey>) -> Result<u64, OrderError> {
        Self::retry(self, target, key).await
    }

    async fn pause(&self, target: &TargetName) -> Result<(), OrderError> {
        Self::pause(self, target).await
    }

    async fn resume(&self, target: &TargetName) -> Result<(), OrderError> {
        Self::resume(self, target).await
    }

    async fn confirm_deletes(&self, target: &TargetName, set: Option<u64>) -> Result<u64, OrderError> {
        Self::confirm_deletes(self, target, set).await
    }

    async fn cleanup(&self, target: &TargetName) -> Result<u64, OrderError> {
        Self::cleanup(self, target).await
    }

    async fn offline(&self, key: &MediaKey) -> Result<(), OrderError> {
        Self::offline(self, key).await
    }

    async fn probe(&self, target: &TargetName) -> Result<Result<Report, Failure>, OrderError> {
        Self::probe(self, target).await
    }
}
