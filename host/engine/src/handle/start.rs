//! Putting a running engine together.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use tokio::sync::{broadcast, mpsc};
use tokio_util::task::TaskTracker;
use tracing::info;

use super::{Inner, MaybeTarget, Parts, StartError};
use crate::blob::Root;
use crate::blocking::Blocking;
use crate::folder::Folder;
use crate::identity::Identity;
use crate::lane::{self, Budget, Gate, LaneHandle, Shared};
use crate::media::MediaFolder;
use crate::names::TargetName;
use crate::pages::{self, Pages};
use crate::rules::Rules;
use crate::settings::{MediaSettings, Mode, Settings, TargetSettings};
use crate::share::{LanRule, LinkRule, Pattern};
use crate::upkeep;
use crate::watch::{Wakes, Watch, WatchKind, WatchSettings};

/// Events that a reader may be behind.
const EVENTS: usize = 4_096;

/// What the engine stands on beside its parts: threads, chance, and somebody who watches. A simulation
/// brings its own.
#[derive(Default)]
pub(crate) struct Ground {
    pub blocking: Blocking,
    /// Where chance begins; `None`: by chance.
    pub seed: Option<u64>,
    /// Who watches the folder; `None`: it is watched as its file system allows.
    pub watch: Option<(Watch, Wakes)>,
}

/// Starts every task; returns as soon as the folder is watched.
pub(super) async fn start(parts: Parts, ground: Ground) -> Result<Inner, StartError> {
    let Parts { store, settings, targets, pages, clock, soft_stop, hard_stop } = parts;
    let identity = Identity::open(&settings.data, clock.now())?;
    let media = MediaFolder::new(settings.media.folder.clone(), Root::Media).looked_into(ground.blocking);
    media.check().map_err(|problem| StartError::MediaFolder {
        path: settings.media.folder.display().to_string(),
        problem,
    })?;
    let (events, _) = broadcast::channel(EVENTS);
    let (look, looks) = mpsc::unbounded_channel();
    let pages_folder =
        MediaFolder::new(settings.data.join(pages::FOLDER), Root::Pages).looked_into(ground.blocking);
    let shared = Shared {
        store,
        identity,
        clock,
        media: media.clone(),
        pages: pages_folder,
        sync: Arc::new(settings.sync.clone()),
        events,
        look,
        first_scan_ms: Arc::new(AtomicI64::new(i64::MAX)),
        comparing: Arc::new(tokio::sync::Semaphore::new(1)),
        seed: ground.seed.unwrap_or_else(rand::random),
        budget: Budget::of_machine(),
        soft_stop,
        hard_stop,
    };
    upkeep::begin(&shared).await?;
    let links = link_rules(&targets, &settings)?;
    let custom = custom_pattern(&settings)?;
    let share_enabled = settings.share.enabled;
    let secret = shared.identity.naming_key().clone();
    let lan = settings.share.lan_url.clone().map(|url| LanRule { url, secret });
    let prefer = settings.share.prefer;

    let (watch, wakes) = match ground.watch {
        Some(watch) => watch,
        None => Watch::start(&media, watch_settings(&settings.media), shared.soft_stop.clone())?,
    };
    announce(&settings, &watch.kind());
    let tasks = TaskTracker::new();
    let lanes = open_lanes(&shared, &settings.media, targets, &tasks).await?;
    let pages = Pages::new(&settings.data, pages);
    let folder = Folder::new(shared.clone(), lanes.clone(), pages, &settings.media, watch)
        .map_err(|error| StartError::Settings(error.to_string()))?;
    let (orders, order_receiver) = mpsc::channel(16);
    tasks.spawn(folder.run(wakes, looks, order_receiver));
    tasks.spawn(upkeep::run(shared.clone(), lanes.clone()));
    tasks.close();
    let settle = settings.media.settle;
    Ok(Inner { shared, lanes, links, custom, lan, prefer, share_enabled, settle, folder: orders, tasks })
}

fn watch_settings(media: &MediaSettings) -> WatchSettings {
    WatchSettings { settle: media.settle, poll: media.poll_interval }
}

fn announce(settings: &Settings, kind: &WatchKind) {
    let folder = settings.media.folder.display();
    match kind {
        WatchKind::Events => info!("watching {folder}"),
        WatchKind::Polling { interval, why } => {
            info!("watching {folder} by looking every {} s, because {why}", interval.as_secs_f32());
        }
    }
}

async fn open_lanes(
    shared: &Shared,
    media: &MediaSettings,
    targets: Vec<(TargetSettings, MaybeTarget)>,
    tasks: &TaskTracker,
) -> Result<Vec<LaneHandle>, StartError> {
    let gate = Gate::new(&shared.sync);
    let mut lanes = Vec::with_capacity(targets.len());
    for (settings, target) in targets {
        let row = shared.store.register_target(&settings.name, &settings.placement).await?;
        let rules = Rules::new(row.id, settings, media, shared.identity.naming_key().clone())
            .map_err(|error| StartError::Settings(error.to_string()))?;
        if rules.settings.mode == Mode::Copy {
            // It may have been a mirror.
            shared.store.let_stay(row.id).await?;
        }
        // A start is a reason to try what was refused.
        shared.store.try_again(row.id, None).await?;
        let (handle, run) =
            lane::open(shared.clone(), Arc::new(rules), row.paused, row.inventory_ms, target, gate.clone());
        tasks.spawn(run);
        lanes.push(handle);
    }
    Ok(lanes)
}

fn link_rules(
    targets: &[(TargetSettings, MaybeTarget)],
    settings: &Settings,
) -> Result<Vec<LinkRule>, StartError> {
    if !settings.share.enabled {
        return Ok(Vec::new());
    }
    let rules = targets.iter().filter(|(target, _)| target.enabled).map(|(target, _)| link_rule(target));
    rules.filter_map(Result::transpose).collect()
}

fn link_rule(target: &TargetSettings) -> Result<Option<LinkRule>, StartError> {
    let name: &TargetName = &target.name;
    LinkRule::of(target)
        .map_err(|error| StartError::Settings(format!("public_link of target `{name}`: {error}")))
}

fn custom_pattern(settings: &Settings) -> Result<Option<Pattern>, StartError> {
    match settings.share.custom_url.as_str() {
        "" => Ok(None),
        text => Pattern::for_custom(text)
            .map(Some)
            .map_err(|error| StartError::Settings(format!("share.custom_url: {error}"))),
    }
}
