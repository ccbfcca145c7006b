//! Seeing what is there.

use std::collections::BTreeSet;

use engine::{Entry, ObjectPath, Receipt, Target};
use tokio::sync::mpsc;

use super::{clean_up, put_well};
use crate::conformance::finding::{Book, Look, Otherwise, succeeds};
use crate::conformance::scene::{Scene, call};

/// How an entry says that it is what an interrupted upload left.
const UNFINISHED: &str = "unfinished";

/// All of it.
pub async fn examine(scene: &Scene, target: &dyn Target, book: &mut Book<'_>) {
    if !target.abilities().inventory {
        let none = || Err(Otherwise::not_asked("it does not export `inventory`"));
        book.note("stat", none());
        book.note("scan", none());
        return;
    }
    book.note("stat of what was put", current(scene, target).await);
    book.note("stat of what somebody changed", modified(scene, target).await);
    book.note("stat of what somebody removed", removed(scene, target).await);
    book.note("scan", scan(scene, target).await);
    book.note("scan of nothing", scan_of_nothing(scene, target).await);
}

async fn stat(target: &dyn Target, path: &ObjectPath, receipt: &Receipt) -> Result<Option<Entry>, Otherwise> {
    succeeds("stat", target.stat(&call(), path, Some(receipt)).await)
}

async fn found(target: &dyn Target, path: &ObjectPath, receipt: &Receipt) -> Result<Entry, Otherwise> {
    let missing = || Otherwise::differs(format!("stat finds `{path}`"), "it says that nothing is there");
    stat(target, path, receipt).await?.ok_or_else(missing)
}

async fn current(scene: &Scene, target: &dyn Target) -> Look {
    scene.begin();
    let thing = scene.thing("stat ü.jpg", 1234)?;
    let path = &thing.object.path;
    let receipt = put_well("put", target, &thing).await?;
    let entry = found(target, path, &receipt).await?;
    if entry.size_bytes.is_some_and(|size_bytes| size_bytes != 1234) {
        let came = format!("it says {} bytes", entry.size_bytes.unwrap_or_default());
        return Err(Otherwise::differs("stat says 1234 bytes", came));
    }
    let again = found(target, path, &receipt).await?;
    if again != entry {
        return Err(Otherwise::differs(
            "stat says the same of what stays the same",
            format!("{entry:?}, then {again:?}"),
        ));
    }
    succeeds("delete", target.delete(&call(), path, Some(&receipt)).await)?;
    match stat(target, path, &receipt).await? {
        None => Ok("there, then gone".into()),
        Some(_) => Err(Otherwise::differs("stat finds nothing after the delete", "it finds the object")),
    }
}

async fn modified(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let thing = scene.thing("stat.jpg", 1234)?;
    let path = &thing.object.path;
    let receipt = put_well("put", target, &thing).await?;
    let before = found(target, path, &receipt).await?;
    if !peer.overwrite(path.as_str(), b"something else") {
        return Err(Otherwise::not_asked("the object is not found under its path on the kit's server"));
    }
    let after = found(target, path, &receipt).await?;
    if after == before {
        let came = format!("the same as before: {after:?}");
        return Err(Otherwise::differs("stat of another content says something else", came));
    }
    Ok("told apart".into())
}

async fn removed(scene: &Scene, target: &dyn Target) -> Look {
    let peer = scene.peer()?;
    scene.begin();
    let thing = scene.thing("stat.jpg", 1234)?;
    let receipt = put_well("put", target, &thing).await?;
    if !peer.take_away(thing.object.path.as_str()) {
        return Err(Otherwise::not_asked("the object is not found under its path on the kit's server"));
    }
    match stat(target, &thing.object.path, &receipt).await? {
        None => Ok("nothing there".into()),
        Some(_) => Err(Otherwise::differs("stat finds nothing", "it finds the object")),
    }
}

async fn scan(scene: &Scene, target: &dyn Target) -> Look {
    scene.begin();
    let mut wanted = BTreeSet::new();
    for name in ["b.jpg", "a b & ü.jpg", "folder/c.jpg", "folder/deeper/d.jpg"] {
        let thing = scene.thing(name, 500)?;
        put_well("put", target, &thing).await?;
        wanted.insert(thing.object.path);
    }
    let listed = list(target).await?;
    clean_up(scene, target, &wanted.iter().collect::<Vec<_>>()).await;
    // A real service may hold more than what the kit brought.
    let beyond = |path: &ObjectPath| scene.peer.is_some() || wanted.contains(path);
    let listed: BTreeSet<_> = listed.into_iter().filter(beyond).collect();
    if listed != wanted {
        return Err(Otherwise::differs(format!("scan lists {}", names(&wanted)), names(&listed)));
    }
    Ok(format!("{} objects", wanted.len()))
}

async fn scan_of_nothing(scene: &Scene, target: &dyn Target) -> Look {
    scene.peer()?;
    scene.begin();
    match list(target).await? {
        listed if listed.is_empty() => Ok("nothing".into()),
        listed => Err(Otherwise::differs("scan lists nothing", names(&listed.into_iter().collect()))),
    }
}

/// Every path that a scan gives. The host itself bounds how long it may take.
async fn list(target: &dyn Target) -> Result<Vec<ObjectPath>, Otherwise> {
    let (send, mut entries) = mpsc::channel::<Vec<Entry>>(4);
    let call = call();
    let collect = async {
        let mut paths = Vec::new();
        while let Some(portion) = entries.recv().await {
            let whole = |entry: &Entry| !entry.facts.iter().any(|(name, _)| name == UNFINISHED);
            paths.extend(portion.into_iter().filter(whole).map(|entry| entry.path));
        }
        paths
    };
    let (answer, paths) = tokio::join!(target.scan(&call, send), collect);
    succeeds("scan", answer)?;
    let distinct: BTreeSet<_> = paths.iter().collect();
    if distinct.len() < paths.len() {
        return Err(Otherwise::differs(
            "scan lists every object once",
            format!("{} entries for {} objects", paths.len(), distinct.len()),
        ));
    }
    Ok(paths)
}

fn names(paths: &BTreeSet<ObjectPath>) -> String {
    match paths.len() {
        0 => "nothing".into(),
        _ => paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", "),
    }
}
