//! Waiting until a lane has nothing left to do.

use std::time::Duration;

use tokio::sync::watch;

use crate::lane::{LaneView, Shared};
use crate::view::LaneState;

/// How long a target that was given up on may take to show that it is usable again.
const SECOND_LOOK: Duration = Duration::from_secs(5);

/// The lane's view once it is idle, or unusable and not getting better.
pub(super) async fn settled(mut views: watch::Receiver<LaneView>, shared: &Shared) -> LaneView {
    loop {
        let view = views.borrow_and_update().clone();
        match view.state {
            LaneState::Up if view.idle => return view,
            LaneState::Paused | LaneState::Off => return view,
            LaneState::Blocked | LaneState::Waiting => {
                // A probe may be on its way.
                let better = views.wait_for(|view| view.state == LaneState::Up);
                if tokio::time::timeout(SECOND_LOOK, better).await.is_err() {
                    return view;
                }
            }
            LaneState::Up => {
                tokio::select! {
                    () = shared.soft_stop.cancelled() => return view,
                    changed = views.changed() => if changed.is_err() { return view },
                }
            }
        }
    }
}
