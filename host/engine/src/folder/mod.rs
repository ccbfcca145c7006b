//! The task that looks at the media folder: woken by the watcher, the clock or an order, it compares
//! what is there with what is known, and has every target planned anew.
//!
//! One task, so looks never overtake each other. No decision rests on the content of an event: an
//! event only says where to look.

mod clock_watch;
mod converge;
mod deletes;
mod diff;
mod doubt;
mod look;

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use crate::blob::Root;
use crate::filter::FilterError;
use crate::lane::{LaneHandle, Shared};
use crate::media::MediaFolder;
use crate::names::MediaKey;
use crate::pages::Pages;
use crate::scan::Scan;
use crate::settings::MediaSettings;
use crate::store::{ItemChange, StoreError, meta};
use crate::watch::{Wake, Wakes, Watch};
use clock_watch::ClockWatch;
use converge::Trigger;
use diff::Sieve;
use look::by_key;

/// How soon to look at everything after something could not be written down.
const AFTER_ERROR: Duration = Duration::from_secs(10);
/// How often refused objects are tried again by themselves.
const UNPARK_EVERY: Duration = Duration::from_secs(6 * 3600);

/// An order to the folder's task.
pub(crate) enum Order {
    /// Scan and plan now; answered when everything is planned, with the number of files that were left
    /// out because somebody may still be writing them.
    Sync(oneshot::Sender<Result<usize, StoreError>>),
    /// Plan anew without looking: what is taken down changed.
    Replan(oneshot::Sender<Result<(), StoreError>>),
    /// Answer: the task is alive.
    Pulse(oneshot::Sender<()>),
}

pub(crate) struct Folder {
    pub shared: Shared,
    pub lanes: Vec<LaneHandle>,
    pages: Pages,
    sieve: Sieve,
    watch: Watch,
    settle: Duration,
    /// Files that the last scan left out because somebody may still be writing them.
    unsettled: usize,
    clock_watch: ClockWatch,
    /// The folder was scanned since the program started.
    looked: bool,
    /// Why no delete may rest on what the folder lacks, if so.
    suspicion: Option<String>,
    /// Whether the clock could be believed at the last full sync.
    clock_believed: bool,
    /// Names that cannot be synced were reported once.
    reported: Vec<String>,
}

impl Folder {
    pub fn new(
        shared: Shared,
        lanes: Vec<LaneHandle>,
        pages: Pages,
        media: &MediaSettings,
        watch: Watch,
    ) -> Result<Self, FilterError> {
        let sieve = Sieve {
            filter: crate::filter::Filter::new(&media.include, &media.exclude)?,
            priorities: crate::filter::Priorities::new(&media.priority)?,
        };
        Ok(Self {
            shared,
            lanes,
            pages,
            sieve,
            watch,
            settle: media.settle,
            unsettled: 0,
            clock_watch: ClockWatch::default(),
            looked: false,
            suspicion: None,
            clock_believed: false,
            reported: Vec::new(),
        })
    }

