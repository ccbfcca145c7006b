//! What may happen to a booth, and how often.

use proptest::prelude::*;

use crate::settings::Mode;

/// One simulated evening.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// Decides what is not written here: how long calls take, and what a power failure interrupts.
    pub chance: u64,
    pub targets: Vec<Kind>,
    pub steps: Vec<Step>,
    pub end: End,
    /// Visitors keep the targets busy while what is left of the evening is done.
    pub busy: bool,
}

/// What a target is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub mode: Mode,
    /// It can say what it holds.
    pub inventory: bool,
    /// It tells hashes.
    pub hashes: bool,
    /// Nothing half-written is ever seen under its final name.
    pub whole: bool,
    pub concurrency: Option<u16>,
}

/// How the evening ends, before it is looked whether all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It just goes on.
    Stay,
    Restart,
    Crash,
}

/// A file of the booth, as an index into [`super::folder::KEYS`].
pub(super) type File = usize;
/// A target, as an index modulo their number.
pub(super) type Which = usize;

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A file is there whole, new or over an old one. `told`: the watcher notices.
    Shoot {
        file: File,
        size: usize,
        age: Age,
        told: bool,
    },
    /// A file is written in place and not finished.
    Begin {
        file: File,
        told: bool,
    },
    /// It is finished.
    Finish {
        file: File,
        size: usize,
        told: bool,
    },
    Rename {
        from: File,
        to: File,
        told: bool,
    },
    Delete {
        file: File,
        told: bool,
    },
    MoveFolder {
        from: usize,
        to: usize,
        told: bool,
    },
    /// Everything is gone at once, and only a scan can tell.
    Empty,
    /// A card with many files.
    Import {
        count: usize,
        told: bool,
    },
    /// All but the first few of those are deleted.
    Thin {
        keep: usize,
        told: bool,
    },
    /// The folder's drive is not there.
    Unplug,
    Plug,
    Rescan,
    Sync,
    Pause(Which),
    Resume(Which),
    Retry,
    Offline(File),
    Confirm(Which),
    Probe(Which),
    Nudge,
    /// The target's next calls go wrong.
    Trouble {
        target: Which,
        calls: usize,
        mishap: Mishap,
    },
    /// The disk of the booth refuses writes.
    DiskFull {
        writes: u32,
    },
    /// Somebody else puts something on the target, where a file of ours would go or elsewhere.
    Foreign {
        target: Which,
        file: File,
        place: Place,
    },
    /// Somebody else deletes or damages what we put there.
    Tamper {
        target: Which,
        file: File,
        lose: bool,
    },
    Pass {
        seconds: u64,
    },
    /// The clock is set.
    Jump {
        seconds: i64,
    },
    Restart,
    /// As a restart, with another mode of one target.
    SwitchMode(Which),
    /// The power fails after so many steps of the program.
    Crash {
        after: u32,
    },
}

/// How old a file looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Age {
    New,
    /// Copied with its time.
    Old,
    /// The camera's clock is wrong.
    Future,
}

/// Where something foreign is put.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Where no file of ours ever goes.
    Elsewhere,
    /// Where a file of ours may go; it is another.
    InTheWay,
    /// Where a file of ours goes, and just like it.
    Alike,
}

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mishap {
    /// It fails and nothing happened.
    Fail(Fault),
    /// It does what it should, and says that it failed.
    FailAfter(Fault),
    /// It fails in the middle of it.
    Halfway,
    /// It takes long.
    Slow { seconds: u64 },
    /// It does not end. `done`: but did what it should.
    Hang { done: bool },
}

/// What a failing call says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Retry,
    Wait { seconds: u64 },
    Blocked,
    Rejected,
    Unsupported,
    Faulted,
    Cancelled,
}

/// Any evening. `calm`: nothing fails.
pub(super) fn schedules(calm: bool) -> impl Strategy<Value = Schedule> {
    let step = if calm { calm_step().boxed() } else { step().boxed() };
    let steps = prop::collection::vec(step, 1..24);
    let end = prop_oneof![2 => Just(End::Stay), 1 => Just(End::Restart), 1 => Just(End::Crash)];
    (any::<u64>(), prop::collection::vec(kind(), 1..3), steps, end).prop_map(
        move |(chance, targets, steps, end)| Schedule {
            chance,
            targets,
            steps,
            end: if calm && end == End::Crash { End::Restart } else { end },
            busy: false,
        },
    )
}

