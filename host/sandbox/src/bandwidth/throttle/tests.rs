//! On a clock that stands still unless everybody waits: what is counted are bytes and its seconds.

use engine::Progress;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::limits::{LimitSettings, Limits};
use crate::manifest::LimitWishes;
use crate::meter::Pace;

/// Local time that goes with the runtime's paused clock.
struct Paused {
    noon: Timestamp,
    since: Instant,
}

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        self.noon + SignedDuration::try_from(self.since.elapsed()).unwrap()
    }
}

/// It is noon.
fn throttle(limit: &str) -> Arc<Throttle> {
    let clock = Paused { noon: "2026-06-01T12:00:00Z".parse().unwrap(), since: Instant::now() };
    Arc::new(Throttle::new(limit.parse().unwrap(), Arc::new(clock), Some(TimeZone::UTC)))
}

fn meter(pace: Pace) -> Meter {
    let settings = LimitSettings {
        stall: Some(Duration::from_secs(1)),
        call: Some(Duration::from_secs(1)),
        ..Default::default()
    };
    Meter::new(pace, Limits::of(&settings, &LimitWishes::default()), Progress::default(), 0)
}

/// Seconds until `bytes` have passed.
async fn seconds(throttle: &Throttle, way: Way, bytes: u64) -> f64 {
    let (begun, meter, mut left) = (Instant::now(), meter(Pace::Transfer), bytes);
    while left > 0 {
        let passed = throttle.pass(way, left, &meter).await;
        assert!((1..=left).contains(&passed));
        left -= passed;
    }
    begun.elapsed().as_secs_f64()
}

fn about(seconds: f64, wanted: f64) -> bool {
    (seconds - wanted).abs() <= 0.05 * wanted + 0.1
}

#[tokio::test(start_paused = true)]
async fn each_way_has_its_rate() {
    let throttle = throttle("100k:10k");
    let (up, down) =
        tokio::join!(seconds(&throttle, Way::Up, 1 << 20), seconds(&throttle, Way::Down, 1 << 20));
    assert!(about(up, 10.24) && about(down, 102.4), "{up} {down}");
}

#[tokio::test(start_paused = true)]
async fn several_share_one_rate_and_none_waits_for_another_to_end() {
    let throttle = throttle("100k");
    let one = async |bytes| seconds(&throttle, Way::Up, bytes).await;
    let (small, large, other) = tokio::join!(one(100 << 10), one(1000 << 10), one(1000 << 10));
    // Three take turns until the small one is through.
    assert!(about(small, 3.0), "{small}");
    assert!(about(large.max(other), 21.0), "{large} {other}");
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nothing_waits() {
    assert_eq!(seconds(&throttle("off"), Way::Up, u64::MAX).await, 0.0);
    assert_eq!(seconds(&throttle("off:1k"), Way::Up, u64::MAX).await, 0.0);
    assert!(about(seconds(&throttle("off:1k"), Way::Down, 10 << 10).await, 10.0));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_rate_is_felt_within_a_second() {
    let throttle = throttle("08:00,1B 12:01,1M 12:02,1B 12:03,off");
    let (begun, meter) = (Instant::now(), meter(Pace::Transfer));
    let mut minutes = [0; 4];
    while minutes[3] == 0 {
        let bytes = throttle.pass(Way::Up, 1 << 40, &meter).await;
        minutes[(begun.elapsed().as_secs() / 60) as usize] += bytes;
    }
    assert!((58..=60).contains(&minutes[0]), "{minutes:?}");
    // The moment of the change counts at the new rate, for a quarter of a second at most.
    assert!((59 << 20..=(60 << 20) + (1 << 18)).contains(&minutes[1]), "{minutes:?}");
    assert!((58..=60).contains(&minutes[2]), "{minutes:?}");
    assert_eq!(minutes[3], 1 << 40, "without a limit everything may go at once");
    assert!(begun.elapsed() < Duration::from_secs(181));
}

#[tokio::test(start_paused = true)]
async fn to_wait_for_bandwidth_is_no_standstill() {
    let throttle = throttle("1B");
    for pace in [Pace::Transfer, Pace::Lookup] {
        let (meter, begun) = (meter(pace), Instant::now());
        for _ in 0..5 {
            throttle.pass(Way::Up, 1000, &meter).await;
            assert!(meter.deadline() > Instant::now(), "{pace:?} after {:?}", begun.elapsed());
        }
        assert!(begun.elapsed() > Duration::from_secs(4));
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_leaves_the_line() {
    let throttle = throttle("1k");
    let meter = meter(Pace::Transfer);
    let given_up =
        tokio::time::timeout(Duration::from_millis(10), throttle.pass(Way::Up, 1000, &meter)).await;
    assert!(given_up.is_err());
    assert!(about(seconds(&throttle, Way::Up, 1000).await, 1.0));
}
