//! The one throttle of all plugins.

use std::sync::Arc;
use std::time::Duration;

use engine::Clock;
use jiff::tz::TimeZone;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::bucket::Bucket;
use super::timetable::Bandwidth;
use crate::meter::Meter;

/// How soon a changed rate is felt at the latest.
const RETHINK: Duration = Duration::from_millis(500);
/// How often who waits gives a sign of life.
const SIGN: Duration = Duration::from_millis(100);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To a server.
    Up,
    /// From a server.
    Down,
}

/// Lets bytes pass as fast as the timetable says, first come, first served.
pub(crate) struct Throttle {
    bandwidth: Bandwidth,
    unlimited: bool,
    clock: Arc<dyn Clock>,
    /// `None`: the machine's, whatever that is at the time.
    zone: Option<TimeZone>,
    up: Mutex<Bucket>,
    down: Mutex<Bucket>,
}

impl Throttle {
    /// Follows `bandwidth` by the local time.
    pub fn new(bandwidth: Bandwidth, clock: Arc<dyn Clock>, zone: Option<TimeZone>) -> Self {
        let unlimited = bandwidth.is_unlimited();
        let bucket = || Mutex::new(Bucket::new(Instant::now()));
        Self { bandwidth, unlimited, clock, zone, up: bucket(), down: bucket() }
    }

    /// Waits until some of `want` bytes may pass, and says how many; none only if none are wanted. To
    /// wait here is no standstill of the call that `meter` counts for.
    pub async fn pass(&self, way: Way, want: u64, meter: &Meter) -> u64 {
        if self.is_unlimited() || want == 0 {
            return want;
        }
        let turn = self.turn(way, want);
        tokio::pin!(turn);
        let mut since = Instant::now();
        loop {
            let passed = tokio::select! {
                biased;
                bytes = &mut turn => Some(bytes),
                () = sleep(SIGN) => None,
            };
            meter.held_back(since.elapsed());
            since = Instant::now();
            if let Some(bytes) = passed {
                return bytes;
            }
        }
    }

    /// Whether it never lets anything wait.
    pub fn is_unlimited(&self) -> bool {
        self.unlimited
    }

    async fn turn(&self, way: Way, want: u64) -> u64 {
        let bucket = match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        };
        // Waits in line, and keeps the place at its head until there is enough.
        let mut bucket = bucket.lock().await;
        loop {
            let now = Instant::now();
            let Some(rate) = self.rate(way) else {
                bucket.empty(now);
                return want;
            };
            match bucket.take(now, rate, want) {
                Ok(bytes) => return bytes,
                Err(wait) => sleep(wait.min(RETHINK)).await,
            }
        }
    }

    /// Bytes per second now.
    fn rate(&self, way: Way) -> Option<u64> {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        let rates = self.bandwidth.at(self.clock.now().to_zoned(zone).datetime());
        match way {
            Way::Up => rates.up,
            Way::Down => rates.down,
        }
    }
}

#[cfg(test)]
mod tests;
