//! What chance decides, when the power fails, and what went wrong.

use std::ops::Range;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::Notify;

/// Shared by everything that is simulated.
pub(super) struct Fate {
    state: Mutex<State>,
    death: Notify,
}

struct State {
    rng: StdRng,
    /// Steps until the power fails.
    countdown: Option<u32>,
    dead: bool,
    /// What nobody may hear of any more, kept so that not even its end is noticed.
    buried: Vec<Box<dyn Send>>,
    /// Writes that the disk refuses.
    refused_writes: u32,
    complaints: Vec<String>,
    notes: Option<Vec<String>>,
}

impl Fate {
    /// `noting`: keeps a line for everything that happens.
    pub fn new(chance: u64, noting: bool) -> Self {
        let state = State {
            rng: StdRng::seed_from_u64(chance),
            countdown: None,
            dead: false,
            buried: Vec::new(),
            refused_writes: 0,
            complaints: Vec::new(),
            notes: noting.then(Vec::new),
        };
        Self { state: Mutex::new(state), death: Notify::new() }
    }

    /// One of many, by chance.
    pub fn draw(&self, range: Range<u64>) -> u64 {
        self.lock().rng.random_range(range)
    }

    /// Lets the power fail after so many steps.
    pub fn fail_after(&self, steps: u32) {
        self.lock().countdown = Some(steps);
    }

    /// A step, between two of which the power may fail. Answers whether it has.
    pub fn is_over(&self) -> bool {
        let mut state = self.lock();
        if !state.dead {
            match state.countdown.as_mut() {
                Some(0) => state.dead = true,
                Some(rest) => *rest -= 1,
                None => {}
            }
            if state.dead {
                self.death.notify_one();
            }
        }
        state.dead
    }

    /// A step of a task. If the power fails, the task never goes on.
    pub async fn step(&self) {
        if self.is_over() {
            std::future::pending().await
        }
    }

    /// Resolves as soon as the power has failed.
    pub async fn power_failure(&self) {
        while !self.lock().dead {
            self.death.notified().await;
        }
    }

    /// The next life begins. Answers whether the last one ended by a power failure.
    pub fn begin_again(&self) -> bool {
        let mut state = self.lock();
        state.buried.clear();
        state.countdown = None;
        std::mem::take(&mut state.dead)
    }

    /// The power stays on from now on, and the disk takes every write.
    pub fn recover(&self) {
        let mut state = self.lock();
        (state.countdown, state.refused_writes) = (None, 0);
    }

    /// Keeps something of a dead machine from being noticed.
    pub fn bury(&self, something: impl Send + 'static) {
        self.lock().buried.push(Box::new(something));
    }

    /// The disk refuses the next writes.
    pub fn refuse_writes(&self, count: u32) {
        self.lock().refused_writes = count;
    }

    /// Whether the disk refuses this write.
    pub fn write_is_refused(&self) -> bool {
        let mut state = self.lock();
        let refused = state.refused_writes > 0;
        state.refused_writes = state.refused_writes.saturating_sub(1);
        refused
    }

    /// Something is not as it must be.
    pub fn complain(&self, what: String) {
        if !self.lock().complaints.contains(&what) {
            self.note(|| format!("WRONG: {what}"));
            self.lock().complaints.push(what);
        }
    }

    /// Something is so wrong that it cannot go on.
    pub fn stop_here(&self, what: String) {
        if !std::mem::replace(&mut self.lock().dead, true) {
            self.complain(what);
            self.death.notify_one();
        }
    }

    /// What was wrong so far.
    pub fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }

    /// Writes down what happens, if somebody wants to read it.
    pub fn note(&self, line: impl FnOnce() -> String) {
        let mut state = self.lock();
        if let Some(notes) = &mut state.notes {
            notes.push(line());
        }
    }

    /// What was written down.
    pub fn notes(&self) -> Vec<String> {
        self.lock().notes.clone().unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
