//! One lane per target: takes what is due, makes the calls, and leaves the target alone when it says
//! so. A lane shares nothing with another but the store, so a target that hangs holds up itself only.
//!
//! ```text
//!            five failures in a row, or every    ┌─────────┐  the plugin says: a person must act
//!        ┌─── call refused with "wait" ────────► │ waiting │ ──────────────┐
//!   ┌────┴───┐                                   └────┬────┘               ▼
//!   │   up   │ ◄── probe succeeds, pause is over ─────┘             ┌─────────┐
//!   │        │ ◄── probe succeeds ─────────────────────────────────┤ blocked │ ◄─┐
//!   └─┬──▲───┘ ──── blocked, or five objects refused in a row ─────►└────┬────┘   │ probe fails
//!     │  │                                                               └────────┘
//!     ▼  │ pause, resume
//!  ┌──────────┐
//!  │  paused  │    off: not enabled, or its plugin cannot be loaded
//!  └──────────┘
//! ```

mod attempt;
mod back_off;
mod breaker;
mod budget;
mod cleanup;
mod concurrency;
mod endings;
mod gate;
mod links;
mod orders;
mod set_back;
mod shown;
mod survey;
mod sweep;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::call::{Call, Progress};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::handle::MaybeTarget;
use crate::identity::Identity;
use crate::media::MediaFolder;
use crate::names::{MediaKey, ObjectPath, TargetName};
use crate::object::Report;
use crate::rules::Rules;
use crate::settings::SyncSettings;
use crate::store::{Store, TargetId};
use crate::view::{Event, LaneState};

pub(crate) use budget::Budget;
pub(crate) use gate::Gate;
use work::Lane;

/// What every lane shares with the rest of the engine.
#[derive(Clone)]
pub(crate) struct Shared {
    pub store: Store,
    pub identity: Identity,
    pub clock: Arc<dyn Clock>,
    pub media: MediaFolder,
    pub pages: MediaFolder,
    pub sync: Arc<SyncSettings>,
    pub events: broadcast::Sender<Event>,
    /// Files that a lane found to be other than it was told; the folder looks at them.
    pub look: mpsc::UnboundedSender<MediaKey>,
    /// When the first scan was through, Unix milliseconds: what was seen later is new.
    pub first_scan_ms: Arc<AtomicI64>,
    /// Where the chance of every lane begins.
    pub seed: u64,
    /// Whoever compares a listing with the records needs memory for all of both: one at a time.
    pub comparing: Arc<Semaphore>,
    /// How many calls all lanes may make at a time beyond their own slots.
    pub budget: Budget,
    pub soft_stop: CancellationToken,
    pub hard_stop: CancellationToken,
}

impl Shared {
    /// Now, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Tells what happened. Nobody has to listen.
    pub fn tell(&self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let _ = self.events.send(event);
        }
    }

    /// Whether an item seen then came in after the first scan.
    fn fresh_since_ms(&self) -> i64 {
        self.first_scan_ms.load(Ordering::Acquire)
    }
}

/// What a lane shows of itself.
#[derive(Debug, Clone)]
pub(crate) struct LaneView {
    pub state: LaneState,
    pub reason: String,
    /// Objects with a call under way.
    pub running: Vec<ObjectPath>,
    /// How far those calls are.
    pub progress: Vec<Progress>,
    /// Nothing runs and nothing waits, delayed work included.
    pub idle: bool,
    /// It waits because of the hour, as the operator wants it.
    pub quiet: bool,
}

/// An order to a lane.
pub(crate) enum Order {
    Pause,
    Resume,
    /// Ask the target whether it is usable, and go on if it is.
    Probe(oneshot::Sender<Result<Report, Failure>>),
    /// As `Probe`, unless the lane is up.
    Nudge,
    /// Answer once the lane has looked at its queue after this order.
    Look(oneshot::Sender<()>),
    /// Delete what earlier settings left behind; answers with how many are gone.
    Cleanup(oneshot::Sender<Result<u64, String>>),
}

/// The handle of a lane.
#[derive(Clone)]
pub(crate) struct LaneHandle {
    pub id: TargetId,
    pub name: TargetName,
    pub rules: Arc<Rules>,
    wake: Arc<Notify>,
    view: watch::Receiver<LaneView>,
    orders: mpsc::Sender<Order>,
}

impl LaneHandle {
    /// There may be something to do.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What the lane does now.
    pub fn view(&self) -> LaneView {
        self.view.borrow().clone()
    }

    /// Tells when [`LaneHandle::view`] changes.
    pub fn views(&self) -> watch::Receiver<LaneView> {
        self.view.clone()
    }

    /// Resolves when the lane's task has ended.
    pub async fn ended(&self) {
        self.orders.closed().await;
    }

    /// Gives an order; `false` if the lane has ended.
    pub async fn order(&self, order: Order) -> bool {
        self.orders.send(order).await.is_ok()
    }
}

/// Makes a lane and the future that runs it.
pub(crate) fn open(
    shared: Shared,
    rules: Arc<Rules>,
    paused: bool,
    inventory_ms: Option<i64>,
    target: MaybeTarget,
    gate: Gate,
) -> (LaneHandle, impl Future<Output = ()> + Send + 'static) {
    let wake = Arc::new(Notify::new());
    let (view_sender, view) = watch::channel(LaneView {
        state: LaneState::Up,
        reason: String::new(),
        running: Vec::new(),
        progress: Vec::new(),
        idle: false,
        quiet: false,
    });
    let (orders, order_receiver) = mpsc::channel(16);
    let handle = LaneHandle {
        id: rules.id,
        name: rules.settings.name.clone(),
        rules: Arc::clone(&rules),
        wake: Arc::clone(&wake),
        view,
        orders,
    };
    let lane =
        Lane::new(shared, rules, paused, inventory_ms, target, gate, wake, view_sender, order_receiver);
    (handle, lane.run())
}

/// A call that ends with the process, or after `limit`.
fn bounded_call(shared: &Shared) -> Call {
    Call::new(shared.hard_stop.child_token())
}

/// Sleeps so long; for ever without an end.
async fn sleep(rest: Option<Duration>) {
    match rest {
        Some(rest) => tokio::time::sleep(rest).await,
        None => std::future::pending().await,
    }
}
