//! Asking a target's service for visitors' links, ahead of time: never on a visitor's path, and beside
//! the uploads, so that a service that is slow to make links holds up no picture.

use std::time::Duration;

use tokio::task::Id;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::budget::Slot;
use super::work::{Ended, Lane, Running};
use super::{back_off, bounded_call};
use crate::failure::Failure;
use crate::names::ObjectPath;
use crate::object::PublicLink;
use crate::rules::Rules;
use crate::store::{DueLink, StoreError};
use crate::target::Target;
use crate::view::EventKind;

/// Links that are asked for at a time.
const CALLS: usize = 2;
/// After so many faults of the plugin in a row, a link is not asked for without a reason.
const FAULTS: u32 = 2;
/// The longest wait until a link that was not given is asked for again.
const MAX_WAIT: Duration = Duration::from_secs(3600);
/// A link is made anew at most so often, however soon it says that it expires.
const SHORTEST_LIFE_MS: i64 = 60_000;
/// After the database refused a write.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// What of a lane is about links.
#[derive(Default)]
pub(super) struct Links {
    /// What the target held without a link was noted since the program began or verified.
    noted: bool,
    /// Calls under way.
    running: Vec<(Id, Running)>,
    /// Times in a row that the service gave none.
    failures: u32,
    /// The service is left alone until then.
    rests_until: Option<Instant>,
}

impl Links {
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.running.iter().map(|(_, running)| &running.slot)
    }

    /// Objects with a call under way.
    pub fn paths(&self) -> impl Iterator<Item = &ObjectPath> {
        self.running.iter().map(|(_, running)| &running.path)
    }

    /// There may be more that the target holds without a link.
    pub fn look_again(&mut self) {
        self.noted = false;
    }

    /// A call ended.
    pub fn ended(&mut self, id: Id) {
        self.running.retain(|(running, _)| *running != id);
    }

    fn rest(&self) -> Option<Duration> {
        let rest = self.rests_until?.saturating_duration_since(Instant::now());
        (!rest.is_zero()).then_some(rest)
    }
}

/// Whether visitors' links for this target come from its service.
pub(super) fn wanted(rules: &Rules, target: &dyn Target) -> bool {
    let by_service = rules.settings.share.as_ref().is_some_and(|share| share.public_link.is_empty());
    by_service && target.abilities().links
}

impl Lane {
    /// Asks for the links that are due. Returns when the next one is, Unix milliseconds.
    pub(super) async fn ask_links(&mut self, now_ms: i64) -> Result<Option<i64>, StoreError> {
        let Ok(target) = self.target.clone() else { return Ok(None) };
        if !wanted(&self.rules, &*target) {
            return Ok(None);
        }
        if !self.links.noted {
            self.shared.store.ask_missing_links(self.rules.id, now_ms).await?;
            self.links.noted = true;
        }
        if let Some(rest) = self.links.rest() {
            return Ok(Some(now_ms.saturating_add(millis(rest))));
        }
        let free = CALLS.saturating_sub(self.links.running.len());
        let busy: Vec<_> = self.busy().cloned().collect();
        // Those with a call under way may be the first.
        let due = self.shared.store.due_links(self.rules.id, now_ms, free + busy.len()).await?;
        let due: Vec<_> = due.into_iter().filter(|due| !busy.contains(&due.path)).take(free).collect();
        let slots = self.shared.budget.slots(self.slots(), due.len());
        for (due, slot) in due.into_iter().zip(slots) {
            let (call, target, path) = (bounded_call(&self.shared), target.clone(), due.path.clone());
            let progress = call.progress.clone();
            let task = self.tasks.spawn(async move {
                let answer = target.public_link(&call, &due.path, due.receipt.as_ref()).await;
                Ended::Link(due, answer)
            });
            self.links.running.push((task.id(), Running { path, progress, slot }));
        }
        self.shared.store.next_link(self.rules.id, now_ms).await
    }

