//! The lives of one simulated booth, from power on to power failure or restart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::schedule::{End, Schedule, Step};
use super::scribe::SimScribe;
use super::target::{SimTarget, Stored};
use super::world::World;
use crate::blocking::Blocking;
use crate::handle::{Engine, Ground, Parts};
use crate::names::{MediaKey, ObjectPath, TargetName};
use crate::settings::{MediaSettings, Settings, ShareSettings, SyncSettings, TargetSettings};
use crate::store::Store;
use crate::target::Target;
use crate::watch::by_hand::{self, Hand};

const MINUTE: Duration = Duration::from_secs(60);
/// In so many minutes everything is well, once nothing fails or changes any more.
const MINUTES: u32 = 90;
/// So often the operator looks after what waits for them.
const ATTEND_MINUTES: u32 = 10;
/// So many minutes it is watched that all stays as it is.
const QUIET_MINUTES: u32 = 35;

/// A booth, and what is written down to judge its program.
pub(super) struct Sim {
    pub world: Arc<World>,
    pub targets: Vec<Arc<SimTarget>>,
    pub schedule: Schedule,
    /// Steps that were begun.
    next: usize,
    ended: bool,
    /// Deletes that are held back, as far as is known.
    pub held_back: BTreeSet<(String, ObjectPath)>,
    /// What somebody else put on a target.
    pub foreign: BTreeMap<ObjectPath, (String, Stored)>,
}

/// How a life ends.
#[derive(Debug, PartialEq, Eq)]
enum Death {
    Restart,
    PowerFailure,
    /// The schedule is through.
    Old,
}

/// The running program.
pub(super) struct Life {
    pub engine: Engine,
    pub hand: Hand,
    /// What waited to hold still at the last look.
    settling: Vec<MediaKey>,
    soft: CancellationToken,
    hard: CancellationToken,
    /// Orders that are being carried out.
    pub orders: JoinSet<()>,
}

impl Sim {
    pub fn new(schedule: Schedule, noting: bool) -> Self {
        let world = Arc::new(World::new(schedule.chance, noting));
        let name = |n: usize| TargetName::new(["web", "nas", "usb"][n]).unwrap();
        let targets = schedule.targets.iter().enumerate();
        let targets = targets.map(|(n, kind)| Arc::new(SimTarget::new(name(n), *kind, Arc::clone(&world))));
        Self {
            targets: targets.collect(),
            world,
            schedule,
            next: 0,
            ended: false,
            held_back: BTreeSet::new(),
            foreign: BTreeMap::new(),
        }
    }

    /// Runs the schedule, to the end or until something is wrong. Returns what that is.
    pub fn run(&mut self) -> Vec<String> {
        loop {
            let death = self.live();
            let power_failed = self.world.fate.begin_again() || death == Death::PowerFailure;
            *self.world.identity.lock().unwrap() = None;
            if power_failed {
                self.world.note(|| "THE POWER FAILED".into());
                self.allow_for_power_failure();
                self.targets.iter().for_each(|target| target.cut_off());
            }
            let complaints = self.world.fate.complaints();
            if !complaints.is_empty() || (death == Death::Old && !power_failed) {
                return complaints;
            }
        }
    }

    fn live(&mut self) -> Death {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            // A power failure is noticed before any other task goes on.
            .event_interval(1)
            .build()
            .unwrap();
        let world = Arc::clone(&self.world);
        runtime.block_on(async {
            world.clock.start();
            let death = tokio::select! {
                biased;
                () = world.fate.power_failure() => Death::PowerFailure,
                death = self.go() => death,
            };
            world.clock.stop();
            death
        })
    }

    async fn go(&mut self) -> Death {
        self.world.folder().plug();
        let Some(mut life) = self.start().await else { return Death::Restart };
        while let Some(step) = self.schedule.steps.get(self.next).copied() {
            self.next += 1;
            self.world.note(|| format!("{step:?}"));
            if let Step::Restart | Step::SwitchMode(_) = step {
                self.stop(life).await;
                self.switch_mode(step);
                return Death::Restart;
            }
            self.take(step, &mut life).await;
            self.pause(&mut life).await;
            if !self.world.fate.complaints().is_empty() {
                return Death::Old;
            }
        }
        if !std::mem::replace(&mut self.ended, true) {
            match self.schedule.end {
                End::Stay => {}
                End::Crash => return Death::PowerFailure,
                End::Restart => {
                    self.stop(life).await;
                    return Death::Restart;
                }
            }
        }
        self.converge(&mut life).await;
        self.stop(life).await;
        Death::Old
    }

