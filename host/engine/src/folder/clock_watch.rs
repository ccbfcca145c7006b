//! Whether the clock can be believed when it says that an item's time on a target is over.
//!
//! A booth without a battery for its clock starts somewhere in the past and is set right once it is
//! online; one with a wrong time server may be set anywhere. Nothing is deleted because of a time that
//! only just came about: a jump has to last.

use std::time::Duration;

use tokio::time::Instant;

/// Ahead of the time that went by, by more than this, is a jump.
const SLACK_MS: i64 = 60 * 60 * 1000;
/// Being switched off for as long as this is a booth's winter, longer is a doubtful clock.
const LONGEST_REST_MS: i64 = 45 * 24 * 60 * 60 * 1000;
/// A clock that goes on for so long after a jump is right.
const PROOF: Duration = Duration::from_secs(60 * 60);

/// Follows the clock.
#[derive(Debug, Default)]
pub(super) struct ClockWatch {
    last: Option<(i64, Option<Instant>)>,
    /// In doubt until then.
    proven: Option<Instant>,
}

impl ClockWatch {
    /// Nothing is known yet of what the clock said before.
    pub fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// What the clock said when the program last looked at it before this start, Unix milliseconds.
    pub fn remember(&mut self, wall_ms: i64) {
        self.last.get_or_insert((wall_ms, None));
    }

    /// Whether to believe a clock that says `wall_ms` at the moment `now`.
    pub fn believes(&mut self, wall_ms: i64, now: Instant) -> bool {
        if let Some((last_ms, at)) = self.last {
            let (passed_ms, slack_ms) = match at {
                Some(at) => (i64::try_from((now - at).as_millis()).unwrap_or(i64::MAX), SLACK_MS),
                None => (0, LONGEST_REST_MS),
            };
            let ahead_ms = wall_ms.saturating_sub(last_ms).saturating_sub(passed_ms);
            if ahead_ms > slack_ms {
                self.proven = Some(now + PROOF);
            } else if ahead_ms < -SLACK_MS {
                // What was doubtful was taken back.
                self.proven = None;
            }
        }
        self.last = Some((wall_ms, Some(now)));
        self.proven.is_none_or(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    #[test]
    fn a_clock_that_goes_on_is_believed() {
        let (mut watch, start) = (ClockWatch::default(), Instant::now());
        for n in 0..100 {
            assert!(watch.believes(n * 5 * 60_000, start + minutes(5 * n.unsigned_abs())));
        }
    }

    #[test]
    fn a_clock_that_jumped_ahead_is_believed_after_an_hour() {
        let (mut watch, start) = (ClockWatch::default(), Instant::now());
        assert!(watch.believes(0, start));
        assert!(!watch.believes(365 * DAY_MS, start + minutes(5)));
        assert!(!watch.believes(365 * DAY_MS + HOUR_MS / 2, start + minutes(35)));
        assert!(watch.believes(365 * DAY_MS + 2 * HOUR_MS, start + minutes(125)));
    }

    #[test]
    fn a_jump_that_is_taken_back_leaves_no_doubt() {
        let (mut watch, start) = (ClockWatch::default(), Instant::now());
        assert!(watch.believes(0, start));
        assert!(!watch.believes(365 * DAY_MS, start + minutes(5)));
        assert!(watch.believes(HOUR_MS / 6, start + minutes(10)));
    }

    #[test]
    fn being_switched_off_for_weeks_is_no_jump_and_for_years_is_one() {
        let start = Instant::now();
        let mut watch = ClockWatch::default();
        watch.remember(0);
        assert!(watch.believes(14 * DAY_MS, start));
        let mut watch = ClockWatch::default();
        watch.remember(0);
        assert!(!watch.believes(3_650 * DAY_MS, start));
    }
}
