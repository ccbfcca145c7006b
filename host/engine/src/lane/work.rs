//! The lane's loop: one task that owns the target's health and decides what starts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{Id, JoinSet};
use tracing::error;

use super::attempt::{Attempt, Outcome};
use super::breaker::Breaker;
use super::budget::Slot;
use super::concurrency::Concurrency;
use super::links::Links;
use super::survey::{self, SurveyPlan};
use super::{Gate, LaneView, Order, Shared, bounded_call, sleep};
use crate::call::Progress;
use crate::failure::Failure;
use crate::handle::MaybeTarget;
use crate::leftovers::Leftover;
use crate::names::ObjectPath;
use crate::object::{PublicLink, Report};
use crate::rules::Rules;
use crate::store::{DueLink, StoreError, Take};

/// Pictures of the last minutes go first: somebody waits for them.
const URGENT_MS: i64 = 10 * 60 * 1000;
/// Of the slots, one in so many is for what waits longest.
const RESERVE: usize = 4;
/// After the database refused a write.
const STORE_PAUSE_MS: i64 = 5_000;

/// How a task of the lane ended.
pub(super) enum Ended {
    Object(ObjectPath, Outcome),
    Probe(Result<Report, Failure>, Option<oneshot::Sender<Result<Report, Failure>>>),
    Survey(Result<Vec<Leftover>, Failure>),
    Swept(Leftover, Result<(), Failure>),
    Link(DueLink, Result<Option<PublicLink>, Failure>),
    Cleanup,
}

/// A call under way for an object.
pub(super) struct Running {
    pub path: ObjectPath,
    pub(super) progress: Progress,
    pub(super) slot: Slot,
}

pub(super) struct Lane {
    pub(super) shared: Shared,
    pub(super) rules: Arc<Rules>,
    pub(super) target: MaybeTarget,
    pub(super) gate: Gate,
    pub(super) paused: bool,
    pub(super) breaker: Breaker,
    pub(super) concurrency: Concurrency,
    pub(super) survey: SurveyPlan,
    /// What is to be removed when nothing else is to be done about its object.
    pub(super) leftovers: Vec<Leftover>,
    /// One is being removed.
    pub(super) sweeping: bool,
    pub(super) links: Links,
    /// Calls for objects since the program began, for the share of what waits longest.
    pub(super) started: usize,
    pub(super) running: HashMap<Id, Running>,
    pub(super) probing: bool,
    /// When it last looked what is due, Unix milliseconds.
    pub(super) turned_ms: Option<i64>,
    /// Who waits for the next look at the queue.
    pub(super) lookers: Vec<oneshot::Sender<()>>,
    pub(super) tasks: JoinSet<Ended>,
    pub(super) wake: Arc<Notify>,
    pub(super) view: watch::Sender<LaneView>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) rng: StdRng,
}

impl Lane {
    #[expect(clippy::too_many_arguments, reason = "the one place that puts a lane together")]
    pub fn new(
        shared: Shared,
        rules: Arc<Rules>,
        paused: bool,
        inventory_ms: Option<i64>,
        target: MaybeTarget,
        gate: Gate,
        wake: Arc<Notify>,
        view: watch::Sender<LaneView>,
        orders: mpsc::Receiver<Order>,
    ) -> Self {
        let can = target.as_ref().is_ok_and(|target| target.abilities().inventory);
        let survey = SurveyPlan::new(can, inventory_ms, shared.sync.verify_interval);
        let concurrency = Concurrency::new(rules.settings.concurrency);
        let (running, tasks) = (HashMap::new(), JoinSet::new());
        let rng = StdRng::seed_from_u64(shared.seed ^ rules.id.0.unsigned_abs());
        let breaker = Breaker::default();
        Self {
            shared,
            rules,
            target,
            gate,
            paused,
            breaker,
            concurrency,
            survey,
            leftovers: Vec::new(),
            sweeping: false,
            links: Links::default(),
            started: 0,
            running,
            probing: false,
            turned_ms: None,
            lookers: Vec::new(),
            tasks,
            wake,
            view,
            orders,
            rng,
        }
    }