    /// The service answered.
    pub(super) async fn linked(&mut self, due: DueLink, answer: Result<Option<PublicLink>, Failure>) {
        let (name, path) = (self.rules.settings.name.clone(), due.path.clone());
        let (id, now_ms) = (self.rules.id, self.shared.now_ms());
        let written = match answer {
            Ok(link) => {
                self.links.failures = 0;
                let due_ms = link.as_ref().and_then(|link| renewal(link, now_ms));
                let told =
                    EventKind::Linked { target: name.clone(), path: path.clone(), key: due.key.clone() };
                let kept = self.shared.store.keep_public_link(id, due, link, due_ms, told, now_ms).await;
                kept.map(|event| self.shared.tell(event))
            }
            // Asked again by the next run of the program.
            Err(Failure::Cancelled) => return,
            Err(failure) => {
                self.leave_links_alone(&failure);
                if self.links.failures == 1 {
                    warn!(target.name = %name, object.path = %path, "`{name}` gave no link for {path}: {failure}");
                } else {
                    debug!(target.name = %name, object.path = %path, "`{name}` gave no link for {path}: {failure}");
                }
                let due_ms = next_try(&failure, due.failures, now_ms, &mut self.rng);
                self.shared.store.link_failed(id, due.path, due_ms).await
            }
        };
        if let Err(problem) = written {
            if !problem.is_told() {
                warn!(object.path = %path, "the link of {path} is not written down: {problem}");
            }
            self.links.rests_until = Some(Instant::now() + STORE_PAUSE);
        }
    }

    /// One object's link may fail for a reason of its own; many in a row say that the service rests.
    fn leave_links_alone(&mut self, failure: &Failure) {
        self.links.failures = self.links.failures.saturating_add(1);
        let wait = back_off::wait(self.links.failures, back_off::MAX_PROBE, &mut self.rng);
        let wait = match failure {
            Failure::Wait { pause, .. } => wait.max(*pause),
            _ => wait,
        };
        self.links.rests_until = Some(Instant::now() + wait);
    }
}

/// When to ask again for a link that expires, Unix milliseconds: when half of its life is over, so that
/// days without network do not end it.
fn renewal(link: &PublicLink, now_ms: i64) -> Option<i64> {
    let life_ms = link.expires?.as_millisecond().saturating_sub(now_ms);
    Some(now_ms + (life_ms / 2).max(SHORTEST_LIFE_MS))
}

/// When to ask again for a link that was not given after so many `failures` before, Unix milliseconds.
fn next_try(failure: &Failure, failures: u32, now_ms: i64, rng: &mut impl rand::Rng) -> Option<i64> {
    let again = match failure {
        Failure::Unsupported(_) => false,
        Failure::Faulted(_) => failures + 1 < FAULTS,
        _ => true,
    };
    again.then(|| now_ms.saturating_add(millis(back_off::wait(failures + 1, MAX_WAIT, rng))))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn expiring_in(ms: i64) -> PublicLink {
        PublicLink { url: "x".into(), expires: Timestamp::from_millisecond(NOW + ms).ok() }
    }

    #[test]
    fn a_link_is_renewed_when_half_of_its_life_is_over() {
        assert_eq!(renewal(&expiring_in(10 * 86_400_000), NOW), Some(NOW + 5 * 86_400_000));
        assert_eq!(renewal(&expiring_in(-5), NOW), Some(NOW + SHORTEST_LIFE_MS));
        assert_eq!(renewal(&PublicLink { url: "x".into(), expires: None }, NOW), None);
    }

    #[test]
    fn what_can_never_work_is_not_asked_again_and_a_fault_once() {
        let mut rng = StdRng::seed_from_u64(1);
        assert_eq!(next_try(&Failure::Unsupported("no".into()), 0, NOW, &mut rng), None);
        assert!(next_try(&Failure::Faulted("trap".into()), 0, NOW, &mut rng).is_some());
        assert_eq!(next_try(&Failure::Faulted("trap".into()), 1, NOW, &mut rng), None);
        let late = next_try(&Failure::Retry("reset".into()), 40, NOW, &mut rng).unwrap();
        assert!((NOW + 1_800_000..=NOW + 3_600_000).contains(&late));
    }
}
