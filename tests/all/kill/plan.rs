//! When each round's kill comes: the same for the same seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What the kill waits for. Each is a window in which something could be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The program has just been started and may not be ready yet.
    StartUp,
    /// The booth has closed so many files since.
    Closed(usize),
    /// So many uploads have begun since.
    Begun(usize),
    /// So many files have got their final names since, and the last answer is on its way.
    Arrived(usize),
    /// Something was deleted on the server, and the answer is on its way.
    Deleted,
    /// Nothing happens any more.
    Quiet,
    /// The program was asked to end.
    Shutdown,
}

/// One round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How many changes the booth makes. Those that come after the kill are made all the same.
    pub changes: usize,
    /// Between two changes.
    pub pauses: Vec<Duration>,
    /// What the kill waits for.
    pub moment: Moment,
    /// How long after that.
    pub delay: Duration,
    /// rclone is killed, too: so long before the program.
    pub rclone: Option<Duration>,
}

impl Plan {
    /// Round number `round` of the run with `seed`.
    pub fn of(seed: u64, round: u64) -> Self {
        // Neither may shift the other: `seed + round` would give the next seed the same rounds.
        let mut rng = StdRng::seed_from_u64(seed.rotate_left(32) ^ round);
        let changes = rng.random_range(30..50);
        let kills_rclone = round.is_multiple_of(3);
        let moment = moment(&mut rng, changes, kills_rclone);
        let rclone = kills_rclone.then(|| match rng.random_range(0..4) {
            0 => Duration::ZERO,
            _ => up_to_ms(&mut rng, 400),
        });
        let delay = up_to_ms(&mut rng, longest_delay_ms(moment));
        let pauses = (0..changes).map(|_| up_to_ms(&mut rng, 8)).collect();
        Self { changes, pauses, moment, delay, rclone }
    }
}

fn moment(rng: &mut StdRng, changes: usize, kills_rclone: bool) -> Moment {
    // About three of four changes need an upload, but some of them make another one needless.
    let some = rng.random_range(1..=changes / 2);
    match rng.random_range(0..100) {
        // Where rclone is to be killed, there has to be one.
        0..14 if !kills_rclone => Moment::StartUp,
        0..30 => Moment::Closed(some),
        30..54 => Moment::Begun(some),
        54..74 => Moment::Arrived(some),
        74..80 => Moment::Deleted,
        80..91 => Moment::Quiet,
        _ => Moment::Shutdown,
    }
}

/// Answers come within milliseconds; a start takes longer.
fn longest_delay_ms(moment: Moment) -> u64 {
    match moment {
        Moment::StartUp => 700,
        Moment::Closed(_) => 15,
        Moment::Begun(_) => 25,
        Moment::Arrived(_) | Moment::Deleted => 6,
        Moment::Quiet => 300,
        Moment::Shutdown => 150,
    }
}

fn up_to_ms(rng: &mut StdRng, limit: u64) -> Duration {
    Duration::from_micros(rng.random_range(0..limit * 1000))
}

#[test]
fn a_seed_gives_the_same_rounds_and_every_third_kills_rclone() {
    let plans = |seed| (0..300).map(|round| Plan::of(seed, round)).collect::<Vec<_>>();
    assert_eq!(plans(5), plans(5));
    assert_ne!(plans(5)[1], plans(6)[0]);
    assert_eq!(plans(5).iter().filter(|plan| plan.rclone.is_some()).count(), 100);
    for moment in [Moment::StartUp, Moment::Deleted, Moment::Quiet, Moment::Shutdown] {
        assert!(plans(5).iter().any(|plan| plan.moment == moment), "{moment:?} never comes");
    }
}