    /// Works until the soft stop.
    pub async fn run(
        mut self,
        mut wakes: Wakes,
        mut looks: mpsc::UnboundedReceiver<MediaKey>,
        mut orders: mpsc::Receiver<Order>,
    ) {
        let stop = self.shared.soft_stop.clone();
        let mut full = tokio::time::interval(self.shared.sync.full_sync_interval);
        full.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut unpark = tokio::time::interval(UNPARK_EVERY);
        // The first sync is for everything: nobody knows what changed while the program was off.
        let mut trigger = Trigger::Order;
        loop {
            let result = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(order) = orders.recv() => self.obey(order).await,
                Some(key) = looks.recv() => self.look(drain(&mut looks, key)).await,
                Some(wake) = wakes.recv() => self.woken(wake).await,
                _ = full.tick() => self.sync(std::mem::replace(&mut trigger, Trigger::Full)).await,
                _ = unpark.tick() => self.unpark().await,
            };
            if let Err(problem) = result {
                // Nothing is lost: a full sync sees the same differences.
                if !problem.is_told() {
                    error!("the media folder is not fully taken in: {problem}");
                }
                full.reset_after(AFTER_ERROR);
            }
        }
    }

    async fn obey(&mut self, order: Order) -> Result<(), StoreError> {
        // Whoever asked may be gone.
        match order {
            Order::Sync(reply) => {
                let result = self.sync(Trigger::Order).await;
                let _ = reply.send(result.map(|()| self.unsettled));
            }
            Order::Pulse(reply) => {
                let _ = reply.send(());
            }
            Order::Replan(reply) => {
                let _ = reply.send(self.replan().await);
            }
        }
        Ok(())
    }

    async fn replan(&mut self) -> Result<(), StoreError> {
        if self.looked {
            return self.plan_all(Trigger::Order, self.suspicion.as_deref()).await;
        }
        // Nobody knows yet whether what is known to be gone can be believed.
        self.sync(Trigger::Order).await
    }

    async fn woken(&mut self, wake: Wake) -> Result<(), StoreError> {
        match wake {
            Wake::Files(keys) => self.look(keys).await,
            Wake::Tree(dir) => self.look_below(dir).await,
            Wake::Rescan(reason) => {
                debug!("the media folder is scanned: {reason}");
                self.sync(Trigger::Full).await
            }
        }
    }

    /// The full sync: renders pages, scans, compares, plans. Costs no network call.
    async fn sync(&mut self, trigger: Trigger) -> Result<(), StoreError> {
        self.look_at_the_clock().await?;
        let pages =
            self.pages.render(&self.shared.store, self.shared.now_ms(), &self.shared.hard_stop).await?;
        self.take_in(pages, None).await?;
        let filter = self.sieve.filter.clone();
        let (scan, volume) = self.off_task(move |media| (media.scan(&filter), media.volume())).await;
        self.report(&scan);
        let known = self.shared.store.items(Root::Media).await?;
        let mut gone = Vec::new();
        let volume = volume.ok().filter(|_| scan.complete()).map(|volume| volume.to_string());
        if let Some(volume) = &volume {
            gone = self.gone(self.sieve.missing(&scan.files, &known)).await;
            self.suspicion = self.suspect(&scan, volume).await?;
            self.looked = true;
        }
        let files = self.settled(scan.files, &known, &gone);
        let mut changes = self.sieve.arrivals(files.iter(), &by_key(&known));
        changes.extend(gone);
        self.take_in(changes, self.suspicion.as_deref()).await?;
        self.plan_all(trigger, self.suspicion.as_deref()).await?;
        self.release_empty_holds().await?;
        if let Some(volume) = volume {
            self.get_used_to(&volume).await?;
        }
        // What is still being looked at was there before, too.
        let settling = if self.unsettled > 0 { self.settle * 2 } else { Duration::ZERO };
        let through_ms = self.shared.now_ms() + 1 + i64::try_from(settling.as_millis()).unwrap_or(0);
        let first = &self.shared.first_scan_ms;
        let _ = first.compare_exchange(i64::MAX, through_ms, Ordering::AcqRel, Ordering::Acquire);
        self.lanes.iter().for_each(LaneHandle::wake);
        Ok(())
    }

    async fn look_at_the_clock(&mut self) -> Result<(), StoreError> {
        let now_ms = self.shared.now_ms();
        if self.clock_watch.is_new()
            && let Some(last_ms) =
                self.shared.store.meta(meta::CLOCK).await?.and_then(|text| text.parse().ok())
        {
            self.clock_watch.remember(last_ms);
        }
        let before = self.clock_believed;
        self.clock_believed = self.clock_watch.believes(now_ms, Instant::now());
        if before && !self.clock_believed {
            warn!("the clock jumped ahead; nothing expires before it has gone on for an hour");
        }
        self.shared.store.set_meta(meta::CLOCK, now_ms.to_string()).await
    }

    async fn take_in(&self, changes: Vec<ItemChange>, suspicion: Option<&str>) -> Result<(), StoreError> {
        if changes.len() > 20 {
            info!(items = changes.len(), "{} files are new, changed or gone", changes.len());
        }
        let (arrived, gone): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| matches!(change, ItemChange::Seen { .. }));
        self.take_in_arrivals(arrived).await?;
        let items = self.shared.store.mark_gone(gone).await?;
        self.plan_changed(&items, suspicion).await
    }

    /// Does work on the media folder that blocks.
    async fn off_task<T: Send + 'static>(&self, work: impl FnOnce(&MediaFolder) -> T + Send + 'static) -> T {
        match self.shared.media.off_task(work).await {
            Ok(value) => value,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    async fn unpark(&self) -> Result<(), StoreError> {
        for lane in &self.lanes {
            self.shared.store.try_again(lane.id, None).await?;
            lane.wake();
        }
        Ok(())
    }

    /// Says once what cannot be synced, and why.
    fn report(&mut self, scan: &Scan) {
        let errors =
            scan.errors.iter().map(|error| format!("{} cannot be read: {}", error.path, error.message));
        let names = scan
            .unusable
            .iter()
            .map(|name| format!("{name} is not synced: its name is not UTF-8; rename it"));
        let clashes = scan
            .clashes
            .iter()
            .map(|(a, b)| format!("{a} and {b} are spelled alike; only the first is synced"));
        for line in errors.chain(names).chain(clashes) {
            if !self.reported.contains(&line) {
                warn!("in the media folder, {line}");
                self.reported.push(line);
            }
        }
        self.reported.truncate(1_000);
    }
}

fn drain(looks: &mut mpsc::UnboundedReceiver<MediaKey>, first: MediaKey) -> Vec<MediaKey> {
    let mut keys = vec![first];
    while let Ok(key) = looks.try_recv() {
        keys.push(key);
    }
    keys
}
