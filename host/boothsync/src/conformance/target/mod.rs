//! What a sync target has to do, one file for each subject.

mod breaks;
mod copies;
mod inventory;
mod links;
mod refusals;
mod start;

use engine::{ObjectPath, Receipt, Target};
use sandbox::SetupError;

use super::finding::{Book, Otherwise, shown, succeeds};
use super::peer::{Checksum, Peer};
use super::scene::{Scene, Thing, call, put};

/// Looks at everything.
pub async fn examine(scene: &Scene, book: &mut Book<'_>) {
    let target = match scene.target() {
        Ok(target) => target,
        Err(error) => {
            book.note("set up as a target", Err(not_set_up(&error)));
            return;
        }
    };
    if !book.note("probe", start::probe(&target).await) {
        // Everything that follows would only say the same again.
        return;
    }
    book.note("probe with a wrong password", start::wrong_password(scene, &target).await);
    book.note("probe while nobody listens", start::nobody_listens(scene).await);
    copies::examine(scene, &target, book).await;
    inventory::examine(scene, &target, book).await;
    book.note("link for visitors", links::fetched(scene, &target).await);
    refusals::examine(scene, &target, book).await;
    breaks::examine(scene, &target, book).await;
}

fn not_set_up(error: &SetupError) -> Otherwise {
    match error {
        SetupError::NoRclone(_) => {
            Otherwise::not_asked("it works through rclone, which the kit does not have: try it in a booth")
        }
        error => Otherwise::differs("the settings of the test fit the plugin", error.to_string()),
    }
}

/// Puts a thing, or says that it has to work.
async fn put_well(what: &str, target: &dyn Target, thing: &Thing) -> Result<Receipt, Otherwise> {
    succeeds(what, put(target, thing).await)
}

/// That the kit's server holds exactly this one object, whole. Nothing can be seen of other services.
fn is_held_alone(scene: &Scene, thing: &Thing) -> Result<(), Otherwise> {
    is_held_whole(scene, thing)?;
    match scene.peer.as_ref().map(Peer::names) {
        Some(names) if names.len() != 1 => {
            let expected = format!("the service holds `{}` and nothing else", thing.object.path);
            Err(Otherwise::differs(expected, seen(&names)))
        }
        _ => Ok(()),
    }
}

/// That the kit's server holds this object whole, whatever else an upload that was cut off left there.
fn is_held_whole(scene: &Scene, thing: &Thing) -> Result<(), Otherwise> {
    let Some(peer) = &scene.peer else { return Ok(()) };
    let (path, size_bytes) = (&thing.object.path, thing.object.size_bytes);
    let expected = || format!("the service holds `{path}` with {size_bytes} bytes");
    match peer.object(path.as_str()) {
        None => Err(Otherwise::differs(expected(), seen(&peer.names()))),
        Some(held) if held.size_bytes != size_bytes => {
            Err(Otherwise::differs(expected(), format!("it holds {} bytes of it", held.size_bytes)))
        }
        Some(held) if checksum(thing).is_some_and(|checksum| checksum != held.checksum) => {
            Err(Otherwise::differs(expected(), "it holds other bytes"))
        }
        Some(_) => Ok(()),
    }
}

fn seen(names: &[String]) -> String {
    match names {
        [] => "it holds nothing".into(),
        names => format!(
            "it holds {}",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// `None` for what is too large to be looked at in one piece.
fn checksum(thing: &Thing) -> Option<Checksum> {
    const MOST_BYTES: u64 = 32 << 20;
    let size_bytes = usize::try_from(thing.blob.size_bytes().min(MOST_BYTES + 1)).ok()?;
    let bytes = thing.blob.read_at(0, size_bytes).ok()?;
    (bytes.len() as u64 <= MOST_BYTES).then(|| Checksum::of(&bytes))
}

/// Takes an object off again, so that nothing of the kit stays on a real service.
async fn clean_up(scene: &Scene, target: &dyn Target, paths: &[&ObjectPath]) {
    if scene.peer.is_some() {
        return;
    }
    for path in paths {
        if let Err(failure) = target.delete(&call(), path, None).await {
            tracing::warn!(object.path = %path, "{path} stays on the service: {}", shown(&failure));
        }
    }
}
