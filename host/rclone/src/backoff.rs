//! How long to wait before the next start.

use std::time::Duration;

use rand::{Rng, RngExt};

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);
/// A child that lived this long counts as healthy: the next failure is a first one again.
pub(crate) const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// The wait after `failures` starts in a row that did not last: doubled each time, capped, and
/// spread over its upper half so that several booths do not move in step.
pub(crate) fn wait(failures: u32, rng: &mut impl Rng) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    full.mul_f64(rng.random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        let mut rng = rand::rng();
        for (failures, least_ms, most_ms) in [
            (0, 125, 250),
            (1, 125, 250),
            (2, 250, 500),
            (5, 2_000, 4_000),
            (8, 15_000, 30_000),
            (u32::MAX, 15_000, 30_000),
        ] {
            for _ in 0..100 {
                let wait = wait(failures, &mut rng);
                let range = Duration::from_millis(least_ms)..=Duration::from_millis(most_ms);
                assert!(range.contains(&wait), "{failures}: {wait:?}");
            }
        }
    }
}
