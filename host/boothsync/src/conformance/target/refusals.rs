//! Services that say no, each in its way.

use std::time::Duration;

use engine::{Failure, Target};

use super::{is_held_whole, put_well};
use crate::conformance::finding::{Book, Look, Otherwise, fails_as, shown};
use crate::conformance::peer::{Peer, Scope, Trouble};
use crate::conformance::scene::{Scene, put};

const SIZE_BYTES: u64 = 1 << 20;
/// What the server asks for, and how much more is still honouring it.
const PAUSE: Duration = Duration::from_secs(7);
const MORE: Duration = Duration::from_secs(2);

/// All of it.
pub async fn examine(scene: &Scene, target: &dyn Target, book: &mut Book<'_>) {
    let of_uploads = |status| Trouble::Answers { to: Scope::Uploads, status, header: None };
    book.note(
        "put while the service has a fault (500)",
        refused(scene, target, Trouble::answers(500), "retry").await,
    );
    book.note("put while there are too many (429)", asked_to_wait(scene, target).await);
    book.note("put of what is too large (413)", refused(scene, target, of_uploads(413), "rejected").await);
    book.note(
        "put with a wrong password (401)",
        refused(scene, target, Trouble::answers(401), "blocked").await,
    );
    book.note("a redirect to somebody else", redirected(scene, target).await);
}

async fn refused(scene: &Scene, target: &dyn Target, trouble: Trouble, kind: &str) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let thing = scene.thing("refused.jpg", SIZE_BYTES)?;
    peer.has(trouble);
    let answer = put(target, &thing).await;
    peer.has(Trouble::None);
    let failure = fails_as("put", kind, answer)?;
    none_is_shown(peer, thing.object.path.as_str())?;
    put_well("put after the trouble is over", target, &thing).await?;
    is_held_whole(scene, &thing)?;
    Ok(failure.to_string())
}

fn none_is_shown(peer: &Peer, path: &str) -> Result<(), Otherwise> {
    match peer.object(path) {
        None => Ok(()),
        Some(held) => {
            let came = format!("{} bytes are there", held.size_bytes);
            Err(Otherwise::differs(format!("`{path}` is not there after the put failed"), came))
        }
    }
}

async fn asked_to_wait(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let thing = scene.thing("wait.jpg", SIZE_BYTES)?;
    let header = Some(("retry-after", PAUSE.as_secs().to_string()));
    peer.has(Trouble::Answers { to: Scope::All, status: 429, header });
    let answer = put(target, &thing).await;
    peer.has(Trouble::None);
    let expected = format!("put fails as `wait`, for the {} s that `Retry-After` says", PAUSE.as_secs());
    match answer {
        Err(Failure::Wait { pause, .. }) if (PAUSE..=PAUSE + MORE).contains(&pause) => {
            Ok(format!("waits {} s", pause.as_secs()))
        }
        Err(Failure::Wait { pause, .. }) => {
            Err(Otherwise::differs(expected, format!("it waits {} ms", pause.as_millis())))
        }
        Err(failure) => Err(Otherwise::differs(expected, shown(&failure))),
        Ok(_) => Err(Otherwise::differs(expected, "it succeeded")),
    }
}

/// Nothing goes to an address that nobody granted, and a redirect is no success.
async fn redirected(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let stranger = Peer::start(Default::default()).await;
    let stranger = stranger.map_err(|error| Otherwise::not_asked(error.to_string()))?;
    let thing = scene.thing("elsewhere.jpg", SIZE_BYTES)?;
    let header = Some(("location", format!("{}/elsewhere.jpg", stranger.url())));
    let before = peer.requests();
    peer.has(Trouble::Answers { to: Scope::Uploads, status: 307, header });
    let answer = put(target, &thing).await;
    peer.has(Trouble::None);
    if peer.requests() == before {
        return Err(Otherwise::not_asked("put sends no request"));
    }
    if stranger.requests() > 0 {
        return Err(Otherwise::differs(
            "nothing is sent to a host that was not granted",
            "a request came there",
        ));
    }
    match answer {
        Ok(_) => Err(Otherwise::differs("put fails when the service redirects it", "it succeeded")),
        Err(failure @ Failure::Faulted(_)) => {
            Err(Otherwise::differs("put fails when the service redirects it", shown(&failure)))
        }
        Err(failure) => Ok(shown(&failure)),
    }
}
