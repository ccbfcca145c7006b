//! A token bucket. Pure: the time is a parameter.

use std::time::Duration;

use tokio::time::Instant;

/// A transfer gets at most so many parts of a second's bytes at a time, so that several take turns and
/// a changed rate is felt soon.
const TURNS_PER_SECOND: u64 = 20;
/// What was not used lasts for so many parts of a second.
const BURSTS_PER_SECOND: u64 = 4;
const NANOS: u128 = 1_000_000_000;

/// Bytes that may pass, growing with time.
#[derive(Debug)]
pub(super) struct Bucket {
    bytes: u64,
    /// Up to when the time is turned into bytes.
    filled: Instant,
}

impl Bucket {
    /// An empty one.
    pub fn new(now: Instant) -> Self {
        Self { bytes: 0, filled: now }
    }

    /// Forgets what was saved up: there was no limit until now.
    pub fn empty(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// Takes bytes out at a rate of `rate` bytes per second, which is not 0: at least one and at most `want`, or says
    /// how long to wait for the next portion.
    pub fn take(&mut self, now: Instant, rate: u64, want: u64) -> Result<u64, Duration> {
        self.fill(now, rate);
        let portion = (rate / TURNS_PER_SECOND).max(1);
        let least = want.min(portion);
        if self.bytes < least {
            return Err(time_for(least - self.bytes, rate));
        }
        let taken = want.min(portion);
        self.bytes -= taken;
        Ok(taken)
    }

    fn fill(&mut self, now: Instant, rate: u64) {
        let passed = now.saturating_duration_since(self.filled).as_nanos();
        let earned = u64::try_from(passed * u128::from(rate) / NANOS).unwrap_or(u64::MAX);
        let most = (rate / BURSTS_PER_SECOND).max(1);
        let bytes = self.bytes.saturating_add(earned);
        self.bytes = bytes.min(most);
        if bytes > most {
            self.filled = now;
        } else {
            // What is less than a byte counts on.
            self.filled += nanos(u128::from(earned) * NANOS / u128::from(rate));
        }
    }
}

/// How long `bytes` take.
fn time_for(bytes: u64, rate: u64) -> Duration {
    nanos((u128::from(bytes) * NANOS).div_ceil(u128::from(rate)))
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that pass in `seconds` when as many as possible are taken, waiting exactly as told.
    fn passed(rate: u64, seconds: u64) -> u64 {
        let begun = Instant::now();
        let (mut bucket, mut now, mut bytes) = (Bucket::new(begun), begun, 0);
        let end = begun + Duration::from_secs(seconds);
        while now <= end {
            match bucket.take(now, rate, u64::MAX) {
                Ok(taken) => bytes += taken,
                Err(wait) => {
                    assert!(wait > Duration::ZERO);
                    now += wait;
                }
            }
        }
        bytes
    }

    #[test]
    fn what_passes_in_a_time_is_the_rate_times_the_time() {
        for rate in [1, 3, 19, 1_000, 524_288, 10 << 20, 1 << 40] {
            let bytes = passed(rate, 60);
            let wanted = rate * 60;
            let portion = (rate / TURNS_PER_SECOND).max(1);
            assert!(bytes <= wanted && bytes >= wanted - 2 * portion, "{rate}: {bytes} of {wanted}");
        }
    }

    #[test]
    fn time_without_use_saves_up_a_quarter_of_a_second_only() {
        let begun = Instant::now();
        let mut bucket = Bucket::new(begun);
        let later = begun + Duration::from_secs(3600);
        let mut bytes = 0;
        while let Ok(taken) = bucket.take(later, 1000, u64::MAX) {
            bytes += taken;
        }
        assert_eq!(bytes, 250);
    }

    #[test]
    fn a_small_wish_waits_for_no_more_than_itself() {
        let begun = Instant::now();
        let mut bucket = Bucket::new(begun);
        assert_eq!(bucket.take(begun, 1000, 7), Err(Duration::from_millis(7)));
        assert_eq!(bucket.take(begun + Duration::from_millis(7), 1000, 7), Ok(7));
    }

    #[test]
    fn fractions_of_a_byte_are_not_lost_however_often_one_asks() {
        let begun = Instant::now();
        let mut bucket = Bucket::new(begun);
        let mut bytes = 0;
        for millisecond in 0..=10_000 {
            bytes += bucket.take(begun + Duration::from_millis(millisecond), 3, 1).unwrap_or(0);
        }
        assert_eq!(bytes, 30);
    }
}
