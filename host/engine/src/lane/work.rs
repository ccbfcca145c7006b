//! The lane's loop: one task that owns the target's health and decides what starts.

use std::collections::HashMap;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tracing::{error, info, warn};

use super::attempt::{Attempt, Outcome};
use super::breaker::Breaker;
use super::concurrency::Concurrency;
use super::survey::{self, SurveyPlan};
use super::{Gate, LaneView, Order, Shared, bounded_call, sleep_until};
use crate::failure::Failure;
use crate::handle::MaybeTarget;
use crate::names::ObjectPath;
use crate::object::Report;
use crate::rules::Rules;
use crate::store::{StoreError, Take};
use crate::view::{EventKind, LaneState};

/// Pictures of the last minutes go first: somebody waits for them.
const URGENT_MS: i64 = 10 * 60 * 1000;
/// Of the slots, one in so many is for what waits longest.
const RESERVE: usize = 4;
/// After the database refused a write.
const STORE_PAUSE_MS: i64 = 5_000;

/// How a task of the lane ended.
enum Ended {
    Object(ObjectPath, Outcome),
    Probe(Result<Report, Failure>, Option<oneshot::Sender<Result<Report, Failure>>>),
    Survey(Result<(), Failure>),
    Cleanup,
}

pub(super) struct Lane {
    shared: Shared,
    rules: Arc<Rules>,
    target: MaybeTarget,
    gate: Gate,
    paused: bool,
    breaker: Breaker,
    concurrency: Concurrency,
    survey: SurveyPlan,
    running: HashMap<Id, ObjectPath>,
    probing: bool,
    /// Who waits for the next look at the queue.
    lookers: Vec<oneshot::Sender<()>>,
    tasks: JoinSet<Ended>,
    wake: Arc<Notify>,
    view: watch::Sender<LaneView>,
    orders: mpsc::Receiver<Order>,
    rng: StdRng,
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
        let (breaker, rng) = (Breaker::default(), StdRng::from_rng(&mut rand::rng()));
        Self {
            shared,
            rules,
            target,
            gate,
            paused,
            breaker,
            concurrency,
            survey,
            running,
            probing: false,
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
        let clock = Arc::clone(&self.shared.clock);
        loop {
            let woken = wake.notified();
            tokio::pin!(woken);
            // Registered before looking, so that nothing can come in between.
            woken.as_mut().enable();
            let next_ms = self.turn().await;
            for looker in self.lookers.drain(..) {
                // Whoever asked may be gone.
                let _ = looker.send(());
            }
            tokio::select! {
                () = soft_stop.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => self.take_in(ended).await,
                Some(order) = self.orders.recv() => self.obey(order).await,
                () = woken => {}
                () = sleep_until(&*clock, next_ms) => {}
            }
        }
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.take_in(ended).await;
        }
    }

    /// Starts what can start now. Returns when to look again at the latest, Unix milliseconds.
    async fn turn(&mut self) -> Option<i64> {
        if self.resting().is_some() {
            self.show(false).await;
            return None;
        }
        let now_ms = self.shared.now_ms();
        match self.start_due(now_ms).await {
            Ok(next_ms) => next_ms,
            Err(problem) => {
                error!(target.name = %self.rules.settings.name, "the queue cannot be worked on: {problem}");
                Some(now_ms + STORE_PAUSE_MS)
            }
        }
    }

    async fn start_due(&mut self, now_ms: i64) -> Result<Option<i64>, StoreError> {
        if self.breaker.wants_probe(now_ms) {
            self.probe(None);
        }
        let quiet_ms = self.gate.quiet_until(self.shared.clock.now()).map(|at| at.as_millisecond());
        let open = self.breaker.is_usable(now_ms) && quiet_ms.is_none();
        if open {
            self.start_objects(now_ms).await?;
        }
        let due_ms = if open { self.shared.store.next_due(self.rules.id, now_ms).await? } else { None };
        let nothing_waits = open && due_ms.is_none() && self.tasks.is_empty() && !self.survey.takes_over();
        if nothing_waits {
            self.start_survey(now_ms);
        }
        self.show(nothing_waits && self.tasks.is_empty()).await;
        let survey_ms = if open { self.survey.next_ms(now_ms) } else { None };
        let scanned_ms = Some(self.shared.fresh_since_ms()).filter(|at| *at > now_ms && *at < i64::MAX);
        Ok([self.breaker.next_ms(now_ms), quiet_ms, due_ms, survey_ms, scanned_ms]
            .into_iter()
            .flatten()
            .min())
    }

    async fn start_objects(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let Ok(target) = self.target.clone() else { return Ok(()) };
        let takes_over = self.survey.takes_over();
        if takes_over {
            self.start_survey(now_ms);
        }
        let limit = self.concurrency.limit().saturating_sub(self.running.len());
        if limit == 0 {
            return Ok(());
        }
        let take = Take {
            now_ms,
            limit,
            running: self.running.values().cloned().collect(),
            urgent_since_ms: now_ms - URGENT_MS,
            reserved: limit / RESERVE,
            // What an earlier program may have uploaded waits until it is known; new pictures do not.
            queued_since_ms: takes_over.then(|| self.shared.fresh_since_ms()),
            below_priority: self.gate.below_priority(),
        };
        let name = self.rules.settings.name.clone();
        let (due, events) = self.shared.store.take(self.rules.id, name, take).await?;
        self.shared.tell(events);
        for due in due {
            let path = due.path.clone();
            let attempt =
                Attempt::new(self.shared.clone(), Arc::clone(&self.rules), Arc::clone(&target), due);
            let wait =
                super::back_off::wait(attempt.failures() + 1, super::back_off::MAX_OBJECT, &mut self.rng);
            let done = path.clone();
            let task = self.tasks.spawn(async move { Ended::Object(done, attempt.run(wait).await) });
            self.running.insert(task.id(), path);
        }
        Ok(())
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

    fn probe(&mut self, reply: Option<oneshot::Sender<Result<Report, Failure>>>) {
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

    /// Takes in everything that has ended by now, so that the freed slots are filled in one go.
    async fn take_in(&mut self, first: Result<(Id, Ended), JoinError>) {
        let together = self.running.len();
        self.ended(first, together).await;
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.ended(ended, together).await;
        }
    }

    async fn ended(&mut self, ended: Result<(Id, Ended), JoinError>, together: usize) {
        let now_ms = self.shared.now_ms();
        match ended {
            Err(error) => self.panicked(&error),
            Ok((id, Ended::Object(path, outcome))) => {
                self.running.remove(&id);
                self.judge(&path, &outcome, together, now_ms);
            }
            Ok((_, Ended::Probe(answer, reply))) => self.probed(answer, reply, now_ms).await,
            Ok((_, Ended::Survey(result))) => {
                self.survey.ended(&result, self.shared.now_ms(), &mut self.rng);
                match &result {
                    Ok(()) | Err(Failure::Cancelled) => {}
                    // A long listing may fail where uploads go through: a probe tells.
                    Err(Failure::Retry(_) | Failure::Faulted(_)) => self.probe(None),
                    Err(failure) => self.breaker.failed(&survey::listing(), failure, now_ms, &mut self.rng),
                }
            }
            Ok((_, Ended::Cleanup)) => {}
        }
    }

    fn judge(&mut self, path: &ObjectPath, outcome: &Outcome, together: usize, now_ms: i64) {
        match outcome {
            Outcome::Done => {
                self.breaker.succeeded();
                self.concurrency.succeeded(together, now_ms);
            }
            Outcome::NotCalled => {}
            Outcome::Failed(failure) => {
                if matches!(failure, Failure::Wait { .. }) {
                    self.concurrency.too_much();
                }
                self.breaker.failed(path, failure, now_ms, &mut self.rng);
            }
        }
    }

    async fn probed(
        &mut self,
        answer: Result<Report, Failure>,
        reply: Option<oneshot::Sender<Result<Report, Failure>>>,
        now_ms: i64,
    ) {
        self.probing = false;
        if self.breaker.probed(&answer, now_ms, &mut self.rng) {
            self.concurrency.reset();
            if let Err(problem) = self.shared.store.forget_back_off(self.rules.id).await {
                warn!(target.name = %self.rules.settings.name, "retries keep waiting: {problem}");
            }
        }
        if let Some(reply) = reply {
            // Whoever asked may be gone.
            let _ = reply.send(answer);
        }
    }

    /// A bug of ours. The row stays uncertain, so the work is done again.
    fn panicked(&mut self, error: &JoinError) {
        let path = self.running.remove(&error.id());
        error!(target.name = %self.rules.settings.name, object.path = ?path, "a task of the lane ended unasked: {error}");
        self.probing = false;
        self.survey.abandoned(self.shared.now_ms());
    }

    async fn obey(&mut self, order: Order) {
        let now_ms = self.shared.now_ms();
        match order {
            Order::Pause => self.paused = true,
            Order::Resume => {
                self.paused = false;
                self.breaker.hurry(now_ms);
            }
            Order::Probe(reply) => self.probe(Some(reply)),
            Order::Nudge => self.breaker.hurry(now_ms),
            Order::Look(reply) => self.lookers.push(reply),
            Order::Cleanup(reply) => self.clean_up(reply),
        }
    }

    fn clean_up(&mut self, reply: oneshot::Sender<Result<u64, String>>) {
        let Ok(target) = self.target.clone() else {
            let _ = reply.send(Err("its plugin cannot be loaded".into()));
            return;
        };
        let (shared, rules) = (self.shared.clone(), Arc::clone(&self.rules));
        self.tasks.spawn(async move {
            let _ = reply.send(super::cleanup::run(&shared, &rules, &*target).await);
            Ended::Cleanup
        });
    }

    /// Why the lane does nothing at all, if so.
    fn resting(&self) -> Option<(LaneState, String)> {
        if !self.rules.settings.enabled {
            return Some((LaneState::Off, "switched off in the configuration (enabled = false)".into()));
        }
        if let Err(problem) = &self.target {
            return Some((LaneState::Off, problem.clone()));
        }
        if self.gate.is_shut() {
            return Some((
                LaneState::Off,
                "sync is switched off in the configuration (sync.enabled = false)".into(),
            ));
        }
        self.paused.then(|| (LaneState::Paused, "paused by the operator".into()))
    }

    async fn show(&mut self, idle: bool) {
        let now_ms = self.shared.now_ms();
        let (state, reason) = match self.resting() {
            Some(resting) => resting,
            None => {
                let (state, reason) = self.breaker.state(now_ms);
                (state, reason.to_owned())
            }
        };
        let view = LaneView { state, reason, running: self.running.len() as u64, idle };
        let before = self.view.send_replace(view.clone());
        if before.state != view.state {
            self.announce(view).await;
        }
    }

    async fn announce(&self, view: LaneView) {
        let target = self.rules.settings.name.clone();
        match view.state {
            LaneState::Up | LaneState::Paused | LaneState::Off => {
                info!(target.name = %target, "target `{target}` is {}{}{}", view.state, if view.reason.is_empty() { "" } else { ": " }, view.reason);
            }
            LaneState::Waiting | LaneState::Blocked => {
                warn!(target.name = %target, "target `{target}` is {}: {}", view.state, view.reason);
            }
        }
        let kind = EventKind::Lane { target, state: view.state, reason: view.reason };
        match self.shared.store.log(vec![kind], self.shared.now_ms()).await {
            Ok(events) => self.shared.tell(events),
            Err(problem) => warn!("an event could not be written down: {problem}"),
        }
    }
}
