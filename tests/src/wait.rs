//! Waiting for a state, never for a moment.

use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine, and short enough to wait for.
pub const PATIENCE: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(20);

/// Waits until `predicate` holds; fails after `limit` with `what` in the message.
#[track_caller]
pub fn wait_until(limit: Duration, what: &str, predicate: impl FnMut() -> bool) {
    assert!(comes_true(limit, predicate), "waited {} s in vain until {what}", limit.as_secs());
}

/// Whether `predicate` holds within `limit`.
pub fn comes_true(limit: Duration, mut predicate: impl FnMut() -> bool) -> bool {
    let since = Instant::now();
    loop {
        if predicate() {
            return true;
        }
        if since.elapsed() >= limit {
            return false;
        }
        pause();
    }
}

/// Between two looks at a state.
#[expect(clippy::disallowed_methods, reason = "pacing between two looks, never instead of one")]
fn pause() {
    std::thread::sleep(POLL);
}
