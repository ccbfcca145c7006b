//! What a lane shows of itself, and tells when it changes.

use tracing::{info, warn};

use super::LaneView;
use super::work::Lane;
use crate::view::{EventKind, LaneState};

impl Lane {
    /// Why the lane does nothing at all, if so.
    pub(super) fn resting(&self) -> Option<(LaneState, String)> {
        if !self.rules.settings.enabled {
            return Some((LaneState::Off, "switched off in the configuration (enabled = false)".into()));
        }
        if let Err(problem) = &self.target {
            return Some((LaneState::Blocked, problem.clone()));
        }
        if self.gate.is_shut() {
            return Some((
                LaneState::Off,
                "sync is switched off in the configuration (sync.enabled = false)".into(),
            ));
        }
        self.paused.then(|| (LaneState::Paused, "paused by the operator".into()))
    }

    pub(super) async fn show(&mut self, idle: bool) {
        let now_ms = self.shared.now_ms();
        let (state, reason, quiet) = match self.resting() {
            Some((state, reason)) => (state, reason, false),
            None => self.health(now_ms),
        };
        let view = LaneView {
            state,
            reason,
            running: self.running.values().map(|running| running.path.clone()).collect(),
            progress: self.running.values().map(|running| running.progress.clone()).collect(),
            idle,
            quiet,
        };
        let before = self.view.send_replace(view.clone());
        if before.state != view.state {
            self.announce(view).await;
        }
    }

    /// State, reason, and whether it is because of the hour. What a person has to mend matters at night,
    /// too; everything else waits for the morning anyway.
    fn health(&self, now_ms: i64) -> (LaneState, String, bool) {
        let (state, reason) = self.breaker.state(now_ms);
        match self.gate.quiet_reason(self.shared.clock.now()) {
            Some(quiet) if state != LaneState::Blocked => (LaneState::Waiting, quiet, true),
            _ => (state, reason.to_owned(), false),
        }
    }

    async fn announce(&self, view: LaneView) {
        let target = self.rules.settings.name.clone();
        let colon = if view.reason.is_empty() { "" } else { ": " };
        let as_wanted = matches!(view.state, LaneState::Up | LaneState::Paused | LaneState::Off);
        if as_wanted || view.quiet {
            info!(target.name = %target, "target `{target}` is {}{colon}{}", view.state, view.reason);
        } else {
            warn!(target.name = %target, "target `{target}` is {}{colon}{}", view.state, view.reason);
        }
        let kind = EventKind::Lane { target, state: view.state, reason: view.reason };
        match self.shared.store.log(vec![kind], self.shared.now_ms()).await {
            Ok(events) => self.shared.tell(events),
            Err(problem) if problem.is_told() => {}
            Err(problem) => warn!("an event could not be written down: {problem}"),
        }
    }
}
