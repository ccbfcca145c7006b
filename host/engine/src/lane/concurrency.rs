//! How many calls a lane makes at a time: a fixed number, or one that adapts. It doubles while more
//! calls bring more through, and is halved when the service says that it is too much or when more and
//! more calls fail.
//!
//! What gets through is reckoned from how long calls take (Little's law: calls at a time divided by the
//! time of one), because a handful of calls says that sooner than counting does.

/// Where an adapting lane begins.
const START: u16 = 4;
/// More never helped on the links that were measured.
const MAX: u16 = 32;
/// A step up must bring at least so much more through, in percent.
const WORTHWHILE_PERCENT: u64 = 10;
/// After so many rounds without a step, one is tried again: links change over an evening.
const PATIENCE: u32 = 20;
/// More than one in so many calls fails: too much for the link or the service.
const FAILING: u32 = 4;
/// Fewer failures than this are an accident.
const ACCIDENTS: u32 = 3;

/// The number of calls at a time.
#[derive(Debug)]
pub struct Concurrency {
    limit: u16,
    adapts: bool,
    /// The service said that more than this is too much.
    ceiling: u16,
    /// When the number changed or slots were free, Unix milliseconds: calls mostly from before say nothing.
    since_ms: i64,
    round: Round,
    /// The number before the last step up, and the objects a minute that it brought.
    before: Option<(u16, u64)>,
    /// The last step was measured once and found wanting.
    doubted: bool,
    /// Rounds since the last step.
    rested: u32,
    recent: Recent,
}

/// Calls that were measured since the last verdict.
#[derive(Debug, Default)]
struct Round {
    calls: u32,
    took_ms: u64,
}

/// How calls ended lately.
#[derive(Debug, Default)]
struct Recent {
    calls: u32,
    failed: u32,
}

impl Concurrency {
    /// A fixed number, or `None` to adapt.
    pub fn new(fixed: Option<u16>) -> Self {
        Self {
            limit: fixed.unwrap_or(START).max(1),
            adapts: fixed.is_none(),
            ceiling: MAX,
            since_ms: i64::MIN,
            round: Round::default(),
            before: None,
            doubted: false,
            rested: PATIENCE,
            recent: Recent::default(),
        }
    }

    /// Calls at a time now.
    pub fn limit(&self) -> usize {
        usize::from(self.limit)
    }

    /// An object got through in `took_ms` while `running` calls were under way, itself among them.
    pub fn succeeded(&mut self, running: usize, took_ms: u64, now_ms: i64) {
        if !self.adapts {
            return;
        }
        self.recent.count(false, self.limit);
        if running < self.limit() {
            // Only while every slot is busy is there anything to learn about their number.
            (self.since_ms, self.round) = (now_ms, Round::default());
            return;
        }
        let half_way_ms = now_ms.saturating_sub_unsigned(took_ms / 2);
        if half_way_ms < self.since_ms {
            return;
        }
        self.round.calls += 1;
        self.round.took_ms += took_ms;
        if self.round.calls >= u32::from(self.limit) {
            self.measured(now_ms);
        }
    }

    /// A call failed for no fault of its object.
    pub fn failed(&mut self, now_ms: i64) {
        if self.adapts && self.recent.count(true, self.limit) {
            self.change((self.limit / 2).max(1), now_ms);
            (self.before, self.rested) = (None, 0);
        }
    }

    /// The service said that it is too much.
    pub fn too_much(&mut self, now_ms: i64) {
        if self.adapts {
            self.ceiling = (self.limit - 1).max(1);
            self.change((self.limit / 2).max(1), now_ms);
            self.before = None;
        }
    }

    /// The lane begins anew: what was too much may not be any more.
    pub fn reset(&mut self) {
        if self.adapts {
            *self = Self::new(None);
        }
    }

    fn measured(&mut self, now_ms: i64) {
        let round = std::mem::take(&mut self.round);
        let mean_ms = (round.took_ms / u64::from(round.calls)).max(1);
        let pace = u64::from(self.limit) * 60_000 / mean_ms;
        if let Some((limit, old_pace)) = self.before {
            let worthwhile = pace * 100 >= old_pace * (100 + WORTHWHILE_PERCENT);
            if !worthwhile && !self.doubted {
                // One long video among pictures is enough to look like that: measured once more.
                self.doubted = true;
                return;
            }
            self.before = None;
            if !worthwhile {
                self.rested = 0;
                return self.change(limit, now_ms);
            }
            self.rested = PATIENCE;
        }
        self.rested += 1;
        let next = self.limit.saturating_mul(2).min(self.ceiling);
        if self.rested > PATIENCE && next > self.limit {
            self.before = Some((self.limit, pace));
            self.change(next, now_ms);
        }
    }

