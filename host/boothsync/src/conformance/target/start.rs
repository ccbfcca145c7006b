//! Whether it can say that it works, and why not.

use engine::Target;

use crate::conformance::finding::{Look, Otherwise, fails_as, succeeds};
use crate::conformance::peer::{Trouble, nobody};
use crate::conformance::scene::{Scene, call};

/// It works, and says so in one line.
pub async fn probe(target: &dyn Target) -> Look {
    let report = succeeds("probe", target.probe(&call()).await)?;
    match report.summary.trim() {
        "" => Err(Otherwise::differs("probe says in one line what was found", "an empty summary")),
        summary => Ok(summary.to_owned()),
    }
}

/// The operator has to act, so the host must not go on trying.
pub async fn wrong_password(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let before = peer.requests();
    peer.has(Trouble::answers(401));
    let answer = target.probe(&call()).await;
    peer.has(Trouble::None);
    if answer.is_ok() && peer.requests() == before {
        let came = "probe succeeds without a request";
        return Err(Otherwise::differs("probe asks the service whether it will work", came));
    }
    fails_as("probe with status 401", "blocked", answer).map(|failure| failure.to_string())
}

/// A service that is down comes back by itself.
pub async fn nobody_listens(scene: &Scene) -> Look {
    scene.peer()?;
    let address = nobody().await.map_err(|error| Otherwise::not_asked(error.to_string()))?;
    let target = scene.target_at(&address).map_err(|error| super::not_set_up(&error))?;
    let answer = target.probe(&call()).await;
    fails_as("probe where nobody listens", "retry", answer).map(|failure| failure.to_string())
}
