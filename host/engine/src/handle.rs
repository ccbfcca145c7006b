//! The handle with which the rest of the program drives a running engine.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::failure::Failure;
use crate::folder::Order as FolderOrder;
use crate::lane::{LaneHandle, LaneView, Order as LaneOrder, Shared};
use crate::names::{MediaKey, PageName, TargetName};
use crate::object::Report;
use crate::page::PageGenerator;
use crate::rules::Rules;
use crate::settings::{Settings, TargetSettings};
use crate::share::{self, LinkItem, LinkRule, Pattern};
use crate::store::{ItemRow, ReplicaCounts, Store};
use crate::target::Target;
use crate::view::{Event, LaneState, Link, QueueRow, Status};

mod links;
mod start;
mod status;
mod sync;

pub use status::offline_status;

/// How often a sync that is to end looks again at files that may still be written.
const SETTLING_SCANS: u32 = 5;

/// The plugin behind a target, or why it cannot be loaded.
pub type MaybeTarget = Result<Arc<dyn Target>, String>;

/// What the engine works with.
pub struct Parts {
    /// The open database.
    pub store: Store,
    /// The rules.
    pub settings: Settings,
    /// Each configured target with the plugin behind it; `None` when its plugin could not be loaded,
    /// with the reason in words.
    pub targets: Vec<(TargetSettings, MaybeTarget)>,
    /// Each configured page with its generator.
    pub pages: Vec<(PageName, Arc<dyn PageGenerator>)>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// First stop: claim nothing new, finish what runs.
    pub soft_stop: CancellationToken,
    /// Second stop: drop what runs.
    pub hard_stop: CancellationToken,
}

