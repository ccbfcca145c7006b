//! What a plugin may use. Every number that bounds a guest stands here and nowhere else.

use std::time::Duration;

use crate::manifest::LimitWishes;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// The operator's limits for one plugin; what is `None` comes from the plugin's manifest or the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitSettings {
    /// Memory of one call in bytes. Default 64 MiB; a manifest may ask for up to 256 MiB.
    pub memory_bytes: Option<u64>,
    /// Longest time in which a transfer moves no byte. Default 120 s.
    pub stall: Option<Duration>,
    /// Longest time for a call that moves nothing (probe, stat, delete, link, page). Default 60 s.
    pub call: Option<Duration>,
    /// Processor time of one call, beside half a second for each MiB that it moves. Default 30 s.
    pub cpu: Option<Duration>,
    /// Bytes that one call may receive over HTTP, all answers together. Default 256 MiB.
    pub received_bytes: Option<u64>,
    /// Entries that one scan may find. Default 1,000,000.
    pub scan_entries: Option<u64>,
}

/// All limits of one call.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Linear memory of all memories of a store together, in bytes.
    pub memory_bytes: u64,
    /// See [`LimitSettings::stall`].
    pub stall: Duration,
    /// See [`LimitSettings::call`].
    pub call: Duration,
    /// See [`LimitSettings::cpu`].
    pub cpu: Duration,
    /// Further processor time for each MiB that was moved.
    pub cpu_per_mib: Duration,
    /// See [`LimitSettings::received_bytes`].
    pub received_bytes: u64,
    /// See [`LimitSettings::scan_entries`].
    pub scan_entries: u64,
}

/// Largest package that is read, in bytes.
pub(crate) const PACKAGE_BYTES: usize = 64 * MIB as usize;
/// Largest manifest section, in bytes.
pub(crate) const MANIFEST_BYTES: usize = 256 * KIB as usize;

/// Length of an epoch: how often a running guest can be interrupted.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// Virtual memory reserved for each linear memory. Not the cap: what grows beyond it is moved.
pub(crate) const MEMORY_RESERVATION_BYTES: u64 = 64 * MIB;
/// Unmapped space behind a linear memory.
pub(crate) const MEMORY_GUARD_BYTES: u64 = 64 * KIB;
/// Stack that a guest may use, in bytes.
pub(crate) const WASM_STACK_BYTES: usize = 512 * KIB as usize;
/// Stack of a call, host functions included, in bytes.
pub(crate) const ASYNC_STACK_BYTES: usize = MIB as usize;
/// Default of [`LimitSettings::memory_bytes`].
pub(crate) const DEFAULT_MEMORY_BYTES: u64 = 64 * MIB;
/// Most that a manifest gets without the operator's word.
pub(crate) const WISHED_MEMORY_BYTES: u64 = 256 * MIB;
/// Elements of all tables of a store together.
pub(crate) const TABLE_ELEMENTS: usize = 100_000;
/// Core instances of a store. A component of one module already has about twenty.
pub(crate) const INSTANCES: usize = 64;
/// Linear memories of a store.
pub(crate) const MEMORIES: usize = 16;
/// Tables of a store.
pub(crate) const TABLES: usize = 32;
/// Bytes that one call of a host function, or one result, may copy out of a guest.
pub(crate) const HOSTCALL_BYTES: usize = 16 * MIB as usize;
/// Component handles that a guest may hold.
pub(crate) const HANDLES: usize = 1_000;
/// Host objects (blobs, responses, streams) behind these handles.
pub(crate) const TABLE_ENTRIES: usize = 512;
/// Random bytes in one request.
pub(crate) const RANDOM_BYTES: u64 = 64 * KIB;
/// Frames of a guest's stack that are kept for a trap's report.
pub(crate) const BACKTRACE_FRAMES: usize = 12;

