//! Simulated time: the paused time of the runtime, from where the operator or NTP has put the clock.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock::Clock;

/// When every simulation begins: an evening in June.
const BEGIN_MS: i64 = 1_780_000_000_000;

/// The clock of the simulated machine.
pub(super) struct SimClock(Mutex<State>);

struct State {
    shown: Timestamp,
    /// Since when time has passed in this life; between two lives it stands still.
    since: Option<Instant>,
    /// How often it was looked at while it showed the same.
    looks: (Timestamp, u32),
}

impl SimClock {
    pub fn new() -> Self {
        let shown = Timestamp::from_millisecond(BEGIN_MS).unwrap();
        Self(Mutex::new(State { shown, since: None, looks: (shown, 0) }))
    }

    /// Within a runtime: time passes from now on.
    pub fn start(&self) {
        self.0.lock().unwrap().since = Some(Instant::now());
    }

    /// Within the same runtime: it stands still until the next life.
    pub fn stop(&self) {
        let shown = self.now();
        *self.0.lock().unwrap() = State { shown, since: None, looks: (shown, 0) };
    }

    /// Somebody sets the clock.
    pub fn jump(&self, seconds: i64) {
        self.0.lock().unwrap().shown += SignedDuration::from_secs(seconds);
    }

    /// How often it was looked at since it last showed something else.
    pub fn looks(&self) -> u32 {
        self.0.lock().unwrap().looks.1
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let mut state = self.0.lock().unwrap();
        let passed = state.since.map(|since| since.elapsed()).unwrap_or_default();
        let now = state.shown + SignedDuration::try_from(passed).unwrap();
        state.looks = if state.looks.0 == now { (now, state.looks.1 + 1) } else { (now, 1) };
        now
    }
}