/// A running engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    shared: Shared,
    lanes: Vec<LaneHandle>,
    links: Vec<LinkRule>,
    custom: Option<Pattern>,
    share_enabled: bool,
    settle: Duration,
    folder: mpsc::Sender<FolderOrder>,
    tasks: TaskTracker,
}

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The media folder is not usable.
    #[error("the media folder `{path}` {problem}")]
    MediaFolder {
        /// The folder.
        path: String,
        /// What is wrong, as the rest of the sentence.
        problem: String,
    },
    /// The database is not usable.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// `identity.toml` is not usable.
    #[error(transparent)]
    Identity(#[from] crate::identity::IdentityError),
    /// A rule cannot be followed.
    #[error("{0}")]
    Settings(String),
    /// The folder cannot be watched.
    #[error(transparent)]
    Watch(#[from] crate::watch::WatchError),
}

/// Why an order could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No target of this name.
    #[error("there is no target `{0}`")]
    NoSuchTarget(String),
    /// No such media item.
    #[error("`{0}` is not in the media folder")]
    NoSuchItem(String),
    /// The engine is stopping.
    #[error("the service is stopping")]
    Stopping,
    /// Nothing is held back under this number.
    #[error("target `{0}` holds no deletes back")]
    NothingHeld(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// How a call to [`Engine::sync_once`] ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncOutcome {
    /// Objects that are not as they should be.
    pub left: u64,
    /// Objects of them that were refused or failed.
    pub failed: u64,
    /// Targets that are blocked, waiting or off, with the reason.
    pub unusable: Vec<(TargetName, String)>,
}

impl Engine {
    /// Opens folders, starts watching and all lanes. Returns as soon as it watches.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        start::start(parts).await.map(|inner| Self(Arc::new(inner)))
    }

    /// Resolves when every task has ended after a stop.
    pub async fn stopped(&self) {
        self.0.tasks.wait().await;
    }

    /// Media and targets now.
    pub async fn status(&self) -> Result<Status, OrderError> {
        let media = status::media(&self.0.shared.store).await?;
        let mut targets = Vec::with_capacity(self.0.lanes.len());
        for lane in &self.0.lanes {
            let view = lane.view();
            let counts = self.0.shared.store.count_replicas(lane.id).await?;
            targets.push(status::target(&lane.name, view.state, view.reason, view.running, counts));
        }
        Ok(Status { media, targets })
    }

    /// Events from now on. A slow reader loses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.shared.events.subscribe()
    }

    /// The item's share links, in the order of the targets, then the custom one. Asks no network.
    pub async fn links(&self, key: &MediaKey) -> Result<Vec<Link>, OrderError> {
        if !self.0.share_enabled {
            return Ok(Vec::new());
        }
        let rules: Vec<&Rules> = self.0.lanes.iter().map(|lane| &*lane.rules).collect();
        let found = links::placed(&self.0.shared, &rules, key).await?;
        let item = LinkItem { key, taken_down: found.taken_down, placed: &found.placed };
        Ok(share::links(&item, &self.0.links, self.0.custom.as_ref()))
    }

    /// The key of a stable identifier in this booth.
    pub async fn key_of(&self, identifier: uuid::Uuid) -> Result<MediaKey, OrderError> {
        let item = self.0.shared.store.by_identifier(identifier).await?;
        item.map(|item| item.key).ok_or_else(|| OrderError::NoSuchItem(identifier.to_string()))
    }

    /// What is not as it should be, most urgent first, at most `limit` rows for each target.
    pub async fn queue(&self, target: Option<&TargetName>, limit: u32) -> Result<Vec<QueueRow>, OrderError> {
        let mut rows = Vec::new();
        for lane in self.lanes(target)? {
            rows.extend(self.0.shared.store.queue(lane.id, limit).await?);
        }
        Ok(rows)
    }

    /// Starts a full sync of one or all targets now; blocked targets are probed first.
    pub async fn sync(&self, target: Option<&TargetName>) -> Result<(), OrderError> {
        let lanes = self.lanes(target)?;
        self.scan().await?;
        for lane in lanes {
            lane.order(LaneOrder::Nudge).await;
        }
        Ok(())
    }

    /// Scans, then waits until nothing that can be done is left: everything is as it should be,
    /// parked, held back, or its target unusable.
    pub async fn sync_once(&self, target: Option<&TargetName>) -> Result<SyncOutcome, OrderError> {
        let lanes = self.lanes(target)?.into_iter().cloned().collect::<Vec<_>>();
        let tried = lanes.iter().map(|lane| (lane.clone(), lane.views())).collect::<Vec<_>>();
        self.sync(target).await?;
        self.scan_until_settled().await?;
        self.look(&lanes).await?;
        let mut outcome = SyncOutcome::default();
        for (lane, views) in tried {
            let view = sync::settled(views, &self.0.shared).await;
            let counts = self.0.shared.store.count_replicas(lane.id).await?;
            outcome.count(&lane, view, counts);
        }
        Ok(outcome)
    }

    /// Tries again what waits or was refused: everything, one target's, or one item's.
    pub async fn retry(
        &self,
        target: Option<&TargetName>,
        key: Option<&MediaKey>,
    ) -> Result<u64, OrderError> {
        let item = match key {
            Some(key) => Some(self.item(key).await?.id),
            None => None,
        };
        let mut count = 0;
        for lane in self.lanes(target)? {
            count += self.0.shared.store.try_again(lane.id, item).await?;
            lane.order(LaneOrder::Nudge).await;
            lane.wake();
        }
        Ok(count)
    }

    /// Stops a target's lane until [`Engine::resume`], over restarts too.
    pub async fn pause(&self, target: &TargetName) -> Result<(), OrderError> {
        self.set_paused(target, true).await
    }

    /// Lets a paused lane work again.
    pub async fn resume(&self, target: &TargetName) -> Result<(), OrderError> {
        self.set_paused(target, false).await
    }

    /// Lets deletes that were held back happen; `set` names the set, `None` means every set that is
    /// held now. Returns how many objects that is.
    pub async fn confirm_deletes(&self, target: &TargetName, set: Option<u64>) -> Result<u64, OrderError> {
        let lane = self.lane(target)?;
        let holds = self.0.shared.identity.holds();
        let chosen =
            holds.iter().filter(|hold| hold.target == *target && set.is_none_or(|set| hold.set == set));
        let mut count = 0;
        let mut any = false;
        for hold in chosen {
            any = true;
            count += self.0.shared.store.confirm(lane.id, hold.set).await?;
            self.0
                .shared
                .identity
                .release(target, hold.set)
                .map_err(|error| OrderError::Other(error.to_string()))?;
        }
        lane.wake();
        if any { Ok(count) } else { Err(OrderError::NothingHeld(target.to_string())) }
    }

    /// Deletes what earlier settings of the target left behind, with the settings it was put with.
    /// Returns how many objects were deleted.
    pub async fn cleanup(&self, target: &TargetName) -> Result<u64, OrderError> {
        let (reply, answer) = oneshot::channel();
        self.lane(target)?.order(LaneOrder::Cleanup(reply)).await;
        answer.await.map_err(|_| OrderError::Stopping)?.map_err(OrderError::Other)
    }

    /// Takes an item off every target and keeps it off, even if its file is not there any more.
    pub async fn offline(&self, key: &MediaKey) -> Result<(), OrderError> {
        self.item(key).await?;
        let now = self.0.shared.clock.now();
        self.0.shared.identity.take_down(key, now).map_err(|error| OrderError::Other(error.to_string()))?;
        let (reply, answer) = oneshot::channel();
        self.0.folder.send(FolderOrder::Replan(reply)).await.map_err(|_| OrderError::Stopping)?;
        Ok(answer.await.map_err(|_| OrderError::Stopping)??)
    }

    /// Asks a target whether it is usable; a blocked or waiting lane goes on if it is.
    pub async fn probe(&self, target: &TargetName) -> Result<Result<Report, Failure>, OrderError> {
        let (reply, answer) = oneshot::channel();
        self.lane(target)?.order(LaneOrder::Probe(reply)).await;
        answer.await.map_err(|_| OrderError::Stopping)
    }

    /// Probes blocked and waiting targets now, because something changed that may have helped them.
    pub async fn nudge(&self) {
        for lane in &self.0.lanes {
            lane.order(LaneOrder::Nudge).await;
        }
    }

    /// API tokens that may read the status.
    pub fn identity(&self) -> &crate::identity::Identity {
        &self.0.shared.identity
    }

    /// Resolves once these lanes have seen what is queued now.
    async fn look(&self, lanes: &[LaneHandle]) -> Result<(), OrderError> {
        for lane in lanes {
            let (reply, looked) = oneshot::channel();
            lane.order(LaneOrder::Look(reply)).await;
            looked.await.map_err(|_| OrderError::Stopping)?;
        }
        Ok(())
    }

    /// Scans again while files were left out because they may still be written, for a few seconds.
    async fn scan_until_settled(&self) -> Result<(), OrderError> {
        for _ in 0..SETTLING_SCANS {
            if self.scan().await? == 0 {
                break;
            }
            tokio::time::sleep(self.0.settle).await;
        }
        Ok(())
    }

    async fn scan(&self) -> Result<usize, OrderError> {
        let (reply, answer) = oneshot::channel();
        self.0.folder.send(FolderOrder::Sync(reply)).await.map_err(|_| OrderError::Stopping)?;
        Ok(answer.await.map_err(|_| OrderError::Stopping)??)
    }

    async fn set_paused(&self, target: &TargetName, paused: bool) -> Result<(), OrderError> {
        let lane = self.lane(target)?;
        self.0.shared.store.set_paused(lane.id, paused).await?;
        lane.order(if paused { LaneOrder::Pause } else { LaneOrder::Resume }).await;
        Ok(())
    }

    async fn item(&self, key: &MediaKey) -> Result<ItemRow, OrderError> {
        let item = self.0.shared.store.media_item(key.clone()).await?;
        item.ok_or_else(|| OrderError::NoSuchItem(key.to_string()))
    }

    fn lane(&self, target: &TargetName) -> Result<&LaneHandle, OrderError> {
        let lane = self.0.lanes.iter().find(|lane| lane.name == *target);
        lane.ok_or_else(|| OrderError::NoSuchTarget(target.to_string()))
    }

    fn lanes(&self, target: Option<&TargetName>) -> Result<Vec<&LaneHandle>, OrderError> {
        match target {
            Some(target) => Ok(vec![self.lane(target)?]),
            None => Ok(self.0.lanes.iter().collect()),
        }
    }
}

impl SyncOutcome {
    fn count(&mut self, lane: &LaneHandle, view: LaneView, counts: ReplicaCounts) {
        self.left += counts.pending + counts.rejected + counts.held_deletes;
        self.failed += counts.rejected;
        let switched_off = !lane.rules.settings.enabled;
        if view.state != LaneState::Up && !switched_off {
            self.unusable.push((lane.name.clone(), view.reason));
        }
    }
}
