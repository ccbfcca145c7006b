//! A deterministic simulation: the real engine with its real database and a real folder in memory,
//! under simulated time, on a machine whose power fails between any two steps, with targets that fail
//! in every way.
//!
//! A schedule says what happens on an evening; `proptest` makes them up from a seed each, and shrinks
//! one that fails. Nothing depends on threads, real time or chance: one seed is one evening, exactly.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `BOOTHSYNC_SIM_SCHEDULES` | how many schedules each test tries (otherwise what CI takes) |
//! | `BOOTHSYNC_SIM_FROM` | added to the first seed, to try others than CI does |
//! | `BOOTHSYNC_SIM_SEED` | one seed alone, with a line for everything that happens in it |
//!
//! What must hold is in `verdict` (the database is right about the targets at every moment; all is well
//! in bounded time once nothing fails any more, and stays so; nothing is put more often than needed), in
//! `busy` (visitors who keep coming starve nothing)
//! and in `watched` (each call is written down as uncertain before it begins and until it ends; one at
//! a time for each object; no delete without a reason).

mod busy;
mod clock;
mod fate;
mod folder;
mod life;
mod mishap;
mod schedule;
mod scribe;
mod steps;
mod target;
mod verdict;
mod watched;
mod world;

use std::fmt::Write as _;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use life::Sim;
use schedule::{Schedule, busy_schedules, schedules};

// Two tests of one kind, so that two processors can share the work.
#[test]
fn whatever_fails_the_targets_end_up_like_the_folder() {
    try_out("any", 0, 4_000, || schedules(false));
}

#[test]
fn whatever_fails_on_other_evenings_the_targets_end_up_like_the_folder() {
    try_out("any", 1_000_000, 4_000, || schedules(false));
}

#[test]
fn without_failures_nothing_is_sent_twice() {
    try_out("calm", 0, 2_000, || schedules(true));
}

#[test]
fn visitors_who_keep_coming_keep_nothing_else_from_being_done() {
    try_out("busy", 0, 120, busy_schedules);
}

#[test]
fn a_seed_is_an_evening_exactly() {
    for seed in 0..20 {
        let schedule = made_up(seed, &schedules(false));
        let lines = || {
            let mut sim = Sim::new(schedule.clone(), true);
            sim.run();
            sim.world.fate.notes()
        };
        assert_eq!(lines(), lines(), "seed {seed}");
    }
}

/// Tries as many schedules as were asked for.
fn try_out<S: Strategy<Value = Schedule>>(name: &str, first: u64, usually: u64, strategy: impl Fn() -> S) {
    if let Some(seed) = number("BOOTHSYNC_SIM_SEED") {
        return try_one(name, seed, &strategy());
    }
    let from = number("BOOTHSYNC_SIM_FROM").unwrap_or(0) + first;
    let count = number("BOOTHSYNC_SIM_SCHEDULES").unwrap_or(usually);
    println!("schedules {from} to {} of `{name}`", from + count - 1);
    for seed in from..from + count {
        try_one(name, seed, &strategy());
    }
}

fn try_one(name: &str, seed: u64, strategy: &impl Strategy<Value = Schedule>) {
    let mut runner = runner(seed);
    let tree = strategy.new_tree(&mut runner).unwrap();
    let result = runner.run_one(tree, |schedule| {
        let complaints = Sim::new(schedule, false).run();
        if complaints.is_empty() { Ok(()) } else { Err(TestCaseError::fail(complaints.join("; "))) }
    });
    if let Err(TestError::Fail(reason, smallest)) = &result {
        panic!("{}", told(name, seed, &reason.to_string(), smallest));
    }
    assert!(result.is_ok(), "schedule {seed} of `{name}`: {result:?}");
}

/// What a person needs to know of a schedule that fails.
fn told(name: &str, seed: u64, reason: &str, smallest: &Schedule) -> String {
    let mut sim = Sim::new(smallest.clone(), true);
    sim.run();
    let mut text = format!("schedule {seed} of `{name}` fails: {reason}\n");
    writeln!(text, "again: BOOTHSYNC_SIM_SEED={seed}; what is left of it:\n{smallest:#?}").unwrap();
    sim.world.fate.notes().iter().for_each(|line| writeln!(text, "{line}").unwrap());
    text
}

fn made_up(seed: u64, strategy: &impl Strategy<Value = Schedule>) -> Schedule {
    use proptest::strategy::ValueTree as _;
    strategy.new_tree(&mut runner(seed)).unwrap().current()
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, max_shrink_iters: 1_000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}
