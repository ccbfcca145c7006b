//! How many calls a lane makes at a time: a fixed number, or one that adapts. It grows while more
//! calls bring more through, and is halved when the service says that it is too much.

/// Where an adapting lane begins.
const START: u16 = 4;
/// More never helped on the links that were measured.
const MAX: u16 = 32;
/// A step up must bring at least so much more through, in percent.
const WORTHWHILE_PERCENT: u64 = 8;

/// The number of calls at a time.
#[derive(Debug)]
pub struct Concurrency {
    limit: u16,
    adapts: bool,
    /// The service said that more than this is too much.
    ceiling: u16,
    window: Window,
    /// Objects a minute at the step before, and how many calls at a time that was.
    before: Option<(u64, u16)>,
}

#[derive(Debug, Default)]
struct Window {
    began_ms: i64,
    objects: u32,
}

impl Concurrency {
    /// A fixed number, or `None` to adapt.
    pub fn new(fixed: Option<u16>) -> Self {
        let limit = fixed.unwrap_or(START).max(1);
        Self { limit, adapts: fixed.is_none(), ceiling: MAX, window: Window::default(), before: None }
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
        let full = running >= self.limit();
        if self.window.objects == 0 || !full {
            // Only windows in which every slot was busy say what the number is worth.
            self.window = Window { began_ms: now_ms, objects: 1 };
            return;
        }
        self.window.objects += 1;
        if self.window.objects >= u32::from(self.limit) * 2 {
            self.step(now_ms);
        }
    }

    /// The service said that it is too much, or several calls failed at once.
    pub fn too_much(&mut self) {
        if self.adapts {
            self.ceiling = (self.limit - 1).max(1);
            self.limit = (self.limit / 2).max(1);
            self.window = Window::default();
            self.before = None;
        }
    }

    /// The lane begins anew: what was too much may not be any more.
    pub fn reset(&mut self) {
        if self.adapts {
            *self = Self::new(None);
        }
    }

    fn step(&mut self, now_ms: i64) {
        let took_ms = (now_ms - self.window.began_ms).max(1).unsigned_abs();
        let pace = u64::from(self.window.objects) * 60_000 / took_ms;
        self.window = Window::default();
        match self.before {
            Some((old_pace, old_limit)) if pace * 100 < old_pace * (100 + WORTHWHILE_PERCENT) => {
                // The last step up was not worth it: back, and stay there.
                self.limit = old_limit;
                self.ceiling = old_limit;
            }
            _ => {
                self.before = Some((pace, self.limit));
                self.limit = (self.limit + (self.limit / 2).max(1)).min(self.ceiling);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that takes `ms` for each object however many come at once, up to `room` of them.
    fn drive(concurrency: &mut Concurrency, room: u64, ms: u64, objects: u32) {
        let mut now = 0.0;
        for _ in 0..objects {
            let together = concurrency.limit() as f64;
            now += ms as f64 / together.min(room as f64);
            concurrency.succeeded(concurrency.limit(), now as i64);
        }
    }

    #[test]
    fn it_grows_while_growing_helps() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 1_000, 300, 400);
        assert_eq!(concurrency.limit(), usize::from(MAX));
    }

    #[test]
    fn it_stays_where_more_brings_nothing() {
        let mut concurrency = Concurrency::new(None);
        drive(&mut concurrency, 6, 300, 2_000);
        assert!((6..=9).contains(&concurrency.limit()), "{}", concurrency.limit());
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