    fn change(&mut self, limit: u16, now_ms: i64) {
        (self.limit, self.since_ms, self.doubted) = (limit, now_ms, false);
        (self.round, self.recent) = (Round::default(), Recent::default());
    }
}

impl Recent {
    /// Counts one call; whether too many of the last ones failed. Forgets after some rounds.
    fn count(&mut self, failed: bool, limit: u16) -> bool {
        if self.calls >= 4 * u32::from(limit).max(FAILING) {
            *self = Self::default();
        }
        self.calls += 1;
        self.failed += u32::from(failed);
        self.failed > ACCIDENTS && self.failed * FAILING > self.calls && limit > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that takes `ms` for each object however many come at once, up to `room` of them.
    /// Objects come through in waves, as they do from a server far away.
    fn drive(concurrency: &mut Concurrency, room: u64, ms: u64, objects: u32) {
        let (mut now, mut done) = (0.0, 0);
        while done < objects {
            let together = concurrency.limit();
            let took = ms as f64 * (together as f64 / room as f64).max(1.0);
            now += took;
            for _ in 0..together {
                concurrency.succeeded(together, took as u64, now as i64);
                done += 1;
            }
        }
    }

    #[test]
    fn it_doubles_with_every_round_while_that_helps() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 1_000, 300, u32::from(4 + 8 + 16_u16));
        assert_eq!(concurrency.limit(), usize::from(MAX));
    }

    #[test]
    fn it_stays_where_more_brings_nothing() {
        let mut concurrency = Concurrency::new(None);
        let mut steps_above = 0;
        for _ in 0..200 {
            drive(&mut concurrency, 6, 300, 20);
            steps_above += u32::from(concurrency.limit() > 8);
        }
        assert!(concurrency.limit() <= 16 && steps_above < 30, "{} {steps_above}", concurrency.limit());
    }

    #[test]
    fn one_slow_round_is_no_reason_to_step_back() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 1_000, 300, 4);
        assert_eq!(concurrency.limit(), 8);
        let mut now = 10_000;
        for took in [9_000, 300, 300, 300, 300, 300, 300, 300] {
            now += 10_000;
            concurrency.succeeded(8, took, now);
        }
        assert_eq!(concurrency.limit(), 8, "measured once more");
        for _ in 0..8 {
            now += 300;
            concurrency.succeeded(8, 300, now);
        }
        assert_eq!(concurrency.limit(), 16);
    }

    #[test]
    fn it_is_halved_when_the_service_says_too_much_and_does_not_go_back_up_there() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 1_000, 300, 100);
        let before = concurrency.limit();
        concurrency.too_much(0);
        assert_eq!(concurrency.limit(), before / 2);
        drive(&mut concurrency, 1_000, 300, 2_000);
        assert!(concurrency.limit() < before, "{}", concurrency.limit());
    }

    #[test]
    fn it_is_halved_when_more_and_more_calls_fail() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 1_000, 300, 100);
        let before = concurrency.limit();
        for n in 0..before * 2 {
            if n % 2 == 0 {
                concurrency.failed(1_000);
            } else {
                concurrency.succeeded(before, 300, 1_000);
            }
        }
        assert!(concurrency.limit() < before, "{}", concurrency.limit());
        for _ in 0..1_000 {
            concurrency.failed(1_000);
        }
        assert_eq!(concurrency.limit(), 1, "one call always goes");
    }

    #[test]
    fn a_failure_now_and_then_changes_nothing() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 1_000, 300, 100);
        for n in 0..1_000 {
            concurrency.succeeded(32, 300, 40_000 + n);
            if n % 10 == 0 {
                concurrency.failed(40_000 + n);
            }
        }
        assert_eq!(concurrency.limit(), usize::from(MAX));
    }

    #[test]
    fn a_fixed_number_never_changes() {
        let mut concurrency = Concurrency::new(Some(3));
        concurrency.too_much(0);
        (0..100).for_each(|_| concurrency.failed(0));
        drive(&mut concurrency, 1_000, 300, 100);
        assert_eq!(concurrency.limit(), 3);
    }

    #[test]
    fn few_objects_say_nothing() {
        let mut concurrency = Concurrency::new(None);
        for n in 0..100 {
            concurrency.succeeded(1, 10, n * 10);
        }
        assert_eq!(concurrency.limit(), usize::from(START));
    }
}
