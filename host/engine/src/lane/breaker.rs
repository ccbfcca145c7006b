//! Decides whether a lane may call its target: the circuit breaker and the reasons to leave a target
//! alone. Pure; times are Unix milliseconds.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::Rng;

use super::back_off;
use crate::failure::Failure;
use crate::names::ObjectPath;
use crate::view::LaneState;

/// So many failures in a row open the breaker.
const FAILURES: u32 = 5;
/// So many different objects refused in a row mean that it is not the objects.
const REFUSALS: usize = 5;

/// What is known of a target's health.
#[derive(Debug, Default)]
pub struct Breaker {
    condition: Condition,
    failures: u32,
    refused: BTreeSet<ObjectPath>,
    /// Times in a row that it was left alone without an object getting through in between.
    trips: u32,
}

#[derive(Debug, Default)]
enum Condition {
    #[default]
    Usable,
    /// The service asked for a pause.
    Pause { until_ms: i64, reason: String },
    /// Left alone until a probe succeeds.
    Broken { probe_ms: i64, reason: String, state: LaneState },
}

impl Breaker {
    /// Whether calls for objects may begin now.
    pub fn is_usable(&self, now_ms: i64) -> bool {
        match &self.condition {
            Condition::Usable => true,
            Condition::Pause { until_ms, .. } => *until_ms <= now_ms,
            Condition::Broken { .. } => false,
        }
    }

    /// Whether it is time to ask the target if it is usable again.
    pub fn wants_probe(&self, now_ms: i64) -> bool {
        matches!(&self.condition, Condition::Broken { probe_ms, .. } if *probe_ms <= now_ms)
    }

    /// When [`Breaker::is_usable`] or [`Breaker::wants_probe`] changes by itself.
    pub fn next_ms(&self, now_ms: i64) -> Option<i64> {
        match &self.condition {
            Condition::Usable => None,
            Condition::Pause { until_ms, .. } => (*until_ms > now_ms).then_some(*until_ms),
            Condition::Broken { probe_ms, .. } => Some(*probe_ms),
        }
    }

    /// What to show, and why.
    pub fn state(&self, now_ms: i64) -> (LaneState, &str) {
        match &self.condition {
            Condition::Pause { until_ms, reason } if *until_ms > now_ms => (LaneState::Waiting, reason),
            Condition::Broken { reason, state, .. } => (*state, reason),
            Condition::Usable | Condition::Pause { .. } => (LaneState::Up, ""),
        }
    }

    /// An object got through.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A call for an object failed.
    pub fn failed(&mut self, path: &ObjectPath, failure: &Failure, now_ms: i64, rng: &mut impl Rng) {
        match failure {
            Failure::Retry(text) | Failure::Faulted(text) => {
                self.failures += 1;
                if self.failures >= FAILURES {
                    self.leave_alone(LaneState::Waiting, text.clone(), now_ms, rng);
                }
            }
            Failure::Wait { pause, reason } => self.pause(*pause, reason, now_ms),
            Failure::Blocked(text) => self.leave_alone(LaneState::Blocked, text.clone(), now_ms, rng),
            Failure::Rejected(text) | Failure::Unsupported(text) => {
                self.refused.insert(path.clone());
                if self.refused.len() >= REFUSALS {
                    let reason = format!(
                        "{} different objects were refused in a row, the last one: {text}",
                        self.refused.len()
                    );
                    self.leave_alone(LaneState::Blocked, reason, now_ms, rng);
                }
            }
            Failure::Cancelled => {}
        }
    }

    /// A probe was answered. Returns whether the target became usable by it.
    pub fn probed<T>(&mut self, answer: &Result<T, Failure>, now_ms: i64, rng: &mut impl Rng) -> bool {
        let broken = matches!(self.condition, Condition::Broken { .. });
        match answer {
            // A target that refuses everything may well answer a probe: `trips` keeps growing until
            // an object gets through, so the pauses do too.
            Ok(_) => {
                self.condition = Condition::Usable;
                self.failures = 0;
                self.refused.clear();
                broken
            }
            Err(Failure::Wait { pause, reason }) => {
                self.pause(*pause, reason, now_ms);
                false
            }
            Err(Failure::Blocked(text)) => {
                self.leave_alone(LaneState::Blocked, text.clone(), now_ms, rng);
                false
            }
            Err(Failure::Cancelled) => false,
            Err(other) => {
                let blocked = matches!(&self.condition, Condition::Broken { state: LaneState::Blocked, .. });
                let state = if blocked { LaneState::Blocked } else { LaneState::Waiting };
                self.leave_alone(state, other.to_string(), now_ms, rng);
                false
            }
        }
    }

