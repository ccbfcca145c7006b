//! Putting and deleting when all goes well.

use engine::Target;

use super::{clean_up, is_held_alone, put_well};
use crate::conformance::finding::{Book, Look, Otherwise, succeeds};
use crate::conformance::scene::{Scene, call};
use crate::show;

const SMALL_BYTES: u64 = 200_000;
const LARGE_BYTES: u64 = 20_000_000;
/// How much a film is larger than the plugin's memory.
const BEYOND_MEMORY_BYTES: u64 = 8 << 20;
const DEFAULT_MEMORY_BYTES: u64 = 64 << 20;
/// No manifest gets more by itself.
const MOST_MEMORY_BYTES: u64 = 256 << 20;
/// What cameras and people make of names, and what has a meaning in addresses.
const ODD_NAME: &str = "Grüße & 100 % #1/早 ?=+;'a.jpg";

/// All of it.
pub async fn examine(scene: &Scene, target: &dyn Target, book: &mut Book<'_>) {
    book.note("put", put_and_delete(scene, target, "one.jpg", SMALL_BYTES).await);
    book.note("put twice", twice(scene, target).await);
    book.note("put what has changed", changed(scene, target).await);
    book.note("put an empty file", put_and_delete(scene, target, "empty.jpg", 0).await);
    book.note("put 20 MB", put_and_delete(scene, target, "large.mp4", LARGE_BYTES).await);
    book.note("put a name with everything in it", put_and_delete(scene, target, ODD_NAME, SMALL_BYTES).await);
    book.note("put more than its memory", beyond_memory(scene, target).await);
    book.note("delete twice", delete_twice(scene, target).await);
    book.note("delete what never was", never_was(scene, target).await);
}

async fn put_and_delete(scene: &Scene, target: &dyn Target, name: &str, size_bytes: u64) -> Look {
    scene.begin();
    let thing = scene.thing(name, size_bytes)?;
    let receipt = put_well("put", target, &thing).await?;
    is_held_alone(scene, &thing)?;
    let path = &thing.object.path;
    succeeds("delete", target.delete(&call(), path, Some(&receipt)).await)?;
    gone(scene, &thing.object.path)?;
    Ok(show::bytes(size_bytes))
}

fn gone(scene: &Scene, path: &engine::ObjectPath) -> Result<(), Otherwise> {
    let left = scene.peer.as_ref().map(|peer| peer.names()).unwrap_or_default();
    if left.is_empty() {
        return Ok(());
    }
    Err(Otherwise::differs(format!("nothing is left after `{path}` was deleted"), super::seen(&left)))
}

/// After a power cut the host puts again what it is not sure of.
async fn twice(scene: &Scene, target: &dyn Target) -> Look {
    scene.begin();
    let thing = scene.thing("twice.jpg", SMALL_BYTES)?;
    let first = put_well("put", target, &thing).await?;
    let (object, blob) = (&thing.object, thing.blob.clone());
    let second = succeeds("the second put", target.put(&call(), object, Some(&first), blob).await)?;
    is_held_alone(scene, &thing)?;
    // The host may know nothing of the first.
    put_well("a put without the receipt of the one before", target, &thing).await?;
    is_held_alone(scene, &thing)?;
    clean_up(scene, target, &[&thing.object.path]).await;
    let same = if first == second { "the same receipt" } else { "another receipt" };
    Ok(format!("one object, {same}"))
}

async fn changed(scene: &Scene, target: &dyn Target) -> Look {
    scene.begin();
    let before = scene.thing_of("changed.jpg", b"what it was")?;
    let receipt = put_well("put", target, &before).await?;
    let after = scene.thing_of("changed.jpg", b"what it has become since")?;
    let answer = target.put(&call(), &after.object, Some(&receipt), after.blob.clone()).await;
    succeeds("the put of what has changed", answer)?;
    is_held_alone(scene, &after)?;
    clean_up(scene, target, &[&after.object.path]).await;
    Ok("replaced".into())
}

/// A film must not have to fit into the plugin's memory.
async fn beyond_memory(scene: &Scene, target: &dyn Target) -> Look {
    scene.peer()?;
    scene.begin();
    let wished = scene.plugin.manifest().limits.memory_bytes.unwrap_or(DEFAULT_MEMORY_BYTES);
    let memory = wished.min(MOST_MEMORY_BYTES);
    let size_bytes = memory + BEYOND_MEMORY_BYTES;
    let thing = scene.hollow("film.mp4", size_bytes)?;
    let what = format!("put of {} with {} of memory", show::bytes(size_bytes), show::bytes(memory));
    put_well(&what, target, &thing).await?;
    is_held_alone(scene, &thing)?;
    Ok(format!("{} with {} of memory", show::bytes(size_bytes), show::bytes(memory)))
}

async fn delete_twice(scene: &Scene, target: &dyn Target) -> Look {
    scene.begin();
    let thing = scene.thing("twice.jpg", 1000)?;
    let receipt = put_well("put", target, &thing).await?;
    let path = &thing.object.path;
    succeeds("delete", target.delete(&call(), path, Some(&receipt)).await)?;
    succeeds("the second delete", target.delete(&call(), path, Some(&receipt)).await)?;
    gone(scene, path)?;
    Ok("gone is gone".into())
}

async fn never_was(scene: &Scene, target: &dyn Target) -> Look {
    scene.begin();
    let path = scene.path("no such folder/never.jpg");
    succeeds("delete of what never was there", target.delete(&call(), &path, None).await)?;
    Ok("no failure".into())
}
