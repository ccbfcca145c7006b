//! Asking a target what it really holds: to take over what an earlier program uploaded, and to repair
//! what went missing behind our back.

use std::collections::HashMap;
use std::time::Duration;

use rand::Rng;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::info;

use super::{Shared, back_off, bounded_call};
use crate::failure::Failure;
use crate::inventory::{self, Comparison};
use crate::leftovers::{self, Leftover};
use crate::names::ObjectPath;
use crate::object::Entry;
use crate::rules::Rules;
use crate::settings::Mode;
use crate::store::{ItemRow, StoreError};
use crate::target::Target;

/// Two clocks are never of quite the same mind.
const CLOCK_SLACK_MS: i64 = 20;
/// Portions of a listing that wait to be taken in.
const PORTIONS: usize = 4;

/// When a target is asked what it holds.
pub(super) struct SurveyPlan {
    can: bool,
    /// It has said once what it holds, so nothing has to wait for that.
    known: bool,
    /// It has not been asked since the program started.
    first: bool,
    running: bool,
    failures: u32,
    next_ms: i64,
    interval_ms: i64,
}

impl SurveyPlan {
    /// `inventory_ms`: when it last said what it holds.
    pub fn new(can: bool, inventory_ms: Option<i64>, interval: Duration) -> Self {
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        Self {
            can,
            known: inventory_ms.is_some(),
            first: true,
            running: false,
            failures: 0,
            next_ms: 0,
            interval_ms,
        }
    }

    /// Whether old items have to wait because nobody knows what is there already.
    pub fn takes_over(&self) -> bool {
        self.can && !self.known
    }

    /// Whether to ask now; then it runs.
    pub fn begin(&mut self, now_ms: i64) -> bool {
        let due = self.can && !self.running && self.next_ms <= now_ms;
        self.running |= due;
        due
    }

    /// When [`SurveyPlan::begin`] says yes by itself.
    pub fn next_ms(&self, now_ms: i64) -> Option<i64> {
        (self.can && !self.running && !self.first && self.next_ms > now_ms).then_some(self.next_ms)
    }

    /// The clock was set back by so much.
    pub fn set_back(&mut self, by_ms: i64) {
        self.next_ms = self.next_ms.saturating_sub(by_ms);
    }

    /// It has answered.
    pub fn ended<T>(&mut self, result: &Result<T, Failure>, now_ms: i64, rng: &mut impl Rng) {
        (self.running, self.first) = (false, false);
        match result {
            Ok(_) => {
                (self.known, self.failures) = (true, 0);
                self.next_ms = now_ms.saturating_add(self.interval_ms);
            }
            Err(Failure::Unsupported(_)) => (self.can, self.known) = (false, true),
            Err(_) => {
                self.failures += 1;
                let wait = back_off::wait(self.failures + 1, back_off::MAX_OBJECT, rng);
                self.next_ms = now_ms + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            }
        }
    }

    /// Its task is gone without an answer.
    pub fn abandoned(&mut self, now_ms: i64) {
        if std::mem::take(&mut self.running) {
            self.next_ms = now_ms + i64::try_from(back_off::MAX_OBJECT.as_millis()).unwrap_or(i64::MAX);
        }
    }
}

/// The name under which a failed listing counts for the breaker.
pub(super) fn listing() -> ObjectPath {
    ObjectPath::new("listing").expect("a plain name is a path")
}

/// Asks, compares, and corrects what is known. Returns what uploads that were cut off have left there.
pub(super) async fn run(
    shared: &Shared,
    rules: &Rules,
    target: &dyn Target,
) -> Result<Vec<Leftover>, Failure> {
    let (began_ms, began) = (shared.now_ms(), Instant::now());
    let entries = list(shared, target).await?;
    let failed = |error: StoreError| Failure::Retry(error.to_string());
    let turn = shared.comparing.acquire().await.map_err(|_| Failure::Cancelled)?;
    let (mut comparison, leftovers) = compare(shared, rules, entries).await.map_err(failed)?;
    let first_told = comparison.weigh_told(&shared.store.told(rules.id).await.map_err(failed)?);
    let (found, unknown) = (comparison.found, comparison.unknown);
    let changes = inventory::settle(comparison, &shared.media, &shared.pages).await;
    let now_ms = shared.now_ms();
    if was_set_back(began_ms, now_ms, began.elapsed()) {
        // Which records are newer than the listing cannot be told.
        return Err(Failure::Retry("the clock was set back while the target was asked what it holds".into()));
    }
    let repaired = shared.store.apply_inventory(rules.id, changes, began_ms, now_ms).await.map_err(failed)?;
    shared.store.keep_told(rules.id, first_told).await.map_err(failed)?;
    drop(turn);
    let name = &rules.settings.name;
    info!(
        target.name = %name, objects = found, unknown, changed = repaired,
        "target `{name}` holds {found} objects, {unknown} of them not ours; {repaired} records were corrected"
    );
    Ok(leftovers)
}

/// Whether the clock went on by less than the time that went by.
fn was_set_back(began_ms: i64, now_ms: i64, passed: Duration) -> bool {
    let passed_ms = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX);
    now_ms.saturating_sub(began_ms) < passed_ms.saturating_sub(CLOCK_SLACK_MS)
}

async fn list(shared: &Shared, target: &dyn Target) -> Result<HashMap<ObjectPath, Entry>, Failure> {
    let call = bounded_call(shared);
    let (sender, mut portions) = mpsc::channel::<Vec<Entry>>(PORTIONS);
    let collect = async {
        let mut all = HashMap::new();
        while let Some(portion) = portions.recv().await {
            all.extend(portion.into_iter().map(|entry| (entry.path.clone(), entry)));
        }
        all
    };
    let (scanned, all) = tokio::join!(target.scan(&call, sender), collect);
    scanned.map(|()| all)
}

async fn compare(
    shared: &Shared,
    rules: &Rules,
    mut entries: HashMap<ObjectPath, Entry>,
) -> Result<(Comparison, Vec<Leftover>), StoreError> {
    let replicas = shared.store.replicas(rules.id).await?;
    let items = shared.store.all_items().await?;
    let path = |item: &ItemRow| rules.path(item);
    // Where nothing may ever be deleted, not even half a file is.
    let leftovers = match rules.settings.mode {
        Mode::Mirror => leftovers::take_out(&mut entries, &replicas, &items, path),
        Mode::Copy => Vec::new(),
    };
    let comparison = inventory::compare(entries, &replicas, &items, &shared.identity.takedowns(), path);
    Ok((comparison, leftovers))
}
