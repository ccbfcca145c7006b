//! The clock of epochs: a thread that ticks while guests run and sleeps while none does.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use wasmtime::{Engine, EngineWeak};

use crate::limits::TICK;

/// Ticks for one engine until it is dropped.
pub(crate) struct Ticker(Arc<Shared>);

/// While one of these lives, the clock ticks.
pub(crate) struct Ticking(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    running: usize,
    stopped: bool,
}

impl Ticker {
    /// Starts the thread.
    pub fn start(engine: &Engine) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (engine, clock) = (engine.weak(), shared.clone());
        std::thread::Builder::new().name("epochs".into()).spawn(move || clock.run(&engine))?;
        Ok(Self(shared))
    }

    /// A guest begins to run.
    pub fn running(&self) -> Ticking {
        self.0.lock().running += 1;
        self.0.changed.notify_one();
        Ticking(self.0.clone())
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, engine: &EngineWeak) {
        let mut state = self.lock();
        while !state.stopped {
            if state.running == 0 {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            // Woken early by a further call: that was no tick.
            if waited.1.timed_out() {
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        }
    }
}
