//! What one call has begun in rclone and may not have ended.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Counts changing calls that have no answer yet.
#[derive(Debug, Default)]
pub(crate) struct RcTrace {
    unanswered: AtomicUsize,
    grouped: AtomicBool,
}

/// A changing call under way. Dropped without an answer it stays counted.
pub(super) struct Pending<'a>(Option<&'a RcTrace>);

impl RcTrace {
    /// A call begins; `changes` if it can change the target, `grouped` if rclone keeps numbers on it.
    pub(super) fn begin(&self, changes: bool, grouped: bool) -> Pending<'_> {
        self.grouped.fetch_or(grouped, Relaxed);
        if !changes {
            return Pending(None);
        }
        self.unanswered.fetch_add(1, Relaxed);
        Pending(Some(self))
    }

    /// Whether something may still change the target.
    pub(super) fn is_open(&self) -> bool {
        self.unanswered.load(Relaxed) > 0
    }

    /// Whether rclone keeps numbers under the call's id.
    pub(super) fn is_grouped(&self) -> bool {
        self.grouped.load(Relaxed)
    }
}

impl Pending<'_> {
    /// rclone answered, so it is over.
    pub(super) fn answered(self) {
        if let Some(trace) = self.0 {
            trace.unanswered.fetch_sub(1, Relaxed);
        }
    }
}