/// How long a call that was told to stop may take until it is dropped.
pub(crate) const CANCEL_GRACE: Duration = Duration::from_secs(2);
/// How long a call that was dropped may take to let go, before it counts as stuck.
pub(crate) const LETTING_GO: Duration = Duration::from_secs(5);
/// How long to wait until a dropped call through the rc bridge is surely over.
pub(crate) const SETTLE: Duration = Duration::from_secs(30);
/// Default of [`LimitSettings::stall`].
pub(crate) const DEFAULT_STALL: Duration = Duration::from_secs(120);
/// Default of [`LimitSettings::call`].
pub(crate) const DEFAULT_CALL: Duration = Duration::from_secs(60);
/// Default of [`LimitSettings::cpu`].
pub(crate) const DEFAULT_CPU: Duration = Duration::from_secs(30);
/// See [`Limits::cpu_per_mib`].
pub(crate) const CPU_PER_MIB: Duration = Duration::from_millis(500);
/// Processor time of a plugin that is only started, to see whether it fits.
pub(crate) const REHEARSAL_CPU: Duration = Duration::from_secs(5);
/// Longest time for a plugin that is only started.
pub(crate) const REHEARSAL: Duration = Duration::from_secs(30);
/// How often a guest may read its object over again before that is no progress any more.
pub(crate) const REREADS: u64 = 16;
/// A lookup that waits for bandwidth may take so many times as long again.
pub(crate) const HELD_BACK: u32 = 9;
/// Calls of one folder target at a time; each has a thread of its own.
pub(crate) const FOLDER_THREADS: usize = 8;

/// Bytes of one `blob.read` or `response.read`.
pub(crate) const READ_BYTES: u32 = MIB as u32;
/// Bytes that the host reads of a file at a time while it streams it.
pub(crate) const STREAM_BYTES: usize = 256 * KIB as usize;
/// Longest receipt a target may return; the engine keeps no more.
pub(crate) const RECEIPT_BYTES: usize = engine::Receipt::MAX_BYTES;
/// Longest text of a failure or a probe's summary, in bytes.
pub(crate) const TEXT_BYTES: usize = 2 * KIB as usize;
/// Attributes of one record, and the longest of them in bytes.
pub(crate) const FACTS: usize = 64;
/// Longest name or value of an attribute, in bytes.
pub(crate) const FACT_BYTES: usize = KIB as usize;
/// Longest link, in bytes.
pub(crate) const LINK_BYTES: usize = 8 * KIB as usize;
/// Longest pause that a target can ask for.
pub(crate) const PAUSE: Duration = Duration::from_secs(3600);
/// Entries in one `writer.add`.
pub(crate) const SCAN_PORTION: usize = 1_000;
/// Default of [`LimitSettings::scan_entries`].
pub(crate) const DEFAULT_SCAN_ENTRIES: u64 = 1_000_000;
/// Bytes of all names, receipts and facts of one scan. Whoever asked for it keeps them in memory.
pub(crate) const SCAN_BYTES: u64 = 128 * MIB;

/// Names of durable values, in bytes.
pub(crate) const STATE_NAME_BYTES: usize = 128;
/// All durable values of one target together with their names, in bytes. The keeper of the values counts.
pub const STATE_BYTES: u64 = MIB;
/// One durable value, in bytes.
pub(crate) const STATE_VALUE_BYTES: usize = 64 * KIB as usize;

/// Log lines of one target at once.
pub(crate) const LOG_BURST: u32 = 200;
/// Log lines of one target in a second, after the burst.
pub(crate) const LOG_PER_SECOND: u32 = 50;
/// Longest log line, in bytes.
pub(crate) const LOG_LINE_BYTES: usize = 4 * KIB as usize;
/// What a guest may write into standard output or standard error at once, in bytes.
pub(crate) const CONSOLE_BYTES: usize = 64 * KIB as usize;
/// What is kept of standard error for the report of a trap, in bytes.
pub(crate) const STDERR_TAIL_BYTES: usize = 4 * KIB as usize;

/// Files of one rendered page.
pub(crate) const PAGE_FILES: usize = 64;
/// Bytes of all files of one rendered page.
pub(crate) const PAGE_BYTES: usize = 8 * MIB as usize;

