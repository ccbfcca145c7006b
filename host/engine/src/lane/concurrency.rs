//! How many calls a lane makes at a time: a fixed number, or one that adapts. It doubles while more
//! calls bring more through, and is halved when the service says that it is too much.

/// Where an adapting lane begins.
const START: u16 = 4;
/// More never helped on the links that were measured.
const MAX: u16 = 32;
/// A step up must bring at least so much more through, in percent.
const WORTHWHILE_PERCENT: u64 = 10;
/// After so many measurements without a step, one is tried again: links change over an evening.
const PATIENCE: u32 = 20;

/// The number of calls at a time.
#[derive(Debug)]
pub struct Concurrency {
    limit: u16,
    adapts: bool,
    /// The service said that more than this is too much.
    ceiling: u16,
    /// Objects that got through since the number changed or slots were free.
    through: u32,
    /// When the measurement began, Unix milliseconds.
    began_ms: i64,
    /// The number before the last step up, and the objects a minute that it brought.
    before: Option<(u16, u64)>,
    /// Measurements since the last step.
    rested: u32,
}

impl Concurrency {
    /// A fixed number, or `None` to adapt.
    pub fn new(fixed: Option<u16>) -> Self {
        Self {
            limit: fixed.unwrap_or(START).max(1),
            adapts: fixed.is_none(),
            ceiling: MAX,
            through: 0,
            began_ms: 0,
            before: None,
            rested: PATIENCE,
        }
    }

    /// Calls at a time now.
    pub fn limit(&self) -> usize {
        usize::from(self.limit)
    }

    /// An object got through while `running` calls were under way, itself among them.
    pub fn succeeded(&mut self, running: usize, now_ms: i64) {
        if !self.adapts {
            return;
        }
        if running < self.limit() {
            // Only while every slot is busy is there anything to learn about their number.
            self.through = 0;
            return;
        }
        self.through += 1;
        // The first round began under the number before; the second one is measured.
        let round = u32::from(self.limit);
        if self.through == round {
            self.began_ms = now_ms;
        } else if self.through >= 2 * round {
            self.measured(round, now_ms);
        }
    }

    /// The service said that it is too much.
    pub fn too_much(&mut self) {
        if self.adapts {
            self.ceiling = (self.limit - 1).max(1);
            self.change((self.limit / 2).max(1));
            self.before = None;
        }
    }

    /// The lane begins anew: what was too much may not be any more.
    pub fn reset(&mut self) {
        if self.adapts {
            *self = Self::new(None);
        }
    }

    fn measured(&mut self, objects: u32, now_ms: i64) {
        let took_ms = (now_ms - self.began_ms).max(1).unsigned_abs();
        let pace = u64::from(objects) * 60_000 / took_ms;
        self.through = 0;
        if let Some((limit, old_pace)) = self.before.take()
            && pace * 100 < old_pace * (100 + WORTHWHILE_PERCENT)
        {
            self.rested = 0;
            return self.change(limit);
        }
        self.rested += 1;
        let next = self.limit.saturating_mul(2).min(self.ceiling);
        if self.rested > PATIENCE && next > self.limit {
            self.before = Some((self.limit, pace));
            self.change(next);
        }
    }

    fn change(&mut self, limit: u16) {
        self.limit = limit;
        self.through = 0;
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
            now += ms as f64 * (together as f64 / room as f64).max(1.0);
            for _ in 0..together {
                concurrency.succeeded(together.max(concurrency.limit()), now as i64);
                done += 1;
            }
        }
    }

    #[test]
    fn it_doubles_while_that_helps() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 1_000, 300, 80);
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
    fn it_is_halved_when_the_service_says_too_much_and_does_not_go_back_up_there() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 1_000, 300, 100);
        let before = concurrency.limit();
        concurrency.too_much();
        assert_eq!(concurrency.limit(), before / 2);
        drive(&mut concurrency, 1_000, 300, 2_000);
        assert!(concurrency.limit() < before, "{}", concurrency.limit());
    }

    #[test]
    fn a_fixed_number_never_changes() {
        let mut concurrency = Concurrency::new(Some(3));
        concurrency.too_much();
        drive(&mut concurrency, 1_000, 300, 100);
        assert_eq!(concurrency.limit(), 3);
    }

    #[test]
    fn few_objects_say_nothing() {
        let mut concurrency = Concurrency::new(None);
        for n in 0..100 {
            concurrency.succeeded(1, n * 10);
        }
        assert_eq!(concurrency.limit(), usize::from(START));
    }
}
