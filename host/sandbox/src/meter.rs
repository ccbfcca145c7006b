//! What one call has used and moved so far, and whether that is still within its limits.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use engine::Progress;
use tokio::time::Instant;
use wasmtime::UpdateDeadline;

use crate::limits::{HELD_BACK, Limits, REREADS, TICK};

const MIB: u64 = 1 << 20;

/// How a call is bounded in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It moves bytes: it may take long as long as some are moved.
    Transfer,
    /// It asks one thing: it has a time to be over in.
    Lookup,
}

/// Counts what a call does. Shared by the guest's host functions and by whoever watches over the call.
#[derive(Debug)]
pub(crate) struct Meter {
    pace: Pace,
    limits: Limits,
    progress: Progress,
    /// Bytes of the object, zero if there is none.
    object_bytes: u64,
    started: Instant,
    /// Milliseconds from the start to the last sign of life.
    sign_ms: AtomicU64,
    /// Milliseconds that it waited for bandwidth.
    held_back_ms: AtomicU64,
    moved_bytes: AtomicU64,
    received_bytes: AtomicU64,
    sent_bytes: AtomicU64,
    reported_bytes: AtomicU64,
    ticks: AtomicU32,
    /// The guest waited for the host, so the tick that it finds on return is not its own.
    waited: AtomicBool,
    abandoned: AtomicBool,
    overspent: AtomicBool,
}

impl Meter {
    /// A meter that starts now. `object_bytes` is what a whole transfer moves once.
    pub fn new(pace: Pace, limits: Limits, progress: Progress, object_bytes: u64) -> Self {
        Self {
            pace,
            limits,
            progress,
            object_bytes,
            started: Instant::now(),
            sign_ms: AtomicU64::new(0),
            held_back_ms: AtomicU64::new(0),
            moved_bytes: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
            sent_bytes: AtomicU64::new(0),
            reported_bytes: AtomicU64::new(0),
            ticks: AtomicU32::new(0),
            waited: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            overspent: AtomicBool::new(false),
        }
    }

