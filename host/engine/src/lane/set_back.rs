//! A clock that is set back. Whatever waits for a moment was given one by the clock as it was before, and
//! would wait until the clock has got there again: for years, if it had been that wrong.

use std::sync::atomic::Ordering;

use tracing::info;

use super::back_off::MAX_OBJECT;
use super::work::Lane;
use crate::store::StoreError;

/// Less than this is the correction of a clock that is right: it only makes everything wait as much longer.
const SLACK_MS: i64 = 1_000;

impl Lane {
    /// Notices that the clock was set back, also since the program ran last, and has nothing wait longer
    /// for that.
    pub(super) async fn follow_clock(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let before_ms = self.turned_ms.replace(now_ms);
        let back_ms = before_ms.map_or(0, |before_ms| before_ms - now_ms);
        if before_ms.is_some() && back_ms < SLACK_MS {
            return Ok(());
        }
        if back_ms >= SLACK_MS {
            info!(target.name = %self.rules.settings.name, "the clock was set back by {} s", back_ms / 1000);
            self.breaker.set_back(back_ms);
            self.survey.set_back(back_ms);
            self.first_scan_is_over(now_ms);
        }
        let longest_ms = i64::try_from(MAX_OBJECT.as_millis()).unwrap_or(i64::MAX);
        self.shared.store.bring_forward(self.rules.id, now_ms, now_ms.saturating_add(longest_ms)).await
    }

    /// Whatever was seen until now was there before, or as good as that.
    fn first_scan_is_over(&self, now_ms: i64) {
        let over = |at: i64| (at != i64::MAX && at > now_ms).then_some(now_ms);
        // Not changed when it is over, or has not begun.
        let _ = self.shared.first_scan_ms.fetch_update(Ordering::AcqRel, Ordering::Acquire, over);
    }
}
