//! The kill test: the program is killed again and again while a booth works, and in the end the server
//! holds what the folder holds, without having uploaded much twice and without having shown half a file.
//!
//! `BOOTHSYNC_KILL_ROUNDS`, `BOOTHSYNC_KILL_SEED` and `BOOTHSYNC_KILL_SERVER` (`RcloneFtp`, `Vsftpd`,
//! `Pyftpdlib`) change how long it goes on, which changes and moments it takes, and where it uploads to;
//! `cargo xtask soak` sets them. The same seed gives the same changes and the same plan of kills. With
//! `BOOTHSYNC_KILL_KEEP` the folder of a booth that failed stays for whoever looks for the cause.

mod plan;
mod run;
mod tally;

use std::hash::{BuildHasher, RandomState};

use booth_tests::{Kind, Need, needs};
use run::Run;

/// Enough for every kind of moment to come several times, and short enough for every change of the code.
const ROUNDS: u64 = 60;
/// How often the whole of the server is compared with the folder.
const COMPARE_EVERY: u64 = 100;
/// Uploads for each change.
const MOST_UPLOADS: f64 = 1.1;

/// Uploads for each content that arrived, where more are under way whenever a kill comes.
const MOST_WITH_SLOW_SERVERS: f64 = 1.15;

#[test]
fn a_booth_that_is_killed_again_and_again_loses_nothing_and_uploads_little_twice() {
    let rounds = number("BOOTHSYNC_KILL_ROUNDS").unwrap_or(ROUNDS);
    let seed = number("BOOTHSYNC_KILL_SEED").unwrap_or_else(|| RandomState::new().hash_one(0) >> 32);
    let kind = server();
    needs!(Need::Server(kind));
    println!("kill test: {rounds} rounds against {kind:?}; BOOTHSYNC_KILL_SEED={seed} repeats it");

    let mut run = Run::begin(seed, kind);
    for round in 0..rounds {
        run.round(round);
        if (round + 1).is_multiple_of(COMPARE_EVERY) || round + 1 == rounds {
            run.compare();
            println!("after round {}:\n{}", round + 1, run.tally.with(&run.seen()));
        }
    }
    let seen = run.seen();
    assert_eq!(seen.uploads, seen.begun, "every upload that began has ended");
    assert!(run.tally.cut_off > 0 && seen.deleted > 0, "the kills came where they could do harm");
    let (change, version) = (run.tally.per_change(&seen), run.tally.per_version(&seen));
    let most = if kind == Kind::RcloneFtp { MOST_UPLOADS } else { MOST_WITH_SLOW_SERVERS };
    assert!(change < MOST_UPLOADS && version < most, "too many uploads: {change:.3}, {version:.3}");
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

fn server() -> Kind {
    let Ok(wanted) = std::env::var("BOOTHSYNC_KILL_SERVER") else { return Kind::RcloneFtp };
    let known = [Kind::RcloneFtp, Kind::Vsftpd, Kind::Pyftpdlib];
    let found = known.into_iter().find(|kind| format!("{kind:?}") == wanted);
    found.unwrap_or_else(|| panic!("BOOTHSYNC_KILL_SERVER={wanted} is none of {known:?}"))
}
