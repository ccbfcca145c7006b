//! How long to wait before trying again.

use std::time::Duration;

use rand::{Rng, RngExt};

/// The longest wait between two attempts for one object.
pub const MAX_OBJECT: Duration = Duration::from_secs(60);
/// The longest wait between two probes of a target that is not usable.
pub const MAX_PROBE: Duration = Duration::from_secs(30);

/// The wait after `failures` failures in a row: doubling from one second up to `max`, shortened by up
/// to half at random so that many do not come back at once.
pub fn wait(failures: u32, max: Duration, rng: &mut impl Rng) -> Duration {
    let full = Duration::from_secs(1).saturating_mul(1 << failures.saturating_sub(1).min(16)).min(max);
    full.mul_f64(rng.random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_wait_grows_and_stays_within_its_bound() {
        let mut rng = StdRng::seed_from_u64(1);
        for failures in 1..40 {
            let waited = wait(failures, MAX_OBJECT, &mut rng);
            let full = Duration::from_secs(1 << (failures - 1).min(6)).min(MAX_OBJECT);
            assert!(waited <= full && waited >= full / 2, "{failures}: {waited:?}");
        }
    }
}