/// Headers of one request.
pub(crate) const HEADERS: usize = 64;
/// Headers of one answer; one with more is no answer.
pub(crate) const REPLY_HEADERS: usize = 128;
/// Bytes of all headers of one request.
pub(crate) const HEADER_BYTES: usize = 32 * KIB as usize;
/// Default of [`LimitSettings::received_bytes`].
pub(crate) const DEFAULT_RECEIVED_BYTES: u64 = 256 * MIB;
/// Chunks of one request's body.
pub(crate) const BODY_CHUNKS: usize = 1_000;
/// Requests of one call at a time.
pub(crate) const OPEN_RESPONSES: usize = 32;
/// Connecting, name lookup and TLS together.
pub(crate) const CONNECT: Duration = Duration::from_secs(20);
/// How long an idle connection is kept. rclone closes its own after 60 s.
pub(crate) const POOL_IDLE: Duration = Duration::from_secs(30);
/// How long a connection may stay whose other end takes nothing in, even if nobody waits for it any more.
pub(crate) const UNREAD: Duration = Duration::from_secs(120);
/// Idle connections per host.
pub(crate) const POOL_CONNECTIONS: usize = 8;
/// Largest body of a request to the rc bridge, in bytes.
pub(crate) const RC_REQUEST_BYTES: usize = 64 * KIB as usize;
/// Largest rc reply that is taken apart (errors, facts about a remote), in bytes.
pub(crate) const RC_REPLY_BYTES: usize = MIB as usize;
/// How often a running rc transfer is asked how far it got; the first time after as long.
pub(crate) const RC_POLL: Duration = Duration::from_secs(1);

impl Limits {
    /// The operator's word first, then what the plugin wishes, then the defaults.
    pub fn of(settings: &LimitSettings, wishes: &LimitWishes) -> Self {
        let wished_memory = wishes.memory_bytes.map(|bytes| bytes.min(WISHED_MEMORY_BYTES));
        Self {
            memory_bytes: settings.memory_bytes.or(wished_memory).unwrap_or(DEFAULT_MEMORY_BYTES),
            stall: settings.stall.unwrap_or(DEFAULT_STALL),
            call: settings.call.unwrap_or(DEFAULT_CALL),
            cpu: settings.cpu.unwrap_or(DEFAULT_CPU),
            cpu_per_mib: CPU_PER_MIB,
            received_bytes: settings.received_bytes.unwrap_or(DEFAULT_RECEIVED_BYTES),
            scan_entries: settings.scan_entries.unwrap_or(DEFAULT_SCAN_ENTRIES),
        }
    }

    /// For a plugin that is started without being asked for anything.
    pub fn of_rehearsal(wishes: &LimitWishes) -> Self {
        let brief = LimitSettings { call: Some(REHEARSAL), cpu: Some(REHEARSAL_CPU), ..Default::default() };
        Self::of(&brief, wishes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_word_goes_before_the_plugins_wish() {
        let wishes = LimitWishes { memory_bytes: Some(1 << 40) };
        assert_eq!(Limits::of(&LimitSettings::default(), &wishes).memory_bytes, WISHED_MEMORY_BYTES);
        let settings = LimitSettings { memory_bytes: Some(8 << 20), ..Default::default() };
        assert_eq!(Limits::of(&settings, &wishes).memory_bytes, 8 << 20);
        let none = Limits::of(&LimitSettings::default(), &LimitWishes::default());
        assert_eq!(none.memory_bytes, DEFAULT_MEMORY_BYTES);
    }

    /// Address space there is 39 bits wide, and half of it is the system's.
    #[test]
    fn what_a_hundred_calls_reserve_fits_into_a_raspberry_pi() {
        let call = MEMORIES as u64 * (MEMORY_RESERVATION_BYTES + MEMORY_GUARD_BYTES);
        assert!(100 * (call + ASYNC_STACK_BYTES as u64) < 1 << 38);
    }
}
