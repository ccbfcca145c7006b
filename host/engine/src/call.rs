//! What every call to a target carries along: who asks, when to stop, how far it got.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The context of one call to a plugin.
#[derive(Debug, Clone)]
pub struct Call {
    /// Unique to this call; plugins may pass it on as a group or request id.
    pub id: String,
    /// Cancelled when the work should stop.
    pub cancel: CancellationToken,
    /// How far along the work is.
    pub progress: Progress,
}

impl Call {
    /// A call with a fresh id, to be stopped by `cancel`.
    pub fn new(cancel: CancellationToken) -> Self {
        Self { id: uuid::Uuid::new_v4().to_string(), cancel, progress: Progress::default() }
    }
}

/// Bytes done of bytes in all. Cheap to clone; all clones show the same numbers.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    done: AtomicU64,
    total: AtomicU64,
    began: Instant,
    /// When `done` last changed, milliseconds after it began.
    moved_ms: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        let (done, total, moved_ms) = Default::default();
        Self { done, total, began: Instant::now(), moved_ms }
    }
}

impl Progress {
    /// Says how far along the work is, in bytes.
    pub fn set(&self, done: u64, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
        if self.0.done.swap(done, Ordering::Relaxed) != done {
            self.moved();
        }
    }

    /// Counts `bytes` more as done.
    pub fn add(&self, bytes: u64) {
        self.0.done.fetch_add(bytes, Ordering::Relaxed);
        if bytes > 0 {
            self.moved();
        }
    }

    fn moved(&self) {
        let moved_ms = u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.moved_ms.store(moved_ms, Ordering::Relaxed);
    }

    /// For how long no byte has moved, since it began at most.
    pub fn still_for(&self) -> Duration {
        let moved = Duration::from_millis(self.0.moved_ms.load(Ordering::Relaxed));
        self.0.began.elapsed().saturating_sub(moved)
    }

    /// Bytes done and bytes in all (zero while unknown).
    pub fn get(&self) -> (u64, u64) {
        (self.0.done.load(Ordering::Relaxed), self.0.total.load(Ordering::Relaxed))
    }
}
