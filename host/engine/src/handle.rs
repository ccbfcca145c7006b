//! The handle with which the rest of the program drives a running engine.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::folder::Order as FolderOrder;
use crate::lane::{LaneHandle, Shared};
use crate::names::{MediaKey, PageName, TargetName};
use crate::page::PageGenerator;
use crate::rules::Rules;
use crate::settings::{Prefer, Settings, TargetSettings};
use crate::share::{self, LanRule, LinkItem, LinkRule, Pattern};
use crate::store::Store;
use crate::target::Target;
use crate::view::{Backlog, Event, LaneState, Link, QueueRow, Status};

mod errors;
mod lan;
mod life;
mod links;
mod orders;
mod start;
mod status;
mod sync;

pub use errors::{OrderError, StartError};
pub use lan::LanItem;
pub(crate) use start::Ground;
pub use status::offline_status;
pub use sync::SyncOutcome;

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
    lan: Option<LanRule>,
    prefer: Prefer,
    share_enabled: bool,
    settle: Duration,
    folder: mpsc::Sender<FolderOrder>,
    tasks: TaskTracker,
}

impl Engine {
    /// Opens folders, starts watching and all lanes. Returns as soon as it watches.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        Self::start_on(Ground::default(), parts).await
    }

    /// As [`Engine::start`], on other ground.
    pub(crate) async fn start_on(ground: Ground, parts: Parts) -> Result<Self, StartError> {
        start::start(parts, ground).await.map(|inner| Self(Arc::new(inner)))
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
            let reason = status::reason(&self.0.shared, lane.id, &view).await?;
            let running = view.running.len() as u64;
            targets.push(status::target(&lane.name, view.state, reason, running, counts));
        }
        let database = status::database(&self.0.shared.store).await?;
        Ok(Status { media, database, targets })
    }

    /// Events from now on. A slow reader loses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.shared.events.subscribe()
    }

    /// What the log says after the event `last`; without one, only where it ends now.
    pub async fn events_after(&self, last: Option<u64>) -> Result<Backlog, OrderError> {
        Ok(self.0.shared.store.events_after(last).await?)
    }

    /// The item's share links, in the order of the targets, then the custom one, then the one to this machine.
    /// Asks no network.
    pub async fn links(&self, key: &MediaKey) -> Result<Vec<Link>, OrderError> {
        if !self.0.share_enabled {
            return Ok(Vec::new());
        }
        let rules: Vec<&Rules> = self.0.lanes.iter().map(|lane| &*lane.rules).collect();
        let found = links::placed(&self.0.shared, &rules, key).await?;
        let item = LinkItem { key, taken_down: found.taken_down, placed: &found.placed };
        let mut links = share::links(&item, &self.0.links, self.0.custom.as_ref(), self.0.lan.as_ref());
        share::prefer(&mut links, self.0.prefer, |target| self.is_up(target));
        Ok(links)
    }

    fn is_up(&self, target: &str) -> bool {
        self.0.lanes.iter().any(|lane| lane.name.as_str() == target && lane.view().state == LaneState::Up)
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
            let running = lane.view().running;
            let rows_of_lane = self.0.shared.store.queue(lane.id, limit).await?;
            rows.extend(rows_of_lane.into_iter().map(|row| status::queued(row, &running)));
        }
        Ok(rows)
    }

    /// API tokens that may read the status.
    pub fn identity(&self) -> &crate::identity::Identity {
        &self.0.shared.identity
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
