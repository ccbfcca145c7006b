//! What all lanes share: how many calls the machine bears at a time beyond each lane's own slots.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Slots that every lane has for itself. No other lane can take them, however long its calls hang.
const OWN_SLOTS: usize = 4;
/// More than that no link that was measured had use for.
const MOST: u64 = 128;
/// The picture, the way to rclone or to a service, and what rclone opens for it.
const FILES_PER_CALL: u64 = 4;
/// A plugin's instance with the buffers around it.
const BYTES_PER_CALL: u64 = 8 << 20;
/// One in so many of the machine's bytes is ours; the booth app needs the others.
const SHARE_OF_MEMORY: u64 = 8;
/// Where the system does not say what it has: what the smallest machines bear.
const MODEST: (u64, u64) = (1024, 1 << 30);

/// Permits for calls beyond a lane's own slots. Cheap to clone; clones share the permits.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

/// Leave for one call.
pub(super) struct Slot {
    /// `None`: one of the lane's own slots.
    shared: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// What this process may open and this machine can hold.
    pub fn of_machine() -> Self {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let memory = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_bytes(&text));
        Self::with(shared_slots(files.unwrap_or(MODEST.0), memory.unwrap_or(MODEST.1)))
    }

    fn with(slots: usize) -> Self {
        Self(Arc::new(Semaphore::new(slots)))
    }

    /// Slots for up to `wanted` calls of a lane that has these under way.
    pub(super) fn slots<'a>(&self, running: impl Iterator<Item = &'a Slot>, wanted: usize) -> Vec<Slot> {
        let own_taken = running.filter(|slot| slot.shared.is_none()).count();
        let own = OWN_SLOTS.saturating_sub(own_taken).min(wanted);
        let mut slots: Vec<_> = (0..own).map(|_| Slot { shared: None }).collect();
        while slots.len() < wanted {
            // The lane looks again when a call of its own ends, and without these it has four.
            let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else { break };
            slots.push(Slot { shared: Some(permit) });
        }
        slots
    }
}

fn shared_slots(files: u64, memory_bytes: u64) -> usize {
    // Half of the files stay for the database, the web pages and the log.
    let by_files = files / 2 / FILES_PER_CALL;
    let by_memory = memory_bytes / SHARE_OF_MEMORY / BYTES_PER_CALL;
    usize::try_from(by_files.min(by_memory).min(MOST)).unwrap_or_default()
}

fn total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_that_hangs_with_everything_leaves_every_other_its_own_slots() {
        let budget = Budget::with(10);
        let hanging = budget.slots(std::iter::empty(), 32);
        assert_eq!(hanging.len(), OWN_SLOTS + 10);
        let other = budget.slots(std::iter::empty(), 32);
        assert_eq!(other.len(), OWN_SLOTS);
        assert!(budget.slots(other.iter(), 1).is_empty());
        drop(hanging);
        assert_eq!(budget.slots(other.iter(), 32).len(), 10);
    }

    #[test]
    fn own_slots_are_taken_first_and_come_back() {
        let budget = Budget::with(1);
        let mut running = budget.slots(std::iter::empty(), 5);
        assert_eq!((running.len(), running.iter().filter(|slot| slot.shared.is_none()).count()), (5, 4));
        running.remove(0);
        assert_eq!(budget.slots(running.iter(), 5).len(), 1);
    }

    #[test]
    fn a_small_machine_bears_fewer_calls() {
        assert_eq!(shared_slots(1024, 1 << 30), 16);
        assert_eq!(shared_slots(1024, 16 << 30), 128);
        assert_eq!(shared_slots(256, 16 << 30), 32);
        assert_eq!(shared_slots(u64::MAX, u64::MAX), 128);
        assert_eq!(shared_slots(0, 0), 0);
    }

    #[test]
    fn the_memory_is_read_as_the_system_writes_it() {
        let text = "MemTotal:         948312 kB\nMemFree:          118024 kB\n";
        assert_eq!(total_bytes(text), Some(948_312 * 1024));
        assert_eq!(total_bytes("MemTotal: lots\n"), None);
        assert_eq!(total_bytes(""), None);
    }
}
