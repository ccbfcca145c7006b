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
            return Some((LaneState::Off, problem.clone()));
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
        let (state, reason) = match self.resting() {
            Some(resting) => resting,
            None => {
                let (state, reason) = self.breaker.state(now_ms);
                (state, reason.to_owned())
            }
        };
        let view = LaneView { state, reason, running: self.running.len() as u64, idle };
        let before = self.view.send_replace(view.clone());
        if before.state != view.state {
            self.announce(view).await;
        }
    }

    async fn announce(&self, view: LaneView) {
        let target = self.rules.settings.name.clone();
        match view.state {
            LaneState::Up | LaneState::Paused | LaneState::Off => {
                info!(target.name = %target, "target `{target}` is {}{}{}", view.state, if view.reason.is_empty() { "" } else { ": " }, view.reason);
            }
            LaneState::Waiting | LaneState::Blocked => {
                warn!(target.name = %target, "target `{target}` is {}: {}", view.state, view.reason);
            }
        }
        let kind = EventKind::Lane { target, state: view.state, reason: view.reason };
        match self.shared.store.log(vec![kind], self.shared.now_ms()).await {
            Ok(events) => self.shared.tell(events),
            Err(problem) => warn!("an event could not be written down: {problem}"),
        }
    }
}