    /// Asks at once whether the target is usable again.
    pub fn hurry(&mut self, now_ms: i64) {
        if let Condition::Broken { probe_ms, .. } = &mut self.condition {
            *probe_ms = now_ms;
        }
    }

    /// The clock was set back by so much.
    pub fn set_back(&mut self, by_ms: i64) {
        match &mut self.condition {
            Condition::Usable => {}
            Condition::Pause { until_ms: at_ms, .. } | Condition::Broken { probe_ms: at_ms, .. } => {
                *at_ms = at_ms.saturating_sub(by_ms);
            }
        }
    }

    fn pause(&mut self, pause: Duration, reason: &str, now_ms: i64) {
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        self.condition =
            Condition::Pause { until_ms: now_ms.saturating_add(pause_ms), reason: reason.to_owned() };
    }

    fn leave_alone(&mut self, state: LaneState, reason: String, now_ms: i64, rng: &mut impl Rng) {
        self.trips += 1;
        let wait = back_off::wait(self.trips + 1, back_off::MAX_PROBE, rng);
        let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.condition = Condition::Broken { probe_ms: now_ms.saturating_add(wait_ms), reason, state };
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn path(n: u32) -> ObjectPath {
        ObjectPath::new(&format!("media/{n}.jpg")).unwrap()
    }

    fn retry() -> Failure {
        Failure::Retry("connection refused".into())
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_probe_closes_it() {
        let (mut breaker, mut rng) = (Breaker::default(), StdRng::seed_from_u64(1));
        for n in 0..4 {
            breaker.failed(&path(n), &retry(), 0, &mut rng);
            assert!(breaker.is_usable(0));
        }
        breaker.failed(&path(9), &retry(), 0, &mut rng);
        assert_eq!(breaker.state(0), (LaneState::Waiting, "connection refused"));
        assert!(!breaker.wants_probe(0) && breaker.wants_probe(2_000));
        assert!(breaker.probed(&Ok::<_, Failure>(()), 2_000, &mut rng));
        assert_eq!(breaker.state(2_000), (LaneState::Up, ""));
    }

    #[test]
    fn a_success_in_between_starts_the_count_anew() {
        let (mut breaker, mut rng) = (Breaker::default(), StdRng::seed_from_u64(1));
        for n in 0..4 {
            breaker.failed(&path(n), &retry(), 0, &mut rng);
        }
        breaker.succeeded();
        breaker.failed(&path(5), &retry(), 0, &mut rng);
        assert!(breaker.is_usable(0));
    }

    #[test]
    fn a_pause_the_service_asked_for_ends_by_itself() {
        let (mut breaker, mut rng) = (Breaker::default(), StdRng::seed_from_u64(1));
        let wait = Failure::Wait { pause: Duration::from_secs(7), reason: "too many connections".into() };
        breaker.failed(&path(1), &wait, 1_000, &mut rng);
        assert!(!breaker.is_usable(7_999) && breaker.is_usable(8_000));
        assert_eq!(breaker.next_ms(1_000), Some(8_000));
    }

    #[test]
    fn one_refused_object_blocks_nothing_but_five_different_ones_do() {
        let (mut breaker, mut rng) = (Breaker::default(), StdRng::seed_from_u64(1));
        for _ in 0..9 {
            breaker.failed(&path(1), &Failure::Rejected("too large".into()), 0, &mut rng);
        }
        assert!(breaker.is_usable(0));
        for n in 2..6 {
            breaker.failed(&path(n), &Failure::Rejected("too large".into()), 0, &mut rng);
        }
        assert_eq!(breaker.state(0).0, LaneState::Blocked);
    }

    #[test]
    fn probes_come_at_most_thirty_seconds_apart_and_sparser_while_nothing_gets_through() {
        let (mut breaker, mut rng) = (Breaker::default(), StdRng::seed_from_u64(1));
        let blocked = Failure::Blocked("wrong password".into());
        breaker.failed(&path(1), &blocked, 0, &mut rng);
        let mut waits = Vec::new();
        for _ in 0..10 {
            let at = breaker.next_ms(0).unwrap();
            waits.push(at);
            breaker.probed(&Err::<(), _>(blocked.clone()), 0, &mut rng);
        }
        assert!(waits.iter().all(|wait| *wait <= 30_000), "{waits:?}");
        assert!(waits[9] >= 15_000 && waits[0] <= 4_000, "{waits:?}");
    }
}
