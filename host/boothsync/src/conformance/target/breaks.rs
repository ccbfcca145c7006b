//! Work that is cut off in the middle.

use std::time::{Duration, Instant};

use engine::{Call, Failure, Target};
use tokio_util::sync::CancellationToken;

use super::{is_held_whole, put_well};
use crate::conformance::finding::{Book, Look, Otherwise, fails_as, shown, succeeds};
use crate::conformance::peer::{Held, Peer, Trouble};
use crate::conformance::scene::{Scene, Thing, put};

const SIZE_BYTES: u64 = 2 << 20;
/// More than the systems on both ends take in ahead: else all of it may be on its way when it is stopped.
const BEYOND_BUFFERS_BYTES: u64 = 24 << 20;
/// From then on the host does not wait for the plugin any more.
const IN_TIME: Duration = Duration::from_secs(2);

/// All of it.
pub async fn examine(scene: &Scene, target: &dyn Target, book: &mut Book<'_>) {
    book.note("connection lost in the middle of a put", broken_off(scene, target).await);
    book.note("what visitors see of a put under way", seen_by_visitors(scene, target).await);
    book.note("told to stop in the middle of a put", cancelled(scene, target).await);
    book.note("killed in the middle of a put, then again", killed(scene, target).await);
}

async fn broken_off(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let thing = scene.thing("broken.jpg", SIZE_BYTES)?;
    peer.has(Trouble::BreaksOff);
    let answer = put(target, &thing).await;
    peer.has(Trouble::None);
    fails_as("put", "retry", answer)?;
    nothing_half(&thing, peer.object(thing.object.path.as_str()).as_ref())?;
    put_well("put after the connection is back", target, &thing).await?;
    is_held_whole(scene, &thing)?;
    Ok("tried again, and nothing half was to be seen".into())
}

/// What visitors got before they get until the new is whole.
async fn seen_by_visitors(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let before = scene.thing("seen.jpg", 1000)?;
    let receipt = put_well("put", target, &before).await?;
    let old = peer.object(before.object.path.as_str());
    let after = scene.thing("seen.jpg", SIZE_BYTES)?;
    let call = Call::new(CancellationToken::new());
    let over = CancellationToken::new();
    peer.has(Trouble::Holds);
    let putting = async {
        let _over = over.clone().drop_guard();
        target.put(&call, &after.object, Some(&receipt), after.blob.clone()).await
    };
    let looking = async {
        let held = is_held_up(peer, &over).await;
        let seen = peer.object(after.object.path.as_str());
        peer.has(Trouble::None);
        (held, seen)
    };
    let (answer, (held, seen)) = tokio::join!(putting, looking);
    if !held {
        return Err(never_sent());
    }
    if seen != old {
        nothing_half(&after, seen.as_ref())?;
        return Err(Otherwise::differs(
            "visitors see the picture as it was while it is replaced",
            "nothing is there",
        ));
    }
    succeeds("put", answer)?;
    is_held_whole(scene, &after)?;
    Ok("the old, then the new".into())
}

async fn cancelled(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let thing = scene.thing("stopped.jpg", BEYOND_BUFFERS_BYTES)?;
    let cancel = CancellationToken::new();
    let call = Call::new(cancel.clone());
    peer.has(Trouble::Holds);
    let over = CancellationToken::new();
    let putting = async {
        let _over = over.clone().drop_guard();
        let answer = target.put(&call, &thing.object, None, thing.blob.clone()).await;
        (answer, Instant::now())
    };
    let stopping = async {
        let held = is_held_up(peer, &over).await;
        let told = Instant::now();
        cancel.cancel();
        (held, told)
    };
    let ((answer, ended), (held, told)) = tokio::join!(putting, stopping);
    peer.has(Trouble::None);
    if !held {
        return Err(never_sent());
    }
    let expected = "put ends as `cancelled` within 2 s";
    match answer {
        Err(Failure::Cancelled) if ended.duration_since(told) < IN_TIME => {}
        Err(Failure::Cancelled) => return Err(Otherwise::differs(expected, "it had to be killed")),
        Err(failure) => return Err(Otherwise::differs(expected, shown(&failure))),
        Ok(_) => return Err(Otherwise::differs(expected, "it succeeded")),
    }
    settles(peer).await?;
    nothing_half(&thing, peer.object(thing.object.path.as_str()).as_ref())?;
    Ok(format!("after {} ms", ended.duration_since(told).as_millis()))
}

/// As after a power cut: the next call knows nothing of this one.
async fn killed(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let thing = scene.thing("killed.jpg", BEYOND_BUFFERS_BYTES)?;
    peer.has(Trouble::Holds);
    let held = tokio::select! {
        _ = put(target, &thing) => false,
        held = peer.holds_an_upload() => held,
    };
    peer.has(Trouble::None);
    if !held {
        return Err(never_sent());
    }
    settles(peer).await?;
    nothing_half(&thing, peer.object(thing.object.path.as_str()).as_ref())?;
    put_well("put after the kill", target, &thing).await?;
    is_held_whole(scene, &thing)?;
    Ok("whole".into())
}

/// Waits until the server holds an upload up; not when the call is over before.
async fn is_held_up(peer: &Peer, over: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        held = peer.holds_an_upload() => held,
        () = over.cancelled() => false,
    }
}

/// The server may still be busy with what was sent before.
async fn settles(peer: &Peer) -> Result<(), Otherwise> {
    match peer.is_at_rest().await {
        true => Ok(()),
        false => Err(Otherwise::differs("the connection ends with the call", "it is still open 20 s later")),
    }
}

fn nothing_half(thing: &Thing, held: Option<&Held>) -> Result<(), Otherwise> {
    let whole = thing.object.size_bytes;
    match held {
        Some(held) if held.size_bytes < whole => Err(Otherwise::differs(
            "visitors never see half an object (upload beside it, then rename)",
            format!("{} of {whole} bytes are there under its path", held.size_bytes),
        )),
        _ => Ok(()),
    }
}

fn never_sent() -> Otherwise {
    Otherwise::differs(
        "put sends the object to the service in one request of its size",
        "no such request came",
    )
}