/// Any evening after which visitors keep targets busy that take few calls at a time. A target that is
/// never at rest is not verified, so nobody else changes anything there.
pub(super) fn busy_schedules() -> impl Strategy<Value = Schedule> {
    schedules(false).prop_map(|mut schedule| {
        for (n, kind) in schedule.targets.iter_mut().enumerate() {
            kind.concurrency = kind.concurrency.or(Some(1 + n as u16));
        }
        let untouched = |step: &Step| !matches!(step, Step::Foreign { .. } | Step::Tamper { .. });
        schedule.steps.retain(untouched);
        Schedule { busy: true, ..schedule }
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    let mode = prop_oneof![3 => Just(Mode::Mirror), 1 => Just(Mode::Copy)];
    let concurrency = prop_oneof![Just(None), Just(Some(1)), Just(Some(2)), Just(Some(3))];
    (mode, prop::bool::weighted(0.8), any::<bool>(), prop::bool::weighted(0.7), concurrency).prop_map(
        |(mode, inventory, hashes, whole, concurrency)| Kind { mode, inventory, hashes, whole, concurrency },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0..3usize;
    prop_oneof![
        20 => calm_step(),
        10 => (which(), 1..4usize, mishap())
            .prop_map(|(target, calls, mishap)| Step::Trouble { target, calls, mishap }),
        1 => (1..3u32).prop_map(|writes| Step::DiskFull { writes }),
        1 => (which(), file(), place()).prop_map(|(target, file, place)| Step::Foreign { target, file, place }),
        1 => (which(), file(), any::<bool>()).prop_map(|(target, file, lose)| Step::Tamper { target, file, lose }),
        2 => seconds_of_jump().prop_map(|seconds| Step::Jump { seconds }),
        5 => (0..12u32).prop_map(|after| Step::Crash { after }),
        2 => (12..80u32).prop_map(|after| Step::Crash { after }),
    ]
}

/// What happens on a good evening.
fn calm_step() -> impl Strategy<Value = Step> {
    let told = || prop::bool::weighted(0.75);
    let which = || 0..3usize;
    prop_oneof![
        12 => (file(), size(), age(), told())
            .prop_map(|(file, size, age, told)| Step::Shoot { file, size, age, told }),
        1 => (file(), told()).prop_map(|(file, told)| Step::Begin { file, told }),
        1 => (file(), size(), told()).prop_map(|(file, size, told)| Step::Finish { file, size, told }),
        3 => (file(), file(), told()).prop_map(|(from, to, told)| Step::Rename { from, to, told }),
        5 => (file(), told()).prop_map(|(file, told)| Step::Delete { file, told }),
        1 => (0..4usize, 0..4usize, told()).prop_map(|(from, to, told)| Step::MoveFolder { from, to, told }),
        1 => Just(Step::Empty),
        1 => (1..6usize, told()).prop_map(|(count, told)| Step::Import { count: count * 6, told }),
        1 => (0..6usize, told()).prop_map(|(keep, told)| Step::Thin { keep, told }),
        1 => Just(Step::Unplug),
        2 => Just(Step::Plug),
        2 => Just(Step::Rescan),
        2 => Just(Step::Sync),
        1 => which().prop_map(Step::Pause),
        2 => which().prop_map(Step::Resume),
        1 => Just(Step::Retry),
        1 => file().prop_map(Step::Offline),
        1 => which().prop_map(Step::Confirm),
        1 => which().prop_map(Step::Probe),
        1 => Just(Step::Nudge),
        10 => seconds().prop_map(|seconds| Step::Pass { seconds }),
        2 => Just(Step::Restart),
        1 => which().prop_map(Step::SwitchMode),
    ]
}

fn file() -> impl Strategy<Value = File> {
    // The first ones often, so that things happen to the same file.
    prop_oneof![3 => 0..3usize, 2 => 0..super::folder::KEYS.len()]
}

/// Few sizes, so that two contents often have the same.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![2 => Just(16usize), 1 => Just(24), 1 => Just(32)]
}

fn age() -> impl Strategy<Value = Age> {
    prop_oneof![6 => Just(Age::New), 1 => Just(Age::Old), 1 => Just(Age::Future)]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![Just(Place::Elsewhere), Just(Place::InTheWay), Just(Place::Alike)]
}

fn seconds() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 1..3u64, 3 => 9..13u64, 2 => 30..70u64, 1 => 290..320u64, 1 => 1_700..1_900u64]
}

fn seconds_of_jump() -> impl Strategy<Value = i64> {
    prop_oneof![-20_000..-3_600i64, -60..0i64, 1..60i64, 3_600..200_000i64]
}

fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![
        4 => fault().prop_map(Mishap::Fail),
        3 => fault().prop_map(Mishap::FailAfter),
        2 => Just(Mishap::Halfway),
        1 => (1..90u64).prop_map(|seconds| Mishap::Slow { seconds }),
        2 => any::<bool>().prop_map(|done| Mishap::Hang { done }),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::Retry),
        1 => (1..100u64).prop_map(|seconds| Fault::Wait { seconds }),
        1 => Just(Fault::Blocked),
        2 => Just(Fault::Rejected),
        1 => Just(Fault::Unsupported),
        1 => Just(Fault::Faulted),
        1 => Just(Fault::Cancelled),
    ]
}