    /// Works until the soft stop, then until what runs is through.
    pub async fn run(mut self) {
        let (wake, soft_stop) = (Arc::clone(&self.wake), self.shared.soft_stop.clone());
        loop {
            let woken = wake.notified();
            tokio::pin!(woken);
            // Registered before looking, so that nothing can come in between.
            woken.as_mut().enable();
            let rest = self.turn().await;
            for looker in self.lookers.drain(..) {
                // Whoever asked may be gone.
                let _ = looker.send(());
            }
            tokio::select! {
                biased;
                () = soft_stop.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => self.take_in(ended).await,
                Some(order) = self.orders.recv() => self.obey(order).await,
                () = woken => {}
                () = sleep(rest) => {}
            }
        }
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.take_in(ended).await;
        }
    }

    /// Starts what can start now. Returns how long nothing is due, from when it began: by the clock of
    /// that moment, which may be set back while this runs.
    async fn turn(&mut self) -> Option<Duration> {
        let now_ms = self.shared.now_ms();
        let next_ms = self.start_all(now_ms).await?;
        Some(Duration::from_millis((next_ms - now_ms).max(0).unsigned_abs()))
    }

    async fn start_all(&mut self, now_ms: i64) -> Option<i64> {
        // At rest, too: the clock may be set back meanwhile.
        let followed = self.follow_clock(now_ms).await;
        if self.resting().is_some() {
            self.show(false).await;
            return None;
        }
        let started = match followed {
            Ok(()) => self.start_due(now_ms).await,
            Err(problem) => Err(problem),
        };
        match started {
            Ok(next_ms) => next_ms,
            Err(problem) => {
                if !problem.is_told() {
                    error!(target.name = %self.rules.settings.name, "the queue cannot be worked on: {problem}");
                }
                Some(now_ms + STORE_PAUSE_MS)
            }
        }
    }

    async fn start_due(&mut self, now_ms: i64) -> Result<Option<i64>, StoreError> {
        if self.breaker.wants_probe(now_ms) {
            self.probe(None);
        }
        let now = self.shared.clock.now();
        let quiet = self.gate.quiet_until(now);
        let turns_ms = quiet.or(self.gate.quiet_from(now)).map(|at| at.as_millisecond());
        let open = self.breaker.is_usable(now_ms) && quiet.is_none();
        if open {
            self.start_objects(now_ms).await?;
            self.sweep();
        }
        let link_ms = if open { self.ask_links(now_ms).await? } else { None };
        let due_ms = if open { self.shared.store.next_due(self.rules.id, now_ms).await? } else { None };
        let nothing_waits = open && due_ms.is_none() && self.tasks.is_empty() && !self.survey.takes_over();
        if nothing_waits {
            self.start_survey(now_ms);
        }
        self.show(nothing_waits && self.tasks.is_empty()).await;
        let survey_ms = if open { self.survey.next_ms(now_ms) } else { None };
        let scanned_ms = Some(self.shared.fresh_since_ms()).filter(|at| *at > now_ms && *at < i64::MAX);
        // Once a probe is due it runs, and its end is noticed by itself.
        let breaker_ms = self.breaker.next_ms(now_ms).filter(|at| *at > now_ms);
        Ok([breaker_ms, turns_ms, due_ms, link_ms, survey_ms, scanned_ms].into_iter().flatten().min())
    }

    async fn start_objects(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let Ok(target) = self.target.clone() else { return Ok(()) };
        let takes_over = self.survey.takes_over();
        if takes_over {
            self.start_survey(now_ms);
        }
        let free = self.concurrency.limit().saturating_sub(self.running.len());
        let slots = self.shared.budget.slots(self.slots(), free);
        let limit = slots.len();
        if limit == 0 {
            return Ok(());
        }
        let take = Take {
            now_ms,
            limit,
            running: self.busy().cloned().collect(),
            urgent_since_ms: now_ms - URGENT_MS,
            // Counted over all that ever started: mostly one slot at a time becomes free.
            reserved: (self.started + limit) / RESERVE - self.started / RESERVE,
            // What an earlier program may have uploaded waits until it is known; new pictures do not.
            queued_since_ms: takes_over.then(|| self.shared.fresh_since_ms()),
            below_priority: self.gate.below_priority(),
        };
        let name = self.rules.settings.name.clone();
        let (due, events) = self.shared.store.take(self.rules.id, name, take).await?;
        self.shared.tell(events);
        self.started += due.len();
        for (due, slot) in due.into_iter().zip(slots) {
            let path = due.path.clone();
            let attempt =
                Attempt::new(self.shared.clone(), Arc::clone(&self.rules), Arc::clone(&target), due);
            let wait =
                super::back_off::wait(attempt.failures() + 1, super::back_off::MAX_OBJECT, &mut self.rng);
            let (done, call) = (path.clone(), bounded_call(&self.shared));
            let progress = call.progress.clone();
            let task = self.tasks.spawn(async move { Ended::Object(done, attempt.run(call, wait).await) });
            self.running.insert(task.id(), Running { path, progress, slot });
        }
        Ok(())
    }

    /// The slots of all calls under way.
    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.running.values().map(|running| &running.slot).chain(self.links.slots())
    }

    /// Objects with a call under way: no other may begin for them.
    pub(super) fn busy(&self) -> impl Iterator<Item = &ObjectPath> {
        self.running.values().map(|running| &running.path).chain(self.links.paths())
    }

    fn start_survey(&mut self, now_ms: i64) {
        let Ok(target) = self.target.clone() else { return };
        // Before the first scan nobody knows what should be there, so nothing could be recognised.
        if self.shared.fresh_since_ms() > now_ms || !self.survey.begin(now_ms) {
            return;
        }
        let (shared, rules) = (self.shared.clone(), Arc::clone(&self.rules));
        self.tasks.spawn(async move { Ended::Survey(survey::run(&shared, &rules, &*target).await) });
    }

    pub(super) fn probe(&mut self, reply: Option<oneshot::Sender<Result<Report, Failure>>>) {
        let Ok(target) = self.target.clone() else {
            let problem = self.target.as_ref().err().cloned().unwrap_or_default();
            reply.map(|reply| reply.send(Err(Failure::Blocked(problem))));
            return;
        };
        if self.probing && reply.is_none() {
            return;
        }
        self.probing = true;
        let call = bounded_call(&self.shared);
        self.tasks.spawn(async move { Ended::Probe(target.probe(&call).await, reply) });
    }
}
