//! Keeps the database small, whole, and backed up, beside everything else.

use std::time::Duration;

use tracing::{info, warn};

use crate::lane::{LaneHandle, Shared};
use crate::store::{BackupError, StoreError};
use crate::view::{EventKind, LaneState};

/// How often to see what is to be done.
const EVERY: Duration = Duration::from_secs(600);
/// How often old history is dropped.
const PRUNE_MS: i64 = 3600 * 1000;
/// How often a backup is made.
const BACK_UP_MS: i64 = 24 * 3600 * 1000;
/// How soon a backup that could not be made is tried again.
const BACK_UP_AGAIN_MS: i64 = 3600 * 1000;
/// A backup waits for a quiet moment for so many looks, and not longer.
const PATIENCE: u32 = 6;

/// The value that says when the last backup was made, Unix milliseconds.
pub(crate) const BACKED_UP: &str = "backed_up";
/// The value that says what became of the database at the last start.
pub(crate) const NOTE: &str = "note";

/// What is to be done, and since when.
#[derive(Default)]
pub(crate) struct Upkeep {
    pruned_ms: Option<i64>,
    tried_ms: Option<i64>,
    /// Looks at which a backup was due and the moment was not quiet.
    waited: u32,
}

/// Begins a new era of the booth, and says what became of the database.
pub(crate) async fn begin(shared: &Shared) -> Result<(), StoreError> {
    let stale = next_era(shared).await?;
    name_holds(shared).await?;
    let note = match (shared.store.mended(), stale) {
        (Some(mended), _) => mended.to_string(),
        (None, true) => "the database is older than what this booth did since, or another booth's: what \
                         happened since is found out from the media folder and the targets before anything \
                         old is sent or deleted"
            .to_owned(),
        (None, false) => String::new(),
    };
    if shared.store.meta(NOTE).await?.unwrap_or_default() != note {
        shared.store.set_meta(NOTE, note.clone()).await?;
    }
    if stale {
        warn!("{note}");
    }
    if !note.is_empty() {
        let told = vec![EventKind::Notice { message: note }];
        shared.tell(shared.store.log(told, shared.now_ms()).await?);
    }
    Ok(())
}

/// Works until the soft stop.
pub(crate) async fn run(shared: Shared, lanes: Vec<LaneHandle>) {
    let stop = shared.soft_stop.clone();
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut upkeep = Upkeep::default();
    // The first tick is at once: a start has better things to do.
    ticks.tick().await;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => {
                if let Err(problem) = upkeep.look(&shared, lanes.iter().all(is_quiet)).await && !problem.is_told() {
                    warn!("the database could not be tidied up: {problem}");
                }
            }
        }
    }
}

fn is_quiet(lane: &LaneHandle) -> bool {
    let view = lane.view();
    view.running.is_empty() && (view.idle || view.state != LaneState::Up)
}

impl Upkeep {
    /// Does what is due.
    pub async fn look(&mut self, shared: &Shared, quiet: bool) -> Result<(), StoreError> {
        let now_ms = shared.now_ms();
        if self.pruned_ms.is_none_or(|at| is_past(at, now_ms, PRUNE_MS)) {
            shared.store.prune(now_ms).await?;
            self.pruned_ms = Some(now_ms);
        }
        let last: Option<i64> = shared.store.meta(BACKED_UP).await?.and_then(|text| text.parse().ok());
        let early = last.is_some_and(|at| !is_past(at, now_ms, BACK_UP_MS))
            || self.tried_ms.is_some_and(|at| !is_past(at, now_ms, BACK_UP_AGAIN_MS));
        if early {
            self.waited = 0;
        } else if quiet || self.waited >= PATIENCE {
            self.tried_ms = Some(now_ms);
            back_up(shared, now_ms).await?;
        } else {
            self.waited += 1;
        }
        Ok(())
    }
}

/// A clock that was set back makes a time in the future, which says nothing.
fn is_past(at_ms: i64, now_ms: i64, after_ms: i64) -> bool {
    (now_ms - at_ms).abs() >= after_ms
}

async fn back_up(shared: &Shared, now_ms: i64) -> Result<(), StoreError> {
    match shared.store.back_up(now_ms).await {
        Ok(size_bytes) => {
            info!(size_bytes, "the database was checked and backed up");
            shared.store.set_meta(BACKED_UP, now_ms.to_string()).await?;
            // A copy that somebody else made until now is an old one from now on.
            next_era(shared).await?;
        }
        // Said by the store, in words that help.
        Err(BackupError::Damaged) => {}
        Err(problem) => warn!("there is no new backup of the database: {problem}"),
    }
    Ok(())
}

/// Gives held back deletes that nobody could name in a confirmation a set of their own: their number
/// could not be written down then, or the database is older than its confirmation.
async fn name_holds(shared: &Shared) -> Result<(), StoreError> {
    let named = shared.identity.holds();
    for held in shared.store.hold_sets().await? {
        if named.iter().any(|hold| hold.target == held.name && hold.set == held.set) {
            continue;
        }
        let reason = "they were held back before, and it is not known whether they were confirmed";
        match shared.identity.hold(&held.name, reason, held.count, shared.clock.now()) {
            Ok(set) => shared.store.renumber_hold(held, set).await?,
            Err(problem) => warn!(target.name = %held.name, "held deletes cannot be written down: {problem}"),
        }
    }
    Ok(())
}

/// Whether the database turned out to be an old one.
async fn next_era(shared: &Shared) -> Result<bool, StoreError> {
    let era = shared.store.begin_era(shared.identity.instance(), shared.identity.era()).await?;
    // The database first: should only one of them know, then the one that is believed.
    if let Err(problem) = shared.identity.set_era(era.now) {
        warn!("that this booth was started is not written down: {problem}");
    }
    Ok(era.stale)
}
