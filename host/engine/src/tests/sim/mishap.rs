//! How a call to a simulated target goes, and what goes wrong with it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::schedule::{Fault, Mishap};
use super::target::{SimTarget, Stored};
use crate::blob::Blob;
use crate::call::Call;
use crate::failure::Failure;
use crate::names::ObjectPath;

/// What a half-written object is cut off to.
const STUMP: usize = 7;

/// What a call does.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    Put(Arc<Blob>),
    Delete,
    Look,
}

/// A call that has begun and not ended.
#[derive(Debug)]
pub(super) struct UnderWay {
    effect: Effect,
    applied: bool,
}

impl Effect {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Put(_) => "put",
            Self::Delete => "delete",
            Self::Look => "look",
        }
    }
}

impl SimTarget {
    /// One call, from beginning to end. The power may fail at every step of it.
    pub async fn work(&self, call: &Call, path: Option<&ObjectPath>, effect: Effect) -> Result<(), Failure> {
        let mishap = self.state().script.pop_front();
        self.begins(path, &effect, mishap);
        self.world.fate.step().await;
        let result = self.goes(call, path, mishap).await;
        if matches!(result, Err(Failure::Cancelled)) && call.cancel.is_cancelled() {
            self.interrupt(path);
        }
        self.world.note(|| format!("  {}: {} {} ended: {result:?}", self.name, effect.name(), shown(path)));
        if let Some(path) = path {
            self.state().under_way.remove(path);
        }
        self.world.fate.step().await;
        result
    }

    fn begins(&self, path: Option<&ObjectPath>, effect: &Effect, mishap: Option<Mishap>) {
        self.world.note(|| format!("  {}: {} {}, {mishap:?}", self.name, effect.name(), shown(path)));
        let Some(path) = path else { return };
        self.watch_over(path, effect);
        let mut state = self.state();
        if mishap.is_some() {
            *state.allowed.entry(path.clone()).or_default() += 1;
        }
        match effect {
            Effect::Put(_) => *state.puts.entry(path.clone()).or_default() += 1,
            Effect::Delete => state.deletes += 1,
            Effect::Look => {}
        }
        state.under_way.insert(path.clone(), UnderWay { effect: effect.clone(), applied: false });
    }

    async fn goes(
        &self,
        call: &Call,
        path: Option<&ObjectPath>,
        mishap: Option<Mishap>,
    ) -> Result<(), Failure> {
        let pace_ms = self.state().pace_ms.clone();
        self.pass(call, pace_ms).await?;
        match mishap {
            None => self.does(call, path).await,
            Some(Mishap::Fail(fault)) => Err(failure(fault)),
            Some(Mishap::FailAfter(fault)) => {
                self.does(call, path).await?;
                Err(failure(fault))
            }
            Some(Mishap::Halfway) => {
                self.apply(path, true);
                self.world.fate.step().await;
                Err(failure(Fault::Retry))
            }
            Some(Mishap::Slow { seconds }) => {
                self.pass(call, seconds * 1000..seconds * 1000 + 1).await?;
                self.does(call, path).await
            }
            Some(Mishap::Hang { done }) => {
                if done {
                    self.does(call, path).await?;
                }
                tokio::select! {
                    biased;
                    () = call.cancel.cancelled() => Err(Failure::Cancelled),
                    () = self.released.cancelled() => Err(failure(Fault::Retry)),
                }
            }
        }
    }

    async fn does(&self, call: &Call, path: Option<&ObjectPath>) -> Result<(), Failure> {
        self.apply(path, false);
        self.world.fate.step().await;
        self.pass(call, 0..20).await
    }

    /// Takes so many milliseconds, unless it is cancelled.
    pub async fn pass(&self, call: &Call, range: Range<u64>) -> Result<(), Failure> {
        let wait = Duration::from_millis(self.world.fate.draw(range));
        tokio::select! {
            biased;
            () = call.cancel.cancelled() => Err(Failure::Cancelled),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    /// What the call does to the target happens. `half`: in so far as half of it can be seen.
    fn apply(&self, path: Option<&ObjectPath>, half: bool) {
        let Some(path) = path else { return };
        let effect = match self.state().under_way.get_mut(path) {
            Some(call) if !call.applied => {
                call.applied = !half;
                call.effect.clone()
            }
            _ => return,
        };
        self.must_be_uncertain(path, &effect, "as it takes effect");
        match effect {
            Effect::Put(blob) => self.store(path, &blob, half),
            Effect::Delete if !half => {
                self.state().objects.remove(path);
            }
            Effect::Delete | Effect::Look => {}
        }
    }

    fn store(&self, path: &ObjectPath, blob: &Blob, half: bool) {
        let mut content = blob.read_at(0, 1 << 20).unwrap();
        if half && self.kind.whole {
            return;
        }
        if half {
            content.truncate(STUMP);
        }
        let mut state = self.state();
        state.tampered.remove(path);
        state.objects.insert(path.clone(), Stored { content, ours: true });
    }

    /// The call is cut off: nobody knows whether it does what it should, does half of it, or nothing.
    fn interrupt(&self, path: Option<&ObjectPath>) {
        let Some(path) = path else { return };
        *self.state().allowed.entry(path.clone()).or_default() += 1;
        match self.world.fate.draw(0..3) {
            0 => self.apply(Some(path), false),
            1 => self.apply(Some(path), true),
            _ => {}
        }
    }

    /// Whether the files of the calls under way are still the same cannot be seen, so they may be put
    /// again.
    pub fn allow_for_lost_sight(&self) {
        let mut state = self.state();
        for path in state.under_way.keys().cloned().collect::<Vec<_>>() {
            *state.allowed.entry(path).or_default() += 1;
        }
    }

    /// The power has failed.
    pub fn cut_off(&self) {
        let under_way: Vec<ObjectPath> = self.state().under_way.keys().cloned().collect();
        for path in under_way {
            self.interrupt(Some(&path));
        }
        self.state().under_way.clear();
    }

    /// Everything is well from now on.
    pub fn recover(&self) {
        self.state().script.clear();
        self.released.cancel();
    }
}

fn failure(fault: Fault) -> Failure {
    let text = "it went wrong".to_owned();
    match fault {
        Fault::Retry => Failure::Retry(text),
        Fault::Wait { seconds } => Failure::Wait { pause: Duration::from_secs(seconds), reason: text },
        Fault::Blocked => Failure::Blocked(text),
        Fault::Rejected => Failure::Rejected(text),
        Fault::Unsupported => Failure::Unsupported(text),
        Fault::Faulted => Failure::Faulted(text),
        Fault::Cancelled => Failure::Cancelled,
    }
}

fn shown(path: Option<&ObjectPath>) -> &str {
    path.map_or("", ObjectPath::as_str)
}