    async fn start(&self) -> Option<Life> {
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let (watch, wakes, hand) = by_hand::watch(soft.clone());
        let ground = Ground {
            blocking: Blocking::here(),
            seed: Some(self.schedule.chance),
            watch: Some((watch, wakes)),
        };
        let parts = Parts {
            store: Store::simulated(&self.world.memory, SimScribe(Arc::clone(&self.world))),
            settings: self.settings(),
            targets: self.targets.iter().map(|target| (settings_of(target), Ok(as_target(target)))).collect(),
            pages: Vec::new(),
            clock: Arc::clone(&self.world) as _,
            soft_stop: soft.clone(),
            hard_stop: hard.clone(),
        };
        self.world.note(|| "START".into());
        let refused = self.world.refused_writes();
        let engine = match Engine::start_on(ground, parts).await {
            Ok(engine) => engine,
            // The service manager starts it again.
            Err(_) if self.world.refused_writes() > refused => return None,
            Err(problem) => {
                self.world.fate.complain(format!("it does not start: {problem}"));
                return None;
            }
        };
        *self.world.identity.lock().unwrap() = Some(engine.identity().clone());
        Some(Life { engine, hand, settling: Vec::new(), soft, hard, orders: JoinSet::new() })
    }

    /// As the service manager does: at first kindly.
    async fn stop(&self, mut life: Life) {
        life.soft.cancel();
        if tokio::time::timeout(MINUTE / 2, life.engine.stopped()).await.is_ok() {
            return;
        }
        self.world.note(|| "HARD STOP".into());
        life.hard.cancel();
        if tokio::time::timeout(MINUTE / 2, life.engine.stopped()).await.is_err() {
            self.world.fate.complain("it does not stop".into());
        }
        life.orders.abort_all();
    }

    /// A little time passes, and the watcher tells of what held still.
    async fn pause(&mut self, life: &mut Life) {
        let wait = Duration::from_millis(self.world.fate.draw(0..40));
        tokio::time::sleep(wait).await;
        life.tell_settled();
        self.inspect();
    }

    /// Nothing fails any more, and nothing changes: is all well in time, and does it stay so?
    async fn converge(&mut self, life: &mut Life) {
        self.world.note(|| "NOW ALL IS WELL".into());
        self.recover(life);
        if self.schedule.busy && !self.get_by_among_visitors(life).await {
            return;
        }
        let mut minutes = 0;
        while let Some(problem) = self.disagreement(&|_| true) {
            if minutes == MINUTES {
                return self.world.fate.complain(format!("after {minutes} minutes, {problem}"));
            }
            self.minute(life).await;
            minutes += 1;
            if minutes % ATTEND_MINUTES == 0 {
                self.attend(life);
            }
        }
        let calls = self.calls();
        tokio::time::sleep(QUIET_MINUTES * MINUTE).await;
        self.inspect();
        if self.calls() != calls {
            self.world.fate.complain("calls are made although all is well".into());
        }
        if let Some(problem) = self.disagreement(&|_| true) {
            self.world.fate.complain(format!("it does not stay well: {problem}"));
        }
        self.settle_accounts();
    }

    pub fn attend(&self, life: &mut Life) {
        self.world.note(|| "THE OPERATOR ATTENDS TO IT".into());
        self.world.folder().confirm();
        self.targets.iter().for_each(|target| life.confirm(&target.name));
        life.retry();
    }

    fn recover(&self, life: &mut Life) {
        self.world.fate.recover();
        self.targets.iter().for_each(|target| target.recover());
        self.world.folder().plug();
        life.hand.close_all();
        for target in &self.targets {
            life.resume(&target.name);
        }
    }

    async fn minute(&mut self, life: &mut Life) {
        tokio::time::sleep(MINUTE).await;
        life.tell_settled();
        self.inspect();
    }

    fn switch_mode(&self, step: Step) {
        use crate::settings::Mode;
        let Step::SwitchMode(which) = step else { return };
        let mut state = self.targets[which % self.targets.len()].state();
        state.mode = if state.mode == Mode::Copy { Mode::Mirror } else { Mode::Copy };
    }

    fn settings(&self) -> Settings {
        Settings {
            media: MediaSettings {
                folder: self.world.folder().path(),
                include: vec!["**/*.{jpg,gif}".into()],
                exclude: Vec::new(),
                settle: Duration::from_millis(100),
                poll_interval: None,
                priority: vec![("full/**".into(), 9), ("orig/**".into(), 12)],
            },
            sync: SyncSettings {
                enabled: true,
                full_sync_interval: 5 * MINUTE,
                verify_interval: 30 * MINUTE,
                max_delete_percent: 30,
                quiet_hours: None,
                metered: false,
            },
            data: self.world.dir.path().join("data"),
            share: ShareSettings::default(),
        }
    }
}

impl Life {
    /// The watcher tells of files that held still since the last time.
    pub fn tell_settled(&mut self) {
        let now = self.hand.settling();
        for key in self.settling.iter().filter(|key| now.contains(key)) {
            self.hand.closed(key);
        }
        self.settling = now;
    }
}

fn as_target(target: &Arc<SimTarget>) -> Arc<dyn Target> {
    Arc::clone(target) as _
}

fn settings_of(target: &SimTarget) -> TargetSettings {
    let mode = target.state().mode;
    let mut settings = crate::tests::target_settings(target.name.as_str(), mode);
    settings.concurrency = target.kind.concurrency;
    settings
}