    /// A sign of life from something that the host itself does or watches.
    pub fn touch(&self) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.sign_ms.fetch_max(elapsed, Relaxed);
    }

    /// The limits of the call.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts bytes that were read or received. Reading the same over and over, or nothing, is no progress.
    pub fn moved(&self, bytes: u64) {
        let before = self.moved_bytes.fetch_add(bytes, Relaxed);
        if bytes > 0 && before <= self.object_bytes.saturating_mul(REREADS) + 256 * MIB {
            self.touch();
        }
    }

    /// Counts bytes of an answer. `false`: that was too much for one call.
    pub fn received(&self, bytes: u64) -> bool {
        self.moved(bytes);
        self.received_bytes.fetch_add(bytes, Relaxed).saturating_add(bytes) <= self.limits.received_bytes
    }

    /// Counts bytes of the object that the host sent for the guest.
    pub fn sent(&self, bytes: u64) {
        self.moved(bytes);
        let sent = self.sent_bytes.fetch_add(bytes, Relaxed) + bytes;
        if self.object_bytes > 0 {
            self.progress.set(sent.min(self.object_bytes), self.object_bytes);
        }
    }

    /// Takes over what the guest, or rclone, says of its progress. Only more than before is a sign of life.
    pub fn reported(&self, done: u64, total: u64) {
        self.progress.set(done, total);
        if self.reported_bytes.fetch_max(done, Relaxed) < done {
            self.touch();
        }
    }

    /// The host itself let it wait for bandwidth: no standstill, and no part of a lookup's time.
    pub fn held_back(&self, waited: Duration) {
        let waited = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        self.held_back_ms.fetch_add(waited, Relaxed);
        self.touch();
    }

    /// The guest comes back from a wait in a host function.
    pub fn waited(&self) {
        self.waited.store(true, Relaxed);
    }

    /// Nobody waits for this call any more: it ends at its next instruction.
    pub fn abandon(&self) {
        self.abandoned.store(true, Relaxed);
    }

    /// Whether it ran out of processor time.
    pub fn overspent(&self) -> bool {
        self.overspent.load(Relaxed)
    }

    /// When the call is over its time, unless it gives a sign of life before.
    pub fn deadline(&self) -> Instant {
        match self.pace {
            Pace::Lookup => {
                let held_back = Duration::from_millis(self.held_back_ms.load(Relaxed));
                // Bounded, or a guest that sends without end would never be over.
                self.started + self.limits.call + held_back.min(self.limits.call * HELD_BACK)
            }
            Pace::Transfer => {
                self.started + Duration::from_millis(self.sign_ms.load(Relaxed)) + self.limits.stall
            }
        }
    }

    /// What to tell people when the deadline has passed.
    pub fn lateness(&self) -> String {
        match self.pace {
            Pace::Lookup => format!("no answer within {} s", self.limits.call.as_secs_f32()),
            Pace::Transfer => format!("no byte was moved for {} s", self.limits.stall.as_secs_f32()),
        }
    }

    /// Called on each epoch in which the guest runs.
    pub fn tick(&self) -> UpdateDeadline {
        if self.abandoned.load(Relaxed) {
            return UpdateDeadline::Interrupt;
        }
        if self.waited.swap(false, Relaxed) {
            return UpdateDeadline::Yield(1);
        }
        let used = TICK * (self.ticks.fetch_add(1, Relaxed) + 1);
        if used > self.cpu_budget() {
            self.overspent.store(true, Relaxed);
            return UpdateDeadline::Interrupt;
        }
        UpdateDeadline::Yield(1)
    }

    /// The processor time that this call may use, given what it moved.
    pub fn cpu_budget(&self) -> Duration {
        let counted = self.moved_bytes.load(Relaxed).min(self.object_bytes.saturating_mul(REREADS));
        let mib = u32::try_from(counted / MIB).unwrap_or(u32::MAX);
        self.limits.cpu.saturating_add(self.limits.cpu_per_mib.saturating_mul(mib))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::LimitSettings;
    use crate::manifest::LimitWishes;

    /// A meter that started a second ago, with limits far below that.
    fn old(pace: Pace, object_bytes: u64) -> Meter {
        let short = Some(Duration::from_millis(500));
        let settings = LimitSettings { cpu: Some(TICK * 2), stall: short, call: short, ..Default::default() };
        let limits = Limits::of(&settings, &LimitWishes::default());
        let mut meter = Meter::new(pace, limits, Progress::default(), object_bytes);
        meter.started -= Duration::from_secs(1);
        meter
    }

    fn is_late(meter: &Meter) -> bool {
        meter.deadline() < Instant::now()
    }

    #[test]
    fn a_transfer_that_moves_a_byte_is_not_late() {
        let meter = old(Pace::Transfer, 100 * MIB);
        assert!(is_late(&meter));
        meter.moved(1);
        assert!(!is_late(&meter));
    }

    #[test]
    fn reading_nothing_is_no_sign_of_life() {
        let meter = old(Pace::Transfer, 100 * MIB);
        meter.moved(0);
        assert!(is_late(&meter));
    }

    #[test]
    fn answers_are_counted_all_together() {
        let mut meter = old(Pace::Transfer, 0);
        meter.limits.received_bytes = 10;
        assert!(meter.received(6) && meter.received(4));
        assert!(!meter.received(1));
        assert!(!meter.received(u64::MAX));
    }

    #[test]
    fn a_lookup_is_late_whatever_it_moves() {
        let meter = old(Pace::Lookup, 0);
        meter.moved(1);
        meter.reported(1, 2);
        assert!(is_late(&meter));
    }

    #[test]
    fn saying_the_same_progress_again_is_no_sign_of_life() {
        let meter = old(Pace::Transfer, 10);
        meter.reported(5, 10);
        meter.sign_ms.store(0, Relaxed);
        meter.reported(5, 10);
        assert!(is_late(&meter));
        meter.reported(6, 10);
        assert!(!is_late(&meter));
    }

    #[test]
    fn reading_the_object_over_and_over_is_no_sign_of_life() {
        let meter = old(Pace::Transfer, MIB);
        meter.moved(1 << 40);
        meter.sign_ms.store(0, Relaxed);
        meter.moved(1);
        assert!(is_late(&meter));
    }

    #[test]
    fn a_guest_that_computes_too_long_is_interrupted() {
        let meter = old(Pace::Transfer, 0);
        assert!(matches!(meter.tick(), UpdateDeadline::Yield(1)));
        assert!(matches!(meter.tick(), UpdateDeadline::Yield(1)));
        meter.waited();
        assert!(matches!(meter.tick(), UpdateDeadline::Yield(1)));
        assert!(matches!(meter.tick(), UpdateDeadline::Interrupt));
        assert!(meter.overspent());
    }

    #[test]
    fn what_was_moved_grants_processor_time() {
        let meter = old(Pace::Transfer, 10 * MIB);
        meter.moved(4 * MIB);
        assert_eq!(meter.cpu_budget(), TICK * 2 + Duration::from_secs(2));
    }

    #[test]
    fn bytes_sent_by_the_host_show_as_progress() {
        let meter = old(Pace::Transfer, 10);
        meter.sent(4);
        assert_eq!(meter.progress.get(), (4, 10));
        meter.sent(40);
        assert_eq!(meter.progress.get(), (10, 10));
    }
}
